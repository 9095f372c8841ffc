"""The figures the desk's decisions follow; the settings fill them, the defaults are the product's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from patrol_wire.ids import Severity
from relay.core.presence import PresenceLimits

MICROS: Final = 1_000_000
_LAPSE_S: Final = MappingProxyType(
    {Severity.CRITICAL: 120.0, Severity.HIGH: 180.0, Severity.NORMAL: 600.0, Severity.LOW: 1_800.0}
)
_ANSWER_S: Final = MappingProxyType(
    {Severity.CRITICAL: 30.0, Severity.HIGH: 30.0, Severity.NORMAL: 60.0, Severity.LOW: 180.0}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPolicy:
    """How long units have to answer, how many are asked, and when nobody is paged any more."""

    answer_s: Mapping[Severity, float] = field(default_factory=lambda: _ANSWER_S)
    """An offer that nobody answers within this goes to the next level."""
    offers_at_level: tuple[int, int, int] = (3, 20, 40)
    """Units asked at once at level 0, 1 and 2, the nearest first."""
    notify_for_s: float = 900.0
    """Notify-until of an alert that does not set it: so long after it was raised."""
    lapse_s: Mapping[Severity, float] = field(default_factory=lambda: _LAPSE_S)
    """An acknowledgement that is not renewed lapses so long after, unless a unit has taken the incident."""
    depart_s: float = 120.0
    """A unit that accepted and has not set out by then is asked; after twice that others are."""
    arrive_s: float = 1_200.0
    """A unit on its way that has not arrived by then: others are asked to relieve it."""
    check_in_s: float = 900.0
    """A unit on the scene of which nothing was heard for so long: officer-safety alert."""
    check_in_again_s: float = 120.0
    """After that alert, until others are sent to it."""
    review_s: float = 600.0
    """An open incident that nobody has and nobody is paged for any more is looked at again so often, ever slower."""
    load_m: float = 400.0
    """Each dispatch that is open before a unit makes it so many metres further when units are ranked."""
    judge_within_s: float = 120.0
    """A suggestion that the room has not judged by then is brought before the centre's duty officer."""
    close_after_s: float = 0.0
    """So long after a unit cleared it an incident closes by itself; 0: at once, with the unit's outcome."""
    fix_max_age_s: float = 600.0
    """An older position does not count as the unit's place."""
    flap_alerts: int = 4
    """More alerts than this in one incident: the source flaps, and the folding window grows to ``flap_window_s``."""
    flap_window_s: float = 1_800.0
    twin_window_s: float = 2.0
    """Two rooms' agents on one camera tell of the same thing at most so far apart."""
    twin_radius_m: float = 5.0
    """Two cameras further apart than this are not the same camera, whatever their names."""
    future_tolerance_s: float = 300.0
    """A capture time further ahead of the relay's clock than this is not believed."""
    past_tolerance_s: float = 30 * 86_400.0
    """A capture time further back than this is not believed: no outbox keeps records so long."""
    watch_gap_s: float = 150.0
    """Health reports of a room further apart than this leave a gap in its camera-hours; it makes one each minute."""
    patrol_gap_s: float = 300.0
    """Positions of a unit further apart than this leave a gap in its patrol-hours."""
    presence: PresenceLimits = field(default_factory=PresenceLimits)
