"""The relay as a whole: builds every part, starts them in order, watches them, ends them in reverse.

Order matters: the store is checked and migrated before anything reads it; the core's ends of the gates are bound
before a gate starts; the web comes last, so that "ready" means that everything serves.
"""

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
import uvicorn
import zmq
from sqlalchemy import Engine

from patrol_wire.keys import KeyFileError
from relay.app.auditor import Auditor, audit_for_ever
from relay.app.collector import calm_collector
from relay.app.doors import listen, refuse_taken
from relay.app.media_keeper import MediaKeeper
from relay.app.month_calendar import publish_months
from relay.app.refusal_keeper import keep_refusals
from relay.app.store_place import store_url
from relay.app.supervisor import GateSupervisor
from relay.app.writer import Writer
from relay.core.field import CommitProgress, GateRole
from relay.core.hints import CommitHint
from relay.core.index_table import IndexTable
from relay.core.media import MIB
from relay.errors import RefusedError
from relay.gate.gate_process import GateProcess
from relay.gate.gate_settings import GateSettings
from relay.gate.peers import read_peers
from relay.gate.port import CorePort
from relay.gate.relay_key import read_keys
from relay.notify.delivery import Delivery
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
from relay.store.engine import reader_engine, writer_engine
from relay.store.errors import CityError, StoreError, StoreUnreachableError
from relay.store.media_folder import MediaFolder
from relay.web.app import make_desk
from relay.web.parts import DeskParts, RelayHealth

STOP_WEB_S: Final = 1
GATES_LISTEN_WITHIN_S: Final = 5.0
"""A gate needs 0.3 s to start on an idle machine."""
LOOK_EVERY_S: Final = 0.02
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 2.0
"""Between two attempts to reach the database at start."""
WRITER_BEAT_WITHIN_S: Final = 10.0
"""A writer whose loop has not come round for so long makes no progress; it beats four times a second when idle."""
_LOG: Final = structlog.get_logger("relay")


@dataclass(slots=True, kw_only=True)
class _Parts:
    """What runs."""

    writer: Writer
    auditor: Auditor
    delivery: Delivery
    feed: CountsFeed
    keeper: MediaKeeper | None
    """None when the settings switch media off."""
    supervisor: GateSupervisor
    reader: Engine
    ports: Mapping[GateRole, CorePort]


