"""How a unit of the day behaves: most take an offer within seconds; some late, some decline, some vanish. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from patrol_wire.ids import Outcome, Step

_OUTCOMES: Final = (*(Outcome.CONFIRMED,) * 6, *(Outcome.NOTHING_FOUND,) * 3, Outcome.FALSE_ALARM)


class Habit(StrEnum):
    """What the unit does with one offer."""

    TAKES = "takes"
    LATE = "late"
    """Answers after its time: somebody else was asked meanwhile."""
    DECLINES = "declines"
    SILENT = "silent"
    """Reads it and never answers."""
    VANISHES = "vanishes"
    """Takes it and is never heard of again: its terminal is gone."""


_HABITS: Final = {Habit.TAKES: 80, Habit.LATE: 7, Habit.DECLINES: 8, Habit.SILENT: 4, Habit.VANISHES: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A step so many seconds after the one before (the first: after the offer was shown)."""

    after_s: float
    step: Step
    outcome: Outcome | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What a unit will do with an offer, unless the relay's answers say that it is no longer its."""

    habit: Habit
    presses: tuple[Press, ...]
    vanishes_after_s: float | None = None
    """Seconds after the last press until the terminal is gone for good."""


def conduct(random: Random, *, busy: bool, answer_within_s: float) -> Conduct:
    """Draw what happens; a unit that works on something declines."""
    if busy:
        return Conduct(
            habit=Habit.DECLINES,
            presses=(Press(after_s=random.uniform(2.0, 8.0), step=Step.DECLINE, reason="at another incident"),),
        )
    habit = random.choices(list(_HABITS), list(_HABITS.values()))[0]
    match habit:
        case Habit.SILENT:
            return Conduct(habit=habit, presses=())
        case Habit.DECLINES:
            press = Press(after_s=random.uniform(2.0, 15.0), step=Step.DECLINE, reason="too far away")
            return Conduct(habit=habit, presses=(press,))
        case Habit.LATE:
            press = Press(after_s=answer_within_s + random.uniform(3.0, 40.0), step=Step.ACCEPT)
            return Conduct(habit=habit, presses=(press, *_way(random)))
        case Habit.VANISHES:
            way = tuple(_way(random))
            presses = (Press(after_s=random.uniform(2.0, 12.0), step=Step.ACCEPT), *way[: random.choice((0, 1, 2))])
            return Conduct(habit=habit, presses=presses, vanishes_after_s=random.uniform(5.0, 60.0))
        case Habit.TAKES:
            press = Press(after_s=random.uniform(2.0, 18.0), step=Step.ACCEPT)
            return Conduct(habit=habit, presses=(press, *_way(random)))


def _way(random: Random) -> Iterator[Press]:
    yield Press(after_s=random.uniform(5.0, 40.0), step=Step.EN_ROUTE)
    yield Press(after_s=random.uniform(60.0, 420.0), step=Step.ON_SCENE)
    yield Press(after_s=random.uniform(90.0, 700.0), step=Step.CLEAR, outcome=random.choice(_OUTCOMES))
