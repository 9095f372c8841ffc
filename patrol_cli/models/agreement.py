"""How far one model agrees with another on the same looks: what a quantised or re-shaped one costs. Pure values.

The first model's detections are taken for the truth, so no boxes drawn by hand are needed; what is measured is the
loss, not how good either is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_agent.core.detections import Detection

TOLD: Final = 0.3
"""Detections from this score on are told; weaker ones only complete the curve."""
_SAME: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Of the second model with the first."""

    ap50: float
    """Average precision at IoU 0.5, all labels together; 1 when every box of the first is found before any other."""
    boxes: int
    """That the first tells."""
    lost: int
    """Told by the first and not by the second."""
    added: int
    """Told by the second and not by the first."""
    score_shift: float
    """Mean score of the second minus that of the first, over the boxes that both have."""
    looks: int


def agreement(pairs: Sequence[tuple[Sequence[Detection], Sequence[Detection]]]) -> Agreement:
    """Compare what two models see on each look; detections below ``TOLD`` of the first do not count."""
    truth = [[seen for seen in first if seen.score >= TOLD] for first, _ in pairs]
    boxes = sum(map(len, truth))
    ranked = sorted(
        ((seen, look) for look, (_, second) in enumerate(pairs) for seen in second), key=lambda each: -each[0].score
    )
    free = [list(told) for told in truth]
    hits: list[bool] = []
    shifts: list[float] = []
    found = added = 0
    for seen, look in ranked:
        same = max(
            (each for each in free[look] if each.label == seen.label),
            key=lambda each: each.box.iou(seen.box),
            default=None,
        )
        hit = same is not None and same.box.iou(seen.box) >= _SAME
        hits.append(hit)
        if same is not None and hit:
            free[look].remove(same)
            shifts.append(seen.score - same.score)
        if seen.score >= TOLD:
            found, added = found + hit, added + (not hit)
    return Agreement(
        ap50=_average_precision(hits, boxes),
        boxes=boxes,
        lost=boxes - found,
        added=added,
        score_shift=sum(shifts) / len(shifts) if shifts else 0.0,
        looks=len(pairs),
    )


def _average_precision(hits: Sequence[bool], boxes: int) -> float:
    """Return the area under the precision that is left to reach each recall; hits are ordered by score."""
    if boxes == 0:
        return 1.0  # nothing to find: what was added is counted apart
    right, precisions = 0, []
    for rank, hit in enumerate(hits, start=1):
        right += hit
        if hit:
            precisions.append(right / rank)
    best, area = 0.0, 0.0
    for precision in reversed(precisions):
        best = max(best, precision)
        area += best
    return area / boxes
