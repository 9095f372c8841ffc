"""YOLOX (arXiv 2107.08430): one row per grid cell: x, y, log width, log height, objectness, class scores.

Grid offsets and strides are not applied in the graph; objectness and scores are sigmoids already. An export that
applies them (``decode_in_inference``) has the rows of YOLOv5: its head is ``yolov5``.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from edge_agent.detect.heads.options import Floats, HeadOptions, Scores, probabilities
from edge_agent.detect.heads.raw import Outputs, RawDetections, best_classes, floats, suppress, wrong_shape

_STRIDES: Final = (8, 16, 32)


@lru_cache(maxsize=8)
def _grid(width: int, height: int) -> tuple[Floats, Floats]:
    """Return cell corners (n, 2) and strides (n, 1) in the order of the rows."""
    corners, strides = [], []
    for stride in _STRIDES:
        ys, xs = np.mgrid[0 : height // stride, 0 : width // stride]
        cells = np.stack((xs.ravel(), ys.ravel()), axis=1)
        corners.append(cells)
        strides.append(np.full((len(cells), 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)


class YoloxHead:
    """Decodes (1, cells, 5 + classes). Reads ``scores``; usual: probabilities."""

    def __init__(self, options: HeadOptions) -> None:
        self._scores = options.only("scores").scores or Scores.PROBABILITIES

    def classes(self, outputs: Outputs) -> int | None:
        """Return the classes a row holds."""
        return int(outputs[0].shape[-1]) - 5

    def decode(self, outputs: Outputs, input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return detections in input pixels."""
        corners, strides = _grid(*input_size)
        shape = outputs[0].shape
        if len(shape) != 3 or shape[0] != 1 or shape[1] != len(corners) or shape[2] < 6:
            expected = f"(1, {len(corners)}, 5 + classes) at {input_size[0]}×{input_size[1]}"
            raise wrong_shape("YOLOX", outputs, expected, "head or input")
        rows = floats(outputs[0][0])
        objectness = probabilities(rows[:, 4:5], self._scores)
        hopeful = objectness[:, 0] >= min_score  # a class score is at most 1, so this alone rules most cells out
        rows, objectness, corners, strides = (part[hopeful] for part in (rows, objectness, corners, strides))
        kept, classes, best = best_classes(probabilities(rows[:, 5:], self._scores) * objectness, min_score)
        centres = (rows[kept, :2] + corners[kept]) * strides[kept]
        halves = np.exp(rows[kept, 2:4]) * strides[kept] / 2
        boxes = np.concatenate((centres - halves, centres + halves), axis=1)
        return suppress(RawDetections(boxes=floats(boxes), scores=best, classes=classes))
