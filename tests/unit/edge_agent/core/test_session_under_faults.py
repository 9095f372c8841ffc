"""Safety and liveness of the link's machine: a model relay over a network that loses, doubles and reorders."""

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge_agent.core.link_talk import (
    BuildSocket,
    Disconnected,
    Heard,
    Instruction,
    RaiseAlarm,
    Recorded,
    SendBatch,
    SendHello,
    SendPing,
    Sent,
    SessionEvent,
    Settle,
    Ticked,
)
from edge_agent.core.outbox import LaneMarks, Mark
from edge_agent.core.session import begin, step
from patrol_wire.chain import CHAIN_START
from patrol_wire.ids import Stream
from patrol_wire.messages import Ack, Nack, Pong, StreamMark, Welcome, Who

ENDPOINTS = ("tcp://one:7701", "tcp://two:7701")


def chain_at(seq: int) -> bytes:
    """Stand-in for the running hash: each sequence number has one value."""
    return seq.to_bytes(8, "big") if seq else CHAIN_START


def lane_marks(stream: Stream, *, last: int, base: int = 0, stored: int = 0) -> LaneMarks:
    return LaneMarks(
        stream=stream,
        base=Mark(seq=base, chain=chain_at(base)),
        last=Mark(seq=last, chain=chain_at(last)),
        stored=stored,
    )


@dataclass
class ModelRelay:
    """A relay as the protocol describes it: sessions forgotten at restart, durable streams, acks after storing."""

    stored: dict[Stream, list[int]] = field(default_factory=lambda: {stream: [] for stream in Stream})
    session: int | None = None
    credit: int = 8

    def hello(self, number: int) -> Heard:
        self.session = number
        held = tuple(StreamMark(stream=s, seq=len(r), chain=chain_at(len(r))) for s, r in self.stored.items())
        message = Welcome(session=number, version=1, stored=held, final=held, credit=self.credit, clock=0)
        return Heard(message=message, stream=None)

    def batch(self, stream: Stream, seqs: range) -> Heard:
        if self.session is None:
            return Heard(message=Who(), stream=None)
        records = self.stored[stream]
        if seqs.start > len(records) + 1:
            return Heard(message=Nack(expected=len(records) + 1, reason="gap"), stream=stream)
        records.extend(seq for seq in seqs if seq > len(records))
        return Heard(message=Ack(stored=len(records), final=len(records), credit=self.credit), stream=stream)


