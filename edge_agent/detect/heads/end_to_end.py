"""Heads that need no suppression: one row per thing. YOLOv10 (arXiv 2405.14458), YOLO26, and exports of older YOLOs
with the suppression in the graph.

Rows of six: left, top, right, bottom, score, class; rows of seven begin with the number of the picture in the batch
and have the class before the score (YOLOv7's own export). Scores are probabilities.
"""

import numpy as np

from edge_agent.detect.heads.options import BoxForm, BoxUnit, HeadOptions, corners
from edge_agent.detect.heads.raw import Outputs, RawDetections, floats, wrong_shape


class EndToEndHead:
    """Decodes (1, n, 6), (n, 6) or (n, 7). Reads ``unit`` (usual: pixels)."""

    def __init__(self, options: HeadOptions) -> None:
        self._unit = options.only("unit").unit or BoxUnit.PIXELS

    def classes(self, outputs: Outputs) -> int | None:
        """Return None: classes are numbers here."""
        return None

    def decode(self, outputs: Outputs, input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return detections in input pixels."""
        shape = outputs[0].shape
        batch = len(shape) == 3 and shape[0] != 1
        if len(outputs) != 1 or len(shape) not in (2, 3) or shape[-1] not in (6, 7) or batch:
            raise wrong_shape("end-to-end", outputs, "one array (1, n, 6) or (n, 7)")
        rows = floats(outputs[0]).reshape(-1, shape[-1])
        if shape[-1] == 7:
            rows = rows[:, [1, 2, 3, 4, 6, 5]]
        rows = rows[rows[:, 4] >= min_score]
        return RawDetections(
            boxes=corners(rows[:, :4], BoxForm.XYXY, self._unit, input_size),
            scores=rows[:, 4],
            classes=np.rint(rows[:, 5]).astype(np.int64),
        )
