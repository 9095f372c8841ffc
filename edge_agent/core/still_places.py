"""Still places: what looks other than it used to and does not move, whether a model can name it or not.

Value only; ``detect/still_finder.py`` finds them. The one evidence of a bag that no model knows, and of a car that
motion no longer sees because it stands.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.core.boxes import Box

STILL_OBJECT: Final = "still_object"
"""Label of a still place that no model names; a rule about abandoned objects may name it beside a model's labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillPlace:
    """Something that was not there before, and stays."""

    number: int
    """The same place has the same number as long as it is there; unique in one camera session."""
    box: Box
    since_s: float
    """Media time at which what is seen there now came to rest, to about a second."""
