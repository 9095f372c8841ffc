"""What a gate hands to its core travels in few pieces, in order, and is held while the core takes nothing."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from patrol_wire.ids import NodeName, Role
from relay.core.field import FieldMessage, GateRole, GateStarted, SessionGone
from relay.gate.inside import pack_gone, pack_message
from relay.gate.inward import PIECE_BYTES, PIECE_MESSAGES, Inward
from relay.gate.port import CorePort
from relay.gate.sockets import Context, open_gate_end
from tests.support.waiting import wait_until


@pytest.fixture
def context() -> Iterator[Context]:
    made: Context = zmq.Context()
    yield made
    made.destroy(linger=0)


@pytest.fixture
def endpoint(tmp_path: Path) -> str:
    return f"ipc://{tmp_path}/inside.sock"


@pytest.fixture
def inward(context: Context, endpoint: str) -> Inward:
    return Inward(
        open_gate_end(context, gate=GateRole.ROOMS, endpoint=endpoint),
        gate=GateRole.ROOMS,
        gate_epoch=7,
        counters=Counter(),
    )


def _packed(number: int) -> bytes:
    return pack_message(b"s", b"room:room-1", b"frame %d" % number)


def _message(number: int) -> FieldMessage:
    return FieldMessage(b"s", Role.ROOM, NodeName("room-1"), b"frame %d" % number)


def test_nothing_goes_before_the_announcement_and_the_gates_own_word_goes_after_what_waits(
    context: Context, endpoint: str, inward: Inward
) -> None:
    core = CorePort(context, gate=GateRole.ROOMS, endpoint=endpoint)
    for number in range(3):
        assert inward.add(b"peer", _packed(number))
    wait_until(inward.hand_over, within_s=10, what="the core is there")
    assert inward.add(b"peer", _packed(3))
    assert inward.say(pack_gone(b"s", "evicted"))
    expected = [GateStarted(7), *map(_message, range(4)), SessionGone(b"s", "evicted")]
    found: list[object] = []
    while len(found) < len(expected):
        arrived = core.receive(within_s=10, limit=2)
        assert 0 < len(arrived) <= 2, "a piece is given out as the limit allows"
        found.extend(arrived)
    assert found == expected
    core.close()


def test_without_a_core_what_waits_is_held_and_its_senders_are_known(inward: Inward) -> None:
    assert inward.add(b"one", _packed(0))
    assert inward.add(b"two", _packed(1))
    assert (inward.hand_over(), inward.held) == (False, True)
    assert not inward.is_away(), "it may come back"
    assert not inward.say(pack_gone(b"s", "evicted"))
    assert inward.give_up() == [b"one", b"two"]
    assert (inward.hand_over(), inward.held) == (True, False)


def test_a_piece_is_bounded_in_messages_and_bytes(inward: Inward) -> None:
    assert [inward.add(b"peer", b"m") for _ in range(PIECE_MESSAGES)] == [True] * (PIECE_MESSAGES - 1) + [False]
    assert len(inward.give_up()) == PIECE_MESSAGES
    assert not inward.add(b"peer", bytes(PIECE_BYTES))
