"""One thing seen in one picture, and which words for things mean kinds that are easily taken for each other."""

from dataclasses import dataclass
from typing import Final

from edge_agent.core.boxes import Box

MOVING_OBJECT: Final = "moving_object"
"""Motion that no model names; a rule may name it beside a model's labels."""

_ALIKE: Final = (
    frozenset({"car", "truck", "bus", "train"}),
    frozenset({"person", "bicycle", "motorcycle"}),
)
"""Small models change their mind within these sets from frame to frame (measured on footage from steeply above)."""
_RIDDEN: Final = frozenset({"bicycle", "motorcycle"})


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector says about one place of one picture."""

    label: str
    score: float
    """0-1; for ``moving_object`` how much of the box moved, which is no probability."""
    box: Box


def alike(one: str, other: str) -> bool:
    """Whether two labels may well be the same thing seen twice."""
    if one == other or MOVING_OBJECT in (one, other):
        return True
    return any(one in labels and other in labels for labels in _ALIKE)


def may_be_one_object(one: str, other: str) -> bool:
    """Whether two overlapping things with these labels are one to a person: a rider and the bicycle, motion and car."""
    if MOVING_OBJECT in (one, other):
        return True
    return ("person" in (one, other)) and bool(_RIDDEN & {one, other})
