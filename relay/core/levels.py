"""The index level of an area: a colour from a value, with hysteresis so that it does not flicker."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """The four levels, from calm to grave."""

    GREEN = "green"
    """Below the first threshold."""
    BLUE = "blue"
    """At or above the first."""
    ORANGE = "orange"
    """At or above the second."""
    RED = "red"
    """At or above the third."""


class Standing(StrEnum):
    """What an area is shown as: a level, or that nobody can say that it is calm."""

    GREEN = "green"
    BLUE = "blue"
    ORANGE = "orange"
    RED = "red"
    INCOMPLETE = "incomplete"
    """Few counts, but the area was not watched throughout or not everything its room raised is here."""


ORDER: Final = (Level.GREEN, Level.BLUE, Level.ORANGE, Level.RED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule:
    """Where each level begins; a level is left downwards only when the value is ``slack`` (a share) below that."""

    blue_from: float
    orange_from: float
    red_from: float
    slack: float = 0.1

    def __post_init__(self) -> None:
        """Refuse thresholds that do not rise, and a slack that is no share."""
        if not 0.0 < self.blue_from < self.orange_from < self.red_from:
            raise ValueError(
                f"level thresholds must rise from above 0: {self.blue_from}, {self.orange_from}, {self.red_from}"
            )
        if not 0.0 <= self.slack < 1.0:
            raise ValueError(f"slack must be a share from 0 to below 1, not {self.slack}")


def step(previous: Level | None, value: float, rule: LevelRule) -> Level:
    """Return the level of a value, given the level before it; rising is at once, falling needs the slack."""
    thresholds = (rule.blue_from, rule.orange_from, rule.red_from)
    plain = sum(value >= threshold for threshold in thresholds)
    held = ORDER.index(previous) if previous is not None else 0
    while held > plain and value < thresholds[held - 1] * (1.0 - rule.slack):
        held -= 1
    return ORDER[max(plain, held)]


def standing_of(level: Level, *, complete: bool) -> Standing:
    """Return what to show: green only what is known to be complete; a higher level holds, for it is at least that."""
    if level is Level.GREEN and not complete:
        return Standing.INCOMPLETE
    return Standing(level.value)
