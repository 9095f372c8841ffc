"""Alerts as the relay placed them: reading for incident pages, loading and writing for the writer."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select
from sqlalchemy import update as update_rows

from patrol_wire.ids import AlertId, AreaId, Forward, IncidentId, NodeName, Severity
from relay.core.alerts import Alert, AlertJudgement, AlertSource
from relay.store.bulk import InsertMany, SelectIn, UpdateMany
from relay.store.tables import alert

# New alerts of a burst.
_INSERT: Final = InsertMany(alert)
# Later facts: a judgement, another category, the end, the clip, the place an operator pointed.
_UPDATE: Final = UpdateMany(
    alert,
    changed=(
        "category",
        "severity",
        "verified",
        "label",
        "ended_us",
        "lon",
        "lat",
        "area_id",
        "incident_id",
        "judgement",
        "note",
        "clip",
    ),
    key=("alert_id",),
)
# Alerts that records of a burst name, and new ones that may exist already.
_BY_ID: Final = SelectIn(select(alert), alert.c.alert_id)
# What other rooms told of the same incidents a moment ago; served by ix_alert_incident_id.
_RECENT: Final = SelectIn(
    select(alert).where(alert.c.started_us >= bindparam("since")), alert.c.incident_id, first=("since",)
)


def of_incident(connection: Connection, incident_id: str, *, limit: int | None = 200) -> list[Alert]:
    """Return an incident's alerts in the order they happened."""
    query = select(alert).where(alert.c.incident_id == incident_id).order_by(alert.c.started_us).limit(limit)
    return [_alert(row) for row in connection.execute(query)]


def by_id(connection: Connection, alert_id: str) -> Alert | None:
    """Return one alert, or None."""
    row = connection.execute(select(alert).where(alert.c.alert_id == alert_id)).first()
    return _alert(row) if row is not None else None


# --- for the writer -----------------------------------------------------------------------------------------


def load(connection: Connection, alert_ids: Iterable[str]) -> dict[AlertId, Alert]:
    """Return the alerts that exist already."""
    return {(found := _alert(row)).alert_id: found for row in _BY_ID.run(connection, alert_ids)}


def load_recent(connection: Connection, incident_ids: Iterable[str], since_us: int) -> list[Alert]:
    """Return the alerts of these incidents that began at or after ``since_us``."""
    return [_alert(row) for row in _RECENT.run(connection, incident_ids, first=(since_us,))]


def move_all(connection: Connection, source: str, target: str) -> None:
    """Give all stored alerts of one incident to another."""
    connection.execute(update_rows(alert).where(alert.c.incident_id == source).values(incident_id=target))


def insert(connection: Connection, alerts: Sequence[tuple[int, Alert]]) -> None:
    """Add new alerts, each with the number of its record in the log."""
    _INSERT.run(connection, [_row(log_id, value) for log_id, value in alerts])


def update(connection: Connection, alerts: Sequence[Alert]) -> None:
    """Store later facts about known alerts."""
    _UPDATE.run(
        connection,
        [
            (
                value.category,
                value.severity.value,
                value.verified,
                value.label,
                value.ended_us,
                value.lon,
                value.lat,
                value.area_id,
                value.incident_id,
                value.judgement.value if value.judgement is not None else None,
                value.note,
                value.clip,
                value.alert_id,
            )
            for value in alerts
        ],
    )


def _row(log_id: int, value: Alert) -> tuple[Any, ...]:
    return (
        value.alert_id,
        log_id,
        str(value.source),
        value.node,
        value.camera,
        value.rule,
        value.category,
        str(value.severity),
        str(value.forward),
        value.verified,
        value.label,
        value.raised_us,
        value.started_us,
        value.ended_us,
        value.notify_until_us,
        value.lon,
        value.lat,
        value.area_id,
        value.incident_id,
        value.judgement.value if value.judgement is not None else None,
        value.note,
        value.snapshot,
        value.clip,
        value.twin_of,
    )


def _alert(row: Any) -> Alert:
    return Alert(
        alert_id=AlertId(row[0]),
        source=AlertSource(row[2]),
        node=NodeName(row[3]),
        camera=row[4],
        rule=row[5],
        category=row[6],
        severity=Severity(row[7]),
        forward=Forward(row[8]),
        verified=bool(row[9]),
        label=row[10],
        raised_us=row[11],
        started_us=row[12],
        ended_us=row[13],
        notify_until_us=row[14],
        lon=row[15],
        lat=row[16],
        area_id=AreaId(row[17]),
        incident_id=IncidentId(row[18]) if row[18] is not None else None,
        judgement=AlertJudgement(row[19]) if row[19] is not None else None,
        note=row[20],
        snapshot=row[21],
        clip=row[22],
        twin_of=AlertId(row[23]) if row[23] is not None else None,
    )
