"""Everybody connects at once: how long until each of many CURVE peers is answered, first and after the gate was killed.

One gate process; the peers in processes of their own, 2,500 in each. Peers and gate share this machine, so half of
the work measured is the peers'.
"""

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import psutil

from bench.plot import Bar, Chart
from relay.gate.gate_settings import HANDSHAKE_MS
from tests.support.answering_core import AnsweringCore
from tests.support.crowd import Crowd, CrowdOrder, pairs_of
from tests.support.gate_site import GateSite, resident_bytes

ABOUT: Final = "how long until each of many CURVE peers is answered, first and after the gate was killed"
_PER_PROCESS: Final = 2_500


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--peers", type=int, nargs="+", default=[1_000, 2_000])
    parser.add_argument("--handshake-ms", type=int, default=HANDSHAKE_MS, help="the gate's own setting")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure each size."""
    return {
        "handshake_ms": options.handshake_ms,
        "storms": [_storm(count, options.handshake_ms) for count in options.peers],
    }


def _storm(count: int, handshake_ms: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        site = stack.enter_context(GateSite(Path(folder), handshake_ms=handshake_ms))
        stack.enter_context(AnsweringCore(site))
        pairs = site.enrol_many(count)
        site.counters()
        crowds = [
            stack.enter_context(
                Crowd(
                    CrowdOrder(
                        endpoint=site.endpoint,
                        relay_key=site.relay.public_key,
                        pairs=pairs_of(pairs[begin : begin + _PER_PROCESS]),
                    )
                )
            )
            for begin in range(0, count, _PER_PROCESS)
        ]
        first = _greet(site, crowds)
        site.gate.kill()
        site.gate.start()
        return {"peers": count, "first": first, "again": _greet(site, crowds)}


def _greet(site: GateSite, crowds: list[Crowd]) -> dict[str, float]:
    for crowd in crowds:
        crowd.ask("greet")
    found = [crowd.answer() for crowd in crowds]
    if site.gate.pid is None or not site.gate.running:
        raise RuntimeError("the gate fell")
    times = psutil.Process(site.gate.pid).cpu_times()
    return {
        "missing": sum(each["missing"] for each in found),
        "half_s": round(max(each["half_s"] for each in found), 2),
        "all_s": round(max(each["took_s"] for each in found), 2),
        "gate_cpu_s": round(times.user + times.system, 2),
        "gate_rss_mb": round(resident_bytes(site.gate.pid) / 1e6, 1),
    }


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    return Chart(
        title="Everybody connects at once",
        unit="seconds until the last of them was answered",
        bars=[
            Bar(label=f"{each['peers']} peers, {name}", value=each[part]["all_s"])
            for each in found["storms"]
            for part, name in (("first", "first"), ("again", "after a kill"))
        ],
    )
