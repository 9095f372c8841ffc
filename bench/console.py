"""The operator's page in a real Chromium over a real agent: what eyes and hands wait for, and what stays in memory.

Nine cameras from patrol_sim whose pictures carry their numbers, one agent, the wall with a spot and nine tiles. First
picture, camera to glass (the moment the simulator sends a picture to the moment the browser shows it), key to "stored",
and memory of page and agent over minutes. Nothing in the page is replaced; ``console_probe.js`` reads it.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
from playwright.sync_api import CDPSession, Page, sync_playwright

from bench import machine
from bench.console_film import FPS, PICTURES, make_film
from bench.edge_site import Room, RoomPlan, room
from bench.live_pages import share
from bench.plot import Bar, Chart
from edge_agent.ops.clock import SystemClock
from patrol_sim.cameras import SimCamera
from patrol_sim.server import SimServer
from patrol_web.bundling import bring_up_to_date

ABOUT: Final = "the operator's page in Chromium: first picture, camera to glass, key to stored, memory over minutes"
_CAMERAS: Final = 9
_CLOCK: Final = SystemClock()
_LOOP_S: Final = PICTURES / FPS
_READ_EVERY_MS: Final = 400
_SOON_MS: Final = 180_000
"""A machine that others use as well may take its time; what it took is in the figures."""
_LOOK_MS: Final = 20
_KEYS: Final = [f"Numpad{digit}" for digit in (8, 9, 4, 5, 6, 1, 2, 3, 7)]
_PROBE: Final = Path(__file__).with_name("console_probe.js")
_BUFFERED: Final = """() => [...document.querySelectorAll("video")].reduce((sum, one) => sum +
  Array.from({ length: one.buffered.length }, (_, at) => one.buffered.end(at) - one.buffered.start(at))
    .reduce((whole, part) => whole + part, 0), 0)"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--minutes", type=float, default=1.0, help="how long memory is watched")
    parser.add_argument("--flags", type=int, default=40)
    parser.add_argument("--glass-s", type=float, default=20.0, help="how long pictures are read from the glass")
    parser.add_argument("--chromium", default="/usr/bin/chromium")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    sim: SimServer
    agent: Room
    page: Page
    cdp: CDPSession


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure one thing after the other on one page."""
    bring_up_to_date(tools_for_checks=False)
    with _watched(options) as watched:
        found: dict[str, Any] = {"first_picture_ms": _first(watched), "spot_change_ms": _changes(watched)}
        agent_before = watched.agent.child.read()
        found["camera_to_glass_ms"] = _glass(watched, options.glass_s)
        found["flag_ms"] = _flags(watched, options.flags)
        agent_after = watched.agent.child.read()
        found["agent_cpu_percent"] = round(
            100 * (agent_after.cpu_s - agent_before.cpu_s) / (agent_after.wall_s - agent_before.wall_s), 1
        )
        found["memory"] = _memory(watched, options.minutes)
        return found


@contextmanager
def _watched(options: argparse.Namespace) -> Iterator[_Watched]:
    plan = RoomPlan(
        analyse_fps=5.0, blind_time_s=2.0, workers=1, models_dir=None, model="", full_frame_every_s=1.0, looks_per_s=0.0
    )
    with tempfile.TemporaryDirectory() as name:
        film = make_film(Path(name) / "numbers.mp4")
        cameras = [
            SimCamera(name=f"c{number}", source=film, offset_s=number * _LOOP_S / _CAMERAS)
            for number in range(_CAMERAS)
        ]
        with (
            SimServer(cameras, control_port=None) as sim,
            room(Path(name), [sim.url(camera.name) for camera in cameras], plan) as agent,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=options.chromium,
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.set_default_timeout(_SOON_MS)
            page.add_init_script(path=_PROBE)
            page.goto(f"http://127.0.0.1:{agent.port}/?lang=en")
            yield _Watched(sim=sim, agent=agent, page=page, cdp=page.context.new_cdp_session(page))
            browser.close()


def _await(page: Page, condition: str) -> None:
    """Wait until something is so; the page's own policy forbids the browser to evaluate texts by itself."""
    for _ in range(_SOON_MS // _LOOK_MS):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(_LOOK_MS)
    raise RuntimeError(f"after {_SOON_MS // 1_000} s still not so: {condition}")


def _first(watched: _Watched) -> dict[str, Any]:
    """From the beginning of the navigation to the first picture of the spot and of each tile, ten at once."""
    _await(watched.page, f"probe.firsts.length === {_CAMERAS + 1}")
    times = watched.page.evaluate("probe.firsts.map((one) => one.at)")
    return {"p50": share(times, 0.5), "max": share(times, 1.0), "pictures": len(times)}


def _changes(watched: _Watched) -> dict[str, Any]:
    """From the key of a camera to its first picture in the spot."""
    times: list[float] = []
    for number, key in enumerate(_KEYS):
        watched.page.wait_for_timeout(700)
        pressed_ms = watched.page.evaluate("performance.now()")
        watched.page.keyboard.press(key)
        _await(watched.page, f"probe.firsts.length === {_CAMERAS + 2 + number}")
        times.append(watched.page.evaluate("probe.firsts.at(-1).at") - pressed_ms)
    return {"p50": share(times, 0.5), "max": share(times, 1.0), "changes": len(times)}


def _glass(watched: _Watched, seconds: float) -> dict[str, Any]:
    """From the moment the simulator sends a picture to the moment the browser shows it."""
    page = watched.page
    # What the wall's clock was when the page's began, in the simulator's monotonic seconds.
    began_s = (page.evaluate("Date.now() - performance.now()") / 1_000) - (_CLOCK.now_us() / 1e6 - _CLOCK.instant())
    page.evaluate(f"probe.glass = []; probe.readEveryMs = {_READ_EVERY_MS}")
    page.wait_for_timeout(seconds * 1_000)
    read = page.evaluate("probe.readEveryMs = 0, probe.glass")
    ages: dict[str, list[float]] = {"spot": [], "tile": []}
    for one in read:
        if one["number"] is None:
            continue
        shown_s = began_s + one["at"] / 1_000
        laps = int((shown_s - watched.sim.due_s(one["camera"], one["number"])) // _LOOP_S)
        sent_s = watched.sim.due_s(one["camera"], one["number"] + laps * PICTURES)
        ages[one["place"]].append(1_000 * (shown_s - sent_s))
    every = ages["spot"] + ages["tile"]
    return {
        "p50": share(every, 0.5), "p95": share(every, 0.95), "max": share(every, 1.0), "samples": len(every),
        "spot_p95": share(ages["spot"], 0.95), "unreadable": sum(one["number"] is None for one in read),
    }  # fmt: skip


def _flags(watched: _Watched, count: int) -> dict[str, Any]:
    """From the key to the frame with the word "stored", and what it consists of."""
    page = watched.page
    page.evaluate("probe.flags = []")
    for number in range(1, count + 1):
        page.wait_for_timeout(150 + 37 * number % 300)  # in no step with the pictures
        page.keyboard.press("Space")
        _await(page, f"probe.flags.length === {number}")
    flags = page.evaluate("probe.flags")
    parts = {part: [one[part] for one in flags] for part in flags[0]}
    return {
        "p50": share(parts["whole"], 0.5), "p95": share(parts["whole"], 0.95), "max": share(parts["whole"], 1.0),
        "flags": count, "parts_p50": {part: share(values, 0.5) for part, values in parts.items()},
        "parts_p95": {part: share(values, 0.95) for part, values in parts.items()},
    }  # fmt: skip


def _memory(watched: _Watched, minutes: float) -> dict[str, Any]:
    """What page and agent hold after every half minute, while the spot goes round."""
    samples = [_held(watched)]
    for half in range(max(1, round(minutes * 2))):
        for turn in range(3):
            watched.page.keyboard.press(_KEYS[(3 * half + turn) % len(_KEYS)])
            watched.page.wait_for_timeout(10_000)
        samples.append(_held(watched))
    return {"every_s": 30, "samples": samples}


def _held(watched: _Watched) -> dict[str, float]:
    watched.cdp.send("HeapProfiler.collectGarbage")
    watched.cdp.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in watched.cdp.send("Performance.getMetrics")["metrics"]}
    return {
        "js_heap_mb": round(metrics["JSHeapUsedSize"] / 1e6, 2),
        "nodes": metrics["Nodes"],
        "listeners": metrics["JSEventListeners"],
        "videos": watched.page.evaluate("document.querySelectorAll('video').length"),
        "buffered_s": round(watched.page.evaluate(_BUFFERED), 1),
        "browser_mb": round(_browser_bytes() / 1e6, 1),
        "agent_mb": round(watched.agent.child.read().rss_mb, 1),
        "load": machine.load()[0],
    }


def _browser_bytes() -> int:
    """Memory of the browser's processes, what they share counted in shares."""
    every = [one for one in psutil.Process().children(recursive=True) if "chrom" in one.name()]
    return sum(int(one.memory_full_info().pss) for one in every)


def chart(found: dict[str, Any]) -> Chart:
    """Return what a hand and an eye wait for."""
    bars = [
        Bar(label="first picture, the slowest of ten", value=found["first_picture_ms"]["max"], ours=True),
        Bar(label="camera to glass, p95", value=found["camera_to_glass_ms"]["p95"], ours=True),
        Bar(label='key to "stored", p95', value=found["flag_ms"]["p95"], ours=True),
    ]
    return Chart(title="The operator's page in Chromium, a spot and nine tiles", unit="milliseconds", bars=bars)
