"""The auditor: proves every ten seconds that each open severe incident has an owner, a unit or a timer.

What it finds forgotten is an alarm (log, metric) and is given back to the writer, which tells the centre and sets a
timer. It reads the store only and trusts nothing that the writer keeps in memory.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.core.commands import DeskBusyError, Submit, WatchAgain
from relay.core.policy import MICROS
from relay.ops.clock import Clock
from relay.store import audit
from relay.store.errors import StoreError

EVERY_S: Final = 10.0
_LOG: Final = structlog.get_logger("relay.auditor")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFigures:
    """What the last look found; a value, replaced as a whole."""

    audits: int = 0
    failures: int = 0
    """Looks at which the store could not be read: nothing was proved then."""
    last_us: int = 0
    """When the last look succeeded."""
    last_s: float = 0.0
    """The same moment of the monotonic clock: its age is a wait, which a changed or hurried hour must not stretch."""
    severe_open: int = 0
    unowned: int = 0
    forgotten: int = 0
    found: int = 0
    """Incidents ever found forgotten since the start."""
    timer_late_s: float = 0.0


class Auditor:
    """One look at a time; ``look`` blocks on the store."""

    def __init__(self, *, reader: Engine, submit: Submit, clock: Clock) -> None:
        self._reader = reader
        self._submit = submit
        self._clock = clock
        self._alarmed = self._late = False
        self.figures = AuditFigures()

    def look(self) -> None:
        """Look once; an outage logs when it begins and when it ends."""
        now_us = self._clock.now_us()
        try:
            with self._reader.connect() as connection:
                found = audit.look(connection, now_us)
        except (SQLAlchemyError, StoreError) as error:
            self.figures = replace(self.figures, failures=self.figures.failures + 1)
            _LOG.error("audit_failed", fault=str(error)[:500])
            return
        self.figures = replace(
            self.figures,
            audits=self.figures.audits + 1,
            last_us=now_us,
            last_s=self._clock.monotonic_s(),
            severe_open=found.severe_open,
            unowned=found.unowned,
            forgotten=len(found.forgotten),
            found=self.figures.found + len(found.forgotten),
            timer_late_s=found.late_us / MICROS,
        )
        self._alarm(found)

    def _alarm(self, found: audit.Audit) -> None:
        late = found.late_us > audit.LATE_US
        if late != self._late:
            self._late = late
            (_LOG.error if late else _LOG.info)("timers_late", late=late, late_s=round(found.late_us / MICROS, 1))
        if not found.forgotten:
            if self._alarmed:
                _LOG.info("incidents_cared_for_again")
            self._alarmed = False
            return
        if not self._alarmed:
            _LOG.critical("incidents_without_owner_or_timer", incidents=list(found.forgotten[:5]))
        self._alarmed = True
        try:
            self._submit(WatchAgain(incident_ids=found.forgotten))
        except DeskBusyError as error:
            _LOG.error("audit_not_followed", fault=str(error))  # the next look tries again

    @property
    def counters(self) -> dict[str, float]:
        """Return the figures for /metrics."""
        figures = self.figures
        return {
            "audits_total": figures.audits,
            "audit_failures_total": figures.failures,
            "audit_last_timestamp_seconds": figures.last_us / MICROS,
            "audit_age_seconds": self._clock.monotonic_s() - figures.last_s if figures.last_us else 0.0,
            "severe_incidents_open": figures.severe_open,
            "severe_incidents_unowned": figures.unowned,
            "severe_incidents_forgotten": figures.forgotten,
            "severe_incidents_forgotten_total": figures.found,
            "timer_late_seconds": figures.timer_late_s,
        }


async def audit_for_ever(auditor: Auditor) -> None:
    """Look every ten seconds until cancelled."""
    while True:
        await asyncio.to_thread(auditor.look)
        await asyncio.sleep(EVERY_S)
