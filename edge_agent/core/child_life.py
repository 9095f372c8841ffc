"""The life of a child process: when one that fell is started again.

Owns the states, their table and the pauses. Pure; the shell starts processes, watches them and brings the time.
A child that falls again and again is tried ever more slowly, and never given up: what it needs may come back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, assert_never


class ChildState(StrEnum):
    """Where a child stands."""

    STARTING = "starting"  # the process runs and has not said that it is ready
    RUNNING = "running"  # it does its work
    BACKING_OFF = "backing_off"  # there is no process; the next one is started at next_start_s


class ChildTurn(StrEnum):
    """What happened to it."""

    READY = "ready"  # it said so
    FELL = "fell"  # it ended, or hung and was killed
    STARTED = "started"  # the shell has started a new one


FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 30.0
GOOD_AFTER_S: Final = 60.0
"""A child that ran so long has recovered: its next fall counts as the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildBook:
    """What is remembered of one child."""

    state: ChildState = ChildState.STARTING
    since_s: float = 0.0
    falls_in_row: int = 0
    restarts: int = 0
    """Starts after the first one."""
    next_start_s: float | None = None
    reason: str = ""
    """Why it fell last; empty while it runs."""


class ChildOrderError(AssertionError):
    """The shell reported what cannot happen in this state; a defect of ours."""


TRANSITIONS: Final[Mapping[tuple[ChildState, ChildTurn], ChildState]] = {
    (ChildState.STARTING, ChildTurn.READY): ChildState.RUNNING,
    (ChildState.STARTING, ChildTurn.FELL): ChildState.BACKING_OFF,
    (ChildState.RUNNING, ChildTurn.FELL): ChildState.BACKING_OFF,
    (ChildState.BACKING_OFF, ChildTurn.STARTED): ChildState.STARTING,
}


def step(book: ChildBook, turn: ChildTurn, now_s: float, reason: str = "") -> ChildBook:
    """Return the book after an event; raises ChildOrderError for one that the state does not know."""
    state = TRANSITIONS.get((book.state, turn))
    if state is None:
        raise ChildOrderError(f"a child in state {book.state} got {turn}")
    entered = replace(book, state=state, since_s=now_s)
    match turn:
        case ChildTurn.READY:
            return replace(entered, reason="")
        case ChildTurn.STARTED:
            return replace(entered, restarts=book.restarts + 1, next_start_s=None)
        case ChildTurn.FELL:
            good = book.state is ChildState.RUNNING and now_s - book.since_s >= GOOD_AFTER_S
            falls = 1 if good else book.falls_in_row + 1
            return replace(entered, falls_in_row=falls, next_start_s=now_s + pause_s(falls), reason=reason)
        case _:
            assert_never(turn)


def pause_s(falls_in_row: int) -> float:
    """Return how long to wait after the n-th fall in a row: 0.2 s, doubling up to half a minute."""
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(falls_in_row - 1, 16)))
