"""Outbox, link, gate, writer, delivery and terminal of one site in one thread, over a network in the test's hands.

Real: the room's and the terminal's session machines, the gate's sessions, lanes and admission, the bytes between gate
and core, the writer and delivery on a real store, every frame's bytes. Not real: sockets, threads and time.
"""

import itertools
import shutil
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.core import link_talk as talk
from edge_agent.core import session as room_link
from edge_agent.core.outbox import LaneMarks, Mark
from patrol_cli import terminal_session as terminal_link
from patrol_wire import codec
from patrol_wire import messages as m
from patrol_wire.chain import CHAIN_START
from patrol_wire.ids import Role, Stream
from patrol_wire.messages import StreamMark
from relay.core.commands import CommandResult, DeskCommand
from relay.core.field import CommitProgress, FieldMessage, FromGate, GateRole, GateStarted, SessionGone
from relay.gate.admission import judge_frame
from relay.gate.inside import pack_message, unpack_from_gate
from relay.gate.lanes import ALLOWANCES, Admitted, PeerLanes, cost_of
from relay.gate.sessions import SessionTable
from relay.notify.delivery import Delivery
from relay.store import mailboxes
from tests.support.room_sender import RoomSender
from tests.support.writer_site import WriterSite


@dataclass
class Wire:
    """One connection, both ways. A cut throws away what is in flight; the next one has another routing id."""

    routing_id: bytes = b""
    up: list[bytes] = field(default_factory=list)
    down: list[bytes] = field(default_factory=list)


class ModelGate:
    """A gate without sockets: what it passes, refuses, paces and forgets is decided by the real parts."""

    def __init__(self, role: GateRole) -> None:
        self.role = role
        self._numbers = itertools.count(1)
        self._epochs = itertools.count(1)
        self.wires: dict[str, Wire] = {}
        self.to_core: list[FromGate] = []
        self.start()

    def start(self) -> None:
        """Begin anew, as after a kill: nobody is known, and the core is told."""
        self._epoch = next(self._epochs)
        self._tag = self._epoch.to_bytes(8, "big")
        self._sessions = SessionTable()
        self._lanes = PeerLanes(ALLOWANCES[self.role])
        self.to_core.clear()
        self.to_core.append(GateStarted(self._epoch))

    def connect(self, node: str) -> Wire:
        """Give a peer a new connection; what was in flight on the old one is lost."""
        wire = Wire(b"\0" + next(self._numbers).to_bytes(4, "big"))
        self.wires[node] = wire
        return wire

    def hear(self, node: str, frame: bytes, now_s: float) -> None:
        """Take a frame that came over the peer's present connection."""
        wire = self.wires[node]
        assert judge_frame(wire.routing_id, frame, frames=1, gate=self.role) is None, "our programs send what passes"
        self._sessions.hear(wire.routing_id, node)
        role = Role.ROOM if self.role is GateRole.ROOMS else Role.TERMINAL
        packed = pack_message(self._tag + wire.routing_id, f"{role}:{node}".encode(), frame)
        admitted = self._lanes.admit(node, packed, cost=cost_of(frame[3], len(frame)), now_s=now_s)
        assert admitted in (Admitted.PASSES, Admitted.WAITS), "an honest peer is never refused"
        if admitted is Admitted.PASSES:
            self._pass(packed)

    def release(self, now_s: float) -> None:
        """Hand over what waited for its turn."""
        for packed in self._lanes.due(now_s):
            self._pass(packed)

    def _pass(self, packed: bytes) -> None:
        message = unpack_from_gate(packed)
        assert isinstance(message, FieldMessage)
        self.to_core.append(message)

    def deliver(self, session: bytes, frame: bytes) -> None:
        """Send the core's frame to the peer it is meant for, if that is still there."""
        if not session.startswith(self._tag):
            return  # meant for a gate before this one
        for wire in self.wires.values():
            if wire.routing_id == session[8:] and self._sessions.get(wire.routing_id) is not None:
                wire.down.append(frame)
                return
        self._sessions.forget(session[8:])
        self.to_core.append(SessionGone(session, "unreachable"))


class GatePort:
    """What delivery is given: never waits, because the test says when something happens."""

    def __init__(self, gate: ModelGate) -> None:
        self._gate = gate

    def receive(self, *, within_s: float, limit: int) -> Sequence[FromGate]:
        taken, self._gate.to_core[:] = self._gate.to_core[:limit], self._gate.to_core[limit:]
        return taken

    def send(self, session: bytes, frame: bytes) -> bool:
        self._gate.deliver(session, frame)
        return True

    def send_all(self, frames: Sequence[tuple[bytes, bytes]]) -> bool:
        for session, frame in frames:
            self._gate.deliver(session, frame)
        return True

    def cut(self, session: bytes) -> bool:
        return True

    def wake(self) -> None:
        pass

    def close(self) -> None:
        pass


