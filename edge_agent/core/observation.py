"""What one picture gives the rules to judge. Value only; made by whoever steps ``alerts.AlertBook``."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge_agent.core.still_places import StillPlace
from edge_agent.core.tracks import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The state of one camera at one picture."""

    at_s: float
    """Media time; never goes back within a session."""
    tracks: Sequence[Track]
    """Every live track, tentative and unseen ones included."""
    still: Sequence[StillPlace] = ()
    """Every still place that is known now."""
