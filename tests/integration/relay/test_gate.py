"""A real gate process with real CURVE peers: who gets in, what is refused, what a fault costs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.frames import CONTROL_LIMIT_BYTES, MAGIC, PREFIX, Kind, pack_prefix
from patrol_wire.ids import Role
from patrol_wire.keys import KeyState
from patrol_wire.messages import Bye, Error, Pong, Sync, Who
from relay.core.field import FieldMessage, GateRole, GateStarted, SessionGone
from relay.gate.gate_process import gate_command
from relay.gate.port import CorePort
from relay.gate.sockets import open_field_socket
from tests.support.gate_site import FieldClient, GateSite, is_running, new_pair, ping, resident_bytes
from tests.support.waiting import wait_until

WHO = codec.encode(Who(), hop=1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[GateSite]:
    with GateSite(tmp_path) as running:
        yield running


def _greet(site: GateSite, client: FieldClient) -> FieldMessage:
    """The peer is connected and the core has heard it."""
    client.send(ping())
    return site.expect_message()


def test_a_known_peer_is_heard_under_the_name_of_its_key_and_gets_its_answer(site: GateSite) -> None:
    client = site.connect(site.enrol("room-a"))
    heard = _greet(site, client)
    assert (heard.role, heard.node) == (Role.ROOM, "room-a")
    assert codec.decode(heard.frame).message == ping()
    pong = Pong(ping_sent_at=1, commits=7, last_commit_at=2, clock=3)
    assert site.port.send(heard.session, codec.encode(pong, hop=1))
    assert client.receive() == pong


def test_the_gate_announces_itself_before_any_message(site: GateSite) -> None:
    client = site.connect(site.enrol("room-a"))
    client.send(ping())
    first = wait_until(lambda: site.receive(within_s=0.2, limit=1), within_s=5, what="something from the gate")[0]
    assert isinstance(first, GateStarted)
    site.expect_message()


def test_an_unknown_key_waits_and_is_admitted_on_the_same_socket_once_it_is_listed(site: GateSite) -> None:
    """300, not 400: a field device that was installed before its key was approved must not need a visit."""
    pair = new_pair("room-late")
    client = site.connect(pair)
    site.counter("zap_pending", at_least=1)
    assert not client.socket.poll(0, zmq.POLLOUT)
    site.peers.add(pair, Role.ROOM)
    client.send(ping(), within_s=5)
    assert site.expect_message().node == "room-late"


def test_a_pending_key_waits_like_an_unknown_one(site: GateSite) -> None:
    pair = new_pair("room-pending")
    site.peers.add(pair, Role.ROOM, KeyState.PENDING)
    client = site.connect(pair)
    site.counter("zap_pending", at_least=1)
    site.peers.set_state(pair, KeyState.KNOWN)
    client.send(ping(), within_s=5)
    assert site.expect_message().node == "room-pending"


def test_a_revoked_key_gets_no_connection(site: GateSite) -> None:
    pair = site.enrol("room-bad")
    site.peers.set_state(pair, KeyState.REVOKED)
    client = site.connect(pair)
    site.counter("zap_revoked", at_least=1)
    assert not client.socket.poll(500, zmq.POLLOUT)


def test_a_key_revoked_during_its_session_is_refused_within_a_second_and_its_neighbour_is_not(site: GateSite) -> None:
    bad, good = site.enrol("room-bad"), site.enrol("room-good")
    bad_client, good_client = site.connect(bad), site.connect(good)
    session = _greet(site, bad_client).session
    _greet(site, good_client)
    site.peers.set_state(bad, KeyState.REVOKED)
    revoked_at = time.monotonic()
    gone = site.expect(SessionGone, within_s=1.0)
    assert gone == SessionGone(session, "revoked")
    assert time.monotonic() - revoked_at < 1.0
    assert bad_client.receive() == Bye(reason="revoked")
    bad_client.send(ping())
    refused = bad_client.receive()
    assert isinstance(refused, Error)
    assert refused.code == "revoked"
    assert site.port.send(session, WHO)
    assert bad_client.hears_nothing(for_s=0.3), "a revoked peer must not receive either"
    good_client.send(ping())
    assert site.expect_message().node == "room-good"
    assert site.counter("refused_revoked", at_least=1) == 1


def test_a_key_taken_out_of_the_list_is_refused_like_a_revoked_one(site: GateSite) -> None:
    client = site.connect(site.enrol("room-a"))
    _greet(site, client)
    site.peers.peers.clear()
    site.peers.write()
    assert isinstance(site.expect(SessionGone, within_s=1.0), SessionGone)


def test_a_bad_edit_of_the_peer_list_changes_nothing(site: GateSite) -> None:
    client = site.connect(site.enrol("room-a"))
    _greet(site, client)
    site.peers.path.write_text('[[peer]]\nnode = "half', encoding="utf-8")
    site.counter("bad_peer_edits", at_least=1)
    client.send(ping())
    assert site.expect_message().node == "room-a"
    other = site.enrol("room-b")  # the next good edit counts again
    assert _greet(site, site.connect(other)).node == "room-b"


def test_without_a_zap_handler_nobody_is_admitted(tmp_path: Path) -> None:
    """ZAP_ENFORCE_DOMAIN: a handler that died must not open the gate."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    relay, peer = new_pair("relay"), new_pair("room-a")
    router = open_field_socket(context, gate=GateRole.ROOMS, keys=relay, handshake_ms=300)
    try:
        port = router.bind_to_random_port("tcp://127.0.0.1")
        client = FieldClient(context, endpoint=f"tcp://127.0.0.1:{port}", relay_key=relay.public_key, pair=peer)
        assert not client.socket.poll(1_000, zmq.POLLOUT)
        assert not router.poll(0)
    finally:
        context.destroy(linger=0)


