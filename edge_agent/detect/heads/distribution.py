"""Boxes as distributions of distances: generalised focal loss (arXiv 2006.04388), shared by NanoDet and PicoDet.

Each cell gives, for each side of the box, weights of the distances 0, 1, … 7 strides; the expected value counts.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from edge_agent.detect.heads.options import Floats, HeadOptions, Scores, probabilities, softmax
from edge_agent.detect.heads.raw import Outputs, RawDetections, best_classes, floats, suppress, wrong_shape

BINS: Final = 8
"""Distances of 0 to 7 strides: reg_max = 7 in every published configuration of both families."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellGrid:
    """Where the cells of a family are."""

    family: str
    strides: tuple[int, ...]
    offset: float
    """In cells: from where in a cell distances count."""

    def count(self, input_size: tuple[int, int]) -> int:
        """Return how many cells all scales have together."""
        return sum(-(-input_size[0] // stride) * -(-input_size[1] // stride) for stride in self.strides)


@lru_cache(maxsize=16)
def _points(grid: CellGrid, width: int, height: int) -> tuple[Floats, Floats]:
    """Return the points (n, 2) in pixels that distances count from, and the strides (n, 1), finest scale first."""
    points, steps = [], []
    for stride in grid.strides:
        ys, xs = np.mgrid[0 : -(-height // stride), 0 : -(-width // stride)]
        points.append((np.stack((xs.ravel(), ys.ravel()), axis=1) + grid.offset) * stride)
        steps.append(np.full((xs.size, 1), stride))
    return np.concatenate(points).astype(np.float32), np.concatenate(steps).astype(np.float32)


class DistributionHead:
    """Decodes one array (1, cells, classes + 32), or the scores of all scales and then the distances of all scales.

    Each of the latter is (1, cells, depth) or (1, depth, rows, columns), or all scales in one array of each.
    Reads ``scores`` (usual: probabilities).
    """

    def __init__(self, options: HeadOptions, grid: CellGrid) -> None:
        self._scores = options.only("scores").scores or Scores.PROBABILITIES
        self._grid = grid

    def classes(self, outputs: Outputs) -> int | None:
        """Return the classes a cell has."""
        return _depth(outputs[0].shape) - (4 * BINS if len(outputs) == 1 else 0)

    def decode(self, outputs: Outputs, input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return detections in input pixels, clipped to the input."""
        scores, distances = self._parts(outputs, input_size)
        kept, classes, best = best_classes(probabilities(scores, self._scores), min_score)
        width, height = input_size
        points, steps = _points(self._grid, width, height)
        bins = softmax(distances[kept].reshape(len(kept), 4, BINS))
        sides = (bins * np.arange(BINS, dtype=np.float32)).sum(axis=2) * steps[kept]
        boxes = np.concatenate((points[kept] - sides[:, :2], points[kept] + sides[:, 2:]), axis=1)
        boxes = boxes.clip(0, np.array((width, height, width, height), dtype=np.float32))
        return suppress(RawDetections(boxes=boxes, scores=best, classes=classes))

    def _parts(self, outputs: Outputs, input_size: tuple[int, int]) -> tuple[Floats, Floats]:
        """Return scores (cells, classes) and distances (cells, 32)."""
        cells = self._grid.count(input_size)
        whole = len(outputs) == 1 and outputs[0].ndim == 3 and outputs[0].shape[0] == 1
        halves = (outputs[: len(outputs) // 2], outputs[len(outputs) // 2 :])
        split = len(outputs) in (2, 2 * len(self._grid.strides)) and all(_alike(half) for half in halves)
        if whole or split:
            if whole:
                scores, distances = np.split(floats(outputs[0][0]), [-4 * BINS], axis=1)
            else:
                scores, distances = _joined(halves[0]), _joined(halves[1])
            if len(scores) == len(distances) == cells and distances.shape[1] == 4 * BINS and scores.shape[1] > 0:
                return scores, distances
        raise wrong_shape(
            self._grid.family,
            outputs,
            f"(1, {cells}, classes + {4 * BINS}) at {input_size[0]}×{input_size[1]}, or the scores of its "
            f"{len(self._grid.strides)} scales and then their distances of depth {4 * BINS}",
            "head, input or outputs",
        )


def _depth(shape: tuple[int, ...]) -> int:
    return shape[1] if len(shape) == 4 else shape[-1]


def _alike(outputs: Outputs) -> bool:
    """Whether the arrays can be the same thing at several scales."""
    return (
        all(output.ndim in (3, 4) and output.shape[0] == 1 for output in outputs)
        and len({_depth(output.shape) for output in outputs}) == 1
        and _depth(outputs[0].shape) > 0
    )


def _joined(outputs: Outputs) -> Floats:
    """Return the maps of several scales as one (n, depth), the finest scale first."""
    flat = [
        floats(output[0]).reshape(output.shape[1], -1).T if output.ndim == 4 else floats(output[0])
        for output in outputs
    ]
    return np.concatenate(sorted(flat, key=len, reverse=True))
