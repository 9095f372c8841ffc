"""The Cursor-on-Target feed: open incidents as points on the maps of TAK clients, over plain TCP.

Clients connect, or the relay connects to a TAK server; both get every open incident at once, then each change, and
each event anew before it goes stale. There are no receipts: what a client missed it gets when it connects again.
Policies: more clients than the setting are refused; one with more unread than the setting is cut.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from patrol_wire.ids import AreaId, IncidentId
from relay.core.channels import Receiver, concerns, is_news
from relay.core.city_now import CityNow
from relay.core.incidents import OPEN_STATES, Incident
from relay.core.notices import titles_of
from relay.notify.cot_event import event, removal
from relay.ops.clock import Clock
from relay.ops.outage import Outage
from relay.store import changes
from relay.store.incidents import IncidentFilter

POLL_S: Final = 0.5
AT_LEAST_S: Final = 0.05
MOST_SHOWN: Final = 2_000
"""Open incidents on a map; beyond that the gravest, as on the desk."""
CONNECT_WITHIN_S: Final = 5.0
_OPEN: Final = IncidentFilter(states=OPEN_STATES)
_LOG: Final = structlog.get_logger("relay.cot")


@dataclass(frozen=True, slots=True, kw_only=True)
class CotWays:
    """Where the feed goes, and how much a client may leave unread."""

    bind: str = ""
    connect: str = ""
    stale_s: float = 300.0
    clients: int = 32
    unread_bytes: int = 256 * 1_024
    reconnect_s: float = 5.0


class CotFeed:
    """A thread with an event loop of its own. ``hint`` and ``stop`` may be called from any thread."""

    def __init__(
        self, ways: CotWays, *, relay: str, business: Receiver, cities: CityNow, reader: Engine, clock: Clock
    ) -> None:
        """``business`` says which incidents are shown."""
        self._ways = ways
        self._relay = relay
        self._business = business
        self._cities = cities
        self._reader = reader
        self._clock = clock
        self._writers: set[asyncio.StreamWriter] = set()
        self._shown: dict[IncidentId, Incident] = {}
        self._sequence = -1
        self._anew_s = 0.0
        self._stopping = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._outage = Outage(_LOG, "cot")
        self._thread = Thread(target=self._run, name="cot", daemon=True)
        self.counters: Counter[str] = Counter()
        self.port = 0
        """Where clients connect, once it listens; 0 when nothing is bound."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End and close every connection, within about two seconds."""
        self._stopping.set()
        self.hint()
        if self._thread.ident is not None:
            self._thread.join(3.0)

    @property
    def alive(self) -> bool:
        """The thread runs."""
        return self._thread.is_alive()

    @property
    def clients(self) -> int:
        """How many connections there are."""
        return len(self._writers)

    def hint(self) -> None:
        """Tell that incidents changed."""
        loop, wake = self._loop, self._wake
        if loop is not None and wake is not None:
            with suppress(RuntimeError):  # the loop was closed: it is ending
                loop.call_soon_threadsafe(wake.set)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        server = await self._listen()
        async with asyncio.TaskGroup() as tasks:
            dialling = tasks.create_task(self._dial()) if self._ways.connect else None
            while not self._stopping.is_set():
                try:
                    await self._round()
                    self._outage.over()
                except SQLAlchemyError as error:
                    self._outage.seen(error)
                except Exception:  # noqa: BLE001  # supervisor loop: one bad row must not end every map
                    _LOG.exception("cot_failed")
                await self._rest(self._wake)
            if dialling is not None:
                dialling.cancel()
            if server is not None:
                server.close()
            for writer in tuple(self._writers):
                self._drop(writer)

    async def _rest(self, wake: asyncio.Event) -> None:
        await asyncio.sleep(AT_LEAST_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await wake.wait()
        wake.clear()

    # --- connections ----------------------------------------------------------------------------------------

    async def _listen(self) -> asyncio.Server | None:
        if not self._ways.bind:
            return None
        host, _, port = self._ways.bind.rpartition(":")
        try:
            server = await asyncio.start_server(self._accept, host.strip("[]"), int(port))
        except OSError as error:
            _LOG.critical("cot_not_bound", bind=self._ways.bind, fault=str(error))
            raise
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= self._ways.clients:
            self.counters["refused"] += 1
            writer.transport.abort()
            return
        await self._session(reader, writer)

    async def _dial(self) -> None:
        """Keep a connection to the TAK server; a lost one is made anew."""
        host, _, port = self._ways.connect.rpartition(":")
        outage = Outage(_LOG, "tak_server")
        while True:
            try:
                async with asyncio.timeout(CONNECT_WITHIN_S):
                    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            except (OSError, TimeoutError) as error:
                self.counters["not_connected"] += 1
                outage.seen(error)
            else:
                outage.over()
                await self._session(reader, writer)
            await asyncio.sleep(self._ways.reconnect_s)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends; what it says is read and dropped: nobody commands the relay here."""
        self.counters["connected"] += 1
        connection = writer.get_extra_info("socket")
        if connection is not None:  # what waits in the kernel is unread too
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._ways.unread_bytes)
        self._writers.add(writer)
        self._send([writer], (self._event(incident) for incident in self._shown.values()))
        try:
            while await reader.read(65_536):
                self.counters["heard"] += 1
        except OSError:
            self.counters["broken"] += 1
        finally:
            self._drop(writer)

    def _drop(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.transport.abort()

    def _send(self, writers: Iterable[asyncio.StreamWriter], events: Iterable[bytes]) -> None:
        """Give the events to connections; one that does not read is cut, and begins anew when it comes back."""
        whole = b"".join(events)
        if not whole:
            return
        for writer in tuple(writers):
            unread = writer.transport.get_write_buffer_size()
            if unread > self._ways.unread_bytes:
                self.counters["cut"] += 1
                _LOG.warning("cot_client_does_not_read", client=str(writer.get_extra_info("peername")), unread=unread)
                self._drop(writer)
            else:
                writer.write(whole)
                self.counters["sent"] += 1

    # --- what is shown --------------------------------------------------------------------------------------

    async def _round(self) -> None:
        now_s = self._clock.monotonic_s()
        anew = now_s >= self._anew_s
        if anew:
            self._anew_s = now_s + self._ways.stale_s / 2
        sequence, found = await asyncio.to_thread(self._look, anew)
        if found is None:
            return
        self._sequence = sequence
        now = {incident.incident_id: incident for incident in found if self._is_shown(incident)}
        gone = [before for key, before in self._shown.items() if key not in now]
        fresh = [each for key, each in now.items() if anew or is_news(self._shown.get(key), each)]
        self._shown = now
        over = (removal(incident, now_us=self._clock.now_us()) for incident in gone)
        self._send(self._writers, [*over, *(self._event(incident) for incident in fresh)])

    def _look(self, anew: bool) -> tuple[int, list[Incident] | None]:
        """Return the newest change and the open incidents; None when nothing changed."""
        with self._reader.connect() as connection:
            head = changes.head(connection)
            if head == self._sequence and not anew:
                return head, None
            return head, changes.queue(connection, only=_OPEN, limit=MOST_SHOWN)

    def _is_shown(self, incident: Incident) -> bool:
        return concerns(self._business, incident, self._cities.city.town_of(AreaId(incident.area_id)))

    def _event(self, incident: Incident) -> bytes:
        return event(
            incident,
            titles_of(incident, self._cities.city),
            relay=self._relay,
            now_us=self._clock.now_us(),
            stale_s=self._ways.stale_s,
        )