BODY = b"\x91\x09"
BAD_FRAMES = [
    ("short_frame", (b"VP",)),
    ("bad_magic", (b"XX" + pack_prefix(Kind.PING, stream=None, hop=1)[2:] + BODY,)),
    ("unknown_version", (PREFIX.pack(MAGIC, 99, Kind.PING, 0, 0, 0, 1) + BODY,)),
    ("unknown_stream", (PREFIX.pack(MAGIC, 1, Kind.PING, 9, 0, 0, 1) + BODY,)),
    ("unknown_kind", (PREFIX.pack(MAGIC, 1, 99, 0, 0, 0, 1) + BODY,)),
    ("wrong_role", (pack_prefix(Kind.SYNC, stream=None, hop=1) + BODY,)),  # a terminal's message at the rooms' gate
    ("wrong_role", (pack_prefix(Kind.WELCOME, stream=None, hop=1) + BODY,)),  # the relay's own
    ("many_frames", (pack_prefix(Kind.PING, stream=None, hop=1) + BODY, b"more")),
    ("many_frames", (b"", pack_prefix(Kind.PING, stream=None, hop=1), BODY)),  # what a REQ socket would send
    ("long_frame", (pack_prefix(Kind.PING, stream=None, hop=1) + bytes(CONTROL_LIMIT_BYTES - 15),)),
]


def test_what_may_not_pass_is_refused_by_name_and_counted_and_the_session_lives_on(site: GateSite) -> None:
    client, neighbour = site.connect(site.enrol("room-odd")), site.connect(site.enrol("room-good"))
    _greet(site, client)
    _greet(site, neighbour)
    expected: dict[str, int] = {}
    for code, frames in BAD_FRAMES:
        client.send_raw(*frames)
        refused = client.receive()
        assert isinstance(refused, Error), (code, refused)
        assert refused.code == code
        expected[f"refused_{code}"] = expected.get(f"refused_{code}", 0) + 1
    client.send(ping(1))
    neighbour.send(ping(2))
    assert {site.expect_message().node, site.expect_message().node} == {"room-odd", "room-good"}
    counted = site.counters()
    assert {name: counted.get(name) for name in expected} == expected


def test_a_kind_of_a_later_version_that_may_be_ignored_is_ignored(site: GateSite) -> None:
    client = site.connect(site.enrol("room-new"))
    client.send_raw(PREFIX.pack(MAGIC, 1, 200, 0, 0, 0, 1) + BODY)
    assert site.counter("refused_ignored_kind", at_least=1) == 1
    assert client.hears_nothing(for_s=0.1)


def test_garbage_behind_a_good_prefix_reaches_the_core_and_harms_nobody(site: GateSite) -> None:
    """The gate decodes no body; the core's codec refuses it (tests/unit/patrol_wire/test_codec.py)."""
    client = site.connect(site.enrol("room-odd"))
    client.send_raw(pack_prefix(Kind.BATCH, stream=None, hop=1) + b"\xc1" * 500)
    with pytest.raises(WireError):
        codec.decode(site.expect_message().frame)


