"""Our tracker against Norfair and supervision's ByteTrack on identical detections, judged by py-motmetrics."""

import time
from pathlib import Path
from typing import Any, Final

from bench.accuracy_boxes import MIN_SCORE, whole_picture_people
from bench.footage import pictures, true_boxes
from bench.other_environment import ask, python_with
from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.core.tracks import Tracker, TrackSettings

_WANTED: Final = ("motmetrics==1.4.0", "norfair==2.3.0", "supervision==0.27.0", "numpy<2")
_BESIDE: Final = Path(__file__).parent / "trackers_beside.py"
_PATIENCE_FRAMES: Final = {"norfair": 15, "bytetrack": 30}
"""Their own defaults for how many pictures a thing may stay unseen."""
Rows = list[list[list[float]]]


def tracking(film: Path, *, models_dir: Path, model: str) -> dict[str, Any]:
    """Return MOTA, IDF1, their parts and the time of a picture of every tracker on one film."""
    detections, times = whole_picture_people(film, models_dir=models_dir, model=model)
    first = next(pictures(film)).picture
    size = (first.width, first.height)
    truth = true_boxes(film, size=size)
    ours, ours_ms = _our_tracks(detections, times, size=size)
    asked = {
        "truth": [
            [[thing.number, *_pixels(thing.box, size)] for thing in truth.get(number, [])]
            for number in range(1, len(detections) + 1)
        ],
        "detections": [[[*_pixels(d.box, size), d.score] for d in found] for found in detections],
        "tracks": ours,
        "options": {
            "fps": round((len(times) - 1) / (times[-1] - times[0]), 3),
            "min_score": MIN_SCORE,
            "patience_frames": _PATIENCE_FRAMES,
        },
    }
    found: dict[str, Any] = ask(python_with("trackers", _WANTED), _BESIDE, asked, within_s=600.0)
    for name in ours:
        found[name]["ms_per_picture"] = round(ours_ms, 4)
    return found


def _our_tracks(
    detections: list[list[Detection]], times: list[float], *, size: tuple[int, int]
) -> tuple[dict[str, Rows], float]:
    """Return what is told in each picture as it is told, nothing afterwards, and milliseconds a picture."""
    tracker = Tracker(TrackSettings(begin_score=MIN_SCORE))
    believed: Rows = []
    came: Rows = []
    took_s = 0.0
    for found, at_s in zip(detections, times, strict=True):
        began_s = time.perf_counter()
        tracks = tracker.step(found, at_s)
        took_s += time.perf_counter() - began_s
        told = [track for track in tracks if track.confirmed and track.seen_now]
        believed.append([[track.track_id, *_pixels(track.box, size)] for track in told])
        came.append([[track.track_id, *_pixels(track.box, size)] for track in told if track.travelled])
    return {"ours": believed, "ours, what came from elsewhere": came}, 1000 * took_s / max(1, len(times))


def _pixels(box: Box, size: tuple[int, int]) -> list[float]:
    return [
        round(side * length, 2)
        for side, length in zip((box.left, box.top, box.right, box.bottom), (*size, *size), strict=True)
    ]
