"""The only place of the relay that asks the machine for the time."""

import time
from typing import Protocol

from patrol_wire.ids import Micros


class Clock(Protocol):
    """Where time comes from; tests pass a clock they move by hand (tests/support/clocks.py)."""

    def now_us(self) -> Micros:
        """UTC microseconds since 1970, for records and people."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that never jump, for waiting and measuring."""
        ...

    def elapsed_s(self) -> float:
        """Seconds that passed, also while the machine slept, whatever the wall clock was set to meanwhile."""
        ...


class MachineClock:
    """The machine's own clocks."""

    def now_us(self) -> Micros:
        """UTC microseconds since 1970."""
        return Micros(time.time_ns() // 1_000)  # noqa: TID251  # this module is the exception the rule names

    def monotonic_s(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def elapsed_s(self) -> float:
        """Seconds since the machine started, its sleep among them (CLOCK_BOOTTIME)."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
