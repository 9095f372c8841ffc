"""What media cost the alerts: room to relay and back, with no media, with the room's own, with those of its neighbours.

One relay with its gates, one room here whose alerts are timed, two neighbours as processes that are stopped while they
are not wanted. The three kinds of window take turns in one run, so that what else the machine does falls on all alike.
Everything runs on loopback, where nothing but CPU and disk is shared.
"""

import argparse
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.plot import Bar, Chart
from edge_agent.outbox.store import Outbox
from patrol_wire.ids import Stream
from tests.support.media_room import some_content
from tests.support.media_site import NODE, EvidenceRoom, MediaSite, RoomProcess, evidence_room
from tests.support.waiting import wait_until

ABOUT: Final = "what media cost the alerts: room to relay with and without snapshots and clips on their way"
MIB: Final = 1024 * 1024
CLIP_BYTES: Final = 8 * MIB
NEIGHBOURS: Final = ("room-t01-c02", "room-t01-c03")
KINDS: Final = ("quiet", "own", "neighbours")
_LABELS: Final = {"quiet": "no media", "own": "clips of the same room", "neighbours": "clips of two other rooms"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--alerts", type=int, default=100, help="alerts of one window")
    parser.add_argument("--per-second", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=5, help="windows of each kind")
    parser.add_argument("--media-dir", type=Path, help="the relay's media folder; default: on the disk of its store")
    parser.add_argument("--clips", type=int, default=60, help="clips of 8 MiB each neighbour has")


class _Timed:
    """When the relay's acknowledgements of stream A arrived."""

    def __init__(self, outbox: Outbox) -> None:
        self.at: dict[int, float] = {}
        self._stored = 0
        settle = outbox.settle

        def timed(stream: Stream, *, stored: int, final: int, refused: Sequence[tuple[int, str]] = ()) -> None:
            if stream is Stream.ALERTS:
                now = time.perf_counter()
                for seq in range(self._stored + 1, stored + 1):
                    self.at[seq] = now
                self._stored = max(self._stored, stored)
            settle(stream, stored=stored, final=final, refused=refused)

        outbox.settle = timed  # type: ignore[method-assign]  # the bench listens in, nothing else changes


def _window(room: EvidenceRoom, timed: _Timed, *, alerts: int, per_second: float) -> list[float]:
    """Raise alerts at a pace; return the milliseconds from the beginning of each put to its acknowledgement."""
    began: dict[int, float] = {}
    due = time.perf_counter()
    for _ in range(alerts):
        while (left := due - time.perf_counter()) > 0:
            time.sleep(left)
        due += 1.0 / per_second
        at = time.perf_counter()
        room.alert()
        began[_last(room)] = at
    wait_until(lambda: all(seq in timed.at for seq in began), within_s=30, what="every alert is acknowledged")
    return [(timed.at[seq] - at) * 1_000.0 for seq, at in began.items()]


def _last(room: EvidenceRoom) -> int:
    return next(lane.last.seq for lane in room.outbox.lanes() if lane.stream is Stream.ALERTS)


def _neighbour(site: MediaSite, folder: Path, node: str, clips: int) -> RoomProcess:
    """Return a room of its own process that has so many clips to send, stopped."""
    with evidence_room(site, folder, node=node) as room:
        room.media_link.stop()
        for seed in range(clips):
            room.raise_with(some_content(CLIP_BYTES, seed=sum(node.encode()) * 1_000 + seed), clip=True)
        wait_until(lambda: not sum(room.outbox.depth().pending.values()), within_s=30, what="its manifests arrive")
    process = RoomProcess(site, folder, node=node)
    _signal([process], signal.SIGSTOP)
    # It stands for another machine, so its own work must not take the cores from what is measured.
    os.setpriority(os.PRIO_PROCESS, process.process.pid, 19)
    return process


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure."""
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    medians: dict[str, list[float]] = {kind: [] for kind in KINDS}
    moved: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        nodes = (NODE, *NEIGHBOURS)
        settings = f'[media]\ndir = "{options.media_dir}"\n' if options.media_dir is not None else ""
        with MediaSite(folder, nodes=nodes, settings=settings) as site, evidence_room(site, folder / "own") as room:
            timed = _Timed(room.outbox)
            neighbours = [_neighbour(site, folder / node, node, options.clips) for node in NEIGHBOURS]
            try:
                _window(room, timed, alerts=20, per_second=options.per_second)
                for number in range(options.rounds):
                    for kind in KINDS:
                        before, began = site.figure("media_gate_bytes"), time.perf_counter()
                        if kind == "own":
                            for seed in range(8):
                                room.raise_with(some_content(CLIP_BYTES, seed=number * 100 + seed), clip=True)
                        elif kind == "neighbours":
                            _signal(neighbours, signal.SIGCONT)
                        found = _window(room, timed, alerts=options.alerts, per_second=options.per_second)
                        _signal(neighbours, signal.SIGSTOP)
                        time.sleep(1.1)  # the gate's figures come once a second
                        took = time.perf_counter() - began
                        times[kind] += found
                        medians[kind].append(statistics.median(found))
                        moved[kind].append((site.figure("media_gate_bytes") - before) / MIB / took)
                        if kind == "own":
                            wait_until(lambda: not room.waiting, within_s=60, what="the own clips are through")
            finally:
                _signal(neighbours, signal.SIGCONT)
                for neighbour in neighbours:
                    neighbour.kill()
    return {kind: _figures(times[kind], medians[kind], moved[kind]) for kind in KINDS} | {
        "p99_ratio_own": round(_p99(times["own"]) / _p99(times["quiet"]), 2),
        "p99_ratio_neighbours": round(_p99(times["neighbours"]) / _p99(times["quiet"]), 2),
        "alerts_per_second": options.per_second,
    }


def _signal(neighbours: Sequence[RoomProcess], sent: signal.Signals) -> None:
    for neighbour in neighbours:
        os.kill(neighbour.process.pid, sent)


def _p99(times_ms: Sequence[float]) -> float:
    return sorted(times_ms)[max(0, -(-99 * len(times_ms) // 100) - 1)]


def _figures(times_ms: Sequence[float], medians_ms: Sequence[float], mib_per_s: Sequence[float]) -> dict[str, Any]:
    return {
        "alerts": len(times_ms),
        "p50_ms": round(statistics.median(times_ms), 2),
        "p99_ms": round(_p99(times_ms), 2),
        "max_ms": round(max(times_ms), 2),
        "p50_ms_by_window": [round(median, 2) for median in medians_ms],
        "media_mib_per_s": [round(each, 1) for each in mib_per_s],
    }


def chart(found: dict[str, Any]) -> Chart:
    """Return the chart of a result."""
    return Chart(
        title="An alert, room to relay and back, while media are on their way",
        unit="milliseconds, p99",
        bars=[Bar(label=_LABELS[kind], value=found[kind]["p99_ms"]) for kind in KINDS],
    )
