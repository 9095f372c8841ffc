"""The processes of the edge bench: simulated cameras, one real agent, and the bare decode beside it; and their figures.

Owns starting and ending them and reading their CPU time, memory and the agent's own metrics.
"""

import json
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import psutil
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from bench.machine import REPOSITORY

_START_WITHIN_S: Final = 120.0
_LABELS: Final = {"patrol_room_lag_seconds": ("kind", "le")}
"""Labels that are kept apart; over all others samples are summed up."""
_KEYFRAME_EVERY_S: Final = 2.0
_GOLDEN: Final = 0.618034
_SCENE: Final = """[[camera]]
name = "camera-{number}"
offset_s = {offset_s}
  [camera.scene]
  seed = {seed}
  duration_s = {loop_s}
  busy_share = {busy_share}
"""
_ROOM: Final = """[room]
name = "bench"
[paths]
state_dir = "{state}"
[console]
port = 0
[log]
form = "json"
level = "warning"
[detector]
kind = "{kind}"
workers = {workers}
full_frame_every_s = {full_frame_every_s}
looks_per_s = {looks_per_s}
{models}
"""
_CAMERA: Final = """[[camera]]
name = "{name}"
url = "{url}"
analyse_fps = {analyse_fps}
blind_time_s = {blind_time_s}
  [[camera.zone]]
  name = "street"
  polygon = [[0.0, 0.4], [1.0, 0.4], [1.0, 1.0], [0.0, 1.0]]
  [[camera.line]]
  name = "middle"
  points = [[0.5, 1.0], [0.5, 0.3]]
  [[camera.rule]]
  name = "enter"
  kind = "intrusion"
  zone = "street"
  [[camera.rule]]
  name = "cross"
  kind = "line_crossing"
  line = "middle"
  [[camera.rule]]
  name = "linger"
  kind = "loitering"
  zone = "street"
  [[camera.rule]]
  name = "many"
  kind = "crowd"
  zone = "street"
  [[camera.rule]]
  name = "ghost"
  kind = "wrong_way"
  zone = "street"
  way = [[0.0, 0.7], [1.0, 0.7]]
  min_area = 0.03
  [[camera.rule]]
  name = "halt"
  kind = "stopped_vehicle"
  zone = "street"
  min_area = 0.03
  [[camera.rule]]
  name = "left"
  kind = "abandoned_object"
  zone = "street"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlan:
    """How the agent of a run is set up."""

    analyse_fps: float
    blind_time_s: float
    workers: int
    models_dir: Path | None
    """Folder with the model's weights; None measures with motion alone."""
    model: str
    full_frame_every_s: float
    looks_per_s: float
    """At most so many looks a second at each camera; 0: no limit."""
    further: str = ""
    """More tables for each camera, e.g. a mask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one process and the machine had used by one moment."""

    wall_s: float
    cpu_s: float
    rss_mb: float
    parts_cpu_s: tuple[float, ...]
    """Of the process itself and then of its children."""


@dataclass(slots=True)
class Child:
    """One started process."""

    process: "subprocess.Popen[str]"
    seen: psutil.Process = field(init=False)

    def __post_init__(self) -> None:
        self.seen = psutil.Process(self.process.pid)

    def read(self) -> Reading:
        """Return its figures now, those of its own child processes included."""
        every = [self.seen, *self.seen.children(recursive=True)]
        times = [one.cpu_times() for one in every]
        return Reading(
            wall_s=time.perf_counter(),
            cpu_s=sum(one.user + one.system for one in times),
            # Memory that several of them share is counted once, in shares (proportional set size).
            rss_mb=sum(one.memory_full_info().pss for one in every) / 1e6,
            parts_cpu_s=tuple(one.user + one.system for one in times),
        )


@contextmanager
def child(module: str, *arguments: str, log: Path) -> Iterator[Child]:
    """Run ``python -m module`` until the block ends."""
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
        )
    try:
        yield Child(process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=5)


@contextmanager
def street(
    folder: Path, *, cameras: int, busy_share: float, variety: int, loop_s: float
) -> Iterator[tuple[Child, list[str]]]:
    """Serve so many cameras, their busy times spread evenly over the loop; yields the process and the addresses."""
    text = "".join(
        _SCENE.format(
            number=number,
            offset_s=round(_offset_s(number, cameras=cameras, loop_s=loop_s), 1),
            seed=1 + number % variety,
            loop_s=loop_s,
            busy_share=busy_share,
        )
        for number in range(cameras)
    )
    config = folder / f"cameras-{cameras}-{busy_share}.toml"
    config.write_text(text, encoding="utf-8")
    with child("patrol_sim", "--config", str(config), log=folder / "sim.log") as sim:
        assert sim.process.stdout is not None  # noqa: S101  # PIPE was asked for
        ready = json.loads(sim.process.stdout.readline())
        yield sim, list(ready["cameras"].values())