class ModelRoom:
    """A room: an outbox that keeps everything, and the real machine of its link."""

    def __init__(self, node: str, gate: ModelGate) -> None:
        self.outbox = RoomSender(node)
        self._gate = gate
        self.settled = dict.fromkeys(Stream, 0)
        self._numbers = itertools.count(1_000, 1_000)
        self.alarms: list[talk.RaiseAlarm] = []

    def start(self, now_s: float) -> None:
        """Begin, or begin again after a kill: what is not settled is unsent."""
        self.link, said = room_link.begin(
            endpoints=("tcp://relay:7701",), number=next(self._numbers), lanes=self._lanes(), now_s=now_s
        )
        self._perform(said, now_s)

    def put(self, body: object, now_s: float, stream: Stream = Stream.ALERTS) -> None:
        """Store a record and tell the link."""
        self.outbox.put(body, stream)  # type: ignore[arg-type]  # a record of any kind
        self.happen(talk.Recorded(lanes=self._lanes()), now_s)

    def happen(self, happening: talk.SessionEvent, now_s: float) -> None:
        self.link, said = room_link.step(self.link, happening, now_s=now_s)
        self._perform(said, now_s)

    def hear(self, frame: bytes, now_s: float) -> None:
        received = codec.decode(frame)
        self.happen(talk.Heard(message=received.message, stream=received.stream), now_s)

    @property
    def drained(self) -> bool:
        return all(self.settled[stream] == len(self.outbox.records[stream]) for stream in Stream)

    def _mark(self, stream: Stream, seq: int) -> Mark:
        records = self.outbox.records[stream]
        return Mark(seq=seq, chain=records[seq - 1].chain if seq else CHAIN_START)

    def _lanes(self) -> tuple[LaneMarks, ...]:
        return tuple(
            LaneMarks(
                stream=stream,
                base=self._mark(stream, self.settled[stream]),
                last=self._mark(stream, len(self.outbox.records[stream])),
                stored=self.settled[stream],
            )
            for stream in Stream
        )

    def _perform(self, said: Sequence[talk.Instruction], now_s: float) -> None:
        node = self.outbox.node
        for one in said:
            match one:
                case talk.BuildSocket():
                    self._gate.connect(node)
                case talk.SendHello(session=number):
                    marks = (self._mark(stream, self.settled[stream]) for stream in Stream)
                    hello = m.Hello(
                        session=number,
                        epoch=self.outbox.epoch,
                        lowest_version=1,
                        highest_version=1,
                        retained=tuple(
                            StreamMark(stream=stream, seq=mark.seq, chain=mark.chain)
                            for stream, mark in zip(Stream, marks, strict=True)
                        ),
                        clock=1,
                        agent_version="model",
                    )
                    self._gate.wires[node].up.append(codec.encode(hello, hop=1))
                case talk.SendBatch(stream=stream, after=after, limit=limit):
                    batch = self.outbox.batch(after + 1, upto=after + limit, stream=stream)
                    self._gate.wires[node].up.append(batch.frame)
                    upto = min(after + limit, len(self.outbox.records[stream]))
                    self.happen(talk.Sent(stream=stream, after=after, upto=upto), now_s)
                case talk.SendPing(pending=pending):
                    self._gate.wires[node].up.append(codec.encode(m.Ping(sent_at=1, pending=pending), hop=1))
                case talk.Settle():
                    assert not one.refused, one
                    self.settled[one.stream] = max(self.settled[one.stream], one.final)
                    self.happen(talk.Recorded(lanes=self._lanes()), now_s)
                case talk.RaiseAlarm():
                    self.alarms.append(one)


