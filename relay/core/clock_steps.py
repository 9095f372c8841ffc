"""Somebody set the machine's clock: seen by the time that really passed, so that no timer waits for a lost hour."""

from typing import Final

from msgspec import Struct

from relay.core.policy import MICROS

TOLERANCE_US: Final = 1_000_000
"""Two clocks that differ by less agree: timers count in seconds, and time servers slew rather than step below it."""


class ClockReading(Struct, frozen=True, kw_only=True, gc=False):
    """Both clocks at one moment; the second cannot be set."""

    wall_us: int
    elapsed_s: float


def step_us(before: ClockReading, now: ClockReading) -> int:
    """Return by how much the wall clock was set between two readings; 0 below the tolerance, negative: back."""
    ran_us = round((now.elapsed_s - before.elapsed_s) * MICROS)
    step = now.wall_us - before.wall_us - ran_us
    return step if abs(step) >= TOLERANCE_US else 0


def behind_us(newest_us: int | None, now_us: int) -> int:
    """Return how far a clock is behind the newest moment that the store holds; 0 below the tolerance.

    It is at least what the clock was set back by while nobody ran: how long that was, nobody knows.
    """
    behind = 0 if newest_us is None else newest_us - now_us
    return behind if behind >= TOLERANCE_US else 0


def agree(one_us: int, other_us: int) -> bool:
    """Tell whether two clocks say the same."""
    return abs(one_us - other_us) < TOLERANCE_US