def _offset_s(number: int, *, cameras: int, loop_s: float) -> float:
    """Return where in its loop a camera begins.

    Neighbours show different streets and are far apart in them, so that at any time busy_share of all is busy. Their
    keyframes are spread over the keyframe interval by the golden ratio: cameras of a street know nothing of each other.
    """
    return (number * loop_s / cameras + (number * _GOLDEN % 1.0) * _KEYFRAME_EVERY_S) % loop_s


class Room:
    """One running agent."""

    def __init__(self, one: Child, port: int) -> None:
        self.child = one
        self.port = port
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20.0)

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def streaming(self) -> int:
        """Return how many cameras stream."""
        return sum(camera["state"] == "streaming" for camera in self._http.get("/api/v1/state").json()["cameras"])

    def counts(self) -> dict[str, float]:
        """Return every counter and bucket of the agent."""
        return summed(text_string_to_metric_families(self._http.get("/metrics").text))


@contextmanager
def room(folder: Path, urls: Sequence[str], plan: RoomPlan) -> Iterator[Room]:
    """Run the agent over these streams; yields when its console answers."""
    state = folder / f"room-{len(urls)}"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    models = ""
    if plan.models_dir is not None:
        models = f'model = "{plan.model}"\nmodels_dir = "{_catalogue(folder, plan.models_dir)}"'
    text = _ROOM.format(
        state=state,
        kind="motion" if plan.models_dir is None else "onnx",
        workers=plan.workers,
        full_frame_every_s=plan.full_frame_every_s,
        looks_per_s=plan.looks_per_s,
        models=models,
    )
    text += "".join(
        _CAMERA.format(name=f"c{number}", url=url, analyse_fps=plan.analyse_fps, blind_time_s=plan.blind_time_s)
        + plan.further
        for number, url in enumerate(urls)
    )
    config = folder / "room.toml"
    config.write_text(text, encoding="utf-8")
    with child("edge_agent", "--config", str(config), log=folder / "agent.log") as agent:
        port_file = state / "console.port"
        wait_until(lambda: port_file.exists() and bool(port_file.read_text().strip()), what="the agent starts")
        one = Room(agent, int(port_file.read_text()))
        try:
            wait_until(lambda: one.streaming() == len(urls), what=f"{len(urls)} cameras stream")
            yield one
        finally:
            one.close()
            shutil.rmtree(state, ignore_errors=True)


def _catalogue(folder: Path, weights: Path) -> Path:
    """Return a folder with a catalogue: the given one, or the repository's with links to the weights."""
    if (weights / "manifest.toml").is_file():
        return weights.resolve()
    catalogue = folder / "models"
    if not catalogue.exists():
        shutil.copytree(REPOSITORY / "models", catalogue)
        for file in weights.glob("*.onnx"):
            if not (catalogue / file.name).exists():
                (catalogue / file.name).symlink_to(file.resolve())
    return catalogue


def wait_until(condition: Callable[[], bool], *, what: str) -> None:
    """Wait until something is so; raises RuntimeError naming it when it takes too long."""
    deadline_s = time.monotonic() + _START_WITHIN_S
    while time.monotonic() < deadline_s:
        try:
            if condition():
                return
        except httpx.TransportError:
            pass  # the console does not answer yet
        time.sleep(0.2)
    raise RuntimeError(f"after {_START_WITHIN_S:.0f} s still not so: {what}")


def summed(families: Iterable[Metric]) -> dict[str, float]:
    """Return the samples of a page of metrics, labels that matter written into the name, others summed up."""
    found: dict[str, float] = {}
    for family in families:
        for sample in family.samples:
            labels = {name: value for name, value in sample.labels.items() if name in _LABELS.get(family.name, ())}
            key = ",".join([sample.name, *(f"{name}={value}" for name, value in sorted(labels.items()))])
            found[key] = found.get(key, 0.0) + sample.value
    return found


def quantile_ms(counts: dict[str, float], name: str, part: float) -> float | None:
    """Return a quantile of a histogram of seconds in ms, interpolated inside its bucket; None when it is empty."""
    buckets = sorted(
        (math.inf if "le=+Inf" in key else float(key.split("le=")[1].split(",")[0]), count)
        for key, count in counts.items()
        if key.startswith(f"{name.split(',')[0]}_bucket,") and all(label in key for label in name.split(",")[1:])
    )
    total = buckets[-1][1] if buckets else 0.0
    if total <= 0.0:
        return None
    below_s, below = 0.0, 0.0
    for limit_s, count in buckets:
        if count >= part * total:
            if math.isinf(limit_s):
                return below_s * 1000
            inside = (part * total - below) / max(1e-9, count - below)
            return (below_s + inside * (limit_s - below_s)) * 1000
        below_s, below = limit_s, count
    return below_s * 1000
