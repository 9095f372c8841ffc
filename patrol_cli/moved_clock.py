"""A clock for plays: the machine's, moved by an offset that lies in a file, so that another program may move it.

Only the wall clock is moved. Monotonic time is the machine's, so heartbeats, sessions and every latency are real. A day
that is played cuts its pauses out, for all programs of the site at once and only forward; the nemesis sets the clock of
one program wrong. Not a setting of the relay: both start it through ``patrol_cli.moved_relay``, and a relay in service
cannot be given this clock by a configuration.
"""

import mmap
import os
from pathlib import Path
from threading import Event
from typing import Final

from patrol_wire.ids import Micros
from relay.core.policy import MICROS
from relay.ops.clock import MachineClock

_BYTES: Final = 16
"""Two words: by how much the wall clock is off, and how much time was cut out of the play."""
_OFF: Final = 0
_CUT: Final = 1


class MovedClock:
    """Fits both programs' ``Clock``. Opens the shared offset, which it makes when there is none."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < _BYTES:
                os.ftruncate(descriptor, _BYTES)
            self._memory = mmap.mmap(descriptor, _BYTES)
        finally:
            os.close(descriptor)
        # One aligned store of a machine word: whoever reads has the old offset or the new one, never half of each.
        self._words = memoryview(self._memory).cast("q")
        self._machine = MachineClock()

    def now_us(self) -> Micros:
        """UTC microseconds of the play."""
        return Micros(self._machine.now_us() + self._words[_OFF] + self._words[_CUT])

    def monotonic_s(self) -> float:
        """The machine's monotonic seconds."""
        return self._machine.monotonic_s()

    def elapsed_s(self) -> float:
        """Seconds that passed in the play: what was cut out of it has passed, a clock that was set wrong has not."""
        return self._machine.elapsed_s() + self._words[_CUT] / MICROS

    def instant(self) -> float:
        """The same under the edge agent's name."""
        return self._machine.monotonic_s()

    def wait(self, signal: Event, timeout_s: float) -> bool:
        """Block until ``signal`` or real seconds have passed."""
        return signal.wait(max(0.0, timeout_s))

    # --- for the driver alone

    def be_off_by(self, offset_us: int) -> None:
        """Be so much ahead of the machine's clock from now on; negative: behind."""
        self._words[_OFF] = offset_us

    def begin_at(self, at_us: int) -> None:
        """Make it ``at_us`` now; before any program of the site is started."""
        self._words[_OFF] = at_us - self._machine.now_us() - self._words[_CUT]

    def jump_to(self, at_us: int) -> int:
        """Cut out the time until ``at_us``; return how much that was, 0 when it is past."""
        cut_us = at_us - self.now_us()
        if cut_us <= 0:
            return 0
        self._words[_CUT] += cut_us  # one word: whoever reads sees both times move, or neither
        return cut_us
