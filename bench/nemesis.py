"""The nemesis with several seeds on both stores: how many alerts came through how many faults, and what was lost.

Each run is ``patrol nemesis`` as a person starts it: a relay (two on PostgreSQL) with its gates, rooms, terminals and a
consumer of the counts, killed, stopped, cut, delayed and corrupted at random, and everything checked when it is over.
"""

import argparse
import json
import subprocess
import sys
from typing import Any, Final

from bench.plot import Bar, Chart
from bench.relay_nodes import OWN, Databases

ABOUT: Final = "the fault harness with several seeds on SQLite and PostgreSQL"
_ENDS_WITHIN_S: Final = 600.0
"""After the faults: draining, the final restart of everything and the check."""
_NOTHING: Final = ("lost", "doubled", "phantom")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32], help="of the runs on SQLite")
    parser.add_argument("--postgresql-seeds", type=int, nargs="*", default=[33, 34], help="of those of two relays")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long faults happen in a run")
    parser.add_argument("--rooms", type=int, default=3)
    parser.add_argument("--no-clocks", action="store_true", help="leave the clocks of rooms and relays alone")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Run every seed; raises when one of them found anything lost, doubled or invented."""
    runs = [_run(options, seed) for seed in options.seeds]
    if options.postgresql_seeds:
        with Databases(OWN) as databases:
            for seed in options.postgresql_seeds:
                url = databases.fresh()
                runs.append(_run(options, seed, "--database", url, "--nodes", "2"))
                databases.done(url)
    whole = {key: sum(each[key] for each in runs) for key in ("alerts", "faults", *_NOTHING)}
    return whole | {"drained_s": max(each["drained_s"] for each in runs), "runs": runs}


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    lost = ", ".join(f"{found[key]} {key}" for key in _NOTHING)
    return Chart(
        title=f"{found['alerts']} alerts, {found['faults']} faults: {lost}",
        unit="seconds until everything is there, once the faults have ended",
        bars=[
            Bar(
                label=f"{each['store']}, seed {each['seed']}: {each['alerts']} alerts, {each['faults']} faults",
                value=each["drained_s"],
            )
            for each in found["runs"]
        ],
    )


def _run(options: argparse.Namespace, seed: int, *where: str) -> dict[str, Any]:
    clocks = () if options.no_clocks else ("--clocks",)
    asked = ("--seed", seed, "--seconds", options.seconds, "--rooms", options.rooms, "--json", *clocks, *where)
    command = [sys.executable, "-m", "patrol_cli", "nemesis", *map(str, asked)]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=options.seconds + _ENDS_WITHIN_S
    )
    if ended.returncode:
        raise RuntimeError(f"seed {seed} ended with {ended.returncode}: {ended.stderr[-2_000:]}")
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return {"store": "PostgreSQL, two relays" if where else "SQLite", "clocks": not options.no_clocks} | found
