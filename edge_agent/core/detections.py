"""One thing seen in one picture, and which words for things are easily taken for each other."""

from dataclasses import dataclass
from typing import Final

from edge_agent.core.boxes import Box

MOVING_OBJECT: Final = "moving_object"
"""Motion that no model names; a rule may name it beside a model's labels."""

_VEHICLES: Final = frozenset({"car", "truck", "bus", "train"})
_RIDDEN: Final = frozenset({"bicycle", "motorcycle"})


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector says about one place of one picture."""

    label: str
    score: float
    """0-1; for ``moving_object`` how much of the box moved, which is no probability. 0: it differs from the background
    but does not move now, so it continues a track and begins none."""
    box: Box


def keeps_its_size(label: str) -> bool:
    """Whether the box of such a thing hardly changes between two pictures; a near car's doubles within a second."""
    return label == "person"


def rivals(one: str, other: str) -> bool:
    """Whether two labels on one box are two guesses about one thing; a person on a bicycle is two things."""
    return one == other or {one, other} <= _VEHICLES or {one, other} <= _RIDDEN


def is_ridden(label: str) -> bool:
    """Whether a person who is seen with such a thing may be its rider."""
    return label in _RIDDEN


def may_be_parts(one: str, other: str) -> bool:
    """Whether one thing with these labels is often seen in two pieces: the cab and the bed of a pick-up."""
    return {one, other} <= _VEHICLES


def may_be_one_object(one: str, other: str) -> bool:
    """Whether two overlapping things with these labels are one to a person: a rider and the bicycle, motion and car."""
    if MOVING_OBJECT in (one, other):
        return True
    return one != other and {one, other} <= _RIDDEN | {"person"}
