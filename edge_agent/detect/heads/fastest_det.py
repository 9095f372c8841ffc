"""FastestDet (dog-qiuqiu, 2022): one map at stride 16: objectness, box relative to the cell, class scores.

Objectness is a sigmoid and the classes a softmax already; the tanh and sigmoid of the box are left to us.
"""

from typing import Final

import numpy as np

from edge_agent.detect.heads.options import HeadOptions, sigmoid
from edge_agent.detect.heads.raw import Outputs, RawDetections, floats, suppress, wrong_shape

_OBJECTNESS_POWER: Final = 0.6
"""Score = objectness^0.6 × class score^0.4: the author's weighing."""


class FastestDetHead:
    """Decodes (1, 5 + classes, rows, columns). Reads no key."""

    def __init__(self, options: HeadOptions) -> None:
        options.only()

    def classes(self, outputs: Outputs) -> int | None:
        """Return the classes a cell has."""
        return int(outputs[0].shape[1]) - 5

    def decode(self, outputs: Outputs, input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return detections in input pixels."""
        if len(outputs) != 1 or outputs[0].ndim != 4 or outputs[0].shape[0] != 1 or outputs[0].shape[1] < 6:
            raise wrong_shape("FastestDet", outputs, "one array (1, 5 + classes, rows, columns)")
        _, depth, high, wide = outputs[0].shape
        cells = floats(outputs[0][0]).reshape(depth, -1).T
        ys, xs = np.mgrid[0:high, 0:wide]
        classes = cells[:, 5:].argmax(axis=1)
        scores = (
            np.clip(cells[:, 0], 0.0, 1.0) ** _OBJECTNESS_POWER
            * np.clip(cells[np.arange(len(cells)), 5 + classes], 0.0, 1.0) ** (1.0 - _OBJECTNESS_POWER)
        ).astype(np.float32)
        kept = scores >= min_score
        cells, classes, scores = cells[kept], classes[kept], scores[kept]
        x = (np.tanh(cells[:, 1]) + xs.ravel()[kept]) / wide * input_size[0]
        y = (np.tanh(cells[:, 2]) + ys.ravel()[kept]) / high * input_size[1]
        half_width, half_height = (sigmoid(cells[:, 3 + axis]) * input_size[axis] / 2 for axis in (0, 1))
        boxes = np.stack((x - half_width, y - half_height, x + half_width, y + half_height), axis=1)
        return suppress(RawDetections(boxes=boxes.astype(np.float32), scores=scores, classes=classes.astype(np.int64)))