class ModelTerminal:
    """A unit's terminal: the real machine, and the book that survives a kill."""

    def __init__(self, unit_id: str, gate: ModelGate) -> None:
        self.unit_id = unit_id
        self._gate = gate
        self._sessions = itertools.count(1)
        self.kept = terminal_link.TerminalBook(session=0)
        self.rung: list[str] = []
        """Dispatches that rang, as often as they did."""
        self.results: dict[str, m.CommandResult] = {}

    def start(self, now: terminal_link.Moment) -> None:
        """Begin, or begin again after a kill, with what was kept."""
        self.book = terminal_link.TerminalBook(
            session=0,
            cursor=self.kept.cursor,
            seen=self.kept.seen,
            dispatches=self.kept.dispatches,
            pending=tuple(terminal_link.Sending(command=sending.command) for sending in self.kept.pending),
        )
        self._connect(now)

    def reconnect(self, now: terminal_link.Moment) -> None:
        """The network cut the connection and a new one stands."""
        self.happen(terminal_link.Unlinked(), now)
        self._connect(now)

    def happen(self, happening: terminal_link.Happening, now: terminal_link.Moment) -> None:
        before = self.book
        self.book, said = terminal_link.step(self.book, happening, now)
        assert self.book.cursor >= before.cursor, "a cursor never goes back"
        for one in said:
            match one:
                case terminal_link.Keep():
                    self.kept = self.book
                case terminal_link.Say(message=message):
                    self._gate.wires[self.unit_id].up.append(codec.encode(message, hop=1))
                case terminal_link.Rebuild():
                    self._connect(now)
                case terminal_link.Show():
                    self._show(one)

    def hear(self, frame: bytes, now: terminal_link.Moment) -> None:
        self.happen(terminal_link.Heard(codec.decode(frame).message), now)

    def _connect(self, now: terminal_link.Moment) -> None:
        self._gate.connect(self.unit_id)
        self.happen(terminal_link.Linked(session=next(self._sessions)), now)

    def _show(self, shown: terminal_link.Show) -> None:
        if shown.page and shown.view is not None:
            self.rung.append(shown.view.dispatch_id)
        if shown.result is not None:
            assert shown.result.command_id not in self.results, "a command is answered once"
            self.results[shown.result.command_id] = shown.result


