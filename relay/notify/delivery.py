"""Delivery: serves the terminals' gate from the durable mailboxes.

Owns the sessions of terminals and nothing else: what a unit must know is in the store, what it does goes to the writer
as commands. Reads with a read-only connection. Policies: a terminal's window full: it is sent nothing until it
confirms, after SLOW_AFTER_S it is told Bye{resync} and forgotten; too many commands of one terminal open, or the
writer's queue full: refused as ``busy``; hints are a set of units, so their number is bounded by the units.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Event, Thread
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from patrol_wire import codec
from patrol_wire import messages as m
from patrol_wire.errors import WireError
from patrol_wire.ids import CommandId, DispatchId, Receipt, Role, UnitId
from patrol_wire.version import choose_version
from relay.core.commands import (
    CommandResult,
    DeskBusyError,
    DeskCommand,
    Mark,
    Submit,
    UnitPosition,
    UnitSeen,
    UnitStep,
)
from relay.core.field import (
    CommitProgress,
    FieldMessage,
    FieldPort,
    FromGate,
    GateBeat,
    GateRole,
    GateStarted,
    SessionGone,
)
from relay.core.hints import NO_ENTRIES
from relay.core.orders import TellOrders, no_orders
from relay.core.refusals import NoteRefusal, Refused, forget_refusal
from relay.notify.frames import pages
from relay.notify.handing import POLL_S, Handing
from relay.notify.mark_batch import MarkBatch
from relay.notify.outgoing import Outgoing
from relay.notify.peer_orders import PeerOrders
from relay.notify.pipeline import open_dispatches
from relay.notify.terminals import IDLE_AFTER_S, Terminals, TerminalSession
from relay.ops.clock import Clock
from relay.ops.outage import Outage
from relay.store import mailboxes

SNAPSHOT_BEYOND: Final = 1_000
"""A terminal further behind gets a snapshot instead of every entry it missed."""
MAX_COMMANDS_OPEN: Final = 16
BURST: Final = 500
SEEN_EVERY_S: Final = 60.0
_LOG: Final = structlog.get_logger("relay.notify")
_MARKS: Final = {Receipt.DELIVERED: Mark.DELIVERED, Receipt.SEEN: Mark.SEEN}


class Delivery:
    """The thread behind the terminals' gate. ``hint`` and ``stop`` may be called from any thread."""

    def __init__(
        self,
        *,
        port: FieldPort,
        reader: Engine,
        submit: Submit,
        clock: Clock,
        progress: Callable[[], CommitProgress],
        note_refusal: NoteRefusal = forget_refusal,
        tell_orders: TellOrders = no_orders,
    ) -> None:
        self._port = port
        self._reader = reader
        self._submit = submit
        self._clock = clock
        self._progress = progress
        self._note_refusal = note_refusal
        self._orders = PeerOrders(port, gate=GateRole.TERMINALS, role=Role.TERMINAL, tell=tell_orders, submit=submit)
        self._terminals = Terminals()
        self._marks = MarkBatch(submit)
        self.counters: Counter[str] = Counter()
        self._handing = Handing(
            self._terminals,
            Outgoing(port, self._marks),
            reader=reader,
            clock=clock,
            counters=self.counters,
            send=self._send,
        )
        self._finished: deque[tuple[bytes, m.Command, Future[CommandResult]]] = deque()
        self._stopping = Event()
        self._next_idle_s = 0.0
        self._thread = Thread(target=self._run, name="delivery", daemon=True)
        self.gate: GateBeat | None = None
        """The gate's last sign of life."""

    def start(self) -> None:
        """Begin serving."""
        self._thread.start()

    def stop(self) -> None:
        """End and release the port; returns within two seconds."""
        self._stopping.set()
        self._port.wake()
        if self._thread.ident is None:  # never started: nobody else releases the port
            self._port.close()
            return
        self._thread.join(2.0)

    @property
    def alive(self) -> bool:
        """Tell whether the thread runs; the watchdog asks."""
        return self._thread.is_alive()

    @property
    def sessions(self) -> int:
        """How many terminals are connected."""
        return len(self._terminals)

    def hint(self, units: Iterable[UnitId], entries: Mapping[UnitId, Sequence[m.MailboxEntry]] = NO_ENTRIES) -> None:
        """Tell that these mailboxes have grown, and by what as far as it is at hand; called after the commit."""
        self._handing.hints.add(units, entries)
        self._port.wake()

    def _run(self) -> None:
        outage = Outage(_LOG, "delivery")
        while not self._stopping.is_set():
            try:
                self._round()
                outage.over()
            except SQLAlchemyError as error:  # the store is away; what was not sent is found by the next poll
                self.counters["rounds_blind"] += 1
                outage.seen(error)
                self._stopping.wait(POLL_S)
            except Exception:  # noqa: BLE001  # supervisor loop: one bad moment must not end every unit's alerts
                self.counters["rounds_failed"] += 1
                _LOG.exception("delivery_failed")
                self._stopping.wait(POLL_S)
        self._marks.tell()
        self._port.close()

    def _round(self) -> None:
        """Take what arrived, send what is new."""
        self._handing.hand_over()  # what a round that failed has left
        for over in self._orders.follow((each.session, each.unit_id, each.next_hop) for each in self._terminals):
            self._terminals.forget(over)
        now_s = self._clock.monotonic_s()
        wait_s = self._marks.wait_s(now_s, self._handing.wait_s(now_s))
        for item in self._port.receive(within_s=wait_s, limit=BURST):
            self._take(item)
        while self._finished:
            self._answer_command(*self._finished.popleft())
        now_s = self._clock.monotonic_s()
        self.counters["dropped_marks"] += self._marks.tell_in_time(now_s)
        if now_s >= self._next_idle_s:
            self._next_idle_s = now_s + POLL_S
            self._drop_idle(now_s)
        self._handing.round(now_s)

    # --- what terminals say

    def _take(self, item: FromGate) -> None:
        match item:
            case FieldMessage():
                self._hear(item)
            case GateStarted():
                self._terminals.forget_all()
            case SessionGone(session=session, reason=reason):
                self.counters[f"gone_{reason}"] += 1
                self._terminals.forget(session)
            case GateBeat():
                self.gate = item

    def _hear(self, heard: FieldMessage) -> None:
        try:
            message = codec.decode(heard.frame).message
        except WireError as error:
            self.counters[f"refused_{error.reason}"] += 1
            self._refuse(heard.session, heard.node, error.reason, error.found)
            return
        if isinstance(message, m.Sync):
            try:
                self._sync(heard, message)
            except SQLAlchemyError:  # the poll of this round says so in the log
                self.counters["syncs_blind"] += 1
                self._refuse(
                    heard.session, heard.node, "unavailable", "the store does not answer; ask again", retryable=True
                )
            return
        terminal = self._terminals.get(heard.session)
        if terminal is None or str(terminal.unit_id) != heard.node:
            self.counters["who"] += 1
            self._port.send(heard.session, codec.encode(m.Who(), hop=1))
            return
        terminal.heard_s = self._clock.monotonic_s()
        match message:
            case m.Receipts():
                self._note_receipts(terminal, message)
            case m.Command():
                self._command(terminal, message)
            case m.Position():
                (lon, lat), who = (message.place.lon, message.place.lat), terminal.unit_id
                at_us, exact_m = message.fixed_at, message.accuracy_m
                self._tell_writer(UnitPosition(unit_id=who, lon=lon, lat=lat, fixed_us=at_us, accuracy_m=exact_m))
            case m.Ping():
                self._tell_seen(terminal)
                commits, last_us = self._progress()
                now_us = self._clock.now_us()
                pong = m.Pong(ping_sent_at=message.sent_at, commits=commits, last_commit_at=last_us, clock=now_us)
                self._send(terminal, pong)
            case m.Bye():
                self._terminals.forget(heard.session)
            case _:  # the gate lets no other kind through
                self._refuse(
                    heard.session, heard.node, "wrong_role", f"a terminal does not send {type(message).__name__}"
                )

    def _sync(self, heard: FieldMessage, sync: m.Sync) -> None:
        version = choose_version(sync.lowest_version, sync.highest_version)
        if version is None:
            self._refuse(
                heard.session, heard.node, "unknown_version", f"{sync.lowest_version} to {sync.highest_version}"
            )
            return
        unit_id = UnitId(heard.node)
        self._orders.note_key(unit_id, sync.relay_key)
        if self._orders.send_away(heard.session, unit_id, hop=1):
            self._terminals.forget(heard.session)
            return
        now_s = self._clock.monotonic_s()
        with self._reader.connect() as connection:  # one state of the store for snapshot and deltas
            marks = mailboxes.marks_of(connection, unit_id)
            head = marks.head
            if marks.delivered < sync.cursor <= head:  # its receipt was lost, here or on the way
                self._marks.note(unit_id, Mark.DELIVERED, sync.cursor, self._clock.now_us())
            whole = sync.cursor == 0 or sync.cursor > head or head - sync.cursor > SNAPSHOT_BEYOND
            cursor = head if whole else sync.cursor
            views: tuple[m.DispatchView, ...] = ()
            if whole and head:
                views = open_dispatches(mailboxes.newest_of_dispatches(connection, unit_id, upto=head))
            terminal = TerminalSession(
                session=heard.session, unit_id=unit_id, sent=cursor, delivered=cursor, heard_s=now_s, told_seen_s=now_s
            )
            replaced = self._terminals.open(terminal)
            if replaced is not None:
                self._port.send(replaced.session, codec.encode(m.Bye(reason="too_many"), hop=replaced.next_hop()))

            def snapshot(part: Sequence[m.DispatchView], last: bool) -> m.Message:
                return m.Snapshot(
                    session=sync.session,
                    version=version,
                    cursor=cursor,
                    dispatches=tuple(part),
                    clock=self._clock.now_us(),
                    complete=last,
                    next_relay_key=self._orders.next_relay_key,
                )

            for frame, _ in pages(views, snapshot, next_hop=terminal.next_hop):
                self._port.send(terminal.session, frame)
            self.counters["snapshots" if whole else "resumes"] += 1
            if cursor < head:
                self._handing.give(connection, terminal, now_s)
                self._handing.hand_over()

    def _note_receipts(self, terminal: TerminalSession, receipts: m.Receipts) -> None:
        cursor = min(receipts.cursor, terminal.sent)  # nobody can confirm what was not sent
        if receipts.receipt is Receipt.DELIVERED:
            if cursor > terminal.delivered:
                terminal.delivered, terminal.moved_s = cursor, self._clock.monotonic_s()
            terminal.full_since_s = None
            if terminal.more:  # entries waited for room in the window
                self._handing.hints.add((terminal.unit_id,), NO_ENTRIES)
        if cursor:
            self._marks.note(terminal.unit_id, _MARKS[receipts.receipt], cursor, self._clock.now_us())

    def _tell_seen(self, terminal: TerminalSession) -> None:
        """Tell once a minute that the unit is there: its patrol-hours are made of this."""
        if terminal.heard_s - terminal.told_seen_s >= SEEN_EVERY_S:
            terminal.told_seen_s = terminal.heard_s
            self._tell_writer(UnitSeen(unit_id=terminal.unit_id, at_us=self._clock.now_us()))

    def _tell_writer(self, command: DeskCommand) -> None:
        """Hand over a fact nobody waits for; a full writer costs this one, counted, and the next one follows."""
        try:
            self._submit(command)
        except DeskBusyError:
            self.counters[f"dropped_{type(command).__name__}"] += 1

    def _command(self, terminal: TerminalSession, command: m.Command) -> None:
        if terminal.commands_open >= MAX_COMMANDS_OPEN:
            self._refuse(terminal.session, terminal.unit_id, "busy", "too many commands are open", retryable=True)
            return
        unit_step = UnitStep(
            command_id=CommandId(command.command_id),
            unit_id=terminal.unit_id,
            dispatch_id=DispatchId(command.dispatch_id),
            step=command.step,
            device_us=command.device_at,
            outcome=command.outcome,
            reason=command.reason,
            place=(command.place.lon, command.place.lat) if command.place is not None else None,
        )
        try:
            future = self._submit(unit_step)
        except DeskBusyError as error:
            self.counters["commands_busy"] += 1
            self._refuse(terminal.session, terminal.unit_id, "busy", str(error), retryable=True)
            return
        terminal.commands_open += 1
        self.counters["commands"] += 1
        future.add_done_callback(partial(self._note_finished, terminal.session, command))

    def _note_finished(self, session: bytes, command: m.Command, future: "Future[CommandResult]") -> None:
        """Called in the writer's thread: keep it for the loop, which owns the port."""
        self._finished.append((session, command, future))
        self._port.wake()

    def _answer_command(self, session: bytes, command: m.Command, future: "Future[CommandResult]") -> None:
        terminal = self._terminals.get(session)
        if terminal is None:
            return  # it will ask again in its next session; the answer is in the store
        terminal.commands_open = max(0, terminal.commands_open - 1)  # a repeated sync begins to count anew
        error = future.exception() if not future.cancelled() else None
        if future.cancelled() or error is not None:
            self.counters["commands_failed"] += 1
            self._refuse(
                session,
                terminal.unit_id,
                "unavailable",
                f"not carried out: {error or 'the relay ends'}",
                retryable=True,
            )
            return
        result = future.result()
        self._send(
            terminal,
            m.CommandResult(
                command_id=command.command_id,
                result=result.answer.value,
                reason=result.reason[:500],
                dispatch_state=result.dispatch_state,
            ),
        )

    def _drop_idle(self, now_s: float) -> None:
        for terminal in self._terminals:
            if now_s - terminal.heard_s > IDLE_AFTER_S:
                self.counters["idle_terminals"] += 1
                self._terminals.forget(terminal.session)

    def _send(self, terminal: TerminalSession, message: m.Message) -> None:
        self._port.send(terminal.session, codec.encode(message, hop=terminal.next_hop()))

    def _refuse(self, session: bytes, node: str, code: str, text: str, *, retryable: bool = False) -> None:
        self._note_refusal(Refused(GateRole.TERMINALS.value, f"{Role.TERMINAL.value}:{node}", code, detail=text))
        self._port.send(session, codec.encode(m.Error(code=code, text=text[:500], retryable=retryable), hop=1))
