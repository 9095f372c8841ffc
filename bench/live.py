"""What the live view costs the room: ten pages on ten cameras, a spot and nine tiles, beside the same room unwatched.

Real RTSP from patrol_sim, one real agent, pages in a process of their own over WebSockets. Windows with and without
pages take turns; the difference of the agent's CPU is the live view's cost. With ``--masked`` every camera has a mask,
so that every picture is encoded anew. ``--hang`` adds pages that never read.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench import machine
from bench.edge_site import Room, RoomPlan, room, street
from bench.plot import Bar, Chart

ABOUT: Final = "nine live tiles and a spot: CPU of the agent with and without them, first picture, age of pictures"
_MASK: Final = """  [[camera.mask]]
  polygon = [[0.0, 0.0], [0.3, 0.0], [0.3, 0.3], [0.0, 0.3]]
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--cameras", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of a window")
    parser.add_argument("--windows", type=int, default=3, help="pairs of windows: without pages, with them")
    parser.add_argument("--warm-up", type=float, default=10.0)
    parser.add_argument("--masked", action="store_true", help="a mask on every camera: each picture is encoded anew")
    parser.add_argument("--hang", type=int, default=0, help="pages beside them that never read")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure windows in turn."""
    plan = RoomPlan(
        analyse_fps=5.0,
        blind_time_s=2.0,
        workers=1,
        models_dir=None,
        model="",
        full_frame_every_s=1.0,
        looks_per_s=0.0,
        further=_MASK if options.masked else "",
    )
    pairs: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as name,
        street(
            Path(name),
            cameras=options.cameras,
            busy_share=0.25,
            variety=min(4, options.cameras),
            loop_s=options.seconds,
        ) as (_sim, urls),
        room(Path(name), urls, plan) as agent,
    ):
        time.sleep(options.warm_up)
        for _ in range(options.windows):
            without = _window(agent, options, pages=False)
            pairs.append({"without": without, "with": _window(agent, options, pages=True)})
    costs = [pair["with"]["cpu_percent"] - pair["without"]["cpu_percent"] for pair in pairs]
    return {
        "windows": pairs,
        "live_cpu_percent": round(sum(costs) / len(costs), 1),
        "live_cpu_percent_each": [round(cost, 1) for cost in costs],
        "cameras": options.cameras,
        "masked": options.masked,
        "seconds": options.seconds,
    }


def _window(agent: Room, options: argparse.Namespace, *, pages: bool) -> dict[str, Any]:
    """Measure the agent for one window, with pages or without; raises RuntimeError when a page shows nothing."""
    load, before = machine.load(), agent.child.read()
    found: dict[str, Any] = {}
    if pages:
        cameras = [f"c{number}" for number in range(options.cameras)]
        command = [sys.executable, "-m", "bench.live_pages", str(agent.port), str(options.seconds), *cameras]
        done = subprocess.run(
            [*command, "--hang", str(options.hang)],
            cwd=machine.REPOSITORY,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        found = json.loads(done.stdout)
        if found["playing"] != options.cameras:
            raise RuntimeError(f"{found['playing']} of {options.cameras} pages show a picture")
    else:
        time.sleep(options.seconds)
    after = agent.child.read()
    wall_s = after.wall_s - before.wall_s
    return {
        "cpu_percent": round(100 * (after.cpu_s - before.cpu_s) / wall_s, 1),
        "rss_mb": round(after.rss_mb, 1),
        "wall_s": round(wall_s, 1),
        "load_before": load,
        **found,
    }


def chart(found: dict[str, Any]) -> Chart:
    """Return the agent's CPU with and without pages, window by window."""
    bars = [
        Bar(label=f"window {number + 1}, {name}", value=pair[which]["cpu_percent"], ours=which == "with")
        for number, pair in enumerate(found["windows"])
        for which, name in (("without", "nobody watches"), ("with", f"{found['cameras']} live pictures"))
    ]
    return Chart(title="The agent of a room, watched and unwatched", unit="percent of one core", bars=bars)
