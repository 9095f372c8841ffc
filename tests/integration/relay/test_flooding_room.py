"""A room with a good key that sends as fast as it can: it is cut and kept out, its neighbours are served."""

from collections.abc import Iterator

import pytest
import zmq
from msgspec.structs import replace

from patrol_wire.ids import Forward, Stream
from patrol_wire.messages import Ack, Bye, Error, Pong, Welcome
from patrol_wire.records import Place
from relay.core.budget import FIRST_BAN_S
from relay.gate.lanes import LANE_BYTES
from tests.support.flooder import KINDS, Flooder, FloodOrder
from tests.support.gate_site import ping, resident_bytes
from tests.support.guarded_relay import GuardedRelay, frame_of
from tests.support.records import some_alert
from tests.support.waiting import wait_until

NODES = ("good", "odd", *(f"flood-{kind}" for kind in KINDS))
_ALERTS = iter(range(1, 10_000))


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedRelay]:
    with GuardedRelay(tmp_path_factory.mktemp("relay"), nodes=NODES) as running:
        yield running
        running.assert_unharmed()


def order(relay: GuardedRelay, node: str, kind: str, per_s: float = 0.0) -> FloodOrder:
    pair = relay.pair(node)
    assert pair.secret_key is not None
    return FloodOrder(
        endpoint=relay.site.endpoint,
        relay_key=relay.site.relay.public_key,
        node=node,
        public_key=pair.public_key,
        secret_key=pair.secret_key,
        kind=kind,
        per_s=per_s,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_flood_is_cut_and_kept_out_and_the_neighbour_goes_on(relay: GuardedRelay, kind: str) -> None:
    node = f"flood-{kind}"
    good = relay.room("good", epoch=100 + KINDS.index(kind))
    assert isinstance(good.greet(), Welcome)
    assert relay.site.gate.pid is not None
    before = resident_bytes(relay.site.gate.pid)
    counted = dict(relay.site.port.gate_counters)

    def grown(figure: str) -> bool:
        return relay.site.port.gate_counters.get(figure, 0) > counted.get(figure, 0)

    with Flooder(order(relay, node, kind)) as flood:
        relay.entry(node, "flooding", within_s=20)
        wait_until(lambda: grown("connections_shut"), within_s=10, what="it is cut")
        wait_until(lambda: grown("zap_held_off"), within_s=10, what="it is kept out")
        for _ in range(20):
            good.outbox.put(replace(some_alert(next(_ALERTS)), forward=Forward.DIRECT, place=Place(lon=0.05, lat=0.05)))
            answer = good.deliver(len(good.outbox.records[Stream.ALERTS]))
            assert isinstance(answer, Ack)
    assert flood.sent > 300
    assert resident_bytes(relay.site.gate.pid) - before < LANE_BYTES + 40_000_000


def test_a_peer_that_was_cut_is_told_why_and_comes_back_when_its_ban_is_over(relay: GuardedRelay) -> None:
    """Bye, then the end of the connection; the same socket is admitted again by itself."""
    odd = relay.room("odd")
    frame = frame_of(ping())
    assert isinstance(odd.greet(), Welcome)
    told: set[str] = set()

    def flooded() -> bool:
        for _ in range(200):
            if odd.client.socket.poll(0, zmq.POLLOUT):
                odd.say(frame)
        while odd.client.socket.poll(0):
            said = odd.client.receive()
            if isinstance(said, Error):
                told.add(said.code)
            elif isinstance(said, Bye):
                told.add(f"bye {said.reason}")
        return "bye flooding" in told

    wait_until(flooded, within_s=20, what="the bye")
    assert told >= {"flooding", "bye flooding"}
    wait_until(lambda: not odd.client.socket.poll(0, zmq.POLLOUT), within_s=5, what="the connection ends")
    odd.client.send(ping(), within_s=FIRST_BAN_S + 10)
    wait_until(lambda: isinstance(odd.greet(), Welcome | Pong), within_s=5, what="it is served again")


def test_a_room_that_sends_all_its_credit_at_once_is_served_whole(relay: GuardedRelay) -> None:
    """256 messages of one record each, again and again: paced at worst, never refused."""
    good = relay.room("good", epoch=200)
    good.greet()
    for _ in range(20):
        first = len(good.outbox.records[Stream.ALERTS]) + 1
        for seq in range(first, first + 256):
            good.outbox.put(replace(some_alert(20_000 + seq), forward=Forward.DIRECT, place=Place(lon=0.05, lat=0.05)))
            good.say(good.outbox.batch(seq, upto=seq).frame)
        stored = 0
        while stored < first + 255:
            answer = good.client.receive(within_s=10)
            assert isinstance(answer, Ack), answer
            stored = answer.stored
    assert relay.site.port.gate_counters.get("paced", 0) > 0, "5,120 messages are more than a burst"
