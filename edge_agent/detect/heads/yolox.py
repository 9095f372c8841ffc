"""YOLOX (arXiv 2107.08430): one row per grid cell: x, y, log width, log height, objectness, class scores.

Grid offsets and strides are not applied in the exported graph; scores are already sigmoids.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.raw import Floats, RawDetections, suppress

_STRIDES: Final = (8, 16, 32)
_OVERLAP: Final = 0.45


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
    """Decodes (1, cells, 5 + classes)."""

    def decode(self, outputs: list[Floats], input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return detections in input pixels."""
        rows = outputs[0]
        corners, strides = _grid(*input_size)
        if rows.ndim != 3 or rows.shape[0] != 1 or rows.shape[1] != len(corners) or rows.shape[2] < 6:
            raise ModelError(
                f"the model's output has the shape {rows.shape}, but a YOLOX head at {input_size[0]}×{input_size[1]} "
                f"gives (1, {len(corners)}, 5 + classes); correct head or input in the manifest"
            )
        rows = rows[0]
        hopeful = rows[:, 4] >= min_score  # a class score is at most 1, so objectness alone rules most cells out
        rows, corners, strides = rows[hopeful], corners[hopeful], strides[hopeful]
        scores = rows[:, 5:] * rows[:, 4:5]
        classes = scores.argmax(axis=1)
        best = scores[np.arange(len(scores)), classes]
        kept = best >= min_score
        centres = (rows[kept, :2] + corners[kept]) * strides[kept]
        halves = np.exp(rows[kept, 2:4]) * strides[kept] / 2
        boxes = np.concatenate((centres - halves, centres + halves), axis=1)
        return suppress(
            RawDetections(boxes=boxes, scores=best[kept], classes=classes[kept].astype(np.int64)), overlap=_OVERLAP
        )
