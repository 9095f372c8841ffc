"""The writer's look at its own clock: what was to ring in thirty seconds rings then, though the clock was set.

Timers, and the moment until which an incident may page, are moments of the wall clock, since they outlive the program.
When that clock goes back by an hour, an alert that nobody answers would climb an hour late; when it goes forward by
one, the alert would count as too old to page for, and climb to nobody.
"""

from typing import Final

import structlog
from sqlalchemy import Engine

from relay.core.clock_steps import ClockReading, agree, behind_us, step_us
from relay.core.policy import MICROS
from relay.ops.clock import Clock
from relay.store import clock_moves

_READ_WITHIN_S: Final = 0.05
"""A reading that took longer was interrupted between the two clocks and says nothing."""
_LOG: Final = structlog.get_logger("relay.clock")


class ClockWatch:
    """For the writer's thread alone."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._last: ClockReading | None = None
        self._server_ahead_us = 0
        self.steps = 0
        """How often the clock was found set since this program started, or behind the store at its start."""

    def open(self) -> None:
        """Compare the clock with what the store has seen: it may have been set back while no relay ran."""
        self._last = self._reading()
        with self._engine.begin() as connection:
            now_us = self._clock.now_us()
            server_us = clock_moves.server_us(connection)
            self._server_ahead_us = 0 if server_us is None else server_us - now_us
            # Where they disagree, the store may be right and this machine wrong.
            trusted = server_us is None or agree(server_us, now_us)
            step = -behind_us(clock_moves.newest_us(connection), now_us) if trusted else 0
            timers = clock_moves.follow(connection, step) if step else 0
        if not trusted:
            self._tell_disagreement()
        elif step:
            self._tell(step, timers)

    def look(self) -> int:
        """Return by how many microseconds timers were moved now, nearly always 0.

        Raises what the store raises; the next look then sees the same step.
        """
        now = self._reading()
        if now is None or self._last is None:
            self._last = self._last or now
            return 0
        step = step_us(self._last, now)
        followed = step != 0 and self._follow(step)
        self._last = now
        return step if followed else 0

    def _follow(self, step: int) -> bool:
        with self._engine.begin() as connection:
            server_us = clock_moves.server_us(connection)
            ahead_us = 0 if server_us is None else server_us - self._clock.now_us()
            # Where only this machine's clock was set, the others, and the timers they set, go by the right one.
            alone = not agree(ahead_us, self._server_ahead_us)
            timers = 0 if alone else clock_moves.follow(connection, step)
        self._server_ahead_us = ahead_us
        if alone:
            self.steps += 1
            self._tell_disagreement()
        else:
            self._tell(step, timers)
        return not alone

    def _tell(self, step: int, timers: int) -> None:
        self.steps += 1
        _LOG.error("clock_set", by_s=round(step / MICROS, 1), timers=timers, hint="timers ring as if it were not")

    def _tell_disagreement(self) -> None:
        _LOG.error(
            "clock_disagrees_with_database",
            ahead_s=round(-self._server_ahead_us / MICROS, 1),
            hint="let this machine follow a time server: until then timers that it sets ring early or late",
        )

    def _reading(self) -> ClockReading | None:
        before_s = self._clock.elapsed_s()
        wall_us = self._clock.now_us()
        after_s = self._clock.elapsed_s()
        if after_s - before_s > _READ_WITHIN_S:
            return None
        return ClockReading(wall_us=wall_us, elapsed_s=after_s)
