"""Keeps the gate processes alive: a fallen gate is started again within a second, one that keeps falling more slowly.

Owns the child processes. What a gate does is relay/gate's business.
"""

from collections.abc import Sequence
from threading import Event, Thread
from typing import Final

import structlog

from relay.gate.gate_process import GateProcess
from relay.ops.clock import Clock

POLL_S: Final = 0.1
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 10.0
STEADY_AFTER_S: Final = 30.0
"""A gate that ran so long has recovered: its next fall counts as the first."""
BAD_INPUT: Final = 2
"""A gate's exit code for arguments or files a person must mend."""
KEY_TURNED: Final = 3
"""A gate's exit code when the relay's key file holds another key: it is started with that one at once."""
_LOG: Final = structlog.get_logger("relay.supervisor")


class _Watch:
    """One gate and its pauses between starts."""

    def __init__(self, gate: GateProcess) -> None:
        self.gate = gate
        self.started_s = 0.0
        self.next_start_s = 0.0
        self.falls = 0

    def pause_s(self) -> float:
        """Return how long to wait after the latest fall: doubling, bounded."""
        return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (self.falls - 1))


class GateSupervisor:
    """A thread that starts, watches and ends the gates."""

    def __init__(self, gates: Sequence[GateProcess], *, clock: Clock) -> None:
        self._watches = [_Watch(gate) for gate in gates]
        self._clock = clock
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="gate-supervisor", daemon=True)

    @property
    def restarts(self) -> dict[str, int]:
        """How often each gate was started again."""
        return {watch.gate.settings.role.value: max(0, watch.gate.starts - 1) for watch in self._watches}

    @property
    def running(self) -> dict[str, bool]:
        """Which gates run."""
        return {watch.gate.settings.role.value: watch.gate.running for watch in self._watches}

    def start(self) -> None:
        """Start every gate and begin to watch."""
        for watch in self._watches:
            self._start(watch)
        self._thread.start()

    def stop(self) -> None:
        """End every gate; returns when they are gone, within about two seconds."""
        self._stopping.set()
        self._thread.join(1.0)
        enders = [Thread(target=watch.gate.stop, name="gate-end") for watch in self._watches]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()

    def _run(self) -> None:
        while not self._stopping.wait(POLL_S):
            for watch in self._watches:
                self._look(watch)

    def _look(self, watch: _Watch) -> None:
        """Start a fallen gate when its pause is over; note a recovery once."""
        now_s = self._clock.monotonic_s()
        role = watch.gate.settings.role.value
        if watch.gate.running:
            if watch.falls and now_s - watch.started_s >= STEADY_AFTER_S:
                _LOG.info("gate_steady_again", gate=role, falls=watch.falls)
                watch.falls = 0
            return
        if watch.gate.exit_code == KEY_TURNED:
            _LOG.warning("gate_takes_new_key", gate=role)
            self._start(watch)
            return
        if watch.next_start_s <= watch.started_s:
            watch.falls += 1
            code = watch.gate.exit_code
            pause_s = LONGEST_PAUSE_S if code == BAD_INPUT else watch.pause_s()
            watch.next_start_s = now_s + pause_s
            if watch.falls == 1 or code == BAD_INPUT:  # once at the start of an outage; repeats are counted
                _LOG.error("gate_fell", gate=role, exit_code=code, next_start_in_s=pause_s)
        if now_s >= watch.next_start_s:
            self._start(watch)

    def _start(self, watch: _Watch) -> None:
        watch.gate.start()
        watch.started_s = watch.next_start_s = self._clock.monotonic_s()
