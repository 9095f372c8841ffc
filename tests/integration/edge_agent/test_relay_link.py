"""The link thread with a real outbox against a peer over real CURVE sockets, with the relay cut, mute and restarted."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from edge_agent.link.curve import CurveKeys, load_keys
from edge_agent.link.errors import LinkKeyError
from edge_agent.link.relay_link import RelayLink
from edge_agent.ops.clock import SystemClock
from edge_agent.outbox.store import Outbox
from patrol_wire.ids import NodeName, Stream
from patrol_wire.keys import KeyPair, format_key_pair
from tests.support.records import some_alert, some_flag, some_report
from tests.support.relay_peer import RelayPeer
from tests.support.waiting import wait_until


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox(tmp_path / "outbox.sqlite3", node="room-a", clock=SystemClock())
    yield opened
    opened.close()


def linked(outbox: Outbox, *endpoints: str, relay_key: bytes) -> RelayLink:
    public, secret = zmq.curve_keypair()
    keys = CurveKeys(public=public, secret=secret, relay=relay_key)
    made = RelayLink(outbox, keys=keys, endpoints=endpoints, clock=SystemClock(), agent_version="0.1.0")
    made.start()
    return made


@pytest.fixture
def link(outbox: Outbox, peer: RelayPeer) -> Iterator[RelayLink]:
    made = linked(outbox, peer.endpoint, relay_key=peer.public_key)
    wait_until(lambda: made.state.phase == "open", within_s=5, what="the session opens")
    yield made
    made.stop()


def drained(outbox: Outbox) -> bool:
    return sum(outbox.depth().pending.values()) == 0


def test_records_arrive_in_order_and_leave_the_outbox(outbox: Outbox, peer: RelayPeer, link: RelayLink) -> None:
    for number in range(300):
        outbox.put(some_alert(number))
    wait_until(lambda: drained(outbox), within_s=5, what="the outbox drains")
    assert peer.records[Stream.ALERTS] == [some_alert(number) for number in range(300)]
    assert outbox.unsettled(Stream.ALERTS, 0, 10) == []
    assert link.state.alarms == ()


def test_a_record_is_on_its_way_at_once(outbox: Outbox, peer: RelayPeer, link: RelayLink) -> None:
    """Woken by the outbox, not by a poll: ten in a row would take five seconds at the poll's pace."""
    clock = SystemClock()
    began = clock.instant()
    for number in range(10):
        outbox.put(some_flag(number))
        wait_until(lambda: drained(outbox), within_s=2, what="the flag is acknowledged")
    assert clock.instant() - began < 2.0
    assert link.state.phase == "open"


def test_what_was_put_while_the_relay_was_away_arrives_alerts_first(outbox: Outbox, peer: RelayPeer) -> None:
    peer.stop()
    link = linked(outbox, peer.endpoint, relay_key=peer.public_key)
    for number in range(20):
        outbox.put(some_report(number))
        outbox.put(some_alert(number))
    assert link.state.phase == "greeting"
    peer.start()
    wait_until(lambda: drained(outbox), within_s=10, what="the backlog drains")
    link.stop()
    assert peer.order[:20] == [Stream.ALERTS] * 20


def test_a_restarted_relay_gets_everything_once(outbox: Outbox, peer: RelayPeer, link: RelayLink) -> None:
    """The socket dies with what is in flight, four times, while alerts go on."""
    finished = threading.Event()

    def keep_putting() -> None:
        for number in range(2_000):
            outbox.put(some_alert(number))
        finished.set()

    threading.Thread(target=keep_putting, daemon=True).start()
    for goal in (200, 500, 900, 1_300):
        wait_until(lambda goal=goal: peer.all_records() >= goal, within_s=20, what=f"{goal} records arrived")  # type: ignore[misc]  # default binds the loop's value
        peer.stop()
        peer.start()
    assert finished.wait(20)
    wait_until(lambda: drained(outbox), within_s=10, what="everything drains")
    assert peer.records[Stream.ALERTS] == [some_alert(number) for number in range(2_000)]
    assert link.state.sessions >= 2


def test_a_relay_that_hangs_is_left_within_seconds_and_nothing_is_lost(
    outbox: Outbox, peer: RelayPeer, link: RelayLink
) -> None:
    peer.mute = True
    outbox.put(some_alert(1))
    rebuilds = link.state.rebuilds
    wait_until(lambda: link.state.rebuilds > rebuilds, within_s=4, what="the socket is rebuilt")
    assert link.state.phase == "greeting"
    peer.mute = False
    wait_until(lambda: drained(outbox), within_s=5, what="the alert arrives")
    assert peer.records[Stream.ALERTS] == [some_alert(1)]


