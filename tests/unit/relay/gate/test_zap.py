"""Who is admitted: decided from the request and the peer list alone."""

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st
from zmq.utils import z85

from patrol_wire.ids import NodeName, Role
from patrol_wire.keys import KeyState, Peer
from relay.gate.peers import NO_PEERS, build_table
from relay.gate.zap import Answer, decide

KEY = zmq.curve_keypair()[0].decode()


def request(key: str = KEY, *, domain: bytes = b"rooms", mechanism: bytes = b"CURVE") -> list[bytes]:
    return [b"1.0", b"7", domain, b"127.0.0.1", b"", mechanism, z85.decode(key.encode())]


def listed(state: KeyState) -> list[Peer]:
    return [Peer(node=NodeName("room-a"), role=Role.ROOM, public_key=KEY, state=state)]


@pytest.mark.parametrize(
    ("state", "code", "answer", "user_id"),
    [
        (KeyState.KNOWN, b"200", Answer.KNOWN, b"room:room-a"),
        (KeyState.PENDING, b"300", Answer.PENDING, b""),
        (KeyState.REVOKED, b"400", Answer.REVOKED, b""),
    ],
)
def test_the_state_of_a_key_decides(state: KeyState, code: bytes, answer: Answer, user_id: bytes) -> None:
    verdict = decide(request(), build_table(listed(state)), domain="rooms")
    assert verdict.reply[:3] == (b"1.0", b"7", code)
    assert (verdict.reply[4], verdict.answer, verdict.public_key) == (user_id, answer, KEY)
    assert (KEY.encode() in verdict.reply[5]) == (answer is Answer.KNOWN)


def test_a_key_that_is_not_listed_may_try_again() -> None:
    assert decide(request(), NO_PEERS, domain="rooms").reply[2] == b"300"


@pytest.mark.parametrize(
    "bad",
    [
        [],
        [b"1.0"],
        [b"2.0", *request()[1:]],
        request()[:-1],
        [*request(), b"more"],
        [*request()[:-1], b"short"],
        request(domain=b"terminals"),
        request(mechanism=b"PLAIN"),
    ],
)
def test_what_is_no_curve_request_for_this_gate_is_refused(bad: list[bytes]) -> None:
    verdict = decide(bad, build_table(listed(KeyState.KNOWN)), domain="rooms")
    assert (verdict.reply[2], verdict.answer) == (b"400", Answer.MALFORMED)


@given(st.lists(st.binary(max_size=40), max_size=9))
def test_no_request_admits_a_stranger(frames: list[bytes]) -> None:
    assert decide(frames, NO_PEERS, domain="rooms").reply[2] != b"200"
