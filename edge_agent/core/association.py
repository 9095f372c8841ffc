"""Which detection continues which track: overlaps of boxes, and pairs of them, best first.

Pure functions over plain numbers; the stages and thresholds are the tracker's business.
"""

from collections.abc import Sequence

from edge_agent.core.detections import MOVING_OBJECT, rivals

Edges = tuple[float, float, float, float]
"""Left, top, right, bottom. A tuple, because a step of the tracker unpacks thousands of them."""
Candidate = tuple[int, float, int, int]
"""A possible pair: stage, minus its similarity, track number, detection number. Sorted, the best comes first."""

_OTHER_LABEL = 0.6
"""Factor on the overlap of two boxes whose labels are hardly one thing: still possible, but any fitting one wins."""
_MOTION_LABEL = 0.85
"""Factor when one of them is plain motion: its box is rough."""


def agreement(one: str, other: str) -> float:
    """Return the factor on the overlap of two boxes with these labels: 1, or less when they disagree."""
    if one == other:
        return 1.0
    if MOVING_OBJECT in (one, other) or rivals(one, other):
        return _MOTION_LABEL
    return _OTHER_LABEL


def overlaps(tracks: Sequence[Edges], detections: Sequence[Edges], *, at_least: float) -> list[tuple[int, int, float]]:
    """Return (track, detection, intersection over union) of all that overlap by ``at_least`` (above 0).

    Detections are walked from left to right, so that most boxes that are far apart are never compared.
    """
    ordered = sorted(
        (left, top, right, bottom, (right - left) * (bottom - top), number)
        for number, (left, top, right, bottom) in enumerate(detections)
    )
    found: list[tuple[int, int, float]] = []
    for track, (left, top, right, bottom) in enumerate(tracks):
        area = (right - left) * (bottom - top)
        for other_left, other_top, other_right, other_bottom, other_area, number in ordered:
            if other_left >= right:
                break
            if other_right <= left or other_bottom <= top or other_top >= bottom:
                continue
            both = ((right if right < other_right else other_right) - (left if left > other_left else other_left)) * (
                (bottom if bottom < other_bottom else other_bottom) - (top if top > other_top else other_top)
            )
            if both >= at_least * (area + other_area - both) and both > 0.0:
                found.append((track, number, both / (area + other_area - both)))
    return found


def best_first(candidates: list[Candidate]) -> list[tuple[int, int]]:
    """Return pairs (track, detection), each number at most once, taken greedily from the best candidate on.

    A pair of an earlier stage goes before any of a later one. Greedy instead of optimal assignment: a greedy pair is
    explainable, and the best sum gives up a sure pair for two doubtful ones (measured, docs/design/detection.md). Ties
    go to the older track, which comes first. Sorts its argument.
    """
    candidates.sort()
    tracks: set[int] = set()
    detections: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for _, _, track, number in candidates:
        if track not in tracks and number not in detections:
            tracks.add(track)
            detections.add(number)
            pairs.append((track, number))
    return pairs


def grown(edges: Edges, share: float) -> Edges:
    """Return the box widened on each side by a share of its own size."""
    left, top, right, bottom = edges
    by_x, by_y = (right - left) * share, (bottom - top) * share
    return left - by_x, top - by_y, right + by_x, bottom + by_y


def covers(one: Edges, other: Edges) -> float:
    """Return the share of the other box that lies inside the one; 0 when the other has no area."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    upright = min(one[3], other[3]) - max(one[1], other[1])
    if across <= 0.0 or upright <= 0.0:
        return 0.0
    area = (other[2] - other[0]) * (other[3] - other[1])
    return across * upright / area if area > 0.0 else 0.0  # the smallest of sides multiply to nothing
