"""Our tracker against Norfair and supervision's ByteTrack on identical detections, judged by py-motmetrics."""

import time
from pathlib import Path
from typing import Any, Final

from bench.accuracy_boxes import MIN_SCORE
from bench.crowd import generated_crowd
from bench.other_environment import ask, python_with
from bench.sightings import Sightings, sightings_of
from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.core.track_settings import TrackSettings
from edge_agent.core.tracks import Tracker

_WANTED: Final = ("motmetrics==1.4.0", "norfair==2.3.0", "supervision==0.27.0", "numpy<2")
_BESIDE: Final = Path(__file__).parent / "trackers_beside.py"
_PATIENCE_FRAMES: Final = {"norfair": 15, "bytetrack": 30}
"""Their own defaults for how many pictures a thing may stay unseen."""
_CROWDS: Final = 6
Rows = list[list[list[float]]]


def tracking(film: Path, *, models_dir: Path, model: str) -> dict[str, Any]:
    """Return the figures of every tracker on one film: as it is, backwards, and both at half its pictures."""
    film_itself = sightings_of(film, models_dir=models_dir, model=model)
    backwards = film_itself.backwards()
    return {
        film.name: compared([film_itself]),
        f"{film.name}, every second picture": compared([film_itself.every(2)]),
        f"{film.name} backwards": compared([backwards]),
        f"{film.name} backwards, every second picture": compared([backwards.every(2)]),
    }


def tracking_crowds() -> dict[str, Any]:
    """Return the figures of every tracker on generated crowds: walkers, a van to go behind, a sign."""
    crowds = [generated_crowd(seed, people=10 + 2 * seed, seconds=30.0, a_second=10.0) for seed in range(_CROWDS)]
    return {
        "generated crowds": compared(crowds),
        "generated crowds, every second picture": compared([crowd.every(2) for crowd in crowds]),
    }


def compared(films: list[Sightings]) -> dict[str, Any]:
    """Return MOTA, IDF1, their parts and the CPU time of a picture of every tracker, the means over the films."""
    found = [_compared(film) for film in films]
    return {
        name: {figure: round(sum(one[name][figure] for one in found) / len(found), 4) for figure in figures}
        for name, figures in found[0].items()
    }


def _compared(film: Sightings) -> dict[str, Any]:
    size = film.size
    ours, ours_ms = _our_tracks(film.detections, film.times, size=size)
    asked = {
        "truth": [[[thing.number, *_pixels(thing.box, size)] for thing in things] for things in film.truth],
        "detections": [[[*_pixels(d.box, size), d.score] for d in found] for found in film.detections],
        "tracks": ours,
        "options": {"fps": film.a_second, "min_score": MIN_SCORE, "patience_frames": _PATIENCE_FRAMES},
    }
    found: dict[str, Any] = ask(python_with("trackers", _WANTED), _BESIDE, asked, within_s=600.0)
    for name in ours:
        found[name]["ms_per_picture"] = round(ours_ms, 4)
    return found


def _our_tracks(
    detections: list[list[Detection]], times: list[float], *, size: tuple[int, int]
) -> tuple[dict[str, Rows], float]:
    """Return what is told in each picture as it is told, nothing afterwards, and CPU-milliseconds a picture."""
    tracker = Tracker(TrackSettings(begin_score=MIN_SCORE))
    believed: Rows = []
    came: Rows = []
    took_s = 0.0
    for found, at_s in zip(detections, times, strict=True):
        began_s = time.thread_time()
        tracks = tracker.step(found, at_s)
        took_s += time.thread_time() - began_s
        told = [track for track in tracks if track.confirmed and track.seen_now]
        believed.append([[track.track_id, *_pixels(track.box, size)] for track in told])
        came.append([[track.track_id, *_pixels(track.box, size)] for track in told if track.travelled])
    return {"ours": believed, "ours, what came from elsewhere": came}, 1000 * took_s / max(1, len(times))


def _pixels(box: Box, size: tuple[int, int]) -> list[float]:
    return [
        round(side * length, 2)
        for side, length in zip((box.left, box.top, box.right, box.bottom), (*size, *size), strict=True)
    ]
