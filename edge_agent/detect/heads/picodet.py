"""PicoDet (arXiv 2111.00902) and what else PaddleDetection exports alike, PP-YOLOE (arXiv 2203.16250) for one.

Three exports: raw (scores and distributions of distances at strides 8, 16, 32, 64, as in ``distribution.py``, scores
sigmoids already); decoded without suppression (boxes (1, n, 4), scores (1, classes, n)); finished (rows of class,
score, left, top, right, bottom, and perhaps how many). The decoded ones divide boxes by their second input
``scale_factor``; it is fed with 1, so that boxes stay in pixels of the input.
"""

from typing import Final

import numpy as np

from edge_agent.detect.heads.distribution import CellGrid, DistributionHead
from edge_agent.detect.heads.options import HeadOptions, Scores, probabilities
from edge_agent.detect.heads.raw import Outputs, RawDetections, best_classes, floats, suppress, wrong_shape

_GRID: Final = CellGrid(family="PicoDet", strides=(8, 16, 32, 64), offset=0.5)


class PicodetHead:
    """Decodes all three exports, told apart by their shapes. Reads ``scores`` (usual: probabilities)."""

    def __init__(self, options: HeadOptions) -> None:
        self._scores = options.only("scores").scores or Scores.PROBABILITIES
        self._raw = DistributionHead(options, _GRID)

    def classes(self, outputs: Outputs) -> int | None:
        """Return the classes, None where they are numbers."""
        if _finished(outputs):
            return None
        return outputs[1].shape[1] if _decoded(outputs) else self._raw.classes(outputs)

    def decode(self, outputs: Outputs, input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return detections in input pixels."""
        if _finished(outputs):
            rows = floats(outputs[0])
            rows = rows[(rows[:, 1] >= min_score) & (rows[:, 0] >= 0)]  # class -1: nothing was found
            return RawDetections(boxes=rows[:, 2:], scores=rows[:, 1], classes=np.rint(rows[:, 0]).astype(np.int64))
        if _decoded(outputs):
            boxes, scores = floats(outputs[0][0]), floats(outputs[1][0]).T
            if len(boxes) != len(scores):
                raise wrong_shape(
                    "PicoDet", outputs, "as many boxes (1, n, 4) as scores (1, classes, n)", "head or outputs"
                )
            kept, classes, best = best_classes(probabilities(scores, self._scores), min_score)
            return suppress(RawDetections(boxes=boxes[kept], scores=best, classes=classes))
        return self._raw.decode(outputs, input_size, min_score)


def _finished(outputs: Outputs) -> bool:
    return len(outputs) in (1, 2) and outputs[0].ndim == 2 and outputs[0].shape[1] == 6


def _decoded(outputs: Outputs) -> bool:
    return (
        len(outputs) == 2
        and all(output.ndim == 3 and output.shape[0] == 1 for output in outputs)
        and outputs[0].shape[2] == 4
    )
