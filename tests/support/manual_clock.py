"""A clock that only moves when a test moves it; same interface as ``edge_agent.ops.clock.Clock``."""

from threading import Condition, Event

_LOOK_AGAIN_S = 0.005
"""Real time between two looks at the signal: an Event cannot wake a waiter on our condition."""


class ManualClock:
    """Wall and monotonic time under the test's hand; ``step_wall`` moves only the wall clock, as NTP may."""

    def __init__(self, *, now_us: int = 1_790_000_000_000_000, instant_s: float = 1_000.0) -> None:
        self._now_us = now_us
        self._instant_s = instant_s
        self._moved = Condition()

    def now_us(self) -> int:
        """Return the wall clock's UTC microseconds."""
        with self._moved:
            return self._now_us

    def instant(self) -> float:
        """Return the monotonic seconds."""
        with self._moved:
            return self._instant_s

    def advance(self, seconds: float) -> None:
        """Let both clocks run on by ``seconds``."""
        with self._moved:
            self._now_us += round(seconds * 1_000_000)
            self._instant_s += seconds
            self._moved.notify_all()

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward (or back), leaving monotonic time alone."""
        with self._moved:
            self._now_us += round(seconds * 1_000_000)

    def wait(self, signal: Event, timeout_s: float) -> bool:
        """Block until ``signal`` is set or the clock was advanced by ``timeout_s``."""
        with self._moved:
            deadline_s = self._instant_s + timeout_s
            while not signal.is_set() and self._instant_s < deadline_s:
                self._moved.wait(_LOOK_AGAIN_S)
            return signal.is_set()