def test_a_lost_connection_is_shown_at_once(peer: RelayPeer, link: RelayLink) -> None:
    peer.stop()
    wait_until(lambda: link.state.phase == "greeting", within_s=2, what="the console would show it")
    assert link.state.reason


def test_the_second_relay_of_the_list_is_used_when_the_first_is_dead(outbox: Outbox, peer: RelayPeer) -> None:
    link = linked(outbox, "tcp://127.0.0.1:9", peer.endpoint, relay_key=peer.public_key)
    outbox.put(some_alert(1))
    wait_until(lambda: drained(outbox), within_s=9, what="the alert arrives at the second")
    assert link.state.endpoint == peer.endpoint
    link.stop()


def test_a_wrong_relay_key_is_named_as_the_reason(outbox: Outbox, peer: RelayPeer) -> None:
    other, _ = zmq.curve_keypair()
    link = linked(outbox, peer.endpoint, relay_key=other)
    outbox.put(some_alert(1))
    wait_until(lambda: "handshake failed" in link.state.reason, within_s=5, what="the reason is shown")
    assert peer.all_records() == 0
    link.stop()


def test_credit_is_kept(outbox: Outbox, peer: RelayPeer) -> None:
    peer.credit = 0
    link = linked(outbox, peer.endpoint, relay_key=peer.public_key)
    outbox.put(some_alert(1))
    wait_until(lambda: link.state.phase == "open", within_s=5, what="the session opens")
    assert peer.all_records() == 0
    peer.credit = 1
    wait_until(lambda: drained(outbox), within_s=8, what="new credit is noticed")
    link.stop()


def test_dead_letters_are_counted_in_the_room(outbox: Outbox, peer: RelayPeer, link: RelayLink) -> None:
    peer.refuse = {2: "unknown_category"}
    for number in range(3):
        outbox.put(some_alert(number))
    wait_until(lambda: outbox.depth().tally.get("dead_letters") == 1, within_s=5, what="the refusal is known")
    wait_until(lambda: drained(outbox), within_s=5, what="the rest is not held up")
    assert link.state.phase == "open"


def test_a_stopping_room_says_bye(outbox: Outbox, peer: RelayPeer) -> None:
    link = linked(outbox, peer.endpoint, relay_key=peer.public_key)
    wait_until(lambda: link.state.phase == "open", within_s=5, what="the session opens")
    began = SystemClock().instant()
    link.stop()
    assert SystemClock().instant() - began < 1.0
    assert outbox.put(some_alert(1)).seq == 1, "the outbox outlives its link"


def test_an_agent_that_comes_back_sends_only_what_is_missing(outbox: Outbox, peer: RelayPeer, link: RelayLink) -> None:
    outbox.put(some_alert(1))
    wait_until(lambda: drained(outbox), within_s=5, what="the first alert is settled")
    link.stop()
    outbox.put(some_alert(2))
    second = linked(outbox, peer.endpoint, relay_key=peer.public_key)
    wait_until(lambda: drained(outbox), within_s=5, what="the second alert is settled")
    second.stop()
    assert peer.records[Stream.ALERTS] == [some_alert(1), some_alert(2)]
    assert peer.hellos[-1].epoch == outbox.epoch


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such key file"),
        ("node = 3", "node is missing"),
        ("not toml at all [", "not TOML"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_bad_key_file_is_one_sentence(tmp_path: Path, content: str | bytes | None, said: str) -> None:
    path = tmp_path / "room.key"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.write_text(content)
    with pytest.raises(LinkKeyError, match=said) as caught:
        load_keys(path, room="room-a", relay_public_key="x" * 40)
    assert str(path) in str(caught.value)


def test_keys_of_another_node_or_without_the_secret_or_unpaired_are_refused(tmp_path: Path) -> None:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    other, _ = (key.decode() for key in zmq.curve_keypair())
    path = tmp_path / "room.key"
    for pair, said in (
        (KeyPair(node=NodeName("room-b"), public_key=public, secret_key=secret), "is the key of room-b"),
        (KeyPair(node=NodeName("room-a"), public_key=public), "no secret_key"),
        (KeyPair(node=NodeName("room-a"), public_key=other, secret_key=secret), "do not belong together"),
    ):
        path.write_text(format_key_pair(pair))
        with pytest.raises(LinkKeyError, match=said):
            load_keys(path, room="room-a", relay_public_key="x" * 40)
    path.write_text(format_key_pair(KeyPair(node=NodeName("room-a"), public_key=public, secret_key=secret)))
    keys = load_keys(path, room="room-a", relay_public_key="x" * 40)
    assert keys.public == public.encode()
    assert secret not in repr(keys)
