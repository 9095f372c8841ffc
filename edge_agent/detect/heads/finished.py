"""Things that a graph gives finished, as three arrays: boxes, scores, classes, and perhaps how many of them count.

Shared by the families whose exports end so (``ssd.py``, ``detr.py``); no suppression is left to do.
"""

import numpy as np

from edge_agent.detect.heads.options import BoxForm, BoxUnit, corners
from edge_agent.detect.heads.raw import Outputs, RawDetections, floats


def is_finished(outputs: Outputs) -> bool:
    """Whether the arrays can be boxes, scores, classes (, count), with or without a first axis of one picture."""
    if len(outputs) not in (3, 4) or outputs[0].shape[-1:] != (4,):
        return False
    count = outputs[0].size // 4
    return all(output.size == count for output in outputs[1:3]) and all(output.size == 1 for output in outputs[3:])


def decode_finished(
    outputs: Outputs,
    *,
    form: BoxForm,
    unit: BoxUnit,
    input_size: tuple[int, int],
    min_score: float,
    background: bool = False,
) -> RawDetections:
    """Return what scores enough, in input pixels; ``background``: class 0 means that nothing is there."""
    count = max(0, int(np.nan_to_num(floats(outputs[3]).reshape(-1)[0]))) if len(outputs) == 4 else None
    boxes = floats(outputs[0]).reshape(-1, 4)[:count]
    scores = floats(outputs[1]).reshape(-1)[:count]
    classes = np.rint(floats(outputs[2]).reshape(-1)[:count]).astype(np.int64)
    kept = scores >= min_score
    if background:
        kept &= classes != 0
    return RawDetections(boxes=corners(boxes[kept], form, unit, input_size), scores=scores[kept], classes=classes[kept])
