"""What the desk reads from the store, assembled into shapes. Every function blocks; none runs on the event loop.

One read-only connection per call, so that everything in one answer is one state of the store.
"""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, Engine

from relay.core.city_now import CityNow
from relay.core.incidents import OPEN_STATES, Incident, IncidentState
from relay.store import (
    alerts,
    changes,
    channel_jobs,
    dispatches,
    figures,
    incidents,
    ledger,
    media,
    media_places,
    notifications,
    records,
    refusals,
)
from relay.store import rooms as room_rows
from relay.store import units as unit_rows
from relay.store.figures import Figures
from relay.store.incidents import IncidentFilter
from relay.store.rooms import RoomRow
from relay.web.naming import Names, NamesNow
from relay.web.shapes import DispatchList, IncidentDetail, IncidentList, IncidentShape, LeftOut, utc
from relay.web.site_shapes import (
    DeadLetters,
    DeadLetterShape,
    RefusalHour,
    RoomList,
    RoomShape,
    UnitList,
)
from relay.web.views import alert_shape, dispatch_shape, incident_shape, room_shape, timeline, unit_shape

OPEN: Final = IncidentFilter(states=OPEN_STATES)
ALERTS_SHOWN: Final = 200
LINES_SHOWN: Final = 1_000
LONGEST_QUEUE: Final = 2_000
"""Open incidents a page is given; beyond that the oldest and gravest are shown and `more` says so."""


