"""Precision, recall and average precision of boxes against the truth, and of moments against moments. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge_agent.core.boxes import Box

Scored = tuple[float, Box]
"""Score and box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What was found, what was cried wolf, what was missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of what was said that is true; to say nothing where nothing is, is right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else float(self.missed == 0)

    @property
    def recall(self) -> float:
        """Share of what is true that was said."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def figures(self) -> dict[str, float]:
        """Return them as the JSON has them."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "right": self.right,
            "wrong": self.wrong,
            "missed": self.missed,
        }


def matches(found: Sequence[Scored], truth: Sequence[Box], *, overlap: float = 0.5) -> list[tuple[float, bool]]:
    """Return score and whether it is right, best score first; each true box is found by one box at most."""
    free = list(truth)
    judged: list[tuple[float, bool]] = []
    for score, box in sorted(found, key=lambda one: -one[0]):
        best = max(free, key=box.iou, default=None)
        right = best is not None and box.iou(best) >= overlap
        if right and best is not None:
            free.remove(best)
        judged.append((score, right))
    return judged


def hits(found: Mapping[int, Sequence[Scored]], truth: Mapping[int, Sequence[Box]]) -> Hits:
    """Judge every picture of the truth."""
    judged = [one for number, boxes in truth.items() for one in matches(found.get(number, ()), boxes)]
    right = sum(1 for _, is_right in judged if is_right)
    return Hits(right=right, wrong=len(judged) - right, missed=sum(map(len, truth.values())) - right)


def average_precision(found: Mapping[int, Sequence[Scored]], truth: Mapping[int, Sequence[Box]]) -> float:
    """Return the area under precision over recall at IoU 0.5, precision made monotone (as COCO does)."""
    judged = [one for number, boxes in truth.items() for one in matches(found.get(number, ()), boxes)]
    judged.sort(key=lambda one: -one[0])
    total = sum(map(len, truth.values()))
    curve: list[tuple[float, float]] = []
    right = 0
    for count, (_, is_right) in enumerate(judged, start=1):
        right += is_right
        curve.append((right / max(1, total), right / count))
    area, best, until = 0.0, 0.0, 0.0
    for recall, precision in reversed(curve):
        area += best * max(0.0, until - recall)
        best, until = max(best, precision), recall
    return area + best * until


def moment_hits(said: Sequence[float], truth: Sequence[float], *, within_s: float) -> Hits:
    """Pair moments in order of time, each once, at most so far apart."""
    left = sorted(truth)
    right = 0
    for moment in sorted(said):
        match = next((real for real in left if abs(real - moment) <= within_s), None)
        if match is not None:
            left.remove(match)
            right += 1
    return Hits(right=right, wrong=len(said) - right, missed=len(left))