def test_a_frame_far_too_long_costs_its_sender_the_connection_and_nobody_else(site: GateSite) -> None:
    client, neighbour = site.connect(site.enrol("room-odd")), site.connect(site.enrol("room-good"))
    _greet(site, client)
    first = _greet(site, neighbour).session
    client.send_raw(bytes(1_000_000))
    site.counter("disconnected", at_least=1)
    assert _greet(site, neighbour).session == first
    assert _greet(site, client).node == "room-odd", "it reconnects by itself"


def test_a_peer_of_another_role_is_told_so(tmp_path: Path) -> None:
    with GateSite(tmp_path, GateRole.TERMINALS) as site:
        room = site.connect(site.enrol("room-a", Role.ROOM))
        room.send(Sync(session=1, lowest_version=1, highest_version=1, cursor=0, clock=1, terminal_version="t"))
        refused = room.receive()
        assert isinstance(refused, Error)
        assert refused.code == "wrong_role"


def test_a_peer_that_sets_its_routing_id_is_refused_and_cannot_squat_another(site: GateSite) -> None:
    squatter = site.connect(site.enrol("room-odd"), routing_id=b"room-good")
    squatter.send(ping())
    refused = squatter.receive()
    assert isinstance(refused, Error)
    assert refused.code == "routing_id"
    assert _greet(site, site.connect(site.enrol("room-good"))).node == "room-good"
    assert site.counter("refused_routing_id", at_least=1) == 1


def test_forging_the_routing_ids_libzmq_starts_with_does_not_abort_the_gate(site: GateSite) -> None:
    """Unseeded, libzmq gives the first peers 00 6b8b4567 and so on; a collision is an assertion in libzmq."""
    start = 0x6B8B4567
    odd = site.enrol("room-odd")
    forgers = [site.connect(odd, routing_id=b"\0" + (start + step).to_bytes(4, "big")) for step in range(6)]
    for forger in forgers:
        forger.send(ping())
        site.expect_message()
    for number in range(4):
        assert _greet(site, site.connect(site.enrol(f"room-{number}"))).node == f"room-{number}"
    assert site.gate.running
    assert site.gate.starts == 1


def test_a_message_of_hundreds_of_megabytes_costs_its_sender_the_connection_and_nobody_else(tmp_path: Path) -> None:
    """libzmq collects a message of many frames past every queue limit; only the process's memory cap stops it."""
    with GateSite(tmp_path, memory_mb=96) as site:
        flood, good = site.connect(site.enrol("room-odd"), queue=0), site.connect(site.enrol("room-good"))
        before = _greet(site, good).session
        _greet(site, flood)
        assert site.gate.pid is not None
        part = bytes(CONTROL_LIMIT_BYTES - 100)
        for _ in range(3_000):  # 190 MB in one message
            flood.socket.send(part, zmq.SNDMORE)
        flood.socket.send(part)
        site.counter("disconnected", at_least=1, within_s=20)
        assert resident_bytes(site.gate.pid) < 140_000_000
        assert _greet(site, good).session == before


def test_after_a_kill_the_sessions_of_the_dead_gate_reach_nobody(site: GateSite) -> None:
    """Routing ids may repeat in the next process; a late answer must not go to whoever has the number now."""
    client = site.connect(site.enrol("room-a"))
    old = _greet(site, client)
    site.gate.kill()
    site.gate.start()
    started = site.expect(GateStarted)
    assert isinstance(started, GateStarted)
    fresh = _greet(site, client)
    assert fresh.node == "room-a"
    assert site.port.send(old.session, WHO)
    assert site.counter("stale_session", at_least=1) == 1
    assert site.port.send(fresh.session, WHO)
    assert client.receive() == Who()


def test_a_session_the_core_cut_is_no_longer_heard(site: GateSite) -> None:
    client, other = site.connect(site.enrol("room-a")), site.connect(site.enrol("room-b"))
    heard, of_other = _greet(site, client), _greet(site, other)
    assert site.port.cut(heard.session)
    assert site.port.send(of_other.session, codec.encode(Error(code="x", text="after the cut"), hop=1))
    assert isinstance(other.receive(), Error)  # so the gate has read the cut before it
    client.send(ping())
    site.counter("refused_cut", at_least=1)
    assert client.hears_nothing(for_s=0.1)