class DeskReads:
    """The questions the desk asks the store."""

    def __init__(self, reader: Engine, cities: CityNow) -> None:
        self._reader = reader
        self._cities = cities
        self._names = NamesNow(cities)

    @property
    def names(self) -> Names:
        """The names of the city in force."""
        return self._names.now

    def queue(self, only: IncidentFilter | None, *, newest: bool, limit: int, offset: int) -> IncidentList:
        """Return a page of incidents in the order of the queue, or the newest first."""
        with self._reader.connect() as connection:
            sequence = changes.head(connection)
            if newest:
                found = incidents.listed(connection, only=only, limit=limit + 1 + offset)[offset:]
            else:
                found = changes.queue(connection, only=only, limit=limit + 1, offset=offset)
            shapes = self._incidents(connection, found[:limit])
        return IncidentList(incidents=shapes, sequence=sequence, more=len(found) > limit)

    def incident(self, incident_id: str, *, limit: int | None = None) -> IncidentDetail | None:
        """Return everything about an incident, or None; at most ``limit`` of each, and what that leaves out."""
        with self._reader.connect() as connection:
            value = incidents.by_id(connection, incident_id)
            if value is None:
                return None
            found = alerts.of_incident(connection, incident_id, limit=limit or ALERTS_SHOWN)
            lines = incidents.history(connection, incident_id, limit=limit or LINES_SHOWN)
            told = notifications.of_incident(connection, incident_id, limit=limit or LINES_SHOWN)
            there = incidents.sizes(connection, incident_id)
            of_alert = media.of_alerts(connection, [alert.alert_id for alert in found])
            return IncidentDetail(
                incident=self._incidents(connection, [value])[0],
                alerts=tuple(alert_shape(alert, of_alert.get(alert.alert_id, ())) for alert in found),
                timeline=timeline(
                    lines,
                    found,
                    told,
                    channel_jobs.sends_of_incident(connection, incident_id),
                    ledger.of_incident(connection, incident_id),
                ),
                left_out=LeftOut(
                    alerts=there.alerts - len(found),
                    history=there.history - len(lines),
                    notifications=there.notifications - len(told),
                ),
            )

    def media(self, sha256: str) -> tuple[media.Content | None, bool]:
        """Return the content that is or was here, and whether any room announced it."""
        with self._reader.connect() as connection:
            return media.content(connection, sha256), media.claim(connection, sha256) is not None

    def media_place(self, folder: str) -> str:
        """Return where the relay is reached that has this media folder; empty when nobody said so."""
        with self._reader.connect() as connection:
            return media_places.web_url(connection, folder)

    def snapshot(self, finished_since_us: int) -> tuple[int, tuple[IncidentShape, ...]]:
        """Return the newest change's number, and all open incidents with those finished lately."""
        lately = IncidentFilter(states=frozenset(IncidentState) - OPEN_STATES)
        with self._reader.connect() as connection:
            sequence = changes.head(connection)
            found = changes.queue(connection, only=OPEN, limit=LONGEST_QUEUE)
            ended = incidents.listed(connection, only=lately, limit=100)
            found.extend(value for value in ended if value.updated_us >= finished_since_us)
            return sequence, self._incidents(connection, found)

    def newest_change(self) -> int:
        """Return the number of the newest change."""
        with self._reader.connect() as connection:
            return changes.head(connection)

    def changed_after(self, sequence: int, *, limit: int = 1_000) -> tuple[changes.Changes, tuple[IncidentShape, ...]]:
        """Return which incidents changed after a number, as they are now."""
        with self._reader.connect() as connection:
            found = changes.after(connection, sequence, limit=limit)
            if not found.incident_ids:
                return found, ()
            return found, self._incidents(connection, changes.incidents(connection, found.incident_ids))

    def states(self) -> dict[IncidentState, tuple[int, int | None]]:
        """Return how many open incidents are in each state and when the oldest began."""
        with self._reader.connect() as connection:
            return changes.counts_by_state(connection)

    def dispatches(self, limit: int) -> DispatchList:
        """Return the dispatches offered last."""
        with self._reader.connect() as connection:
            found = dispatches.latest(connection, limit=limit)
        return DispatchList(dispatches=tuple(dispatch_shape(value, self.names) for value in found))

    def units(self) -> UnitList:
        """Return the units of the roster, and those that were removed from it at work."""
        with self._reader.connect() as connection:
            found = unit_rows.listed(connection)
        names, roster = self.names, self._cities.city.unit_by_id
        # A unit that an import removed is shown while it still has a dispatch.
        shown = [row for row in found if row.unit_id in roster or row.now.dispatch_id is not None]
        return UnitList(units=tuple(unit_shape(row, names) for row in shown))

    def room_rows(self) -> list[RoomRow]:
        """Return all rooms as the store holds them."""
        with self._reader.connect() as connection:
            return room_rows.listed(connection)

    def room_shapes(self, rows: Collection[RoomRow]) -> tuple[RoomShape, ...]:
        """Return these rooms for people; reads nothing."""
        return tuple(room_shape(row, self.names) for row in rows)

    def rooms(self) -> RoomList:
        """Return all rooms."""
        return RoomList(rooms=self.room_shapes(self.room_rows()))

    def figures(self) -> Figures:
        """Return how much the store holds."""
        with self._reader.connect() as connection:
            return figures.read(connection)

    def refusals(self, from_us: int, limit: int) -> tuple[tuple[RefusalHour, ...], int]:
        """Return what was refused by the hour since then, and how many lines there are beyond the limit."""
        with self._reader.connect() as connection:
            found = refusals.since(connection, from_us, limit=limit)
            more = refusals.count_since(connection, from_us) - len(found)
        shapes = tuple(
            RefusalHour(
                hour=utc(row.hour_us),
                gate=row.gate,
                peer=row.peer,
                code=row.code,
                count=row.times,
                first_at=utc(row.first_us),
                last_at=utc(row.last_us),
                found=row.detail,
            )
            for row in found
        )
        return shapes, more

    def dead_letters(self, before: int | None, limit: int) -> DeadLetters:
        """Return records that could not be used."""
        with self._reader.connect() as connection:
            found = records.dead_letters(connection, before=before, limit=limit)
        return DeadLetters(
            dead_letters=tuple(
                DeadLetterShape(
                    log_id=row.log_id,
                    node=row.node,
                    epoch=str(row.epoch),
                    stream=row.stream.value,
                    seq=row.seq,
                    kind=row.kind,
                    received_at=utc(row.received_us),
                    reason=row.reason,
                    detail=row.detail,
                )
                for row in found
            )
        )

    def _incidents(self, connection: Connection, found: Sequence[Incident]) -> tuple[IncidentShape, ...]:
        ids = [value.incident_id for value in found]
        if not ids:
            return ()
        sent = changes.dispatches_of(connection, ids)
        flagged = changes.flagged(connection, ids)
        return tuple(
            incident_shape(
                value,
                sent.get(value.incident_id, ()),
                flagged=value.incident_id in flagged,
                names=self.names,
            )
            for value in found
        )
