"""What a gate lets pass, makes wait or refuses, per peer."""

from hypothesis import given
from hypothesis import strategies as st

from patrol_wire.frames import Kind
from relay.core.budget import REFUSED_BEFORE_CUT, Allowance
from relay.core.field import GateRole
from relay.gate.lanes import (
    ALL_LANES_BYTES,
    ALLOWANCES,
    HANDSHAKES,
    LANE_BYTES,
    LANE_MESSAGES,
    Admitted,
    PeerLanes,
    cost_of,
)

FEW = Allowance(per_s=10.0, burst=5.0)
CREDIT_RECORDS = 256
"""What a room may have in flight (relay/app/writer.py)."""


def test_what_an_honest_room_can_have_in_flight_is_never_refused() -> None:
    """Credit is its bound: even one record per message, at a moment when its bucket is empty."""
    lanes = PeerLanes(ALLOWANCES[GateRole.ROOMS])
    while lanes.admit("room", b"x", cost=1, now_s=0.0) is Admitted.PASSES:
        pass
    for _ in range(CREDIT_RECORDS - 1):
        assert lanes.admit("room", bytes(24 * 1024), cost=29, now_s=0.0) is Admitted.WAITS


def test_a_full_lane_refuses_then_cuts_and_throws_away_what_waited() -> None:
    lanes = PeerLanes(FEW)
    found = [lanes.admit("odd", b"x", cost=1, now_s=0.0) for _ in range(5 + LANE_MESSAGES + REFUSED_BEFORE_CUT)]
    assert found[:5] == [Admitted.PASSES] * 5
    assert found[5 : 5 + LANE_MESSAGES] == [Admitted.WAITS] * LANE_MESSAGES
    assert set(found[5 + LANE_MESSAGES : -1]) == {Admitted.REFUSED}
    assert found[-1] is Admitted.CUT
    assert lanes.waiting_bytes == 0
    assert list(lanes.due(100.0)) == []
    assert lanes.banned_for_s("odd", 1.0) == 4.0
    assert not lanes.may_enter("odd", 1.0)
    assert lanes.may_enter("odd", 6.0)
    assert lanes.admit("good", b"x", cost=1, now_s=1.0) is Admitted.PASSES, "a neighbour has its own"


def test_rubbish_pays_too_and_never_waits() -> None:
    lanes = PeerLanes(FEW)
    found = [lanes.charge("odd", cost=1, now_s=0.0) for _ in range(5 + REFUSED_BEFORE_CUT)]
    assert found[:5] == [Admitted.PASSES] * 5
    assert found[-1] is Admitted.CUT


def test_all_lanes_together_have_a_bound() -> None:
    lanes = PeerLanes(FEW)
    for number in range(ALL_LANES_BYTES // LANE_BYTES + 2):
        lanes.admit(f"peer-{number}", b"x", cost=99, now_s=0.0)
        while lanes.admit(f"peer-{number}", bytes(64 * 1024), cost=65, now_s=0.0) is Admitted.WAITS:
            pass
    assert ALL_LANES_BYTES - 64 * 1024 <= lanes.waiting_bytes <= ALL_LANES_BYTES


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.3)), max_size=120))
def test_each_peers_messages_come_out_once_and_in_order(steps: list[tuple[str, float]]) -> None:
    lanes = PeerLanes(FEW)
    out: list[bytes] = []
    sent: dict[str, list[bytes]] = {"a": [], "b": [], "c": []}
    now_s = 0.0
    for number, (peer, pause_s) in enumerate(steps):
        now_s += pause_s
        out.extend(lanes.due(now_s))
        packed = f"{peer}{number}".encode()
        sent[peer].append(packed)
        if lanes.admit(peer, packed, cost=1, now_s=now_s) is Admitted.PASSES:
            out.append(packed)
    while (due_s := lanes.next_due_s(now_s)) is not None:
        now_s += due_s + 1e-6
        out.extend(lanes.due(now_s))
    for peer, messages in sent.items():
        assert [each for each in out if each.startswith(peer.encode())] == messages
    assert lanes.waiting_bytes == 0


def test_the_core_that_takes_no_more_stops_the_handing_out() -> None:
    lanes = PeerLanes(FEW)
    for number in range(10):
        lanes.admit("a", b"%d" % number, cost=1, now_s=0.0)
    first = next(lanes.due(10.0))
    assert first == b"5"
    assert list(lanes.due(10.0)) == [b"6", b"7", b"8", b"9"]


def test_handshakes_of_one_key_are_counted_and_another_key_is_free() -> None:
    lanes = PeerLanes(FEW)
    assert sum(lanes.may_enter("odd", 0.0) for _ in range(100)) == HANDSHAKES.burst
    assert lanes.may_enter("good", 0.0)
    assert lanes.may_enter("odd", 1.0)


def test_lost_connections_are_worth_a_word_when_they_come_close_together() -> None:
    lanes = PeerLanes(FEW)
    assert [lanes.lost_too_often("odd", at_s) for at_s in (0.0, 1.0, 2.0, 3.0)] == [False, False, False, True]
    assert not any(lanes.lost_too_often("good", at_s * 30.0) for at_s in range(20))


def test_idle_peers_are_forgotten_and_banned_ones_are_not() -> None:
    lanes = PeerLanes(FEW)
    lanes.admit("good", b"x", cost=1, now_s=0.0)
    for _ in range(6 + REFUSED_BEFORE_CUT):
        lanes.charge("odd", cost=1, now_s=0.0)
    lanes.forget_idle(200.0)
    assert len(lanes) == 1
    lanes.forget_idle(10_000.0)
    assert len(lanes) == 0


def test_opening_a_session_costs_more_than_a_message_and_long_frames_by_their_length() -> None:
    assert cost_of(Kind.PING, 30) == 5
    assert cost_of(Kind.BATCH, 33_000) == 37
    assert cost_of(Kind.HELLO, 200) == cost_of(Kind.SYNC, 200) == 25


def test_without_an_allowance_everything_passes() -> None:
    lanes = PeerLanes(None)
    assert {lanes.admit("a", b"x", cost=10**9, now_s=0.0) for _ in range(10)} == {Admitted.PASSES}
    assert lanes.charge("a", cost=10**9, now_s=0.0) is Admitted.PASSES
    assert all(lanes.may_enter("a", 0.0) for _ in range(100))
