"""The one place of the edge agent that asks the machine for the time.

Owns the Clock protocol and its real form. Tests pass ``tests.support.manual_clock.ManualClock``.
"""

import time
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """What a part of the shell may know about time. Every method may be called from any thread."""

    def now_us(self) -> int:
        """Return UTC microseconds since 1970: for people and records. It can jump when the machine's clock is set."""
        ...

    def instant(self) -> float:
        """Return monotonic seconds from an arbitrary origin: for waiting and for measuring. It never jumps."""
        ...

    def wait(self, signal: Event, timeout_s: float) -> bool:
        """Block until ``signal`` is set or ``timeout_s`` passed; return whether it is set."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_us(self) -> int:
        """Return UTC microseconds since 1970."""
        return time.time_ns() // 1_000  # noqa: TID251 - the one place that may ask

    def instant(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def wait(self, signal: Event, timeout_s: float) -> bool:
        """Block until ``signal`` is set or ``timeout_s`` passed; return whether it is set."""
        return signal.wait(max(0.0, timeout_s))