class LinkUnderFaults(RuleBasedStateMachine):
    """Everything the network does, in any order; afterwards, left in peace, all must have arrived once and in order."""

    @initialize()
    def open_room(self) -> None:
        self.now = 0.0
        self.last = dict.fromkeys(Stream, 0)
        self.base = dict.fromkeys(Stream, 0)
        self.settled = dict.fromkeys(Stream, 0)
        self.relay = ModelRelay()
        self.to_relay: list[SendHello | tuple[Stream, range] | SendPing] = []
        self.to_room: list[Heard] = []
        self.session, instructions = begin(endpoints=ENDPOINTS, number=0, lanes=self.lanes(), now_s=0.0)
        self.perform(instructions)

    def lanes(self) -> tuple[LaneMarks, ...]:
        return tuple(lane_marks(s, last=self.last[s], base=self.settled[s], stored=self.settled[s]) for s in Stream)

    def happen(self, link_event: SessionEvent) -> None:
        self.session, instructions = step(self.session, link_event, now_s=self.now)
        self.perform(instructions)

    def perform(self, instructions: tuple[Instruction, ...]) -> None:
        for one in instructions:
            match one:
                case BuildSocket():
                    self.to_relay.clear()
                    self.to_room.clear()
                case SendHello() | SendPing():
                    self.to_relay.append(one)
                case SendBatch():
                    seqs = range(one.after + 1, one.after + one.limit + 1)
                    assert 1 <= one.limit <= 64
                    assert seqs.stop - 1 <= self.last[one.stream], "a record was invented"
                    self.to_relay.append((one.stream, seqs))
                    self.happen(Sent(stream=one.stream, after=one.after, upto=seqs.stop - 1))
                case Settle():
                    assert one.stored <= len(self.relay.stored[one.stream]), "settled what the relay does not have"
                    self.settled[one.stream] = max(self.settled[one.stream], one.final)
                    self.happen(Recorded(lanes=self.lanes()))
                case RaiseAlarm():
                    raise AssertionError(f"an honest relay brought an alarm: {one}")

    def deliver_to_relay(self, index: int) -> None:
        match self.to_relay.pop(index):
            case SendHello(session=number):
                self.to_room.append(self.relay.hello(number))
            case SendPing():
                pong = Pong(ping_sent_at=0, commits=0, last_commit_at=0, clock=0)
                self.to_room.append(Heard(message=pong, stream=None))
            case (stream, seqs):
                self.to_room.append(self.relay.batch(stream, seqs))

    @rule(stream=st.sampled_from(list(Stream)), count=st.integers(1, 20))
    def record(self, stream: Stream, count: int) -> None:
        self.last[stream] += count
        self.happen(Recorded(lanes=self.lanes()))

    @rule(seconds=st.sampled_from([0.05, 0.2, 1.0, 3.0, 6.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.happen(Ticked())

    @precondition(lambda self: self.to_relay)
    @rule(pick=st.integers(0, 1_000), fate=st.sampled_from(["deliver", "deliver", "deliver", "lose", "double"]))
    def network_to_relay(self, pick: int, fate: str) -> None:
        index = pick % len(self.to_relay)
        if fate == "lose":
            del self.to_relay[index]
            return
        if fate == "double":
            self.to_relay.insert(index, self.to_relay[index])
        self.deliver_to_relay(index)

    @precondition(lambda self: self.to_room)
    @rule(pick=st.integers(0, 1_000), fate=st.sampled_from(["deliver", "deliver", "deliver", "lose", "double"]))
    def network_to_room(self, pick: int, fate: str) -> None:
        index = pick % len(self.to_room)
        heard = self.to_room[index]
        if fate != "double":
            del self.to_room[index]
        if fate != "lose":
            self.happen(heard)

    @rule()
    def relay_restarts(self) -> None:
        self.relay.session = None

    @rule()
    def connection_breaks(self) -> None:
        self.to_relay.clear()
        self.to_room.clear()
        self.happen(Disconnected())

    @rule(credit=st.sampled_from([0, 1, 8, 300]))
    def relay_changes_credit(self, credit: int) -> None:
        self.relay.credit = credit

    @rule()
    def agent_restarts(self) -> None:
        self.to_relay.clear()
        self.to_room.clear()
        self.session, instructions = begin(
            endpoints=ENDPOINTS, number=self.session.number + 1_000, lanes=self.lanes(), now_s=self.now
        )
        self.perform(instructions)

    @invariant()
    def the_relay_has_every_record_once_and_in_order(self) -> None:
        if hasattr(self, "relay"):
            for records in self.relay.stored.values():
                assert records == list(range(1, len(records) + 1))

    @invariant()
    def lanes_stay_in_order(self) -> None:
        if hasattr(self, "session"):
            for lane in self.session.lanes.values():
                assert lane.base <= lane.stored <= lane.sent <= lane.last

    def teardown(self) -> None:
        """Liveness: on a quiet network everything drains within a few seconds of the machine's own time."""
        if not hasattr(self, "relay"):
            return
        self.relay.credit = 8
        deadline = self.now + 30.0
        while self.now < deadline:
            while self.to_relay or self.to_room:
                if self.to_relay:
                    self.deliver_to_relay(0)
                if self.to_room:
                    self.happen(self.to_room.pop(0))
            if all(len(self.relay.stored[s]) == self.last[s] == self.settled[s] for s in Stream):
                return
            self.now += 0.1
            self.happen(Ticked())
        raise AssertionError(f"not drained: {self.session}")


TestLinkUnderFaults = LinkUnderFaults.TestCase
TestLinkUnderFaults.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