class WholeWay:
    """The site. ``settle`` lets a healed network carry everything and asserts that it drains."""

    def __init__(self, folder: Path, template: Path, *, rooms: Sequence[str], units: Sequence[str]) -> None:
        shutil.copy(template, folder / "relay.sqlite3")
        self._folder = folder
        self.site = WriterSite(folder)
        self.rooms_gate = ModelGate(GateRole.ROOMS)
        self.terminals_gate = ModelGate(GateRole.TERMINALS)
        self._submitted: list[tuple[DeskCommand, Future[CommandResult]]] = []
        self.delivery = self._new_delivery()
        self.rooms = [ModelRoom(node, self.rooms_gate) for node in rooms]
        self.terminals = [ModelTerminal(unit_id, self.terminals_gate) for unit_id in units]
        for room in self.rooms:
            room.start(self.now_s)
        for terminal in self.terminals:
            terminal.start(self.moment)

    @property
    def now_s(self) -> float:
        return self.site.clock.monotonic_s()

    @property
    def moment(self) -> terminal_link.Moment:
        return terminal_link.Moment(now_us=self.site.clock.now_us(), now_s=self.now_s)

    def _new_delivery(self) -> Delivery:
        delivery = Delivery(
            port=GatePort(self.terminals_gate),
            reader=self.site.reader,
            submit=self._submit,
            clock=self.site.clock,
            progress=lambda: CommitProgress(commits=1, last_commit_us=0),
        )
        self.site.hints.clear()
        self.site.writer.on_commit(lambda hint: delivery.hint(hint.units, hint.entries))
        return delivery

    def _submit(self, command: DeskCommand) -> "Future[CommandResult]":
        future: Future[CommandResult] = Future()
        self._submitted.append((command, future))
        return future

    def restart_relay(self) -> None:
        """Kill the relay with its gates: all that is left is the store. Commands that waited are gone."""
        clock = self.site.clock
        self.site.__exit__(None, None, None)
        self._submitted.clear()
        self.site = WriterSite(self._folder)
        self.site.clock.advance(clock.monotonic_s() - self.site.clock.monotonic_s())
        self.delivery = self._new_delivery()
        self.restart_gate(rooms=True)
        self.restart_gate(rooms=False)

    def restart_peer(self, node: str) -> None:
        """Kill a room's agent or a terminal: what it did not store is gone."""
        for room in self.rooms:
            if room.outbox.node == node:
                room.start(self.now_s)
        for terminal in self.terminals:
            if terminal.unit_id == node:
                terminal.start(self.moment)

    def restart_gate(self, *, rooms: bool) -> None:
        """Kill one gate: every connection through it ends, every session is forgotten, peers connect again."""
        (self.rooms_gate if rooms else self.terminals_gate).start()
        for room in self.rooms if rooms else ():
            self.cut(room.outbox.node)
        for terminal in () if rooms else self.terminals:
            self.cut(terminal.unit_id)

    def work(self) -> None:
        """Let the relay do what has arrived: one burst of the writer, one round of delivery."""
        self.rooms_gate.release(self.now_s)
        self.terminals_gate.release(self.now_s)
        arrived, self.rooms_gate.to_core[:] = list(self.rooms_gate.to_core), ()
        messages = self.site.writer._sessions.follow(arrived)  # what the writer's thread does with what arrives
        waiting, self._submitted = self._submitted, []
        applied = self.site.writer.apply(messages, [command for command, _ in waiting])
        for reply in applied.replies:
            self.rooms_gate.deliver(reply.session, reply.frame)
        for (_, future), result in zip(waiting, applied.results, strict=True):
            future.set_result(result)
        self.delivery._round()  # what delivery's thread does, once

    def pass_time(self, seconds: float) -> None:
        """Let time pass for everybody."""
        self.site.clock.advance(seconds)
        for room in self.rooms:
            room.happen(talk.Ticked(), self.now_s)
        for terminal in self.terminals:
            terminal.happen(terminal_link.Tick(), self.moment)
        self.work()

    def carry(self, node: str, *, up: bool, index: int, lose: bool = False, double: bool = False) -> None:
        """Let the network do something with one frame in flight, whichever: it reorders."""
        room = next((room for room in self.rooms if room.outbox.node == node), None)
        gate = self.rooms_gate if room is not None else self.terminals_gate
        lane = gate.wires[node].up if up else gate.wires[node].down
        if not lane:
            return
        frame = lane[index % len(lane)]
        if not double:
            lane.remove(frame)
        if lose:
            return
        if up:
            gate.hear(node, frame, self.now_s)
            self.work()
        elif room is not None:
            room.hear(frame, self.now_s)
        else:
            terminal = next(each for each in self.terminals if each.unit_id == node)
            terminal.hear(frame, self.moment)

    def cut(self, node: str) -> None:
        """End a connection; the peer notices and has another one at once."""
        for room in self.rooms:
            if room.outbox.node == node:
                self.rooms_gate.connect(node)
                room.happen(talk.Disconnected(), self.now_s)
        for terminal in self.terminals:
            if terminal.unit_id == node:
                terminal.reconnect(self.moment)

    @property
    def nodes(self) -> list[str]:
        return [*(str(room.outbox.node) for room in self.rooms), *(each.unit_id for each in self.terminals)]

    def busy_lanes(self) -> list[tuple[str, bool]]:
        """Return where something is in flight: the peer, and whether it goes up to the relay."""
        wires = {**self.rooms_gate.wires, **self.terminals_gate.wires}
        return [
            (node, up) for node, wire in wires.items() for up, lane in ((True, wire.up), (False, wire.down)) if lane
        ]

    def in_flight(self) -> bool:
        return bool(self.busy_lanes())

    def carry_all(self) -> None:
        """Carry everything that is in flight, in order, until nothing is."""
        for _ in range(10_000):
            if not self.in_flight():
                return
            for node in self.nodes:
                self.carry(node, up=True, index=0)
                self.carry(node, up=False, index=0)
        raise AssertionError("the peers never stop talking: a storm of their own")

    def settle(self, within_s: float) -> None:
        """Liveness: on a quiet network everything arrives within so much of the machines' own time."""
        deadline_s = self.now_s + within_s
        while self.now_s < deadline_s:
            self.carry_all()
            if all(room.drained for room in self.rooms) and all(self._caught_up(each) for each in self.terminals):
                return
            self.pass_time(0.1)
        raise AssertionError("\n".join(["not drained:", *self._state()]))

    def _state(self) -> list[str]:
        rooms = [f"{room.outbox.node} {room.link.phase} {room.link.reason}: {room.settled}" for room in self.rooms]
        books = [(each.unit_id, each.book, self._head(each)) for each in self.terminals]
        return rooms + [
            f"{unit_id} {book.phase}: cursor {book.cursor} of {head}, {len(book.pending)} steps wait"
            for unit_id, book, head in books
        ]

    def _head(self, terminal: ModelTerminal) -> int:
        with self.site.reader.begin() as connection:
            return mailboxes.marks_of(connection, terminal.unit_id).head

    def _caught_up(self, terminal: ModelTerminal) -> bool:
        book = terminal.book
        return book.phase is terminal_link.Phase.LIVE and book.cursor == self._head(terminal) and not book.pending
