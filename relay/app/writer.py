"""The writer: the one thread with the one connection that writes.

It drains what has arrived (room messages from the gate, commands from terminals and pages, due timers), carries it
out in one transaction (relay/app/burst.py), and only after the commit answers and hints. When the store fails,
nothing is answered: the burst is tried again until it is durable, and the rooms hold what is not acknowledged.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError

from patrol_wire import codec
from patrol_wire.ids import NodeName
from patrol_wire.messages import Error, Progress, Redirect, Who
from relay.app.burst import Applied, BurstWorker
from relay.app.channel_work import NO_CHANNELS, ChannelRules
from relay.app.city_work import CityWork, StoredCity, never_imported
from relay.app.clock_watch import ClockWatch
from relay.app.room_presence import RoomPresence
from relay.app.room_sessions import RoomSessions
from relay.app.rooms_intake import Reply
from relay.app.writer_figures import WriterFigures
from relay.core.city import City
from relay.core.city_now import CityNow
from relay.core.commands import CommandResult, DeskBusyError, DeskCommand
from relay.core.field import FieldMessage, FieldPort, GateRole
from relay.core.hints import CommitHint
from relay.core.intake import credit_for
from relay.core.orders import NO_ORDERS, TellOrders, no_orders
from relay.core.policy import MICROS, DeskPolicy
from relay.core.refusals import NoteRefusal, forget_refusal
from relay.ops.clock import Clock
from relay.store import channel_jobs, rooms, schema, sequences, timers, units
from relay.store.errors import StoreError, fault_of

_LOG: Final = structlog.get_logger("relay.writer")
BURST_MESSAGES: Final = 32
"""Room messages of one transaction: 32 batches of 64 records; larger bursts only add latency (research: 2,000)."""
SMALL_BURST_BYTES: Final = 64 * 1024
"""While what was taken is less than this, more that waits is taken along: many rooms with one alert each make one
transaction, whose fixed cost (3.6 ms of CPU and an fsync) would else be paid for 32 alerts."""
BURST_COMMANDS: Final = 500
BURST_TIMERS: Final = 500
QUEUED_COMMANDS: Final = 10_000
"""Commands that may wait; when full, ``submit`` refuses with DeskBusyError and the caller tries again."""
QUEUED_NEWS: Final = 2_000
CREDIT_RECORDS: Final = 256
"""Records a room may have in flight while the relay keeps up."""
_IDLE_S: Final = 0.25
_PRESENCE_EVERY_S: Final = 5.0
_TIMERS_EVERY_S: Final = 1.0
"""How often timers are looked for that another relay set and cannot ring, because it is gone."""
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0

_Waiting = tuple[DeskCommand, "Future[CommandResult]"]


class Writer:
    """See the module. Construct, ``open`` the store, ``start`` the thread; ``stop`` ends it within two seconds."""

    def __init__(
        self,
        engine: Engine,
        *,
        city: City,
        clock: Clock,
        policy: DeskPolicy | None = None,
        port: FieldPort | None = None,
        media_port: int = 0,
        note_refusal: NoteRefusal = forget_refusal,
        channels: ChannelRules = NO_CHANNELS,
        tell_orders: TellOrders = no_orders,
        stored_city: StoredCity = never_imported,
    ) -> None:
        """``engine`` is the store's writer engine; without a ``port`` only commands and timers are served.

        ``stored_city`` returns the city that was imported into this store, which goes before ``city``.
        ``media_port`` is what rooms are told of the media gate; 0: there is none.
        """
        self._engine = engine
        self.cities = CityNow(city)  # replaced by this thread alone
        self._clock = clock
        self._clock_watch = ClockWatch(engine, clock)
        self._policy = policy if policy is not None else DeskPolicy()
        self._port = port
        self._note_refusal = note_refusal
        self._tell_orders = tell_orders
        self._orders = NO_ORDERS
        self._sessions = RoomSessions()
        self._worker = BurstWorker(
            engine, city=city, policy=self._policy, sessions=self._sessions, media_port=media_port, channels=channels
        )
        self._commands: queue.Queue[_Waiting] = queue.Queue(maxsize=QUEUED_COMMANDS)
        self.city_work = CityWork(engine, self.cities, self._worker, clock=clock, stored=stored_city, wake=self._wake)
        self._listeners: list[Callable[[CommitHint], None]] = []
        self._greeters: list[Callable[[NodeName], None]] = []
        # Policy: drop (counted). What a room was not told it asks for with its next hello.
        self._news: queue.Queue[tuple[NodeName, Sequence[Progress]]] = queue.Queue(maxsize=QUEUED_NEWS)
        self._signal = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._presence = RoomPresence(self._policy.presence)
        self._next_timer_us: int | None = 0
        self.figures = WriterFigures()
        self.beat_s = clock.monotonic_s()
        """When the thread last came round, idle or not: a watchdog is fed while this moves."""

    def open(self) -> None:
        """Check and migrate the store and bring roster and rooms into it; raises StoreError with the way out."""
        schema.prepare(self._engine)
        try:
            self._clock_watch.open()
            with self._engine.begin() as connection:
                self._enrol(connection)
        except DBAPIError as error:
            raise schema.refusal(self._engine, error) from error

    def _enrol(self, connection: Connection) -> None:
        sequences.begin(connection)
        if connection.dialect.name == "sqlite":  # no other relay can be at work on it
            channel_jobs.let_go(connection)
        self.city_work.open(connection)
        units.enrol(connection, self.cities.city.units)
        rooms.enrol(connection, self.cities.city.rooms)
        self._presence.load(connection)

    def on_commit(self, listener: Callable[[CommitHint], None]) -> None:
        """Call the listener from the writer's thread after each commit that changed something; it must not block."""
        self._listeners.append(listener)

    def on_hello(self, greeter: Callable[[NodeName], None]) -> None:
        """Call the greeter from the writer's thread when a room has opened a session; it must not block."""
        self._greeters.append(greeter)

    def tell_rooms(self, news: Mapping[NodeName, Sequence[Progress]]) -> None:
        """Send rooms what became of their alerts, to those that have a session; any thread, returns at once."""
        for node, messages in news.items():
            try:
                self._news.put_nowait((node, messages))
            except queue.Full:
                self.figures = replace(self.figures, news_dropped=self.figures.news_dropped + len(messages))
        self._wake()

    def start(self) -> None:
        """Begin to serve."""
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; commands that still wait are answered with an error."""
        self._stopping.set()
        self._wake()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
            if self._thread.is_alive():
                _LOG.error("writer_does_not_end")
        _refuse(self._waiting_commands(limit=QUEUED_COMMANDS))
        self.city_work.refuse_waiting()

    @property
    def is_alive(self) -> bool:
        """The thread runs; whether it also comes round says ``beat_s``."""
        return self._thread is not None and self._thread.is_alive()

    def submit(self, command: DeskCommand) -> "Future[CommandResult]":
        """Hand a command over from any thread; the future is set after the commit that holds its effect."""
        future: Future[CommandResult] = Future()
        try:
            self._commands.put_nowait((command, future))
        except queue.Full:
            raise DeskBusyError(f"{QUEUED_COMMANDS} commands are waiting; try again in a moment") from None
        self._wake()
        return future

    def apply(self, messages: Sequence[FieldMessage], commands: Sequence[DeskCommand] = ()) -> Applied:
        """Carry out one burst durably and tell the listeners; for the thread, and for tests and benches without it."""
        began_s = self._clock.monotonic_s()
        now_us = self._clock.now_us()
        backlog = self._commands.qsize()
        figures = self.figures
        due = self._next_timer_us is not None and self._next_timer_us <= now_us
        applied = self._worker.apply(
            messages,
            commands,
            now_us=now_us,
            commits=figures.commits,
            credit=credit_for(backlog=backlog, commit_ms=figures.commit_ms, window=CREDIT_RECORDS),
            timers_limit=BURST_TIMERS if due else 0,
        )
        self._presence.hear(applied.heard)
        for refused in applied.refused:
            self._note_refusal(refused)
        self.figures = replace(
            figures,
            commits=figures.commits + 1,
            last_commit_us=now_us,
            commit_ms=(self._clock.monotonic_s() - began_s) * 1_000.0,
            records=figures.records + applied.records,
            dead_letters=figures.dead_letters + applied.dead_letters,
            refused_frames=figures.refused_frames + applied.refused_frames,
            timers_rung=figures.timers_rung + applied.timers_rung,
            times_doubted=figures.times_doubted + applied.times_doubted,
            sessions=len(self._sessions),
        )
        if due:
            self._look_at_timers()
        else:
            self._next_timer_us = min(filter(None, (self._next_timer_us, applied.next_timer_us)), default=None)
        if applied.hint.units or applied.hint.incidents or applied.hint.ledger_grew:
            self._tell(applied.hint)
        return applied

    def _tell(self, hint: CommitHint) -> None:
        for listener in self._listeners:
            try:
                listener(hint)
            except Exception:  # noqa: BLE001  # a reader's fault must not undo the answers of a commit that holds
                _LOG.exception("listener_failed")

    # --- the thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        next_presence_s = next_timers_s = self._clock.monotonic_s()
        while not self._stopping.is_set():
            self.beat_s = self._clock.monotonic_s()
            self._mind_clock()
            self._follow_orders()
            messages = self._receive()
            waiting = self._waiting_commands()
            due = self._next_timer_us is not None and self._next_timer_us <= self._clock.now_us()
            if messages or waiting or due:
                self._until_durable(messages, waiting)
            self._send_news()
            self.city_work.carry_out()
            if self._clock.monotonic_s() >= next_timers_s:
                next_timers_s = self._clock.monotonic_s() + _TIMERS_EVERY_S
                self._look_at_timers()
            if self._clock.monotonic_s() >= next_presence_s:
                next_presence_s = self._clock.monotonic_s() + _PRESENCE_EVERY_S
                self._store_presence()

    def _follow_orders(self) -> None:
        """When the orders have changed, tell the rooms that are connected; those that say hello learn them by it."""
        orders = self._tell_orders()
        if orders == self._orders:
            return
        self._orders = orders
        self._worker.obey(orders)
        elsewhere = orders.sends_away(GateRole.ROOMS, 0)
        for name in self._sessions.names():
            session = self._sessions.peek(name)
            if session is None or self._port is None:
                continue
            said = Redirect(endpoints=elsewhere, reason=orders.reason) if elsewhere else Who(reason="new_orders")
            self._port.send(name, codec.encode(said, hop=session.next_hop()))
            if elsewhere:
                self._worker.sent_away(session.node)
                self._sessions.forget(name)
        self.figures = replace(self.figures, sessions=len(self._sessions))

    def _receive(self) -> list[FieldMessage]:
        wait_s = 0.0 if not self._commands.empty() else self._idle_s()
        if self._port is None:
            self._signal.wait(wait_s)
            self._signal.clear()
            return []
        arrived = self._port.receive(within_s=wait_s, limit=BURST_MESSAGES)
        messages = self._sessions.follow(arrived)
        while len(arrived) == BURST_MESSAGES and sum(len(each.frame) for each in messages) < SMALL_BURST_BYTES:
            arrived = self._port.receive(within_s=0.0, limit=BURST_MESSAGES)
            messages.extend(self._sessions.follow(arrived))
        self.figures = replace(self.figures, messages_of_gone=self._sessions.passed_over)
        return messages

    def _idle_s(self) -> float:
        if self._next_timer_us is None:
            return _IDLE_S
        return min(_IDLE_S, max(0.0, (self._next_timer_us - self._clock.now_us()) / MICROS))

    def _waiting_commands(self, *, limit: int = BURST_COMMANDS) -> list[_Waiting]:
        waiting: list[_Waiting] = []
        while len(waiting) < limit:
            try:
                waiting.append(self._commands.get_nowait())
            except queue.Empty:
                break
        return waiting

    def _until_durable(self, messages: list[FieldMessage], waiting: list[_Waiting]) -> None:
        """Carry the burst out, again and again while the store fails; nothing is answered before."""
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            self.beat_s = self._clock.monotonic_s()  # starting this program anew does not mend a store
            try:
                applied = self.apply(messages, [command for command, _ in waiting])
            except DataError:
                # The store works but cannot hold a value: the same again for ever, unlike a full disk or a lost server.
                _LOG.exception("burst_not_storable", messages=len(messages), commands=len(waiting))
                self._one_by_one(messages, waiting)
                return
            except (SQLAlchemyError, StoreError) as error:
                if pause_s == _FIRST_PAUSE_S:
                    _LOG.error("store_failed", fault=str(error)[:500], messages=len(messages), commands=len(waiting))
                    self._tell_unavailable(each.session for each in messages)
                self._note_fault(error)
                self._stopping.wait(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                continue
            except Exception:  # noqa: BLE001  # the supervisor's loop: one bad message must not stop the relay
                _LOG.exception("burst_failed", messages=len(messages), commands=len(waiting))
                self._one_by_one(messages, waiting)
                return
            self._note_works()
            self._answer(applied, waiting)
            return
        _refuse(waiting)

    def _look_failed(self, error: Exception) -> None:
        """A look at a store that hangs takes seconds, and the burst behind it as many: tell the rooms now."""
        if not self.figures.store_fault:
            self._tell_unavailable(self._sessions.names())
        self._note_fault(error)

    def _note_fault(self, error: Exception) -> None:
        failures = self.figures.store_failures + 1
        self.figures = replace(self.figures, store_failures=failures, store_fault=fault_of(error))

    def _note_works(self) -> None:
        if self.figures.store_fault:
            self.figures = replace(self.figures, store_fault="")
            _LOG.info("store_works_again")

    def _tell_unavailable(self, sessions: Iterable[bytes]) -> None:
        """Tell rooms that nothing can be stored, so that their people see why it waits, and they look on."""
        refusal = codec.encode(Error(code="unavailable", text="the store does not answer", retryable=True), hop=1)
        self._send([Reply(session, refusal) for session in dict.fromkeys(sessions)])

    def _one_by_one(self, messages: list[FieldMessage], waiting: list[_Waiting]) -> None:
        """Find the part of a burst that cannot be carried out, so that the rest can."""
        for message in messages:
            self._alone([message], [])
        for item in waiting:
            self._alone([], [item])

    def _alone(self, messages: list[FieldMessage], waiting: list[_Waiting]) -> None:
        try:
            self._answer(self.apply(messages, [command for command, _ in waiting]), waiting)
        except Exception as error:  # noqa: BLE001  # counted, logged and answered; the peer sends it again
            _LOG.exception("message_given_up", nodes=[message.node for message in messages])
            self.figures = replace(self.figures, dropped=self.figures.dropped + 1)
            text = "the relay could not carry this out; it is kept in its log"
            refusal = codec.encode(Error(code="internal", text=text, retryable=True), hop=1)
            self._send([Reply(message.session, refusal) for message in messages])
            for _, future in waiting:
                if future.set_running_or_notify_cancel():
                    future.set_exception(error)

    def _answer(self, applied: Applied, waiting: list[_Waiting]) -> None:
        self._send(applied.replies)
        for node in applied.greeted:
            for greet in self._greeters:
                greet(node)
        for (_, future), result in zip(waiting, applied.results, strict=True):
            if future.set_running_or_notify_cancel():
                future.set_result(result)

    def _send(self, replies: Sequence[Reply]) -> None:
        if self._port is not None and replies:  # a gate that is away: the rooms say hello again and learn the marks
            self._port.send_all([(reply.session, reply.frame) for reply in replies])

    def _send_news(self) -> None:
        """Hand what rooms are told to the gate; a room without a session hears it after its hello."""
        while self._port is not None:
            try:
                node, messages = self._news.get_nowait()
            except queue.Empty:
                return
            name = self._sessions.session_of(node)
            session = None if name is None else self._sessions.peek(name)
            if name is None or session is None:
                continue
            self._send([Reply(name, codec.encode(message, hop=session.next_hop())) for message in messages])

    def _look_at_timers(self) -> None:
        try:
            with self._engine.connect() as connection:
                self._next_timer_us = timers.next_due_us(connection)
        except (SQLAlchemyError, StoreError) as error:
            _LOG.error("timers_unreadable", fault=str(error)[:500])
            self._next_timer_us = 0  # look again with the next burst
            self._look_failed(error)

    def _mind_clock(self) -> None:
        try:
            moved_us = self._clock_watch.look()
        except (SQLAlchemyError, StoreError) as error:
            _LOG.error("clock_not_minded", fault=str(error)[:500])
            self._look_failed(error)
            return
        if self._clock_watch.steps != self.figures.clock_steps:
            self.figures = replace(self.figures, clock_steps=self._clock_watch.steps)
        if moved_us:
            self._presence.move(moved_us)
            self._next_timer_us = 0

    def _store_presence(self) -> None:
        try:
            self._presence.store(self._engine, self.cities.city.room_by_node, self._clock.now_us())
        except (SQLAlchemyError, StoreError) as error:
            _LOG.error("presence_not_stored", fault=str(error)[:500])
            self._look_failed(error)
            return
        self._note_works()  # where nothing comes in, no burst says so

    def _wake(self) -> None:
        self._signal.set()
        if self._port is not None:
            self._port.wake()


def _refuse(waiting: Sequence[_Waiting]) -> None:
    for _, future in waiting:
        if future.set_running_or_notify_cancel():
            future.set_exception(DeskBusyError("the relay is stopping; try again in a moment"))