class RelayProgram:
    """One relay. The constructor refuses what cannot work (RefusedError); ``run`` serves until SIGTERM or SIGINT."""

    def __init__(self, settings: RelaySettings, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock if clock is not None else MachineClock()
        self._refusals = RefusalLog(self._clock)
        self._token = read_token(settings)
        try:
            read_keys(settings.keys.key_file)
            read_peers(settings.keys.peers_file)
        except KeyFileError as error:
            raise RefusedError(str(error)) from error
        try:
            self._city = load_city(settings.city.dir, time_zone=settings.relay.time_zone)
            self._index_rule = find_index_rule(settings.city.dir)
        except CityError as error:
            raise RefusedError(str(error)) from error
        refuse_taken({f"gates.{role}.bind": table.bind for role, table in self._gates()})
        _folder(settings.paths.state_dir)
        self._url = store_url(settings)
        self._run_dir = _folder(settings.paths.run_dir)
        self._orders = OrdersFiles(key_file=settings.keys.key_file, run_dir=self._run_dir)
        self._media_dir = Path(settings.media.dir) if settings.media.dir else settings.paths.state_dir / "media"
        if settings.media.enabled:
            _folder(self._media_dir)
        self._stop_stack = ExitStack()
        try:
            self._writer_engine = writer_engine(self._url)
            self._parts = self._build()
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

    def _build(self) -> _Parts:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._stop_stack.callback(context.destroy, linger=0)
        self._stop_stack.callback(self._writer_engine.dispose)
        ports = {
            role: CorePort(context, gate=role, endpoint=self._inside(role), note_refusal=self._refusals.note)
            for role, _ in self._gates()
        }
        writer = Writer(
            self._writer_engine,
            city=self._city,
            clock=self._clock,
            policy=self._settings.policy(),
            port=ports[GateRole.ROOMS],
            media_port=self._settings.media_port,
            note_refusal=self._refusals.note,
            tell_orders=self._orders,
        )
        _open_store(writer)
        reader = reader_engine(self._url)
        self._stop_stack.callback(reader.dispose)

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
        keeper = self._make_keeper(ports.get(GateRole.MEDIA), reader, writer)
        gates = [GateProcess(self._gate_settings(role, table)) for role, table in self._gates()]
        supervisor = GateSupervisor(gates, clock=self._clock)

        def hint(changed: CommitHint) -> None:
            delivery.hint(changed.units)
            if changed.ledger_grew:
                feed.hint()

        writer.on_commit(hint)
        return _Parts(
            writer=writer,
            auditor=Auditor(reader=reader, submit=writer.submit, clock=self._clock),
            delivery=delivery,
            feed=feed,
            keeper=keeper,
            supervisor=supervisor,
            reader=reader,
            ports=ports,
        )

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
        for part in (parts.writer, parts.delivery, parts.feed, parts.keeper, parts.supervisor):
            if part is not None:
                part.start()
                self._stop_stack.callback(part.stop)

    async def _serve(self) -> int:
        """Run the web until a signal; the watchdog beside it."""
        web = self._settings.web
        listener = listen(web.host, web.port)
        desk = make_desk(
            DeskParts(
                reader=self._parts.reader,
                submit=self._parts.writer.submit,
                city=self._city,
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
            )
        )
        self._parts.writer.on_commit(desk.state.live.hint)
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
            auditing = tasks.create_task(audit_for_ever(self._parts.auditor))
            await self._until_gates_listen(server)
            self._announce(listener)
            await serving
            for task in (watching, publishing, keeping, auditing):
                task.cancel()
        return 1 if failed else 0

    def _index(self) -> Callable[[str, int | None, int], IndexTable | None] | None:
        if self._index_rule is None:
            return None
        board = IndexBoard(
            reader=self._parts.reader,
            city=self._city,
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
        port = listener.getsockname()[1]
        ports: dict[str, object] = {role.value: table.bind for role, table in self._gates()}
        host = self._settings.web.host
        ports["web"] = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        path = self._run_dir / "ports.json"
        path.with_suffix(".new").write_text(json.dumps(ports), encoding="utf-8")
        os.replace(path.with_suffix(".new"), path)
        _LOG.info("relay_ready", name=self._settings.relay.name, areas=len(self._city.areas), **ports)
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
            zone=self._city.zone,
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
            gate_restarts=parts.supervisor.restarts,
            gate_sessions=self._sessions(),
            gate_figures={role.value: port.gate_counters for role, port in parts.ports.items()},
            refusals=self._refusals.book,
            counters={
                "commit_ms": figures.commit_ms,
                "records_total": figures.records,
                "dead_letters_total": figures.dead_letters,
                "refused_frames_total": figures.refused_frames,
                "timers_rung_total": figures.timers_rung,
                "alert_times_doubted_total": figures.times_doubted,
                "store_failures_total": figures.store_failures,
                "messages_given_up_total": figures.dropped,
                **parts.auditor.counters,
                **self._media_counters(),
            },
        )

    def _sessions(self) -> dict[str, int]:
        return {
            GateRole.ROOMS.value: self._parts.writer.figures.sessions,
            GateRole.TERMINALS.value: self._parts.delivery.sessions,
            GateRole.COUNTS.value: self._parts.feed.sessions,
        }

    def _media_counters(self) -> dict[str, float]:
        """Return the keeper's figures and those of its gate since that gate started."""
        keeper = self._parts.keeper
        if keeper is None:
            return {}
        figures: dict[str, float] = {f"media_{name}_total": count for name, count in keeper.counters.items()}
        if keeper.gate is not None:
            told = {name.removeprefix("media_"): count for name, count in keeper.gate.counters.items()}
            figures |= {f"media_gate_{name}": count for name, count in told.items()}
        return figures | {"media_kept_bytes": keeper.kept_bytes}

    def _alive(self) -> dict[str, bool]:
        parts = self._parts
        alive = {"writer": parts.writer.is_alive, "delivery": parts.delivery.alive, "counts_feed": parts.feed.alive}
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


def _open_store(writer: Writer) -> None:
    """Open the store; while its database does not answer (both may start at once), wait for it until a signal ends us.

    Raises StoreError for what only a person can mend.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            writer.open()
            break
        except StoreUnreachableError as error:
            if pause_s == FIRST_PAUSE_S:
                _LOG.error("store_awaited", fault=str(error)[:500])
                notify("STATUS=waiting for the database")
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
    if pause_s > FIRST_PAUSE_S:
        _LOG.info("store_answers")


def _ask_to_end(server: uvicorn.Server) -> None:
    server.should_exit = True


async def _serve_quietly(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
    """Serve without uvicorn's own signal handlers: the program decides what a signal means."""
    await server._serve(sockets)  # noqa: SLF001  # uvicorn offers no public way to leave signals alone


def _folder(path: Path) -> Path:
    """Return the folder, made if need be; raises RefusedError when that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(
            f"[paths] {path} cannot be made ({error.strerror}); create it for the relay's user"
        ) from error
    if not os.access(path, os.W_OK):
        raise RefusedError(f"[paths] {path} is not writable; give it to the relay's user")
    return path
