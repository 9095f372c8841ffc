"""The framing between gate and core: every value comes back, and no bytes do more than raise InsideError."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_wire.ids import NodeName, Role
from relay.core.field import FieldMessage, GateBeat, GateRefusals, GateStarted, SessionGone
from relay.gate.inside import (
    CutSession,
    InsideError,
    ToSession,
    pack_beat,
    pack_cut,
    pack_gone,
    pack_message,
    pack_refusals,
    pack_started,
    pack_to_sessions,
    pack_together,
    take_apart,
    unpack_from_gate,
    unpack_to_gate,
)

SESSIONS = st.binary(max_size=255)
FRAMES = st.binary(max_size=300)
EPOCHS = st.integers(min_value=0, max_value=2**64 - 1)
NODES = st.from_regex(r"\A[a-z0-9][a-z0-9._-]{0,63}\Z")


@given(SESSIONS, st.sampled_from(Role), NODES, FRAMES)
def test_a_peers_frame_arrives_with_its_session_and_its_peer(
    session: bytes, role: Role, node: str, frame: bytes
) -> None:
    packed = pack_message(session, f"{role}:{node}".encode(), frame)
    assert unpack_from_gate(packed) == FieldMessage(session, role, NodeName(node), frame)


@given(st.lists(st.tuples(SESSIONS, FRAMES), max_size=5), SESSIONS)
def test_answers_reach_the_gate_with_their_sessions_in_order(frames: list[tuple[bytes, bytes]], cut: bytes) -> None:
    assert unpack_to_gate(pack_to_sessions(frames)) == tuple(ToSession(*each) for each in frames)
    assert unpack_to_gate(pack_cut(cut)) == (CutSession(cut),)


@given(st.lists(st.builds(pack_message, SESSIONS, st.just(b"room:r"), FRAMES), min_size=1, max_size=5))
def test_messages_that_travel_together_come_apart_in_order(messages: list[bytes]) -> None:
    assert list(take_apart(pack_together(messages))) == messages


@given(st.lists(FRAMES, min_size=2, max_size=5), st.data())
def test_what_was_whole_of_a_piece_that_is_cut_short_is_read(frames: list[bytes], data: st.DataObject) -> None:
    messages = [pack_message(b"s", b"room:r", frame) for frame in frames]
    whole = pack_together(messages)
    piece = whole[: data.draw(st.integers(len(whole) - len(messages[-1]), len(whole) - 1))]
    read: deque[bytes] = deque()
    with pytest.raises(InsideError, match="ends inside a"):
        read.extend(take_apart(piece))
    assert list(read) == messages[:-1]


@given(SESSIONS, FRAMES, st.data())
def test_what_is_cut_short_is_no_message(session: bytes, frame: bytes, data: st.DataObject) -> None:
    packed = pack_to_sessions([(session, frame)])
    with pytest.raises(InsideError, match="ends inside"):
        unpack_to_gate(packed[: data.draw(st.integers(2, len(packed) - 1))])


@given(EPOCHS, st.dictionaries(st.text(max_size=20), st.integers(min_value=0, max_value=2**63), max_size=8))
def test_a_gates_signs_of_life_arrive(gate_epoch: int, counters: dict[str, int]) -> None:
    assert unpack_from_gate(pack_started(gate_epoch)) == GateStarted(gate_epoch)
    assert unpack_from_gate(pack_beat(gate_epoch, counters)) == GateBeat(gate_epoch, counters)


def test_a_dropped_session_arrives_with_its_reason() -> None:
    assert unpack_from_gate(pack_gone(b"s", "slow_reader")) == SessionGone(b"s", "slow_reader")


@given(
    st.one_of(st.binary(max_size=80), st.builds(lambda kind, rest: bytes((kind,)) + rest, st.integers(0, 6), FRAMES))
)
def test_hostile_bytes_only_ever_raise_the_one_error(packed: bytes) -> None:
    for unpack in (unpack_from_gate, unpack_to_gate, lambda piece: tuple(take_apart(piece))):
        try:
            read = unpack(packed)
        except InsideError:
            continue
        assert isinstance(read, tuple)


@pytest.mark.parametrize(
    ("packed", "found"),
    [
        (b"", "ends inside the session"),
        (b"\x01\x05ab", "ends inside the session"),
        (b"\x01\x01a", "ends inside the peer"),
        (b"\x01\x01a\x09room:x", "ends inside the peer"),
        (b"\x01\x00\x06king:xframe", "is not role:node"),  # a role nobody has
        (b"\x01\x00\x05room:frame", "is not role:node"),  # no node
        (b"\x01\x00\x06room:\xff", "is not ASCII"),
        (b"\x02\x00\x00abc", "gate epoch of 3 bytes"),
        (b"\x04\x00\x00" + bytes(8) + b"\xc1", "counters of a beat"),
        (b"\x09\x00\x00", "kind 9 from a gate"),
    ],
)
def test_each_damage_is_named(packed: bytes, found: str) -> None:
    with pytest.raises(InsideError, match=found):
        unpack_from_gate(packed)


def test_only_messages_and_cuts_come_from_the_core() -> None:
    with pytest.raises(InsideError, match="kind 2 from the core"):
        unpack_to_gate(b"\x02\x00")


def test_a_session_or_peer_that_does_not_fit_is_refused_by_the_packer() -> None:
    with pytest.raises(InsideError, match="session of 256 bytes"):
        pack_cut(bytes(256))
    with pytest.raises(InsideError, match="peer of 256 bytes"):
        pack_message(b"s", bytes(256), b"")


@given(EPOCHS, st.lists(st.tuples(st.text(max_size=80), st.text(max_size=20), st.integers(1, 2**40)), max_size=50))
def test_what_a_gate_refused_comes_back_as_it_was_told(epoch: int, refused: list[tuple[str, str, int]]) -> None:
    assert unpack_from_gate(pack_refusals(epoch, refused)) == GateRefusals(epoch, tuple(refused))
