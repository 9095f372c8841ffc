"""What every head returns, how it chooses a class, and suppression of what it says twice. Plain numpy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.options import Floats, shapes_said

Ints = npt.NDArray[np.int64]
Outputs = Sequence[npt.NDArray[np.generic]]
"""The arrays of one run in the order that the head documents."""

OVERLAP: Final = 0.45
"""Boxes of one class that overlap more (IoU) are one thing. Higher finds a few more people and begins second tracks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDetections:
    """Boxes in pixels of the model's input."""

    boxes: Floats
    """(n, 4) left, top, right, bottom."""
    scores: Floats
    """(n,) 0-1."""
    classes: Ints
    """(n,) index into the model's labels."""


class Head(Protocol):
    """Decodes one family of models."""

    def decode(self, outputs: Outputs, input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return what scores at least ``min_score``, each thing once per class; raises ModelError on a wrong shape."""
        ...

    def classes(self, outputs: Outputs) -> int | None:
        """Return how many classes these outputs tell apart, None when they do not say."""
        ...


def floats(output: npt.NDArray[np.generic]) -> Floats:
    """Return an output in single precision."""
    return np.asarray(output, dtype=np.float32)


def wrong_shape(family: str, outputs: Outputs, expected: str, correct: str = "head") -> ModelError:
    """Return the error that says what was found, what the family gives and which keys of the manifest to correct."""
    return ModelError(
        f"the model's output has the shape {shapes_said(outputs)}, but a {family} head gives {expected}; "
        f"correct {correct} in the manifest"
    )


def best_classes(scores: Floats, min_score: float, *, background: bool = False) -> tuple[Ints, Ints, Floats]:
    """Return of (n, classes) scores the rows that reach ``min_score``, the best class of each, and its score."""
    first = 1 if background else 0
    if scores.shape[1] <= first:  # nothing but the background
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    classes = scores[:, first:].argmax(axis=1) + first
    best = scores[np.arange(len(scores)), classes]
    rows = np.flatnonzero(best >= min_score)
    return rows, np.asarray(classes[rows], dtype=np.int64), np.asarray(best[rows], dtype=np.float32)


def suppress(raw: RawDetections, *, overlap: float = OVERLAP) -> RawDetections:
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
