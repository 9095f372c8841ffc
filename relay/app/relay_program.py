"""The relay as a whole: builds every part, starts them in order, watches them, ends them in reverse.

Order matters: the store is checked and migrated before anything reads it; the core's ends of the gates are bound
before a gate starts; the web comes last, so that "ready" means that everything serves.
"""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import structlog
import uvicorn
import zmq
from sqlalchemy import Engine

from patrol_wire.keys import KeyFileError
from relay.app.auditor import Auditor, audit_for_ever
from relay.app.channel_parts import channel_rules, cot_feed, outlets, push_key, retry_policy
from relay.app.city_follower import follow_city
from relay.app.collector import calm_collector
from relay.app.doors import listen, refuse_taken
from relay.app.health_figures import counters
from relay.app.hint_exchange import HintExchange
from relay.app.media_keeper import MediaKeeper
from relay.app.month_calendar import publish_months
from relay.app.opening import folder_of, open_store
from relay.app.refusal_keeper import keep_refusals
from relay.app.room_news import RoomNews
from relay.app.running_parts import RunningParts
from relay.app.store_place import store_url
from relay.app.supervisor import GateSupervisor
from relay.app.writer import Writer
from relay.core.city import City
from relay.core.field import CommitProgress, GateRole
from relay.core.index_table import IndexTable
from relay.core.media import MIB
from relay.core.unsent import unsent_in
from relay.errors import RefusedError
from relay.gate.gate_process import GateProcess
from relay.gate.gate_settings import GateSettings
from relay.gate.peers import read_peers
from relay.gate.port import CorePort
from relay.gate.relay_key import read_keys
from relay.notify.channel_worker import ChannelWorker
from relay.notify.delivery import Delivery
from relay.notify.push_message import public_text
from relay.ops.clock import Clock, MachineClock
from relay.ops.orders_file import OrdersFiles
from relay.ops.refusal_log import RefusalLog
from relay.ops.sd_notify import notify, watchdog_interval_s
from relay.publish.counts_feed import CountsFeed
from relay.publish.index_board import IndexBoard
from relay.publish.month_end import MonthEnd
from relay.settings.model import GateTable, RelaySettings
from relay.settings.token_file import read_token
from relay.store.city_files import find_index_rule, load_city
from relay.store.city_force import FORCES
from relay.store.city_keeper import CityKeeper
from relay.store.engine import reader_engine, sqlite_file, writer_engine
from relay.store.errors import CityError, StoreError
from relay.store.media_folder import MediaFolder
from relay.web.app import make_desk
from relay.web.parts import CityDesk, DeskParts, RelayHealth

STOP_WEB_S: Final = 1
GATES_LISTEN_WITHIN_S: Final = 5.0
"""A gate needs 0.3 s to start on an idle machine."""
LOOK_EVERY_S: Final = 0.02
WRITER_BEAT_WITHIN_S: Final = 10.0
"""A writer whose loop has not come round for so long makes no progress; it beats four times a second when idle."""
_LOG: Final = structlog.get_logger("relay")


