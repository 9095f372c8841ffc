"""Figures for dashboards, the demo's report and reconciliation: counts over whole tables, read-only."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from relay.core.alerts import AlertSource
from relay.store.tables import alert, dead_letter, dispatch, incident, ledger, record_log, timer


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How much the store holds."""

    records: int
    dead_letters: int
    alerts: int
    """Without test alerts."""
    test_alerts: int
    incidents: int
    incidents_open: int
    incidents_by_state: dict[str, int]
    dispatches: int
    dispatches_by_state: dict[str, int]
    ledger_lines: int
    timers: int


def read(connection: Connection) -> Figures:
    """Count everything; linear in the tables, so not for a hot path."""
    by_source = dict(_grouped(connection, alert.c.source))
    by_state = dict(_grouped(connection, incident.c.state))
    by_dispatch = dict(_grouped(connection, dispatch.c.state))
    tests = by_source.pop(AlertSource.TEST.value, 0)
    return Figures(
        records=_count(connection, record_log.c.log_id),
        dead_letters=_count(connection, dead_letter.c.log_id),
        alerts=sum(by_source.values()),
        test_alerts=tests,
        incidents=sum(by_state.values()),
        incidents_open=int(connection.execute(select(func.count()).where(incident.c.is_open)).scalar_one()),
        incidents_by_state=by_state,
        dispatches=sum(by_dispatch.values()),
        dispatches_by_state=by_dispatch,
        ledger_lines=_count(connection, ledger.c.cursor),
        timers=_count(connection, timer.c.timer_id),
    )


def _count(connection: Connection, column: object) -> int:
    return int(connection.execute(select(func.count(column))).scalar_one())  # type: ignore[arg-type]  # any column


def _grouped(connection: Connection, column: object) -> list[tuple[str, int]]:
    query = select(column, func.count()).group_by(column)  # type: ignore[call-overload]  # any text column
    return [(str(row[0]), int(row[1])) for row in connection.execute(query)]