def test_a_peer_that_does_not_read_is_cut_with_resync_and_memory_stays_flat(tmp_path: Path) -> None:
    with GateSite(tmp_path, GateRole.TERMINALS) as site:
        slow, good = site.connect(site.enrol("unit-slow"), queue=1), site.connect(site.enrol("unit-good"))
        slow_session, good_session = _greet(site, slow).session, _greet(site, good).session
        assert site.gate.pid is not None
        before = resident_bytes(site.gate.pid)
        frame = codec.encode(Error(code="x", text="y" * 400), hop=1) + bytes(40_000)
        gone: list[SessionGone] = []
        sent = 0
        while sent < 4_000:  # 160 MB, were it kept
            if site.port.send(slow_session, frame):
                sent += 1
            gone.extend(item for item in site.receive(within_s=0.0) if isinstance(item, SessionGone))
            if sent % 50 == 0:
                site.receive(within_s=0.01)
        site.counter("slow", at_least=1)
        assert SessionGone(slow_session, "slow_reader") in gone or site.counters()["slow"] == 1
        assert resident_bytes(site.gate.pid) - before < 60_000_000
        assert site.port.send(good_session, WHO)
        assert good.receive() == Who(), "the neighbour is served"
        last = b""
        while (message := _next(slow)) is not None:
            last = message
        assert codec.decode(last).message == Bye(reason="slow_reader", resync=True)
        slow.send(ping())
        assert site.expect_message().node == "unit-slow", "it comes back on the same socket"


def _next(client: FieldClient) -> bytes | None:
    return client.socket.recv() if client.socket.poll(1_500) else None


def test_while_the_core_is_away_peers_are_told_and_afterwards_it_goes_on(site: GateSite) -> None:
    client = site.connect(site.enrol("room-a"))
    _greet(site, client)
    site.port.close()
    deadline = time.monotonic() + 10
    code = None
    while code != "unavailable" and time.monotonic() < deadline:
        client.send(ping())
        if client.socket.poll(300):
            answer = codec.decode(client.socket.recv()).message
            code = answer.code if isinstance(answer, Error) else None
    assert code == "unavailable"
    site.port = CorePort(site.context, gate=GateRole.ROOMS, endpoint=site.settings.inside)
    assert isinstance(site.expect(GateStarted), GateStarted), "a new core learns of the gate by its beat"
    _greet(site, client)


def test_sigterm_ends_a_gate_within_a_second(site: GateSite) -> None:
    _greet(site, site.connect(site.enrol("room-a")))
    assert site.gate.pid is not None
    os.kill(site.gate.pid, signal.SIGTERM)
    wait_until(lambda: not site.gate.running, within_s=1.0, what="the gate ends")
    assert site.gate.exit_code == 0


def test_a_gate_dies_with_its_parent(site: GateSite) -> None:
    program = (
        "import subprocess, sys, os\n"
        "command = [*sys.argv[1:-1], str(os.getpid())]\n"
        "print(subprocess.Popen(command).pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    site.gate.stop()  # frees the port
    parent = subprocess.Popen(
        [sys.executable, "-c", program, *gate_command(site.settings)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    child = int(parent.stdout.readline())
    site.expect(GateStarted)
    parent.kill()
    parent.wait()
    wait_until(lambda: not is_running(child), within_s=2.0, what="the orphan ends")
    parent.stdout.close()
    parent.stdin.close()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"--key-file": "/nowhere/relay.key"}, "key file /nowhere/relay.key"),
        ({"--peers-file": "/nowhere/peers.toml"}, "peer list /nowhere/peers.toml"),
        ({"--bind": "tcp://256.1.1.1:1"}, "cannot bind tcp://256.1.1.1:1"),
    ],
)
def test_a_wrong_file_or_address_ends_with_one_sentence(tmp_path: Path, change: dict[str, str], found: str) -> None:
    site = GateSite(tmp_path)
    command = gate_command(site.settings)
    for option, value in change.items():
        command[command.index(option) + 1] = value
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    site.port.close()
    site.context.destroy(linger=0)
    assert ended.returncode == 2
    assert found in ended.stderr
    assert "Traceback" not in ended.stderr
