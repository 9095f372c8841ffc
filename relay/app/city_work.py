"""Imports of the city on the writer's thread: stored with their units and rooms in one transaction, then in force.

Between two bursts, so that each burst works with one city. Incidents and dispatches are not touched: they keep their
area and unit, whether the city still has them or not, until somebody asks to count a month anew (tabulation.py).
"""

import queue
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, TypeAlias

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from relay.app.burst import BurstWorker
from relay.core.city import City
from relay.core.city_now import FOLDER, CityNow
from relay.core.commands import DeskBusyError
from relay.ops.clock import Clock
from relay.store import city_versions, count_bases, rooms, units
from relay.store.city_keeper import CityChange, CityChanged, CityOutcome, CityRefused
from relay.store.city_versions import CityVersion
from relay.store.engine import vouch
from relay.store.errors import StoreError

_LOG: Final = structlog.get_logger("relay.writer")
_WAITING: Final = 4
"""Imports that may wait; each takes about a second."""
FROM_FOLDER: Final = "settings"
"""Author of version 1: the city that stood in the settings' folder before the first import."""

StoredCity: TypeAlias = Callable[[Connection], tuple[City, int] | None]


def never_imported(_connection: Connection) -> None:
    """Say that no city is stored: the one given at start holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A city that another relay on the same store has put in force."""

    city: City
    version: int


class CityWork:
    """``submit`` and ``follow`` from any thread, the rest on the writer's."""

    def __init__(
        self,
        engine: Engine,
        cities: CityNow,
        worker: BurstWorker,
        *,
        clock: Clock,
        stored: StoredCity,
        wake: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._cities = cities
        self._worker = worker
        self._clock = clock
        self._stored = stored
        self._wake = wake
        self._waiting: queue.Queue[tuple[CityChange | Elsewhere, Future[CityOutcome]]] = queue.Queue(maxsize=_WAITING)

    def submit(self, change: CityChange | Elsewhere) -> "Future[CityOutcome]":
        """Hand an import over; the future is set once it is durable and in force."""
        future: Future[CityOutcome] = Future()
        try:
            self._waiting.put_nowait((change, future))
        except queue.Full:
            raise DeskBusyError("other imports of the city are waiting; try again in a moment") from None
        self._wake()
        return future

    def open(self, connection: Connection) -> None:
        """Put the imported city in force, or the one given at start, before anything is served."""
        city, version = self._stored(connection) or (self._cities.city, self._cities.in_force.version)
        self._put_in_force(count_bases.numbered(connection, city, self._clock.now_us()), version)

    def carry_out(self) -> None:
        """Put waiting imports in force."""
        while not self._waiting.empty():
            change, future = self._waiting.get_nowait()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._take(change))
            except (SQLAlchemyError, StoreError) as error:
                _LOG.error("city_not_imported", fault=str(error)[:500])
                future.set_result(CityRefused("the store failed; nothing was changed, try again and see the log"))

    def refuse_waiting(self) -> None:
        """Answer what still waits while the relay ends."""
        while not self._waiting.empty():
            _, future = self._waiting.get_nowait()
            if future.set_running_or_notify_cancel():
                future.set_result(CityRefused("the relay is stopping; nothing was changed, try again in a moment"))

    def _take(self, change: CityChange | Elsewhere) -> CityOutcome:
        if isinstance(change, Elsewhere):
            if change.version > self._cities.in_force.version:
                with self._engine.begin() as connection:
                    city = count_bases.numbered(connection, change.city, self._clock.now_us())
                self._put_in_force(city, change.version)
                _LOG.info("city_followed", version=change.version)
            return CityChanged(self._cities.in_force.version)
        try:
            with self._engine.begin() as connection:
                now_us = self._clock.now_us()
                outcome = _store(connection, change, now_us=now_us)
                city = count_bases.numbered(connection, change.city, now_us)
                vouch(connection)
        except IntegrityError:
            return _overtaken(change)  # another relay's import took the number between our look and our line
        if isinstance(outcome, CityChanged):
            self._put_in_force(city, outcome.version)
            _LOG.info("city_imported", version=outcome.version, author=change.author, note=change.note)
        return outcome

    def _put_in_force(self, city: City, version: int) -> None:
        self._worker.take_city(city)
        self._cities.replace(city, version)


def _store(connection: Connection, change: CityChange, *, now_us: int) -> CityOutcome:
    head = city_versions.head(connection)
    if head != change.expected:
        return _overtaken(change)
    if head == FOLDER:
        head = 1
        first = CityVersion(version=head, at_us=now_us, author=FROM_FOLDER, note="the city of the settings' folder")
        city_versions.append(connection, first, change.before)
    kept = CityVersion(version=head + 1, at_us=now_us, author=change.author, note=change.note)
    city_versions.append(connection, kept, change.files)
    units.enrol(connection, change.city.units)
    rooms.enrol(connection, change.city.rooms)
    return CityChanged(kept.version)


def _overtaken(change: CityChange) -> CityRefused:
    return CityRefused(
        f"somebody else imported since version {change.expected}, which this was compared with; look at the preview "
        "again and import then"
    )
