"""An alert storm for minutes, through gates, writer and delivery: does anything grow, and does a grave alert wait?

Eight rooms whose rules flap send at a steady pace; the other eight raise in turn, five times a second, an alert of
their own, which is timed until it is on the terminal of the unit that is asked. Units answer: they accept, set out,
arrive and clear with an outcome, so that incidents end and others begin. Each tenth of the time is a line, so that a
drift can be seen, with what happened to incidents in it.
"""

import argparse
import os
import sys
import time
from collections import Counter
from statistics import median
from typing import Any, Final

from bench.bench_city import AREAS
from bench.plot import Bar, Chart
from bench.relay import insist, running_site
from tests.support.gate_site import resident_bytes

ABOUT: Final = "an alert storm for minutes: is anything growing, does a grave alert wait?"
_WINDOWS: Final = 10
_UNITS_PER_AREA: Final = 16
"""Five grave incidents a second, some seven seconds each, want 35 of the 128 units around them."""
_HAPPENED: Final = {"opened": "opened", "reopened": "opened_again", "closed": "closed", "climbed": "climbed"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--per-s", type=int, default=2_000, help="alerts of the storm per second")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Let it blow; then everything must be there once, and agree with itself."""
    with running_site(AREAS * _UNITS_PER_AREA) as (site, orders):
        orders.give("connect_terminals")
        windows: list[dict[str, Any]] = []
        line, _ = site.happened_since(0)
        for _ in range(_WINDOWS):
            cpu_s, gate_s, began = time.process_time(), site.gate_cpu_s(), time.perf_counter()
            found = orders.give("storm", options.per_s, options.minutes * 60 / _WINDOWS)
            took_s = time.perf_counter() - began
            used = {
                "relay_cpu_percent": round((time.process_time() - cpu_s) / took_s * 100, 1),
                "gates_cpu_percent": round((site.gate_cpu_s() - gate_s) / took_s * 100, 1),
                "relay_rss_mb": round(resident_bytes(os.getpid()) / 1e6, 1),
                "relay_objects": sys.getallocatedblocks(),
                "gates_rss_mb": site.gate_rss_mb(),
            }
            line, happened = site.happened_since(line)
            windows.append(found | used | {"incidents": _counted(happened) | {"open": site.open_incidents()}})
        ended = orders.give("storm_ends")
        insist(site, ended["alerts"])
        return {
            "per_s": options.per_s,
            "minutes": options.minutes,
            "terminals": len(site.terminals),
            **ended,
            "incidents": site.incidents(),
            "open_at_end": site.open_incidents(),
            "last_over_first": _drift(windows),
            "windows": windows,
        }


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    return Chart(
        title=f"A storm of {found['per_s']} alerts a second: another room's alert until on a terminal",
        unit="p99 in milliseconds, in each tenth of the time",
        bars=[Bar(label=f"{number}", value=window["p99"]) for number, window in enumerate(found["windows"], 1)],
    )


def _counted(happened: Counter[str]) -> dict[str, int]:
    return {name: happened[change] for change, name in _HAPPENED.items()}


def _drift(windows: list[dict[str, Any]]) -> dict[str, float]:
    """Return each figure's median over the last three tenths to that over the second to the fourth: in the first one
    caches fill and nothing ends yet."""
    return {
        key: round(_median(windows[-3:], key) / _median(windows[1:4], key), 2)
        for key in ("p50", "p99", "relay_cpu_percent", "gates_cpu_percent", "relay_rss_mb", "relay_objects")
    }


def _median(windows: list[dict[str, Any]], key: str) -> float:
    return median(float(window[key]) for window in windows)
