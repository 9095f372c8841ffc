"""A whole city that connects at once, strangers that open connections and say nothing, terminals that do not read."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from patrol_wire import codec
from patrol_wire.messages import Error, Pong
from relay.core.field import GateRole
from relay.gate.gate_settings import HANDSHAKE_MS
from relay.gate.sockets import TUNING
from tests.support.answering_core import AnsweringCore
from tests.support.crowd import Crowd, CrowdOrder, pairs_of
from tests.support.gate_site import GateSite, ping, resident_bytes
from tests.support.waiting import wait_until

PEERS = 1_000
HALF_OPEN = 1_500


@contextmanager
def answered(
    folder: Path, role: GateRole = GateRole.ROOMS, *, handshake_ms: int = 300
) -> Iterator[tuple[GateSite, AnsweringCore]]:
    with GateSite(folder, role, handshake_ms=handshake_ms) as site, AnsweringCore(site) as core:
        yield site, core


def crowd_of(site: GateSite, count: int, *, deaf: int = 0) -> Crowd:
    order = CrowdOrder(
        endpoint=site.endpoint,
        relay_key=site.relay.public_key,
        pairs=pairs_of(site.enrol_many(count)),
        deaf=deaf,
    )
    return Crowd(order)


def cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


@pytest.mark.timeout(180)
def test_a_thousand_peers_come_back_after_their_gate_was_killed(tmp_path: Path) -> None:
    with answered(tmp_path, handshake_ms=HANDSHAKE_MS) as (site, core), crowd_of(site, PEERS) as crowd:
        crowd.ask("greet")
        assert crowd.answer()["missing"] == 0
        site.gate.kill()
        core.sessions.clear()
        site.gate.start()
        crowd.ask("greet")
        back = crowd.answer()
        assert back["missing"] == 0
        assert len(core.sessions) == PEERS
        assert site.gate.pid is not None
        spent_s = cpu_s(site.gate.pid)
        assert spent_s < PEERS * 0.005, f"{spent_s:.1f} s of CPU for {PEERS} handshakes: they are done again and again"
        counters = wait_until(
            lambda: site.port.gate_counters if site.port.gate_counters.get("sessions") == PEERS else None,
            within_s=5,
            what="the gate knows them all",
        )
        assert counters is not None
        assert counters.get("zap_held_off", 0) == 0, "a reconnect storm is no flood"


def half_open(site: GateSite, count: int, *, say: bytes = b"") -> list[socket.socket]:
    host, port = site.endpoint.removeprefix("tcp://").split(":")
    opened = []
    for _ in range(count):
        one = socket.create_connection((host, int(port)), timeout=5)
        if say:
            one.sendall(say)
        opened.append(one)
    return opened


GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x01CURVE"
"""The first bytes of ZMTP, and then nothing."""


@pytest.mark.parametrize("say", [b"", GREETING, b"\xff" + bytes(9), b"GET / HTTP/1.1\r\n\r\n"], ids=repr)
def test_half_open_connections_are_ended_and_neither_the_connected_nor_the_new_notice(
    tmp_path: Path, say: bytes
) -> None:
    with answered(tmp_path) as (site, _), ExitStack() as stack:
        old = site.connect(site.enrol("room-old"))
        late = site.enrol("room-late")
        old.send(ping())
        assert isinstance(old.receive(), Pong)
        assert site.gate.pid is not None
        before = resident_bytes(site.gate.pid)
        strangers = half_open(site, HALF_OPEN, say=say)
        for stranger in strangers:
            stack.callback(stranger.close)
        old.send(ping())
        assert isinstance(old.receive(within_s=5), Pong)
        new = site.connect(late)
        new.send(ping(), within_s=10)
        assert isinstance(new.receive(within_s=5), Pong)
        gate = psutil.Process(site.gate.pid)
        wait_until(lambda: gate.num_fds() < 100, within_s=15, what="the gate ends them")
        assert resident_bytes(site.gate.pid) - before < 60_000_000
        assert site.gate.running
        assert site.gate.starts == 1


def test_a_gate_without_descriptors_lives_and_serves_again_when_there_are_some(tmp_path: Path) -> None:
    """Its limit is the machine's; here it is set below the flood. Who is connected does not notice."""
    with answered(tmp_path) as (site, _), ExitStack() as stack:
        old = site.connect(site.enrol("room-old"))
        late = site.enrol("room-late")
        old.send(ping())
        assert isinstance(old.receive(), Pong)
        assert site.gate.pid is not None
        resource.prlimit(site.gate.pid, resource.RLIMIT_NOFILE, (200, 200))
        for stranger in half_open(site, 400):
            stack.callback(stranger.close)
        for _ in range(10):
            old.send(ping())
            assert isinstance(old.receive(within_s=5), Pong)
        new = site.connect(late)
        new.send(ping(), within_s=20)
        assert isinstance(new.receive(within_s=5), Pong)
        assert site.gate.running
        assert site.gate.starts == 1


@pytest.mark.timeout(180)
def test_a_tenth_of_the_terminals_does_not_read_and_the_gate_stays_flat_and_serves_the_others(tmp_path: Path) -> None:
    """Each burst is read before the next: what the readers' own lag would pile up says nothing about the deaf."""
    terminals, deaf, rounds, burst = 100, 10, 800, 4
    frame = codec.encode(Error(code="x", text="y" * 400), hop=1) + bytes(12_000)
    with answered(tmp_path, GateRole.TERMINALS) as (site, core), crowd_of(site, terminals, deaf=deaf) as crowd:
        crowd.ask("greet")
        assert crowd.answer()["missing"] == 0
        assert site.gate.pid is not None
        pid = site.gate.pid
        sizes = []
        for part in range(4):  # 10 MB to each
            for _ in range(rounds // 4 // burst):
                core.told.extend((session, frame) for session in core.sessions.values() for _ in range(burst))
                wait_until(lambda: not core.told, within_s=30, what="all is handed over")
                crowd.ask("read", count=burst)
                heard = crowd.answer()
                assert (heard["least"], heard["most"]) == (burst, burst), part
            sizes.append(resident_bytes(pid))
        slow = wait_until(
            lambda: site.port.gate_counters.get("slow", 0) >= deaf and site.port.gate_counters["slow"],
            within_s=5,
            what="the deaf are known",
        )
        assert slow == deaf
        kept = deaf * TUNING[GateRole.TERMINALS].send_queue * len(frame)
        assert sizes[1] < sizes[0] + 1.2 * kept, f"more is kept than the queues may hold: {sizes}"
        told = deaf * (rounds // 2) * len(frame)
        assert sizes[3] < sizes[1] + told / 5, f"memory grows with what the deaf are told: {sizes}"
