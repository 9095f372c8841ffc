"""An alert storm for minutes, through gates, writer and delivery: does anything grow, and does a grave alert wait?

Eight rooms whose rules flap send at a steady pace; a ninth raises an alert of its own five times a second, which is
timed until it is on the terminal of the unit that is asked. Each minute is a line, so that a drift can be seen.
"""

import argparse
import os
import time
from statistics import median
from typing import Any, Final

from bench.bench_city import AREAS
from bench.plot import Bar, Chart
from bench.relay import insist, running_site
from tests.support.gate_site import resident_bytes

ABOUT: Final = "an alert storm for minutes: is anything growing, does a grave alert wait?"
_WINDOWS: Final = 10


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--per-s", type=int, default=2_000, help="alerts of the storm per second")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Let it blow; then everything must be there once, and agree with itself."""
    with running_site(AREAS * 4) as (site, orders):
        orders.give("connect_terminals")
        windows: list[dict[str, Any]] = []
        for _ in range(_WINDOWS):
            cpu_s, gate_s, began = time.process_time(), site.gate_cpu_s(), time.perf_counter()
            found = orders.give("storm", options.per_s, options.minutes * 60 / _WINDOWS)
            took_s = time.perf_counter() - began
            windows.append(
                found
                | {
                    "relay_cpu_percent": round((time.process_time() - cpu_s) / took_s * 100, 1),
                    "gates_cpu_percent": round((site.gate_cpu_s() - gate_s) / took_s * 100, 1),
                    "relay_rss_mb": round(resident_bytes(os.getpid()) / 1e6, 1),
                    "gates_rss_mb": site.gate_rss_mb(),
                }
            )
        ended = orders.give("storm_ends")
        insist(site, ended["alerts"])
        return {
            "per_s": options.per_s,
            "minutes": options.minutes,
            **ended,
            "incidents": site.incidents(),
            "grave_p99_ms": {"first": _p99(windows[:3]), "last": _p99(windows[-3:])},
            "windows": windows,
        }


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    return Chart(
        title=f"A storm of {found['per_s']} alerts a second: another room's alert until on a terminal",
        unit="p99 in milliseconds, in each tenth of the time",
        bars=[Bar(label=f"{number}", value=window["p99"]) for number, window in enumerate(found["windows"], 1)],
    )


def _p99(windows: list[dict[str, Any]]) -> float:
    return round(median(float(window["p99"]) for window in windows), 1)
