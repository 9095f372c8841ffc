"""Safety and liveness of the media lane: the room's machine against the gate's, over a way that is cut or silent."""

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge_agent.core.media_items import MediaItem, MediaState, order_key
from edge_agent.core.media_lane import LaneState, MediaLane, due_at, resting, step
from edge_agent.core.media_talk import (
    CloseSocket,
    Disconnected,
    Heard,
    LaneEvent,
    LaneInstruction,
    Looked,
    Offered,
    OpenSocket,
    RelaySeen,
    SendChunk,
    SendOffer,
    Sent,
    Settle,
    Ticked,
    Verify,
)
from patrol_wire.limits import MEDIA_CHUNK_BYTES as CHUNK
from patrol_wire.media import CLIP_TYPE, SNAPSHOT_TYPE, MediaReason, chunk_bytes
from patrol_wire.messages import MediaChunk, MediaDone, MediaOffer, MediaWant, Message, Who
from relay.core.media_transfer import CREDIT_CHUNKS, Transfer, TransferChange, TransferState, judge_chunk
from relay.core.media_transfer import step as gate_step

GATE = "tcp://relay:7704"


@dataclass
class ModelGate:
    """The media gate and the keeper behind it as the protocol describes them: parts survive, sessions do not."""

    parts: dict[str, int] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    transfer: Transfer | None = None
    full: bool = False
    """The relay has no room at the moment."""

    def hear(self, message: MediaOffer | MediaChunk) -> list[Message]:
        if isinstance(message, MediaOffer):
            return self._offer(message)
        transfer = self.transfer
        if transfer is None or transfer.sha256 != message.sha256:
            return [Who(reason="unknown_transfer")]
        refusal = judge_chunk(transfer, offset=message.offset, length=len(message.chunk))
        assert refusal is None, f"an honest room was refused: {refusal}"
        self.parts[message.sha256] = message.offset + len(message.chunk)
        return self._go_on(transfer, TransferChange.TAKE)

    def _offer(self, offer: MediaOffer) -> list[Message]:
        self.transfer = None
        if offer.sha256 in self.kept:
            return [MediaDone(sha256=offer.sha256, stored=True)]
        if self.full:
            return [MediaDone(sha256=offer.sha256, stored=False, reason=MediaReason.NO_SPACE)]
        asked = Transfer(sha256=offer.sha256, size_bytes=offer.size_bytes, media_type=offer.media_type)
        had = self.parts.get(offer.sha256, 0)
        wanted = gate_step(asked, TransferChange.WANT, offset=had - had % CHUNK)
        return self._go_on(wanted, TransferChange.CATCH_UP)

    def _go_on(self, transfer: Transfer, change: TransferChange) -> list[Message]:
        at = self.parts.get(transfer.sha256, 0)
        at = at if at == transfer.size_bytes else at - at % CHUNK
        if at < transfer.size_bytes:
            self.transfer = gate_step(transfer, change, offset=at)
            return [MediaWant(sha256=transfer.sha256, offset=at, credit=CREDIT_CHUNKS)]
        whole = gate_step(transfer, TransferChange.FILL, offset=at)
        assert gate_step(whole, TransferChange.KEEP).state is TransferState.KEPT
        assert transfer.sha256 not in self.kept, "sent twice"
        self.kept.add(transfer.sha256)
        self.transfer = None
        return [MediaDone(sha256=transfer.sha256, stored=True)]