class RelayProgram:
    """One relay. The constructor refuses what cannot work (RefusedError); ``run`` serves until SIGTERM or SIGINT."""

    def __init__(self, settings: RelaySettings, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock if clock is not None else MachineClock()
        self._refusals = RefusalLog(self._clock)
        self._token = read_token(settings)
        self._push_key = push_key(settings)
        try:
            read_keys(settings.keys.key_file)
            read_peers(settings.keys.peers_file)
        except KeyFileError as error:
            raise RefusedError(str(error)) from error
        try:
            folder_city = load_city(settings.city.dir, time_zone=settings.relay.time_zone)
            self._keeper = CityKeeper(folder=settings.city.dir, time_zone=settings.relay.time_zone)
            self._index_rule = find_index_rule(settings.city.dir)
        except CityError as error:
            raise RefusedError(str(error)) from error
        doors = {f"gates.{role}.bind": table.bind for role, table in self._gates()}
        if settings.cot.bind:
            doors["cot.bind"] = f"tcp://{settings.cot.bind}"
        refuse_taken(doors)
        folder_of(settings.paths.state_dir)
        self._url = store_url(settings)
        self._run_dir = folder_of(settings.paths.run_dir)
        self._orders = OrdersFiles(key_file=settings.keys.key_file, run_dir=self._run_dir)
        self._media_dir = Path(settings.media.dir) if settings.media.dir else settings.paths.state_dir / "media"
        if settings.media.enabled:
            folder_of(self._media_dir)
        self._stop_stack = ExitStack()
        try:
            self._writer_engine = writer_engine(self._url)
            self._parts = self._build(folder_city)
        except StoreError as error:
            raise RefusedError(str(error)) from error

    def run(self) -> int:
        """Serve until told to end; return 0, or 1 when a part failed that the relay cannot do without."""
        try:
            self._orders.begin()
            self._start()
            calm_collector()
            return asyncio.run(self._serve())
        finally:
            notify("STOPPING=1")
            self._stop_stack.close()
            _LOG.info("relay_stopped")

    def _build(self, folder_city: City) -> RunningParts:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._stop_stack.callback(context.destroy, linger=0)
        self._stop_stack.callback(self._writer_engine.dispose)
        ports = {
            role: CorePort(context, gate=role, endpoint=self._inside(role), note_refusal=self._refusals.note)
            for role, _ in self._gates()
        }
        reader = reader_engine(self._url)
        self._stop_stack.callback(reader.dispose)
        # A secret that cannot be read is refused before anything begins.
        ways_out = outlets(self._settings, city=folder_city, reader=reader, clock=self._clock)
        writer = self._make_writer(ports[GateRole.ROOMS], folder_city)
        open_store(writer)
        delivery = Delivery(
            port=ports[GateRole.TERMINALS],
            reader=reader,
            submit=writer.submit,
            clock=self._clock,
            progress=self._progress,
            note_refusal=self._refusals.note,
            tell_orders=self._orders,
        )
        feed = CountsFeed(
            port=ports[GateRole.COUNTS],
            reader=reader,
            clock=self._clock,
            progress=self._progress,
            submit=writer.submit,
            note_refusal=self._refusals.note,
            tell_orders=self._orders,
        )
        channels = ChannelWorker(
            ways_out,
            reader=reader,
            submit=writer.submit,
            cities=writer.cities,
            clock=self._clock,
            retry=retry_policy(self._settings),
        )
        parts = RunningParts(
            # Another relay may commit to the same database.
            exchange=HintExchange(self._url) if sqlite_file(self._url) is None else None,
            writer=writer,
            auditor=Auditor(reader=reader, submit=writer.submit, clock=self._clock),
            delivery=delivery,
            news=RoomNews(reader=reader, cities=writer.cities, clock=self._clock, tell=writer.tell_rooms),
            feed=feed,
            channels=channels,
            cot=cot_feed(self._settings, cities=writer.cities, reader=reader, clock=self._clock),
            keeper=self._make_keeper(ports.get(GateRole.MEDIA), reader, writer),
            supervisor=self._make_supervisor(),
            reader=reader,
            ports=ports,
        )
        _connect(parts)
        return parts

    def _make_writer(self, port: CorePort, folder_city: City) -> Writer:
        return Writer(
            self._writer_engine,
            city=folder_city,
            stored_city=self._keeper.stored,
            clock=self._clock,
            policy=self._settings.policy(),
            port=port,
            media_port=self._settings.media_port,
            note_refusal=self._refusals.note,
            channels=channel_rules(self._settings),
            tell_orders=self._orders,
        )

    def _make_supervisor(self) -> GateSupervisor:
        gates = [GateProcess(self._gate_settings(role, table)) for role, table in self._gates()]
        return GateSupervisor(gates, clock=self._clock)

    def _make_keeper(self, port: CorePort | None, reader: Engine, writer: Writer) -> MediaKeeper | None:
        if port is None:
            return None
        try:
            folder = MediaFolder(self._media_dir)
        except OSError as error:
            raise RefusedError(
                f"[media] dir {self._media_dir} cannot be used ({error.strerror}); give it to the relay's user"
            ) from error
        return MediaKeeper(
            port=port,
            folder=folder,
            limits=self._settings.media_limits(),
            reader=reader,
            submit=writer.submit,
            clock=self._clock,
            progress=self._progress,
        )

    def _start(self) -> None:
        parts = self._parts
        outward = (parts.news, parts.channels, parts.cot, parts.keeper, parts.exchange)
        for part in (parts.writer, parts.delivery, parts.feed, *outward, parts.supervisor):
            if part is not None:
                part.start()
                self._stop_stack.callback(part.stop)
        if parts.keeper is not None:
            parts.keeper.tell_place(self._settings.web.told_url)

    async def _serve(self) -> int:
        """Run the web until a signal; the watchdog beside it."""
        web = self._settings.web
        listener = listen(web.host, web.port)
        desk = make_desk(
            DeskParts(
                reader=self._parts.reader,
                submit=self._parts.writer.submit,
                cities=self._parts.writer.cities,
                clock=self._clock,
                progress=self._progress,
                health=self._health,
                name=self._settings.relay.name,
                language=self._settings.relay.language,
                policy=self._settings.policy(),
                completeness=self._settings.completeness(),
                index=self._index(),
                token=self._token,
                media_dir=self._media_dir,
                city_desk=CityDesk(keeper=self._keeper, submit=self._parts.writer.city_work.submit),
                cap=self._settings.cap.enabled,
                push_key=public_text(self._push_key) if self._push_key is not None else "",
                push_hosts=self._settings.channels.push.hosts,
            )
        )
        self._parts.writer.on_commit(desk.state.live.hint)
        if self._parts.exchange is not None:
            self._parts.exchange.on_hint(desk.state.live.hint)
        server = uvicorn.Server(
            uvicorn.Config(
                desk,
                log_config=None,
                access_log=False,
                server_header=False,
                ws="websockets-sansio",  # the older one is deprecated by its library
                timeout_graceful_shutdown=STOP_WEB_S,
                lifespan="on",
            )
        )
        loop = asyncio.get_running_loop()
        failed: list[str] = []
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(_serve_quietly(server, [listener]))
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, _ask_to_end, server)
            watching = tasks.create_task(self._watch(server, failed))
            publishing = tasks.create_task(publish_months(self._calendar(), self._clock))
            keeping = tasks.create_task(keep_refusals(self._refusals, self._parts.writer.submit))
            following = tasks.create_task(follow_city(self._keeper, self._parts.reader, self._parts.writer))
            auditing = tasks.create_task(audit_for_ever(self._parts.auditor))
            await self._until_gates_listen(server)
            self._announce(listener)
            await serving
            for task in (watching, publishing, keeping, following, auditing):
                task.cancel()
        return 1 if failed else 0

    def _index(self) -> Callable[[str, int | None, int], IndexTable | None] | None:
        if self._index_rule is None:
            return None
        board = IndexBoard(
            reader=self._parts.reader,
            cities=self._parts.writer.cities,
            index=self._index_rule,
            completeness=self._settings.completeness(),
        )
        return board.look

    async def _until_gates_listen(self, server: uvicorn.Server) -> None:
        """Wait for each gate's first word, said once it is bound; the supervisor goes on with one that fails."""
        deadline_s = self._clock.monotonic_s() + GATES_LISTEN_WITHIN_S
        while silent := [role.value for role, port in self._parts.ports.items() if port.gate_epoch is None]:
            if server.should_exit:
                return
            if self._clock.monotonic_s() >= deadline_s:
                _LOG.error("gates_silent", gates=silent, waited_s=GATES_LISTEN_WITHIN_S)
                return
            await asyncio.sleep(LOOK_EVERY_S)

    def _announce(self, listener: socket.socket) -> None:
        """Say that everything serves: to systemd, to the log, and to programs that look for the ports."""
        in_force = self._parts.writer.cities.in_force
        port = listener.getsockname()[1]
        ports: dict[str, object] = {role.value: table.bind for role, table in self._gates()}
        host = self._settings.web.host
        ports["web"] = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        path = self._run_dir / "ports.json"
        path.with_suffix(".new").write_text(json.dumps(ports), encoding="utf-8")
        os.replace(path.with_suffix(".new"), path)
        for what in unsent_in(in_force.city):
            _LOG.warning("nobody_is_sent", file=FORCES, what=what)
        _LOG.info(
            "relay_ready",
            name=self._settings.relay.name,
            areas=len(in_force.city.areas),
            city_version=in_force.version,
            **ports,
        )
        notify("READY=1\nSTATUS=serving")

    async def _watch(self, server: uvicorn.Server, failed: list[str]) -> None:
        """Feed the watchdog while every part progresses; end the relay when a thread is gone for good."""
        interval_s = watchdog_interval_s() or 1.0
        starved = False
        while True:
            await asyncio.sleep(min(interval_s, 1.0))
            self._refusals.settle()
            self._orders.note_left(self._sessions())
            gone = [name for name, alive in self._alive().items() if not alive]
            if gone:
                _LOG.critical("part_gone", parts=gone)
                failed.extend(gone)
                _ask_to_end(server)
                return
            silent_s = self._clock.monotonic_s() - self._parts.writer.beat_s
            if silent_s < WRITER_BEAT_WITHIN_S:
                starved = False
                notify("WATCHDOG=1")
            elif not starved:
                starved = True
                _LOG.critical("watchdog_starved", writer_silent_s=round(silent_s, 1))

    def _calendar(self) -> MonthEnd:
        return MonthEnd(
            reader=self._parts.reader,
            submit=self._parts.writer.submit,
            zone=self._parts.writer.cities.city.zone,
            after_days=self._settings.counts.freeze_after_days,
        )

    def _progress(self) -> CommitProgress:
        figures = self._parts.writer.figures
        return CommitProgress(commits=figures.commits, last_commit_us=figures.last_commit_us)

    def _health(self) -> RelayHealth:
        parts = self._parts
        figures = parts.writer.figures
        return RelayHealth(
            parts=self._alive(),
            gates_running=parts.supervisor.running,
            store_fault=figures.store_fault,
            gate_restarts=parts.supervisor.restarts,
            gate_sessions=self._sessions(),
            gate_figures={role.value: port.gate_counters for role, port in parts.ports.items()},
            refusals=self._refusals.book,
            channel_attempts=dict(parts.channels.attempts),
            channel_waiting=parts.channels.waiting,
            counters=counters(figures, parts.keeper, parts.cot) | parts.auditor.counters,
        )

    def _sessions(self) -> dict[str, int]:
        return {
            GateRole.ROOMS.value: self._parts.writer.figures.sessions,
            GateRole.TERMINALS.value: self._parts.delivery.sessions,
            GateRole.COUNTS.value: self._parts.feed.sessions,
        }

    def _alive(self) -> dict[str, bool]:
        parts = self._parts
        alive = {
            "writer": parts.writer.is_alive,
            "delivery": parts.delivery.alive,
            "room_news": parts.news.alive,
            "counts_feed": parts.feed.alive,
            "channels": parts.channels.alive,
        }
        if parts.cot is not None:
            alive["cot"] = parts.cot.alive
        if parts.keeper is not None:
            alive["media_keeper"] = parts.keeper.alive
        return alive

    def _inside(self, role: GateRole) -> str:
        return f"ipc://{self._run_dir / role.value}.sock"

    def _gates(self) -> Sequence[tuple[GateRole, GateTable]]:
        gates = self._settings.gates
        doors = [(GateRole.ROOMS, gates.rooms), (GateRole.TERMINALS, gates.terminals), (GateRole.COUNTS, gates.counts)]
        if self._settings.media.enabled:
            doors.append((GateRole.MEDIA, gates.media))
        return doors

    def _gate_settings(self, role: GateRole, table: GateTable) -> GateSettings:
        return GateSettings(
            role=role,
            bind=table.bind,
            inside=self._inside(role),
            key_file=self._settings.keys.key_file,
            peers_file=self._settings.keys.peers_file,
            memory_mb=table.memory_mb,
            media_dir=self._media_dir if role is GateRole.MEDIA else None,
            media_bytes_per_s=self._settings.media.most_mib_per_s * MIB if role is GateRole.MEDIA else 0,
        )


def _ask_to_end(server: uvicorn.Server) -> None:
    server.should_exit = True


def _connect(parts: RunningParts) -> None:
    """Let those who send hear of each commit, of this relay and of others on the same database."""
    parts.writer.on_commit(parts.news.hint)
    parts.writer.on_hello(parts.news.greet)
    parts.writer.on_commit(parts.hint)
    if parts.exchange is not None:
        parts.exchange.on_hint(parts.hint)
        parts.writer.on_commit(parts.exchange.tell)


async def _serve_quietly(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
    """Serve without uvicorn's own signal handlers: the program decides what a signal means."""
    await server._serve(sockets)  # noqa: SLF001  # uvicorn offers no public way to leave signals alone
