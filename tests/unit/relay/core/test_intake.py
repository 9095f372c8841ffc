"""Which records of a batch are new, and how a broken chain is caught."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from patrol_wire.chain import CHAIN_START, chain_link
from relay.core.intake import (
    Fork,
    Gap,
    Position,
    Quarantined,
    StreamEvent,
    StreamState,
    Taken,
    credit_for,
    judge_batch,
    judge_hello,
    step,
)
from relay.core.transitions import Illegal


def outbox(bodies: list[bytes], *, begin: bytes = CHAIN_START) -> list[tuple[bytes, bytes]]:
    records = []
    chain = begin
    for body in bodies:
        chain = chain_link(chain, body)
        records.append((chain, body))
    return records


RECORDS = outbox([b"a", b"b", b"c", b"d"])


def at(seq: int) -> Position:
    return Position(seq=seq, chain=RECORDS[seq - 1][0] if seq else CHAIN_START)


@pytest.mark.parametrize(
    ("stored", "first_seq", "upto", "new"),
    [
        (0, 1, 4, 4),  # the first batch of a fresh outbox
        (2, 3, 4, 2),  # the next batch
        (2, 1, 2, 0),  # sent again as a whole
        (2, 1, 4, 2),  # overlaps what is stored
        (4, 1, 2, 0),  # long settled
    ],
)
def test_only_the_next_records_are_new(stored: int, first_seq: int, upto: int, new: int) -> None:
    judged = judge_batch(at(stored), first_seq, RECORDS[first_seq - 1 : upto])
    assert judged == Taken(position=at(max(stored, upto)), new=new)


def test_a_batch_beyond_the_next_number_is_a_gap() -> None:
    assert judge_batch(at(1), 3, RECORDS[2:]) == Gap(expected=2)


@pytest.mark.parametrize(
    ("stored", "first_seq", "records"),
    [
        (2, 3, outbox([b"x", b"y", b"z"])[2:]),  # a clone that went another way
        (2, 2, [(b"another!", b"b"), *RECORDS[2:]]),  # what is stored is sent again differently
        (2, 3, [(RECORDS[2][0], b"rot"), RECORDS[3]]),  # a body that rotted in the room
        (2, 3, [RECORDS[2], (RECORDS[3][0], b"rot")]),  # the second of two
    ],
)
def test_a_chain_that_does_not_follow_puts_the_stream_in_quarantine(
    stored: int, first_seq: int, records: list[tuple[bytes, bytes]]
) -> None:
    judged = judge_batch(at(stored), first_seq, records)
    assert isinstance(judged, Fork)
    assert judged.position.state is StreamState.QUARANTINED
    assert judged.position.seq == stored, "nothing of the batch is taken"
    assert judged.position.reason
    assert judge_batch(judged.position, 3, RECORDS[2:]) == Quarantined(expected=stored + 1)


def test_hello_begins_a_stream_the_relay_never_met_at_the_rooms_own_mark() -> None:
    """Another relay settled what lies before it."""
    judged = judge_hello(None, 3, RECORDS[2][0])
    assert judged == Taken(position=Position(seq=3, chain=RECORDS[2][0], base_seq=3), new=0)


@pytest.mark.parametrize(
    ("known", "seq", "chain", "outcome"),
    [
        (at(3), 1, RECORDS[0][0], Taken),  # the room still holds what is stored here
        (at(3), 3, RECORDS[2][0], Taken),  # settled up to the mark
        (at(3), 3, b"another!", Fork),  # same number, other past
        (at(1), 3, RECORDS[2][0], Fork),  # the relay was restored from an old copy
        (None, 0, b"another!", Fork),  # a chain that begins nowhere
        (Position(state=StreamState.QUARANTINED), 0, CHAIN_START, Quarantined),
    ],
)
def test_hello_compares_the_rooms_mark(known: Position | None, seq: int, chain: bytes, outcome: type) -> None:
    assert isinstance(judge_hello(known, seq, chain), outcome)


def test_reports_a_room_gave_up_during_a_long_outage_leave_a_gap_that_is_told() -> None:
    """Streams B and C are bounded by age and bytes in the room; they must go on afterwards."""
    judged = judge_hello(at(1), 3, RECORDS[2][0], may_lapse=True)
    assert isinstance(judged, Taken)
    assert (judged.position.seq, judged.position.base_seq) == (3, 3)
    assert judged.position.reason == "records 2 to 3 were given up by the room"
    assert isinstance(judge_batch(judged.position, 4, RECORDS[3:]), Taken)


def test_a_lapse_does_not_excuse_a_chain_that_differs() -> None:
    assert isinstance(judge_hello(at(3), 3, b"another!", may_lapse=True), Fork)


def test_a_quarantined_stream_does_not_go_on_by_itself() -> None:
    assert isinstance(step(StreamState.QUARANTINED, StreamEvent.FOLLOWED), Illegal)


@pytest.mark.parametrize(
    ("backlog", "commit_ms", "credit"),
    [(0, 5.0, 256), (0, 300.0, 64), (15_000, 5.0, 64), (20_001, 5.0, 0)],
)
def test_credit_shrinks_when_the_relay_is_slow_and_ends_when_it_drowns(
    backlog: int, commit_ms: float, credit: int
) -> None:
    assert credit_for(backlog=backlog, commit_ms=commit_ms, window=256) == credit


class BadNetwork(RuleBasedStateMachine):
    """A room that sends its outbox over a network that drops, doubles and reorders batches."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[bytes, bytes]] = []
        self.flying: list[tuple[int, list[tuple[bytes, bytes]]]] = []
        self.position = Position()
        self.log: list[bytes] = []

    @rule(body=st.binary(max_size=8))
    def the_room_stores_a_record(self, body: bytes) -> None:
        previous = self.sent[-1][0] if self.sent else CHAIN_START
        self.sent.append((chain_link(previous, body), body))

    @rule(first=st.integers(1, 20), length=st.integers(1, 5))
    def the_room_sends(self, first: int, length: int) -> None:
        records = self.sent[first - 1 : first - 1 + length]
        if records:
            self.flying.append((first, records))

    @rule(pick=st.integers(0, 50), keep=st.booleans())
    def a_batch_arrives(self, pick: int, keep: bool) -> None:
        if not self.flying:
            return
        first, records = self.flying[pick % len(self.flying)]
        if not keep:
            self.flying.pop(pick % len(self.flying))
        judged = judge_batch(self.position, first, records)
        assert not isinstance(judged, Fork | Quarantined), "an honest room is never accused"
        if isinstance(judged, Taken):
            self.log.extend(body for _, body in records[len(records) - judged.new :])
            self.position = judged.position

    @rule()
    def the_network_heals_and_all_arrives(self) -> None:
        judged = judge_batch(self.position, self.position.seq + 1, self.sent[self.position.seq :])
        if self.sent[self.position.seq :]:
            assert isinstance(judged, Taken)
            self.log.extend(body for _, body in self.sent[self.position.seq :])
            self.position = judged.position
        assert self.position.seq == len(self.sent)

    @invariant()
    def the_log_is_a_beginning_of_the_outbox(self) -> None:
        assert self.log == [body for _, body in self.sent[: len(self.log)]]
        assert self.position.seq == len(self.log)


TestBadNetwork = BadNetwork.TestCase
TestBadNetwork.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
