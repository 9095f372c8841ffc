"""``patrol relay verify``: every count rebuilt from the log and the history, and compared with the ledger.

Reads everything once, so it takes a while on a large store; the relay may run meanwhile, because all of it is one
read transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from msgspec import json
from sqlalchemy import Connection, Select, func, select

from patrol_wire.codec import decode_record
from patrol_wire.errors import WireError
from patrol_wire.ids import AreaId, Measure
from patrol_wire.records import Alert, Flag, TestAlert
from relay.core.counting import CountPlace
from relay.core.rebuild import IncidentTrace, RaisedAlert, claimed_us, goes_straight_on, sum_up
from relay.store import reconcile
from relay.store.tables import alert, dead_letter, incident, incident_history, ledger, record_log

_ROWS: Final = 1_000
"""Rows in memory at a time."""
_SHOWN: Final = 20
"""Differences of one kind that are spelled out."""
_RAISING: Final = ("alert", "flag", "test_alert")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was compared, and every difference in a sentence."""

    records: int
    alerts: int
    """Alerts, flags and test alerts that the log holds and no dead letter names."""
    incidents: int
    places: int
    """Cells (measure, area, category, month) that hold a count, rebuilt or in the ledger."""
    difference: int
    """How far the ledger is from the rebuilt counts, summed over all places; 0 when every count is right."""
    differences: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Nothing differs, neither the counts nor anything else."""
        return not self.differences


def verify(connection: Connection, *, zone: tzinfo) -> Verification:
    """Rebuild and compare everything in one read transaction; ``zone`` is the city's, in which months begin."""
    found: list[str] = []
    traces: dict[str, IncidentTrace] = {}
    records = int(connection.execute(select(func.count()).select_from(record_log)).scalar_one())
    alerts = _follow_log(connection, traces, found)
    _follow_history(connection, traces)
    rebuilt = _rebuild(connection, traces, zone, found)
    written = {
        CountPlace(measure=Measure(row[0]), area_id=AreaId(row[1]), category=row[2], month=row[3]): int(row[4])
        for row in connection.execute(
            select(
                ledger.c.measure, ledger.c.area_id, ledger.c.category, ledger.c.month, func.sum(ledger.c.count)
            ).group_by(ledger.c.measure, ledger.c.area_id, ledger.c.category, ledger.c.month)
        )
    }
    places = rebuilt.keys() | {place for place, count in written.items() if count}
    wrong = [place for place in sorted(places) if rebuilt.get(place, 0) != written.get(place, 0)]
    found.extend(
        f"{place.measure} {place.area_id} {place.category} {place.month}: the log says {rebuilt.get(place, 0)}, "
        f"the ledger {written.get(place, 0)}"
        for place in wrong[:_SHOWN]
    )
    found.extend(reconcile.differences(connection))
    return Verification(
        records=records,
        alerts=alerts,
        incidents=len(traces),
        places=len(places),
        difference=sum(abs(rebuilt.get(place, 0) - written.get(place, 0)) for place in wrong),
        differences=tuple(found),
    )


def _follow_log(connection: Connection, traces: dict[str, IncidentTrace], found: list[str]) -> int:
    """Give each incident the alerts that the log says were raised; every one must be in the table of alerts."""
    query = (
        select(
            record_log.c.log_id,
            record_log.c.received_us,
            record_log.c.body,
            alert.c.alert_id,
            alert.c.started_us,
            alert.c.area_id,
            alert.c.incident_id,
        )
        .outerjoin(alert, alert.c.log_id == record_log.c.log_id)
        .outerjoin(dead_letter, dead_letter.c.log_id == record_log.c.log_id)
        .where(record_log.c.kind.in_(_RAISING), dead_letter.c.log_id.is_(None))
        .order_by(record_log.c.log_id)
    )
    alerts = 0
    missing: list[str] = []
    for row in _rows(connection, query):
        alerts += 1
        try:
            body = decode_record(row.body)
        except WireError as error:
            missing.append(f"record {row.log_id} can no longer be read: {error.found}")
            continue
        if not isinstance(body, Alert | Flag | TestAlert) or body.alert_id != row.alert_id:
            missing.append(f"record {row.log_id} raises an alert that the table of alerts does not hold")
        elif isinstance(body, Alert | Flag):
            if row.incident_id is None:
                missing.append(f"alert {row.alert_id} belongs to no incident")
                continue
            if row.started_us not in (claimed_us(body), row.received_us):
                missing.append(f"alert {row.alert_id}: began neither when its room says nor when it was received")
            traces.setdefault(row.incident_id, IncidentTrace()).alert(
                RaisedAlert(
                    alert_id=row.alert_id,
                    category=body.category,
                    actionable=goes_straight_on(body),
                    area_id=AreaId(row.area_id),
                    started_us=row.started_us,
                )
            )
    found.extend(missing[:_SHOWN])
    return alerts


def _follow_history(connection: Connection, traces: dict[str, IncidentTrace]) -> None:
    table = incident_history.c
    query = select(table.incident_id, table.change, table.detail).order_by(table.history_id)
    for row in _rows(connection, query):
        traces.setdefault(row.incident_id, IncidentTrace()).line(row.change, json.decode(row.detail))


def _rebuild(
    connection: Connection, traces: dict[str, IncidentTrace], zone: tzinfo, found: list[str]
) -> dict[CountPlace, int]:
    """Return how many incidents hold each place; whether a category counts at all is the incident's own word."""
    held: list[CountPlace] = []
    unknown: list[str] = []
    without_row = set(traces)
    for row in _rows(connection, select(incident.c.incident_id, incident.c.counted)):
        without_row.discard(row.incident_id)
        trace = traces.get(row.incident_id)
        places = trace.places(zone=zone, counted=row.counted) if trace is not None else "nothing in the log opens it"
        if isinstance(places, str):
            unknown.append(f"incident {row.incident_id}: {places}")
        else:
            held.extend(places)
    unknown.extend(
        f"incident {incident_id}: the log knows it, its table does not" for incident_id in sorted(without_row)
    )
    found.extend(unknown[:_SHOWN])
    return sum_up(held)


def _rows(connection: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """Read a large answer piece by piece, also from a server that would else send all of it at once."""
    yield from connection.execute(query, execution_options={"yield_per": _ROWS})
