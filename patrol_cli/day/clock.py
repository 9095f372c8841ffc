"""The day's clock: the machine's, moved by one offset that all programs of the site share.

Only the wall clock is moved, and only forward, by the day's driver: the pauses of the day are cut out. Monotonic time
is the machine's, so heartbeats, sessions and every latency are real. Not a setting of the relay: the day starts its
relay through ``patrol_cli.day.relay``, and a relay in service cannot be given this clock by a configuration.
"""

import mmap
import os
from pathlib import Path
from threading import Event
from typing import Final

from patrol_wire.ids import Micros
from relay.ops.clock import MachineClock

_BYTES: Final = 8


class DayClock:
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
        self._offset = memoryview(self._memory).cast("q")
        self._machine = MachineClock()

    def now_us(self) -> Micros:
        """UTC microseconds of the day that is played."""
        return Micros(self._machine.now_us() + self._offset[0])

    def monotonic_s(self) -> float:
        """The machine's monotonic seconds."""
        return self._machine.monotonic_s()

    def instant(self) -> float:
        """The same under the edge agent's name."""
        return self._machine.monotonic_s()

    def wait(self, signal: Event, timeout_s: float) -> bool:
        """Block until ``signal`` or real seconds have passed."""
        return signal.wait(max(0.0, timeout_s))

    # --- for the driver alone

    def begin_at(self, at_us: int) -> None:
        """Make it ``at_us`` now; before any program of the site is started."""
        self._offset[0] = at_us - self._machine.now_us()

    def jump_to(self, at_us: int) -> int:
        """Cut out the time until ``at_us``; return how much that was, 0 when it is past."""
        cut_us = at_us - self.now_us()
        if cut_us <= 0:
            return 0
        self._offset[0] += cut_us
        return cut_us
