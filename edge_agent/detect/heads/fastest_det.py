"""FastestDet (github.com/dog-qiuqiu/FastestDet): one map: objectness, box relative to the cell, class scores."""

from typing import Final

import numpy as np

from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.raw import Floats, RawDetections, suppress

_OVERLAP: Final = 0.45
_OBJECTNESS_POWER: Final = 0.6
"""Score = objectness^0.6 × class score^0.4: the authors' weighing."""


class FastestDetHead:
    """Decodes (1, 5 + classes, rows, columns)."""

    def decode(self, outputs: list[Floats], input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return detections in input pixels."""
        found = outputs[0]
        if found.ndim != 4 or found.shape[0] != 1 or found.shape[1] < 6:
            raise ModelError(
                f"the model's output has the shape {found.shape}, but a FastestDet head gives "
                "(1, 5 + classes, rows, columns); correct head in the manifest"
            )
        _, depth, high, wide = found.shape
        cells = found[0].reshape(depth, -1).T
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
        half_width = input_size[0] / (1.0 + np.exp(-cells[:, 3])) / 2
        half_height = input_size[1] / (1.0 + np.exp(-cells[:, 4])) / 2
        boxes = np.stack((x - half_width, y - half_height, x + half_width, y + half_height), axis=1)
        return suppress(
            RawDetections(boxes=boxes.astype(np.float32), scores=scores, classes=classes.astype(np.int64)),
            overlap=_OVERLAP,
        )
