"""Which detection continues which track: pairs by overlap, best first.

Pure function over boxes; the stages and thresholds are the tracker's business.
"""

from collections.abc import Sequence

from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT, rivals

_OTHER_LABEL = 0.6
"""Factor on the overlap of two boxes whose labels are hardly one thing: still possible, but any fitting one wins."""
_MOTION_LABEL = 0.85
"""Factor when one of them is plain motion: its box is rough."""


def similarity(one: Box, one_label: str, other: Box, other_label: str) -> float:
    """Return 0-1: overlap of the boxes, less when the labels disagree."""
    overlap = one.iou(other)
    if overlap == 0.0 or one_label == other_label:
        return overlap
    if MOVING_OBJECT in (one_label, other_label):
        return overlap * _MOTION_LABEL
    return overlap * (_MOTION_LABEL if rivals(one_label, other_label) else _OTHER_LABEL)


def pair_up(
    tracks: Sequence[tuple[Box, str]],
    detections: Sequence[tuple[Box, str]],
    *,
    at_least: float,
    grown: float = 0.0,
) -> list[tuple[int, int]]:
    """Return index pairs (track, detection), each index at most once, taken greedily from the most similar pair on.

    ``grown`` widens both boxes before they are compared (C-BIoU): at five pictures a second small fast things do not
    overlap their own prediction. Greedy instead of optimal assignment: conflicts are rare and small, and a greedy pair
    is explainable; ties go to the older track, which comes first.
    """
    wide_tracks = [(box.grown(grown), label) for box, label in tracks] if grown else tracks
    wide_detections = [(box.grown(grown), label) for box, label in detections] if grown else detections
    candidates: list[tuple[float, int, int]] = []
    for track_number, (track_box, track_label) in enumerate(wide_tracks):
        for number, (box, label) in enumerate(wide_detections):
            value = similarity(track_box, track_label, box, label)
            if value >= at_least:
                candidates.append((-value, track_number, number))
    candidates.sort()
    taken_tracks: set[int] = set()
    taken: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for _, track_number, number in candidates:
        if track_number not in taken_tracks and number not in taken:
            taken_tracks.add(track_number)
            taken.add(number)
            pairs.append((track_number, number))
    return pairs
