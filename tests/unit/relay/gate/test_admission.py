"""What a gate passes on, per key and per frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_wire.frames import Kind, pack_prefix
from patrol_wire.ids import NodeName, Role
from patrol_wire.keys import KeyState
from relay.core.field import GateRole
from relay.gate.admission import KINDS_OF_GATE, ROLE_OF_GATE, Refusal, judge_frame, judge_peer
from relay.gate.peers import ListedPeer
from relay.gate.replies import ERROR_FRAMES

AUTO_ID = b"\0abcd"


def peer(state: KeyState = KeyState.KNOWN, role: Role = Role.ROOM) -> ListedPeer:
    return ListedPeer(user_id=f"{role}:a", role=role, node=NodeName("a"), state=state)


@pytest.mark.parametrize(
    ("listed", "user_id", "refusal"),
    [
        (peer(), "room:a", None),
        (peer(KeyState.REVOKED), "room:a", Refusal.REVOKED),
        (peer(KeyState.PENDING), "room:a", Refusal.REVOKED),  # set back to pending during a session
        (None, "room:a", Refusal.REVOKED),  # taken out of the list
        (peer(), "room:b", Refusal.REVOKED),  # the key was given to another node since its handshake
        (peer(role=Role.TERMINAL), "terminal:a", Refusal.WRONG_ROLE),
    ],
)
def test_a_key_is_judged_by_its_present_entry(listed: ListedPeer | None, user_id: str, refusal: Refusal | None) -> None:
    assert judge_peer(listed, user_id=user_id, gate=GateRole.ROOMS) is refusal


def test_every_gate_serves_one_role_and_no_gate_lets_the_relays_own_kinds_in() -> None:
    assert set(ROLE_OF_GATE) == set(KINDS_OF_GATE) == set(GateRole)
    from_relay = {
        Kind.WELCOME, Kind.REDIRECT, Kind.ERROR, Kind.WHO, Kind.ACK, Kind.NACK, Kind.PONG, Kind.SNAPSHOT, Kind.DELTA,
        Kind.COMMAND_RESULT, Kind.COUNTS, Kind.MEDIA_WANT, Kind.MEDIA_DONE,
    }  # fmt: skip
    for kinds in KINDS_OF_GATE.values():
        assert not kinds & from_relay


@pytest.mark.parametrize("routing_id", [b"", b"room-good", b"abcde", b"\0abc", b"\0abcde"])
def test_a_routing_id_that_libzmq_did_not_give_is_refused(routing_id: bytes) -> None:
    frame = pack_prefix(Kind.PING, stream=None, hop=1)
    assert judge_frame(routing_id, frame, frames=1, gate=GateRole.ROOMS) is Refusal.ROUTING_ID


@given(st.binary(max_size=60), st.integers(1, 4), st.sampled_from(GateRole))
def test_any_bytes_are_passed_or_refused_with_a_reason(frame: bytes, frames: int, gate: GateRole) -> None:
    refusal = judge_frame(AUTO_ID, frame, frames=frames, gate=gate)
    assert refusal is not None or (frames == 1 and frame[3] in KINDS_OF_GATE[gate])


def test_every_refusal_that_is_answered_has_its_error() -> None:
    assert set(ERROR_FRAMES) == set(Refusal) - {Refusal.CUT, Refusal.IGNORED_KIND}
