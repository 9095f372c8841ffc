"""The relay's store seen from outside, read-only: is anything still on its way, and what became of the day."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ESCALATING = frozenset({"timed_out", "nobody_to_ask", "centre_told", "not_paged"})
_OPEN = "('new', 'acknowledged', 'dispatched', 'on_scene')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """One incident as the day left it."""

    incident_id: str
    state: str
    severity: str
    category: str
    area_id: str
    first_alert_us: int
    opened_us: int
    level: int
    owner: str
    units: tuple[str, ...] = ()
    """Those that took it."""
    people: tuple[str, ...] = ()
    """Who else decided about it: a duty officer, the operator of its room."""
    alert_ids: tuple[str, ...] = ()
    escalations: tuple[Mapping[str, Any], ...] = field(default=())


class StoreView:
    """One read-only connection, each question its own state of the store; SQLite's WAL never blocks the writer."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def records(self) -> int:
        """Return how many records of rooms are durable at the relay; they are numbered without gaps."""
        return int(self._one("SELECT max(log_id) FROM record_log") or 0)

    def next_timer_us(self) -> int | None:
        """Return when the next timer rings."""
        found = self._one("SELECT min(due_us) FROM timer")
        return int(found) if found is not None else None

    def undelivered(self) -> frozenset[str]:
        """Return the units whose terminal has not confirmed everything in its mailbox."""
        return frozenset(row[0] for row in self._all("SELECT unit_id FROM mailbox_cursor WHERE head > delivered"))

    def open_incidents(self) -> int:
        """Return how many incidents are not finished."""
        return int(self._one(f"SELECT count(*) FROM incident WHERE state IN {_OPEN}") or 0)  # noqa: S608  # a constant

    def unguarded(self) -> int:
        """Return how many open incidents of high or critical severity have no owner, no unit and no timer."""
        return int(
            self._one(
                "SELECT count(*) FROM incident i WHERE i.is_open AND i.owner = '' "
                "AND i.severity IN ('high', 'critical') "
                "AND NOT EXISTS (SELECT 1 FROM timer t WHERE t.incident_id = i.incident_id) "
                "AND NOT EXISTS (SELECT 1 FROM dispatch d WHERE d.incident_id = i.incident_id AND d.ended_us IS NULL)"
            )
            or 0
        )

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return rows as values."""
        return [dict(row) for row in self._all(query)]

    def incidents(self) -> list[Ended]:
        """Return every incident with who had it."""
        units: dict[str, dict[str, None]] = {}
        for row in self._all("SELECT incident_id, unit_id FROM dispatch WHERE accepted_us IS NOT NULL"):
            units.setdefault(row[0], {})[row[1]] = None
        people: dict[str, dict[str, None]] = {}
        escalations: dict[str, list[dict[str, Any]]] = {}
        for row in self._all("SELECT incident_id, at_us, actor, change, reason FROM incident_history"):
            if row["actor"] not in ("relay", "") and not row["actor"].startswith("unit-"):
                people.setdefault(row["incident_id"], {})[row["actor"]] = None
            if row["change"] in _ESCALATING or (row["change"] == "offered" and row["reason"] != "level 0"):
                escalations.setdefault(row["incident_id"], []).append(
                    {"at_us": row["at_us"], "change": row["change"], "reason": row["reason"]}
                )
        alerts: dict[str, list[str]] = {}
        for row in self._all("SELECT incident_id, alert_id FROM alert WHERE incident_id IS NOT NULL ORDER BY log_id"):
            alerts.setdefault(row[0], []).append(row[1])
        return [
            Ended(
                incident_id=row["incident_id"],
                state=row["state"],
                severity=row["severity"],
                category=row["category"],
                area_id=row["area_id"],
                first_alert_us=row["first_alert_us"],
                opened_us=row["opened_us"],
                level=row["escalation_level"],
                owner=row["owner"],
                units=tuple(units.get(row["incident_id"], ())),
                people=tuple(people.get(row["incident_id"], ())),
                alert_ids=tuple(alerts.get(row["incident_id"], ())),
                escalations=tuple(escalations.get(row["incident_id"], ())),
            )
            for row in self._all("SELECT * FROM incident ORDER BY opened_us, incident_id")
        ]

    def _one(self, query: str) -> Any:
        return self._connection.execute(query).fetchone()[0]

    def _all(self, query: str) -> list[sqlite3.Row]:
        return self._connection.execute(query).fetchall()
