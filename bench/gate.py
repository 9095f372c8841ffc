"""What a gate process costs: messages per second through it with CURVE, and one entry told to many terminals.

Everything runs on this machine's loopback, clients and core included, so the figures are a lower bound.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import zmq

from bench.plot import Bar, Chart
from patrol_wire import codec
from patrol_wire import messages as m
from patrol_wire.ids import Role, UnitId
from patrol_wire.keys import Peer
from relay.core.field import CommitProgress, FieldMessage, GateRole
from relay.notify.delivery import Delivery
from relay.ops.clock import MachineClock
from tests.support.field_desk import AT_US, FieldDesk, view
from tests.support.gate_site import FieldClient, GateSite, new_pair, ping

ABOUT: Final = "messages per second through a gate process with CURVE, and one entry told to many terminals"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--terminals", type=int, default=1_000)


def through(messages: int) -> dict[str, float]:
    """Send from four rooms as fast as it goes; count what the core's end receives."""
    with tempfile.TemporaryDirectory() as folder, GateSite(Path(folder), paced=False) as site:
        clients = [site.connect(site.enrol(f"room-{number}")) for number in range(4)]
        for client in clients:
            client.send(ping())
            site.expect_message()
        frame = codec.encode(ping(), hop=1) + bytes(300)
        sent = got = 0
        began = time.perf_counter()
        while got < messages:
            for client in clients:
                for _ in range(100):
                    if sent >= messages:
                        break
                    try:
                        client.socket.send(frame, zmq.NOBLOCK)
                    except zmq.Again:
                        break
                    sent += 1
            got += sum(isinstance(item, FieldMessage) for item in site.receive(within_s=0.001, limit=2_000))
        return {"messages": messages, "per_second": round(messages / (time.perf_counter() - began))}


def fan_out(terminals: int, rounds: int = 5) -> dict[str, float]:
    """Tell each of many units one entry in the same moment; time until the last terminal has it."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    context.set(zmq.MAX_SOCKETS, terminals + 200)
    with tempfile.TemporaryDirectory() as folder, GateSite(Path(folder), GateRole.TERMINALS) as site:
        site.context.set(zmq.MAX_SOCKETS, terminals + 200)
        pairs = [new_pair(f"unit-{number}") for number in range(terminals)]
        for pair in pairs[:-1]:
            site.peers.peers.append(Peer(node=pair.node, role=Role.TERMINAL, public_key=pair.public_key))
        site.peers.add(pairs[-1], Role.TERMINAL)
        desk = FieldDesk(Path(folder))
        delivery = Delivery(
            port=site.port,
            reader=desk.reader,
            submit=desk.submit,
            clock=MachineClock(),
            progress=lambda: CommitProgress(commits=0, last_commit_us=0),
        )
        delivery.start()
        time.sleep(0.6)  # the gate reads the list
        began = time.perf_counter()
        clients = {
            pair.node: FieldClient(context, endpoint=site.endpoint, relay_key=site.relay.public_key, pair=pair)
            for pair in pairs
        }
        sync = m.Sync(session=1, lowest_version=1, highest_version=1, cursor=0, clock=AT_US, terminal_version="b")
        for client in clients.values():
            client.send(sync, within_s=60)
        for client in clients.values():
            answer = client.receive(within_s=60)
            if not isinstance(answer, m.Snapshot):
                raise RuntimeError(f"a terminal got {answer!r} instead of a snapshot")
        connected_s = time.perf_counter() - began
        poller = zmq.Poller()
        for client in clients.values():
            poller.register(client.socket, zmq.POLLIN)
        worst: list[float] = []
        median: list[float] = []
        for _ in range(rounds):
            desk.tell_all(list(clients), view())
            began = time.perf_counter()
            delivery.hint(UnitId(unit) for unit in clients)
            took: list[float] = []
            while len(took) < terminals:
                for socket, _ in poller.poll(5_000):
                    socket.recv()
                    took.append(time.perf_counter() - began)
            took.sort()
            worst.append(took[-1])
            median.append(took[len(took) // 2])
        delivery.stop()
        context.destroy(linger=0)
        desk.close()
        return {
            "terminals": terminals,
            "connected_s": round(connected_s, 2),
            "median_ms": round(sorted(median)[rounds // 2] * 1_000, 1),
            "last_ms": round(sorted(worst)[rounds // 2] * 1_000, 1),
        }


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure both."""
    return {"through": through(options.messages), "fan_out": fan_out(options.terminals)}


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    told = found["fan_out"]
    return Chart(
        title=f"Gate: one entry told to {told['terminals']} terminals",
        unit="milliseconds from the hint; median of five rounds",
        bars=[
            Bar(label="half of the terminals have it", value=told["median_ms"]),
            Bar(label="the last one has it", value=told["last_ms"]),
        ],
    )
