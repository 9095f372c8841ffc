"""YOLO heads whose graph gives finished rows: centre, size, scores. YOLOv5 (Jocher et al., 2020; also v7, arXiv
2207.02696, and a decoded YOLOX) has an objectness before the classes; YOLOv8, v9, v11 and v12 (Ultralytics, 2023 to
2025; v9 is arXiv 2402.13616) have none and lie transposed.

The four numbers are x and y of the centre, width and height in pixels of the input (``unit = "shares"``: TensorFlow
exports); all scores are sigmoids already.
"""

from typing import Final

import numpy as np

from edge_agent.detect.heads.options import BoxForm, BoxUnit, Floats, HeadOptions, Scores, corners, probabilities
from edge_agent.detect.heads.raw import Outputs, RawDetections, best_classes, floats, suppress, wrong_shape

_STRIDES: Final = (8, 16, 32)
_ANCHORS: Final = 3


class YoloRowsHead:
    """Decodes (1, candidates, 4 + classes) or that transposed; with ``objectness`` one column more.

    Reads ``scores`` (usual: probabilities) and ``unit`` (usual: pixels).
    """

    def __init__(self, options: HeadOptions, *, objectness: bool) -> None:
        options.only("scores", "unit")
        self._scores = options.scores or Scores.PROBABILITIES
        self._unit = options.unit or BoxUnit.PIXELS
        self._first_class = 5 if objectness else 4
        self._family = "YOLOv5" if objectness else "YOLOv8"

    def classes(self, outputs: Outputs) -> int | None:
        """Return the classes a row holds; the shorter side of the output is the row."""
        return min(outputs[0].shape[1:]) - self._first_class if outputs[0].ndim == 3 else None

    def decode(self, outputs: Outputs, input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return detections in input pixels."""
        rows = self._rows(outputs, input_size)
        scores = rows[:, self._first_class :]
        if self._first_class == 5:
            objectness = probabilities(rows[:, 4:5], self._scores)
            hopeful = objectness[:, 0] >= min_score
            rows, scores, objectness = rows[hopeful], scores[hopeful], objectness[hopeful]
            scores = probabilities(scores, self._scores) * objectness
        else:
            scores = probabilities(scores, self._scores)
        kept, classes, best = best_classes(scores, min_score)
        boxes = corners(rows[kept, :4], BoxForm.CXCYWH, self._unit, input_size)
        return suppress(RawDetections(boxes=boxes, scores=best, classes=classes))

    def _rows(self, outputs: Outputs, input_size: tuple[int, int]) -> Floats:
        """Return (candidates, row), whichever way they lie."""
        shape = outputs[0].shape
        if len(outputs) != 1 or len(shape) != 3 or shape[0] != 1 or min(shape[1:]) <= self._first_class:
            columns = f"{self._first_class} + classes"
            raise wrong_shape(self._family, outputs, f"one array (1, candidates, {columns}) or that transposed")
        rows = floats(outputs[0][0])
        return np.ascontiguousarray(rows.T) if _lies_transposed(rows.shape, input_size) else rows


def _lies_transposed(shape: tuple[int, ...], input_size: tuple[int, int]) -> bool:
    """Whether the candidates are the second axis: the one with as many as the grid has cells, else the longer one."""
    cells = sum((input_size[0] // stride) * (input_size[1] // stride) for stride in _STRIDES)
    for axis in (0, 1):
        if shape[axis] in (cells, _ANCHORS * cells) and shape[1 - axis] != shape[axis]:
            return axis == 1
    return shape[1] > shape[0]
