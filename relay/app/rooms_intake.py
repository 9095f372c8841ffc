"""What rooms say in one burst: hello, batches, pings; which records are new, and what is answered after the commit.

Decides with relay/core/intake.py; writes nothing but the stream positions it is asked to store.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import Connection

from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.ids import Epoch, Micros, NodeName, Role, Stream
from patrol_wire.messages import (
    Ack,
    Batch,
    Bye,
    Error,
    Hello,
    Message,
    Nack,
    Ping,
    Pong,
    Redirect,
    StreamMark,
    Welcome,
    Who,
)
from patrol_wire.version import choose_version
from relay.app.record_reading import NewRecord, Opened, open_record
from relay.app.room_sessions import RoomSession, RoomSessions
from relay.core.clocking import CLOCK_OFF, hello_doubt
from relay.core.field import FieldMessage, GateRole
from relay.core.intake import Fork, Gap, Position, Quarantined, Taken, judge_batch, judge_hello
from relay.core.orders import NO_ORDERS, Orders
from relay.core.policy import DeskPolicy
from relay.core.refusals import Refused
from relay.store import records
from relay.store.records import StreamKey

_LOG: Final = structlog.get_logger("relay.writer")
_STRANGER_HOP: Final = 1


@dataclass(frozen=True, slots=True)
class Reply:
    """A frame for a session, to be sent after the commit."""

    session: bytes
    frame: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a pong tells: how far the writer has come."""

    commits: int
    last_commit_us: int
    credit: int


@dataclass(slots=True)
class _Answer:
    """An answer whose content is known only when the burst has been worked through."""

    session: bytes
    kind: type[Message]
    key: StreamKey | None = None
    first_seq: int = 0
    last_seq: int = 0
    ping_sent_at: int = 0
    hello: Hello | None = None


