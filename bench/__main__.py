"""``python -m bench``: list the benches, or run one and keep what it found."""

import argparse
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

from bench import (
    accuracy,
    alert_storm,
    console,
    dispatch,
    edge,
    false_alarms,
    flood,
    gate,
    history,
    live,
    machine,
    media,
    nemesis,
    picture_health,
    ranking,
    relay,
    results_file,
    storm,
    timers,
    writer,
)
from relay.ops.logging import configure

BENCHES: Final[dict[str, ModuleType]] = {
    "accuracy": accuracy,
    "alert_storm": alert_storm,
    "console": console,
    "edge": edge,
    "false_alarms": false_alarms,
    "flood": flood,
    "gate": gate,
    "history": history,
    "live": live,
    "media": media,
    "nemesis": nemesis,
    "picture_health": picture_health,
    "dispatch": dispatch,
    "ranking": ranking,
    "timers": timers,
    "relay": relay,
    "storm": storm,
    "writer": writer,
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = parser.add_subparsers(dest="name", metavar="NAME")
    for name, bench in BENCHES.items():
        also = [name.replace("_", "-")] if "_" in name else []
        one = names.add_parser(name, aliases=also, help=bench.ABOUT, description=bench.__doc__)
        bench.add_options(one)
        one.add_argument("--out", type=Path, default=results_file.RESULTS, help="folder for the JSON and the chart")
    options = parser.parse_args(arguments)
    if options.name is None:
        for name, bench in BENCHES.items():
            print(f"{name:14} {bench.ABOUT}")
        return 0
    options.name = options.name.replace("-", "_")
    configure(form="auto", level="warning")  # standard output holds nothing but the figures
    machine.allow_many_sockets()
    bench = BENCHES[options.name]
    before = machine.load()
    found = bench.run(options)
    facts = machine.facts() | {"load_before": before, "load_after": machine.load()}
    whole = {"bench": options.name, "machine": facts, **found}
    figures = {key: value for key, value in whole.items() if key != "all"}
    print(json.dumps(figures, indent=2))
    for path in results_file.write(options.name, whole, bench.chart(found), folder=options.out):
        print(path, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