class LaneUnderFaults(RuleBasedStateMachine):
    """Everything the way does, in any order; afterwards, left in peace, all content must be there and settled."""

    @initialize()
    def open_room(self) -> None:
        self.now = 0.0
        self.held = False
        self.waiting: dict[str, MediaItem] = {}
        self.made = 0
        self.gate = ModelGate()
        self.to_gate: list[MediaOffer | MediaChunk] = []
        self.to_room: list[Message] = []
        self.lane = MediaLane()
        self.happen(RelaySeen(endpoint=GATE))

    def looked(self) -> Looked:
        put_off = len(resting(self.lane, self.now))
        return Looked(upcoming=tuple(sorted(self.waiting.values(), key=order_key)[: 2 + put_off]), held=self.held)

    def happen(self, event: LaneEvent) -> None:
        self.lane, instructions = step(self.lane, event, now_s=self.now)
        for one in instructions:
            told = self.perform(one)
            if told is not None:
                self.happen(told)

    def perform(self, one: LaneInstruction) -> LaneEvent | None:
        match one:
            case OpenSocket() | CloseSocket():
                self.lose_way()
            case SendOffer():
                assert not self.held, "an offer went ahead of an alert"
                item = one.item
                self.to_gate.append(
                    MediaOffer(sha256=item.sha256, size_bytes=item.size_bytes, media_type=item.media_type)
                )
                return Offered(item=item)
            case SendChunk():
                assert not self.held, "a chunk went ahead of an alert"
                length = chunk_bytes(one.item.size_bytes, one.offset)
                assert length
                self.to_gate.append(MediaChunk(sha256=one.item.sha256, offset=one.offset, chunk=bytes(length)))
                return Sent(upto=one.offset + length)
            case Settle():
                assert one.state is MediaState.DELIVERED
                assert one.item.sha256 in self.gate.kept, "settled what the relay does not have"
                del self.waiting[one.item.sha256]
                return self.looked()
            case Verify():
                raise AssertionError("the gate never doubted a hash")
        return None

    def lose_way(self) -> None:
        """The connection and all that is on it are gone, and with it the gate's memory of the room."""
        self.to_gate.clear()
        self.to_room.clear()
        self.gate.transfer = None

    @rule(chunks=st.integers(1, 12), clip=st.booleans(), rest=st.integers(0, 5))
    def announce(self, chunks: int, clip: bool, rest: int) -> None:
        self.made += 1
        item = MediaItem(
            sha256=f"{self.made:064x}",
            media_type=CLIP_TYPE if clip else SNAPSHOT_TYPE,
            size_bytes=(chunks - 1) * CHUNK + 1 + rest,
            rank=self.made % 3,
            stored_at=self.made,
        )
        self.waiting[item.sha256] = item
        self.happen(self.looked())

    @precondition(lambda self: self.to_gate)
    @rule(count=st.integers(1, 4))
    def reach_gate(self, count: int) -> None:
        for message in self.to_gate[:count]:
            self.to_room.extend(self.gate.hear(message))
        del self.to_gate[:count]

    @precondition(lambda self: self.to_room)
    @rule(count=st.integers(1, 4))
    def reach_room(self, count: int) -> None:
        heard = self.to_room[:count]
        del self.to_room[:count]
        for message in heard:
            self.happen(Heard(message=message))

    @rule()
    def cut(self) -> None:
        self.lose_way()
        self.happen(Disconnected())

    @rule()
    def go_silent(self) -> None:
        """Half-open: what was on the way is lost and nobody is told."""
        self.lose_way()

    @rule()
    def kill_gate(self) -> None:
        """What the gate has is a whole number of chunks, or a torn one at the end."""
        for sha256, at in self.gate.parts.items():
            if sha256 not in self.gate.kept and at:
                self.gate.parts[sha256] = at - 1
        self.cut()

    @rule(full=st.booleans())
    def fill_relay(self, full: bool) -> None:
        self.gate.full = full

    @rule(held=st.booleans())
    def alert(self, held: bool) -> None:
        self.held = held
        self.happen(self.looked())

    @rule(seconds=st.floats(0.01, 40.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.happen(Ticked())
        self.happen(self.looked())

    @invariant()
    def never_more_in_flight_than_the_credit(self) -> None:
        assert len(self.lane.flights) <= CREDIT_CHUNKS

    def teardown(self) -> None:
        """Leave it in peace: everything arrives, and within minutes."""
        if not hasattr(self, "lane"):
            return
        self.gate.full = self.held = False
        deadline = self.now + 900.0
        while self.waiting:
            assert self.now < deadline, f"nothing moves: {self.lane}"
            self.happen(self.looked())
            if self.to_gate:
                self.reach_gate(len(self.to_gate))
            elif self.to_room:
                self.reach_room(len(self.to_room))
            else:
                due = due_at(self.lane)
                self.now = max(self.now + 0.5, due if due is not None else self.now)
                self.happen(Ticked())
        assert set(self.gate.kept) == {f"{number:064x}" for number in range(1, self.made + 1)}
        assert self.lane.state in (LaneState.IDLE, LaneState.RESTING)


TestLaneUnderFaults = LaneUnderFaults.TestCase
TestLaneUnderFaults.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
