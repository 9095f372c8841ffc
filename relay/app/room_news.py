"""Tells rooms what became of their alerts: reads what changed behind the writer, and hands the messages to it.

A thread of its own with reading connections, so that a storm of alerts pays nothing for it. It follows the history's
numbers, so it also sees what other relays on the same store did. Best effort, as the protocol says (§5, progress).
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from patrol_wire.ids import AlertId, IncidentId, NodeName, UnitId
from patrol_wire.messages import Progress
from relay.core.city import City
from relay.core.hints import CommitHint
from relay.core.policy import MICROS
from relay.core.progress import is_taken_up, progress_of
from relay.ops.clock import Clock
from relay.store import alert_places, changes
from relay.store.errors import StoreError

_LOG: Final = structlog.get_logger("relay.news")
LOOK_S: Final = 1.0
"""How often other relays' changes are looked for; a commit of this one is seen at once."""
PAUSE_S: Final = 0.2
"""Between two looks at least: what changes meanwhile is told together."""
HELLO_SINCE_S: Final = 24 * 3_600


class RoomNews:
    """See the module. ``start`` once, ``stop`` once; ``hint`` and ``greet`` may come from any thread."""

    def __init__(
        self, *, reader: Engine, city: City, clock: Clock, tell: Callable[[Mapping[NodeName, Sequence[Progress]]], None]
    ) -> None:
        self._reader = reader
        self._city = city
        self._clock = clock
        self._tell = tell
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._greeted: set[NodeName] = set()
        self._lock = threading.Lock()
        self._number: int | None = None
        """The newest change that was told; None before the first look."""
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="room-news", daemon=True)

    def start(self) -> None:
        """Begin with what changes from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End within a moment."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout=2.0)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def hint(self, changed: CommitHint) -> None:
        """A commit may have changed an incident."""
        if changed.incidents:
            self._wake.set()

    def greet(self, node: NodeName) -> None:
        """A room opened a session: it is told of its alerts of late."""
        with self._lock:
            self._greeted.add(node)
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._reader.connect() as connection:
                    self.look(connection)
                self._failing = False
            except (SQLAlchemyError, StoreError) as error:
                if not self._failing:
                    _LOG.error("room_news_blind", fault=str(error)[:500])
                self._failing = True
            except Exception:  # noqa: BLE001  # supervisor: what this change was is lost, the next ones are not
                _LOG.exception("room_news_failed")
            self._stopping.wait(PAUSE_S)
            self._wake.wait(LOOK_S)
            self._wake.clear()

    def look(self, connection: Connection) -> None:
        """Tell what changed since the last look, and rooms that greeted what they missed."""
        if self._number is None:
            self._number = changes.head(connection)
        changed = changes.after(connection, self._number)
        self._number = changed.upto
        with self._lock:
            greeted, self._greeted = self._greeted, set()
        since_us = self._clock.now_us() - HELLO_SINCE_S * MICROS
        missed = {node: alert_places.incidents_of_room(connection, node, since_us=since_us) for node in greeted}
        wanted = [*changed.incident_ids, *(incident_id for ids in missed.values() for incident_id in ids)]
        if wanted:
            news = self._news(connection, wanted, everybody=frozenset(changed.incident_ids), missed=missed)
            if news:
                self._tell(news)
        if not changed.complete:
            self._wake.set()

    def _news(
        self,
        connection: Connection,
        wanted: Iterable[IncidentId],
        *,
        everybody: frozenset[IncidentId],
        missed: Mapping[NodeName, list[IncidentId]],
    ) -> dict[NodeName, list[Progress]]:
        ids = list(dict.fromkeys(wanted))
        dispatches = changes.dispatches_of(connection, ids)
        incidents = [
            one for one in changes.incidents(connection, ids) if is_taken_up(one, dispatches.get(one.incident_id, ()))
        ]
        places = alert_places.of_incidents(connection, [one.incident_id for one in incidents])
        told: dict[NodeName, list[Progress]] = {}
        for one in incidents:
            of_node: dict[NodeName, list[AlertId]] = {}
            for node, alert_id in places.get(one.incident_id, ()):
                if one.incident_id in everybody or one.incident_id in missed.get(node, ()):
                    of_node.setdefault(node, []).append(alert_id)
            of_incident = dispatches.get(one.incident_id, ())
            for node, alert_ids in of_node.items():
                news = progress_of(one, of_incident, alert_ids, call_sign=self._call_sign)
                told.setdefault(node, []).extend(news)
        return told

    def _call_sign(self, unit_id: UnitId) -> str:
        unit = self._city.unit_by_id.get(unit_id)
        return unit.name if unit is not None else unit_id
