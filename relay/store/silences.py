"""Silences: set and ended by the writer, read with every burst of alerts, shown and previewed for the desk."""

from collections import namedtuple
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from patrol_wire.ids import Severity
from relay.core.alerts import AlertSource
from relay.core.policy import MICROS
from relay.core.silences import Scope, Silence, SilenceKind
from relay.store.bulk import AnyRow, SelectRows
from relay.store.silence_tables import silence
from relay.store.tables import alert, incident

_COUNTED: Final = 100_000
"""Alerts a preview looks at, at most: the newest."""


_Row: Final = namedtuple("_Row", silence.c.keys())  # type: ignore[misc]  # the table's own columns
# What every burst with an alert asks.
_HOLDING: Final = SelectRows(
    select(silence).where(silence.c.until_us > bindparam("now"), silence.c.from_us <= bindparam("now_too")),
    ("now", "now_too"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopePreview:
    """What a scope would have covered."""

    alerts: int
    critical: int
    by_category: dict[str, int]
    open_incidents: int
    """Open incidents that an alert it covers belongs to."""


def active(connection: Connection, now_us: int) -> tuple[Silence, ...]:
    """Return the silences that hold now."""
    rows = _HOLDING.run(connection, now_us, now_us)
    return tuple(found for row in rows if (found := _silence(_Row(*row))).is_active(now_us))


def listed(connection: Connection, *, limit: int = 200) -> tuple[Silence, ...]:
    """Return silences, those that end last first."""
    query = select(silence).order_by(silence.c.until_us.desc(), silence.c.silence_id).limit(limit)
    return tuple(_silence(row) for row in connection.execute(query))


def by_id(connection: Connection, silence_id: str) -> Silence | None:
    """Return one, or None."""
    row = connection.execute(select(silence).where(silence.c.silence_id == silence_id)).first()
    return _silence(row) if row is not None else None


def preview(connection: Connection, scope: Scope, since_us: int) -> ScopePreview:
    """Return what a scope would have covered since a moment; alert ids begin with their time."""
    named = [
        (column, value)
        for column, value in (
            (alert.c.node, scope.node),
            (alert.c.camera, scope.camera),
            (alert.c.area_id, scope.area_id),
            (alert.c.category, scope.category),
            (alert.c.rule, scope.rule),
        )
        if value
    ]
    query = (
        select(alert.c.category, alert.c.severity, alert.c.incident_id)
        .where(
            alert.c.alert_id >= first_id_at(since_us),
            alert.c.source == AlertSource.MACHINE.value,
            *(column == value for column, value in named),
        )
        .order_by(alert.c.alert_id.desc())
        .limit(_COUNTED)
    )
    by_category: dict[str, int] = {}
    critical = 0
    touched: set[str] = set()
    for category, severity, incident_id in connection.execute(query):
        by_category[category] = by_category.get(category, 0) + 1
        critical += severity == Severity.CRITICAL.value
        touched.add(incident_id)
    still_open = connection.execute(select(incident.c.incident_id).where(incident.c.is_open)).scalars()
    return ScopePreview(
        alerts=sum(by_category.values()),
        critical=critical,
        by_category=by_category,
        open_incidents=sum(incident_id in touched for incident_id in still_open),
    )


def first_id_at(at_us: int) -> str:
    """Return the lowest UUIDv7 of a moment: what is older sorts before it."""
    digits = f"{max(0, at_us) * 1_000 // MICROS:012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


# --- for the writer -----------------------------------------------------------------------------------------


def put(connection: Connection, value: Silence) -> None:
    """Set a silence."""
    connection.execute(
        insert(silence).values(
            silence_id=value.silence_id,
            kind=value.kind.value,
            author=value.author,
            reason=value.reason,
            node=value.scope.node,
            camera=value.scope.camera,
            area_id=value.scope.area_id,
            category=value.scope.category,
            rule=value.scope.rule,
            from_us=value.from_us,
            until_us=value.until_us,
            set_us=value.set_us,
            ended_us=None,
            ended_by="",
        )
    )


def end(connection: Connection, silence_id: str, *, actor: str, now_us: int) -> None:
    """End one before its time."""
    connection.execute(
        update(silence).where(silence.c.silence_id == silence_id).values(ended_us=now_us, ended_by=actor[:64])
    )


def _silence(row: AnyRow) -> Silence:
    return Silence(
        silence_id=row[0],
        kind=SilenceKind(row[1]),
        author=row[2],
        reason=row[3],
        scope=Scope(node=row[4], camera=row[5], area_id=row[6], category=row[7], rule=row[8]),
        from_us=row[9],
        until_us=row[10],
        set_us=row[11],
        ended_us=row[12],
        ended_by=row[13],
    )
