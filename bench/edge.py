"""What a room's agent costs per camera: CPU, memory, lag, shed pictures; beside it the bare decode of the same streams.

Real RTSP from patrol_sim on this machine (its CPU reported apart), one real agent process with every kind of rule on
every camera, alerts with snapshots and clips included. The bare decode runs in the same window on a sample of the same
streams and is scaled to all of them; the loop of the scenes is as long as the window, so shares are exact.
"""

import argparse
import tempfile
import time
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import psutil

from bench import machine
from bench.edge_site import Child, Reading, Room, RoomPlan, child, quantile_ms, room, street
from bench.plot import Bar, Chart

ABOUT: Final = "cameras per core of the edge agent, beside the bare full decode of the same streams"
_LAG: Final = "patrol_room_lag_seconds"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--cameras", default="1,8,32,96", help="numbers of cameras, with commas")
    parser.add_argument("--busy-share", default="0.25", help="shares of time with somebody in the picture, with commas")
    parser.add_argument("--runs", help="instead of both: CAMERAS:SHARE with commas, e.g. 32:0,96:0.25,56:1")
    parser.add_argument("--seconds", type=float, default=48.0, help="length of a run's window and of the scenes' loop")
    parser.add_argument("--warm-up", type=float, default=15.0, help="seconds before the window")
    parser.add_argument("--analyse-fps", type=float, default=5.0)
    parser.add_argument("--blind-time", type=float, default=2.0, help="0 lets the agent decode everything")
    parser.add_argument("--workers", type=int, default=1, help="detector workers")
    parser.add_argument("--variety", type=int, default=4, help="different scenes per share")
    parser.add_argument("--decode-streams", type=int, default=8, help="streams of the bare decode, 0 for none")
    parser.add_argument("--models-dir", type=Path, help="folder with ONNX weights; default: motion alone")
    parser.add_argument("--model", default="yolox-nano")
    parser.add_argument("--full-frame-every", type=float, default=1.0, help="seconds between looks at a whole picture")
    parser.add_argument("--looks-per-s", type=float, default=0.0, help="looks a second at each camera; 0: no limit")
    parser.add_argument("--json", action="store_true", help="for people who ask: the figures are always JSON")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure every run in turn."""
    plan = RoomPlan(
        analyse_fps=options.analyse_fps,
        blind_time_s=options.blind_time,
        workers=options.workers,
        models_dir=options.models_dir,
        model=options.model,
        full_frame_every_s=options.full_frame_every,
        looks_per_s=options.looks_per_s,
    )
    found: list[dict[str, Any]] = []
    for busy_share, group in groupby(wanted_runs(options), key=lambda one: one[1]):
        numbers = [cameras for cameras, _ in group]
        for cameras in numbers:
            # A simulator per run: the shares of one window are exact only when cameras are spread over the loop anew.
            with (
                tempfile.TemporaryDirectory() as name,
                street(
                    Path(name),
                    cameras=cameras,
                    busy_share=busy_share,
                    variety=min(options.variety, cameras),
                    loop_s=options.seconds,
                ) as (sim, urls),
            ):
                one = one_run(Path(name), sim, urls, plan, options)
            found.append({"cameras": cameras, "busy_share": busy_share, **one})
    return {
        "runs": found,
        "full_decode_cpu_percent": found[-1]["full_decode_cpu_percent"],
        "detector": "motion" if plan.models_dir is None else plan.model,
        "analyse_fps": plan.analyse_fps,
        "blind_time_s": plan.blind_time_s,
        "workers": plan.workers,
        "looks_per_s": plan.looks_per_s,
        "seconds": options.seconds,
    }


def wanted_runs(options: argparse.Namespace) -> list[tuple[int, float]]:
    """Return (cameras, busy share) of every run."""
    if options.runs:
        pairs = (text.partition(":") for text in options.runs.split(","))
        return [(int(cameras), float(share)) for cameras, _, share in pairs]
    shares = [float(text) for text in options.busy_share.split(",")]
    return [(int(cameras), share) for share in shares for cameras in options.cameras.split(",")]


def one_run(folder: Path, sim: Child, urls: list[str], plan: RoomPlan, options: argparse.Namespace) -> dict[str, Any]:
    """Measure one window of one agent."""
    sample = (
        urls[:: max(1, len(urls) // options.decode_streams)][: options.decode_streams] if options.decode_streams else []
    )
    with (
        room(folder, urls, plan) as agent,
        child("bench.edge_decode", *sample, log=folder / "decode.log") as decoder,
    ):
        time.sleep(options.warm_up)
        load = machine.load()
        before, counts, whole = _read(agent, sim, decoder), agent.counts(), _machine_cpu_s()
        time.sleep(options.seconds)
        after, later, whole_later = _read(agent, sim, decoder), agent.counts(), _machine_cpu_s()
        streaming = agent.streaming()
    figures = {key: value - counts.get(key, 0.0) for key, value in later.items()}
    wall_s = after["agent"].wall_s - before["agent"].wall_s
    cpu_s = {name: after[name].cpu_s - before[name].cpu_s for name in after}
    percent = {name: 100 * value / wall_s for name, value in cpu_s.items()}
    decode = percent["decode"] * len(urls) / len(sample) if sample else None
    return {
        "cpu_percent": round(percent["agent"], 1),
        "cpu_percent_by_process": [
            round(100 * (later - earlier) / wall_s, 1)
            for later, earlier in zip(after["agent"].parts_cpu_s, before["agent"].parts_cpu_s, strict=False)
        ],
        "lag_ms": _lag(figures, "kind=live"),
        "replay_lag_ms": _lag(figures, "kind=replayed"),
        "rss_mb": round(after["agent"].rss_mb),
        "ring_mb": round(later["patrol_room_ring_bytes"] / 1e6, 1),
        "ring_disk_mb": round(later["patrol_room_ring_disk_bytes"] / 1e6, 1),
        "inferences_per_s": round(figures.get("patrol_room_looks_total", 0.0) / wall_s, 1),
        "shed": round(figures.get("patrol_room_pictures_skipped_total", 0.0)),
        "pictures": round(figures.get("patrol_room_pictures_total", 0.0)),
        "looks_shed": round(figures.get("patrol_room_looks_shed_total", 0.0)),
        "alerts": round(figures.get("patrol_room_alerts_total", 0.0)),
        "full_decode_cpu_percent": None if decode is None else round(decode, 1),
        "of_full_decode": None if not decode else round(percent["agent"] / decode, 2),
        "cpu_percent_per_camera": round(percent["agent"] / len(urls), 2),
        "sim_cpu_percent": round(percent["sim"], 1),
        "others_cpu_percent": round(100 * (whole_later - whole - sum(cpu_s.values())) / wall_s, 1),
        "streaming": streaming,
        "load_before": load,
        "load_after": machine.load(),
    }


def _read(agent: Room, sim: Child, decoder: Child) -> dict[str, Reading]:
    return {"agent": agent.child.read(), "sim": sim.read(), "decode": decoder.read()}


def _machine_cpu_s() -> float:
    """Return the CPU seconds that all processes of the machine have used."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def _lag(figures: dict[str, float], kind: str) -> dict[str, float | None]:
    found = {name: quantile_ms(figures, f"{_LAG},{kind}", part) for name, part in (("p50", 0.5), ("p99", 0.99))}
    return {name: None if value is None else round(value, 1) for name, value in found.items()}


def chart(found: dict[str, Any]) -> Chart:
    """Return CPU per camera of every run, each beside the bare decode of the same streams."""
    bars: list[Bar] = []
    for one in found["runs"]:
        name = f"{one['cameras']} cameras, busy {one['busy_share']:.0%}"
        bars.append(Bar(label=name, value=one["cpu_percent"] / one["cameras"]))
        if one["full_decode_cpu_percent"] is not None:
            bars.append(
                Bar(label="bare full decode", value=one["full_decode_cpu_percent"] / one["cameras"], ours=False)
            )
    return Chart(
        title=f"The agent per camera, 704×576 at 10 pictures per second, {found['detector']}",
        unit="percent of one core per camera",
        bars=bars,
    )