@dataclass(slots=True)
class RoomsBurst:
    """One burst of room messages at work; made anew for each attempt at the transaction."""

    sessions: RoomSessions
    now_us: int
    policy: DeskPolicy
    media_port: int = 0
    """Told in each welcome; 0: this relay takes no media."""
    orders: Orders = NO_ORDERS
    redirects: Mapping[NodeName, int] = field(default_factory=dict)
    """How often each room was sent away under these orders."""
    sent_away: list[NodeName] = field(default_factory=list)
    relay_keys: dict[NodeName, str] = field(default_factory=dict)
    """Which key of the relay each room keeps that said hello."""
    positions: dict[StreamKey, Position] = field(default_factory=dict)
    fresh_records: list[NewRecord] = field(default_factory=list)
    heard: dict[NodeName, int] = field(default_factory=dict)
    refused_frames: int = 0
    vouches: bool = False
    """Some answer says how far a stream is durable, be it new or long stored."""
    greeted: list[NodeName] = field(default_factory=list)
    """Rooms that said hello and are answered with welcome."""
    refused: list[Refused] = field(default_factory=list)
    """Who was refused what, for the book of refusals."""
    nodes: set[NodeName] = field(default_factory=set)
    """Rooms whose streams are concerned: they said hello or sent a batch."""
    _decoded: list[tuple[FieldMessage, codec.Received]] = field(default_factory=list)
    _opened: dict[int, Sequence[Opened | None]] = field(default_factory=dict)
    """Records that were opened beforehand, by the identity of their batch, which ``_decoded`` keeps alive."""
    _stored: dict[StreamKey, Position] = field(default_factory=dict)
    _answers: list[_Answer | Reply] = field(default_factory=list)

    def decode(self, messages: Sequence[FieldMessage]) -> None:
        """Read the frames; the first step, which needs no store."""
        for message in messages:
            self.heard[message.node] = self.now_us
            try:
                self._decoded.append((message, codec.decode(message.frame)))
            except WireError as error:
                self._turn_down(message, error.reason, error.found)
            else:
                if isinstance(self._decoded[-1][1].message, Hello | Batch):
                    self.nodes.add(message.node)

    def open_records(self) -> Iterator[tuple[NodeName, Opened]]:
        """Open the records of all batches before it is known which of them are new, and give them with their room."""
        for message, received in self._decoded:
            if isinstance(said := received.message, Batch) and (stream := received.stream) is not None:
                opened = [open_record(stream, record.body) for record in said.records]
                self._opened[id(said)] = opened
                for each in opened:
                    yield message.node, each

    def take(self, connection: Connection) -> None:
        """Work through what was decoded, in order."""
        self.vouches = bool(self.nodes)
        self._stored = records.load_streams(connection, self.nodes)
        self.positions = dict(self._stored)
        for message, received in self._decoded:
            self._one(message, received)

    def store(self, connection: Connection) -> None:
        """Write the positions that moved."""
        moved = [(key, at) for key, at in self.positions.items() if self._stored.get(key) != at]
        records.insert_streams(connection, [(key, at) for key, at in moved if key not in self._stored], self.now_us)
        known = [(key, self._stored[key].seq, at) for key, at in moved if key in self._stored]
        records.update_streams(connection, known, self.now_us)

    def replies(self, progress: Progress, refused: dict[tuple[StreamKey, int], str]) -> list[Reply]:
        """Return what is sent now that everything is durable; ``refused`` are this burst's dead letters."""
        return [
            answer if isinstance(answer, Reply) else self._render(answer, progress, refused) for answer in self._answers
        ]

    def _one(self, message: FieldMessage, received: codec.Received) -> None:
        said = received.message
        if isinstance(said, Hello):
            self._hello(message, said)
            return
        session = self.sessions.get(message.session, message.node)
        if session is None:
            self._say(message.session, Who())
        elif isinstance(said, Batch):
            self._batch(message, session, received.stream, said)
        elif isinstance(said, Ping):
            self._answers.append(_Answer(message.session, Pong, ping_sent_at=said.sent_at))
        elif isinstance(said, Bye):
            self.sessions.forget(message.session)
        else:
            self._turn_down(message, "unknown_kind", f"{received.kind.name} is not for a relay")

    def _hello(self, message: FieldMessage, hello: Hello) -> None:
        version = choose_version(hello.lowest_version, hello.highest_version)
        if version is None:
            text = f"you speak {hello.lowest_version} to {hello.highest_version}; update this program or the relay"
            self._turn_down(message, "unknown_version", text)
            return
        if hello.relay_key:
            self.relay_keys[message.node] = hello.relay_key
        elsewhere = self.orders.sends_away(GateRole.ROOMS, self.redirects.get(message.node, 0))
        if elsewhere:
            self.sent_away.append(message.node)
            self.sessions.forget(message.session)
            self._say(message.session, Redirect(endpoints=elsewhere, reason=self.orders.reason))
            return
        epoch = Epoch(hello.epoch)
        session = RoomSession(
            node=message.node, epoch=epoch, version=version, clock_offset_us=hello.clock - self.now_us
        )
        self.sessions.open(message.session, session)
        self.greeted.append(message.node)
        doubt = hello_doubt(offset_us=session.clock_offset_us, policy=self.policy)
        if doubt:  # it is served all the same: its records tell their own times, judged one by one
            self.refused.append(
                Refused(GateRole.ROOMS.value, f"{Role.ROOM.value}:{message.node}", CLOCK_OFF, detail=doubt)
            )
        self._answers.append(_Answer(message.session, Welcome, hello=hello, key=(message.node, epoch, Stream.ALERTS)))
        for mark in hello.retained:
            key = (message.node, epoch, mark.stream)
            known = self.positions.get(key)
            judged = judge_hello(known, mark.seq, mark.chain, may_lapse=mark.stream is not Stream.ALERTS)
            if isinstance(judged, Taken):
                self.positions[key] = judged.position
                if known is not None and judged.position.reason != known.reason:
                    _LOG.warning(
                        "records_given_up", node=key[0], stream=mark.stream.value, reason=judged.position.reason
                    )
            else:
                self._refuse(message.session, key, judged)

    def _batch(self, message: FieldMessage, session: RoomSession, stream: Stream | None, batch: Batch) -> None:
        name = message.session
        if stream is None:
            self._turn_down(message, "unknown_stream", "a batch names its stream in the prefix")
            return
        key = (session.node, session.epoch, stream)
        position = self.positions.get(key, Position())
        judged = judge_batch(position, batch.first_seq, [(record.chain, record.body) for record in batch.records])
        if not isinstance(judged, Taken):
            self._refuse(name, key, judged)
            return
        if judged.new:
            self.positions[key] = judged.position
            first_new = position.seq + 1
            fresh = batch.records[-judged.new :]
            opened = self._opened.get(id(batch), [None] * judged.new)[-judged.new :]
            self.fresh_records.extend(
                NewRecord(session.node, session.epoch, stream, seq, record.chain, record.body, one)
                for seq, (record, one) in enumerate(zip(fresh, opened, strict=True), first_new)
            )
        last_seq = batch.first_seq + len(batch.records) - 1
        self._answers.append(_Answer(name, Ack, key=key, first_seq=batch.first_seq, last_seq=last_seq))

    def _refuse(self, name: bytes, key: StreamKey, judged: Gap | Fork | Quarantined) -> None:
        reason = "gap"
        if isinstance(judged, Fork):
            reason = "fork"
            self.positions[key] = judged.position
            _LOG.error(
                "stream_quarantined", node=key[0], epoch=key[1], stream=key[2].value, reason=judged.position.reason
            )
        elif isinstance(judged, Quarantined):
            reason = "quarantined"
        self._note(key[0], reason, f"stream {key[2].value}: record {judged.expected} is expected")
        self._say(name, Nack(expected=judged.expected, reason=reason), stream=key[2])

    def _turn_down(self, message: FieldMessage, code: str, text: str) -> None:
        """Refuse a frame: answered, counted, written down; the session lives on."""
        self.refused_frames += 1
        self._note(message.node, code, text)
        self._say(message.session, Error(code=code, text=text[:500]))

    def _note(self, node: NodeName, code: str, detail: str) -> None:
        self.refused.append(Refused(GateRole.ROOMS.value, f"{Role.ROOM.value}:{node}", code, detail=detail))

    def _say(self, name: bytes, message: Message, *, stream: Stream | None = None) -> None:
        known = self.sessions.peek(name)
        hop = known.next_hop() if known is not None else _STRANGER_HOP
        self._answers.append(Reply(name, codec.encode(message, hop=hop, stream=stream)))

    def _render(self, answer: _Answer, progress: Progress, refused: dict[tuple[StreamKey, int], str]) -> Reply:
        known = self.sessions.peek(answer.session)
        hop = known.next_hop() if known is not None else _STRANGER_HOP
        message: Message
        stream: Stream | None = None
        if answer.kind is Ack and answer.key is not None:
            stream = answer.key[2]
            durable = self.positions.get(answer.key, Position()).seq
            faults = tuple(
                (seq, refused[answer.key, seq])
                for seq in (range(answer.first_seq, answer.last_seq + 1) if refused else ())
                if (answer.key, seq) in refused
            )
            message = Ack(stored=durable, final=durable, credit=progress.credit, refused=faults)
        elif answer.hello is not None and answer.key is not None:
            message = self._welcome(answer.hello, answer.key, progress, known.version if known is not None else 1)
        else:
            message = Pong(
                ping_sent_at=Micros(answer.ping_sent_at),
                commits=progress.commits,
                last_commit_at=Micros(progress.last_commit_us),
                clock=Micros(self.now_us),
            )
        return Reply(answer.session, codec.encode(message, hop=hop, stream=stream))

    def _welcome(self, hello: Hello, key: StreamKey, progress: Progress, version: int) -> Welcome:
        node, epoch, _ = key
        marks = tuple(
            StreamMark(stream=stream, seq=at.seq, chain=at.chain)
            for stream in Stream
            for at in (self.positions.get((node, epoch, stream), Position()),)
        )
        return Welcome(
            session=hello.session,
            version=version,
            stored=marks,
            final=marks,
            credit=progress.credit,
            clock=Micros(self.now_us),
            media_port=self.media_port,
            next_relay_key=self.orders.next_relay_key,
        )
