"""What a flooding room costs its neighbours: their alerts' time to the durable acknowledgement, with and without it.

One real gate process, the real writer on SQLite, eight rooms that send one alert each in turn, and a flooder in a
process of its own. Quiet and flooded phases alternate in one run, so that a busy machine hits both alike.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

import zmq
from msgspec.structs import replace

from bench.machine import share
from bench.plot import Bar, Chart
from patrol_wire.ids import Forward, Stream
from patrol_wire.messages import Ack, Welcome
from patrol_wire.records import Place
from tests.support.flooder import KINDS, Flooder, FloodOrder
from tests.support.guarded_relay import GuardedRelay, HostileRoom
from tests.support.records import some_alert

ABOUT: Final = "neighbours' time to the acknowledgement while a room floods, beside the same without a flood"
WITHIN: Final = 190.0
"""Alerts a second of a room that stays within its allowance for ever: the worst that is never cut."""
_ROOMS: Final = 8
_EVERY_S: Final = 0.005
_QUIET: Final = "quiet"
_ALLOWED: Final = "alerts within the allowance"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--seconds", type=float, default=4.0, help="of one phase")
    parser.add_argument("--rounds", type=int, default=3)


class _Neighbours:
    """Rooms with one alert in flight each."""

    def __init__(self, relay: GuardedRelay) -> None:
        self._rooms: list[HostileRoom] = [relay.room(f"good-{number}") for number in range(_ROOMS)]
        self._made = 0
        for room in self._rooms:
            if not isinstance(room.greet(), Welcome):
                raise RuntimeError(f"{room.outbox.node} is not welcome")

    def times_ms(self, seconds: float) -> list[float]:
        """Send alerts for a while; return how long each took to be acknowledged."""
        found: list[float] = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            for room in self._rooms:
                self._made += 1
                fresh = replace(some_alert(self._made), forward=Forward.DIRECT, place=Place(lon=0.05, lat=0.05))
                seq = room.outbox.put(fresh)
                began = time.perf_counter()
                room.client.socket.send(room.outbox.batch(seq).frame)
                if not room.client.socket.poll(10_000, zmq.POLLIN):
                    raise RuntimeError(f"{room.outbox.node} waits for more than 10 s")
                answer = room.client.receive()
                found.append((time.perf_counter() - began) * 1_000)
                if not isinstance(answer, Ack) or answer.stored != seq or Stream.ALERTS not in room.outbox.records:
                    raise RuntimeError(f"{room.outbox.node} got {answer!r}")
                time.sleep(_EVERY_S)
        return found


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure quiet and flooded phases in turn."""
    floods = [*((kind, 0.0) for kind in KINDS), ("alerts", WITHIN)]
    nodes = [f"good-{number}" for number in range(_ROOMS)]
    odd = [f"odd-{nth}-{number}" for nth in range(options.rounds) for number in range(len(floods))]
    seen: dict[str, list[list[float]]] = {}
    ratios: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, GuardedRelay(Path(folder), nodes=[*nodes, *odd]) as relay:
        neighbours = _Neighbours(relay)
        neighbours.times_ms(1.0)
        for nth in range(options.rounds):
            for number, (kind, per_s) in enumerate(floods):
                quiet = neighbours.times_ms(options.seconds)
                with Flooder(_order(relay, f"odd-{nth}-{number}", kind, per_s)):
                    flooded = neighbours.times_ms(options.seconds)
                name = _ALLOWED if per_s else kind
                seen.setdefault(_QUIET, []).append(quiet)
                seen.setdefault(name, []).append(flooded)
                ratios.setdefault(name, []).append(share(flooded, 0.99) / share(quiet, 0.99))
        relay.assert_unharmed()
        counters = dict(relay.site.port.gate_counters)
    phases = {name: _summary(rounds) for name, rounds in seen.items()}
    for name, found in ratios.items():  # each to the quiet phase just before it: the machine changes by the minute
        phases[name]["p99_ratio"] = round(median(found), 2)
    return {"to_ack_ms": phases, "gate": {name: counters[name] for name in sorted(counters)}, "all": seen}


def _summary(rounds: list[list[float]]) -> dict[str, float]:
    """Return the medians over the rounds of each round's own percentiles."""
    return {
        "alerts": sum(len(each) for each in rounds),
        "p50": round(median(share(each, 0.5) for each in rounds), 2),
        "p99": round(median(share(each, 0.99) for each in rounds), 2),
        "max": round(max(max(each) for each in rounds), 2),
    }


def _order(relay: GuardedRelay, node: str, kind: str, per_s: float) -> FloodOrder:
    pair = relay.pair(node)
    return FloodOrder(
        endpoint=relay.site.endpoint,
        relay_key=relay.site.relay.public_key,
        node=node,
        public_key=pair.public_key,
        secret_key=pair.secret_key or "",
        kind=kind,
        per_s=per_s,
    )


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    return Chart(
        title="One room floods: its neighbours' alerts, p99 to the durable acknowledgement",
        unit="milliseconds; median of the rounds",
        bars=[Bar(label=name, value=each["p99"], ours=name != _QUIET) for name, each in found["to_ack_ms"].items()],
    )
