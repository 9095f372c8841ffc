"""Other people's trackers and py-motmetrics over the detections we also took. Runs in an environment of its own.

``bench/accuracy_tracks.py`` makes that environment and starts this file with it: it imports nothing of ours, reads one
JSON document from standard input and writes one to standard output. Boxes are left, top, right, bottom in pixels.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import motmetrics as mm
import numpy as np
import supervision as sv
from norfair import Detection, Tracker

Rows = list[list[list[float]]]
"""Per picture, per thing: id, left, top, right, bottom; of a detection its score comes last and no id first."""


def norfair_tracks(detections: Rows, options: dict[str, Any]) -> tuple[Rows, float]:
    """Return tracks and CPU seconds of Norfair with IoU distance, as its demos set it, of the firm detections."""
    tracker = Tracker(
        distance_function="iou", distance_threshold=0.7, hit_counter_max=options["patience_frames"]["norfair"]
    )
    found: Rows = []
    took_s = 0.0
    for rows in detections:
        given = [
            Detection(points=np.array([row[:2], row[2:4]]), scores=np.array([row[4], row[4]]))
            for row in rows
            if row[4] >= options["min_score"]
        ]
        began_s = time.thread_time()
        seen = tracker.update(detections=given)
        took_s += time.thread_time() - began_s
        found.append([[thing.id, *thing.estimate.reshape(-1).tolist()] for thing in seen])
    return found, took_s


def byte_tracks(detections: Rows, options: dict[str, Any]) -> tuple[Rows, float]:
    """Return tracks and CPU seconds of supervision's ByteTrack: firm ones begin tracks, weak ones continue them."""
    tracker = sv.ByteTrack(
        track_activation_threshold=options["min_score"],
        lost_track_buffer=options["patience_frames"]["bytetrack"],
        frame_rate=round(options["fps"]),
    )
    found: Rows = []
    took_s = 0.0
    for rows in detections:
        array = np.array(rows, dtype=np.float32).reshape(-1, 5)
        given = sv.Detections(xyxy=array[:, :4], confidence=array[:, 4], class_id=np.zeros(len(array), dtype=int))
        began_s = time.thread_time()
        seen = tracker.update_with_detections(given)
        took_s += time.thread_time() - began_s
        ids = seen.tracker_id if seen.tracker_id is not None else []
        found.append([[int(number), *box.tolist()] for number, box in zip(ids, seen.xyxy, strict=True)])
    return found, took_s


def scored(truth: Rows, tracks: Rows) -> dict[str, float]:
    """Return MOTA, IDF1 and their parts at IoU 0.5."""
    book = mm.MOTAccumulator(auto_id=True)
    for real, found in zip(truth, tracks, strict=True):
        # motmetrics wants left, top, width, height.
        one, other = (np.array([_tlwh(row) for row in rows]).reshape(-1, 4) for rows in (real, found))
        distances = mm.distances.iou_matrix(one, other, max_iou=0.5)
        book.update([int(row[0]) for row in real], [int(row[0]) for row in found], distances)
    names = ["mota", "idf1", "precision", "recall", "num_switches", "num_fragmentations", "num_unique_objects"]
    summary = mm.metrics.create().compute(book, metrics=names, name="it")
    return {name: round(float(summary.loc["it", name]), 4) for name in names}


def _tlwh(row: list[float]) -> list[float]:
    return [row[1], row[2], row[3] - row[1], row[4] - row[2]]


def main() -> int:
    """Answer one request."""
    asked = json.load(sys.stdin)
    truth: Rows = asked["truth"]
    # Whatever was tracked before runs through the same scoring.
    answer: dict[str, dict[str, float]] = {name: scored(truth, rows) for name, rows in asked["tracks"].items()}
    others: dict[str, Callable[[Rows, dict[str, Any]], tuple[Rows, float]]] = {
        "norfair": norfair_tracks,
        "bytetrack": byte_tracks,
    }
    for name, track in others.items():
        tracks, took_s = track(asked["detections"], asked["options"])
        answer[name] = scored(truth, tracks) | {"ms_per_picture": round(1000 * took_s / max(1, len(truth)), 4)}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
