"""A durable alert until its offer is on a unit's terminal, in normal load and in a storm a hundred times as heavy.

The site of ``patrol demo --day`` without its jumps: 252 rooms with real outboxes and links, 790 terminals, real gates
and CURVE, all in real time. Both ends share this machine's cores, so the figures are an upper bound.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.plot import Bar, Chart
from patrol_cli.day.command import play_day
from patrol_cli.day.plan import DayPlan, Storm, plan_storms
from patrol_cli.day.report import GOAL_NORMAL_MS, GOAL_STORM_MS
from patrol_cli.day.site import DaySite
from patrol_cli.demo.processes import Programs

ABOUT: Final = (
    "a durable alert until its offer is on a terminal: a city's normal load, and a storm of a hundred times that"
)
_HOUR_S: Final = 10 * 3_600.0
_BETWEEN_S: Final = 600.0
"""Of the day, cut out: time for the units to clear what the first part left."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--per-s", type=float, default=0.5, help="alerts per second of the whole city in normal load")
    parser.add_argument("--seconds", type=float, default=60.0, help="of normal load")
    parser.add_argument("--storm-seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true", help="for people who ask: the figures are always JSON")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Play both loads on one site."""
    storms = (
        Storm(name="normal_load", at_s=_HOUR_S + 1.0, seconds=options.seconds, times=1),
        Storm(
            name="storm_x100",
            at_s=_HOUR_S + 1.0 + options.seconds + _BETWEEN_S,
            seconds=options.storm_seconds,
            times=100,
        ),
    )

    def plan(site: DaySite) -> DayPlan:
        end_s = storms[-1].at_s + storms[-1].seconds + 1.0
        return plan_storms(site.cameras, seed=7, begin_s=_HOUR_S, end_s=end_s, mean_per_s=options.per_s, storms=storms)

    with tempfile.TemporaryDirectory(prefix="patrol-bench-") as home, Programs(Path(home) / "logs") as programs:
        found = play_day(programs, Path(home) / "site", lambda _line: None, make_plan=plan)
    if not found["reconciled"]:
        raise RuntimeError(f"the figures disagree: {found['differences'][:3]}")
    times = found["offer_ms"]
    return {
        "offer_ms": {"normal": times["normal_load"], "storm": times["storm_x100"]},
        "goals_p99_ms": {"normal": GOAL_NORMAL_MS, "storm": GOAL_STORM_MS},
        "alerts_per_s": {"normal": options.per_s, "storm": options.per_s * 100},
        "alerts": found["alerts"],
        "incidents": found["incidents"],
        "offers": len(found["dispatches"]),
        "without_owner": found["without_owner"],
        "step_answer_ms": found["step_answer_ms"],
        "start_s": found["day"]["start_s"],
        "relay_peak_mb": found["day"]["relay_peak_mb"],
    }


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    bars = [
        Bar(label=f"{load} ({found['alerts_per_s'][load]:g} alerts/s): {share}", value=each[share])
        for load, each in found["offer_ms"].items()
        for share in ("p50", "p99")
    ]
    goals = [Bar(label=f"goal {load}: p99", value=value, ours=False) for load, value in found["goals_p99_ms"].items()]
    return Chart(title="Durable alert until the offer is on a terminal", unit="milliseconds", bars=[*bars, *goals])
