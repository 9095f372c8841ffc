"""What every head returns, and suppression of what it says twice. Plain numpy."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDetections:
    """Boxes in pixels of the model's input."""

    boxes: Floats
    """(n, 4) left, top, right, bottom."""
    scores: Floats
    """(n,) 0-1."""
    classes: npt.NDArray[np.int64]
    """(n,) index into the model's labels."""


class Head(Protocol):
    """Decodes one family of models."""

    def decode(self, outputs: list[Floats], input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return what scores at least ``min_score``, each thing once per class; raises ModelError on a wrong shape."""
        ...


def suppress(raw: RawDetections, *, overlap: float) -> RawDetections:
    """Keep of boxes of one class that overlap more than ``overlap`` (IoU) only the best."""
    order = np.argsort(-raw.scores, kind="stable")
    boxes, classes = raw.boxes[order], raw.classes[order]
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    alive = np.ones(len(order), dtype=bool)
    for number in range(len(order)):
        if not alive[number]:
            continue
        rest = slice(number + 1, None)
        wide = np.minimum(boxes[number, 2], boxes[rest, 2]) - np.maximum(boxes[number, 0], boxes[rest, 0])
        high = np.minimum(boxes[number, 3], boxes[rest, 3]) - np.maximum(boxes[number, 1], boxes[rest, 1])
        both = np.clip(wide, 0, None) * np.clip(high, 0, None)
        union = areas[number] + areas[rest] - both
        alive[rest] &= ~((both > overlap * union) & (classes[rest] == classes[number]))
    kept = order[alive]
    return RawDetections(boxes=raw.boxes[kept], scores=raw.scores[kept], classes=raw.classes[kept])
