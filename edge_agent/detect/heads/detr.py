"""Transformers that give a set of things: DETR (arXiv 2005.12872), RT-DETR (2304.08069), D-FINE (2410.13842), DEIM
(2412.04234), RF-DETR. Nothing is told twice by construction, so nothing is suppressed.

Two exports: finished (boxes, scores, classes; left, top, right, bottom in pixels of the size given as the second input
``orig_target_sizes``, which is fed with the size of the canvas), or raw (boxes (1, queries, 4) as centre and size in
shares, and logits (1, queries, classes), one sigmoid per class; DETR itself: one softmax with a last class for
nothing, ``scores = "softmax"``).
"""

from edge_agent.detect.heads.finished import decode_finished, is_finished
from edge_agent.detect.heads.options import BoxForm, BoxUnit, HeadOptions, Scores, corners, probabilities
from edge_agent.detect.heads.raw import Outputs, RawDetections, best_classes, floats, wrong_shape


class DetrHead:
    """Decodes boxes, scores, classes, or boxes and logits.

    Reads ``scores`` (usual: logits where raw, else probabilities), ``boxes`` and ``unit`` (usual: cxcywh in shares
    where raw, else xyxy in pixels).
    """

    def __init__(self, options: HeadOptions) -> None:
        self._options = options.only("scores", "boxes", "unit")

    def classes(self, outputs: Outputs) -> int | None:
        """Return the classes of raw logits; None where they are numbers."""
        if len(outputs) != 2:
            return None
        return int(outputs[1].shape[-1]) - (1 if self._options.scores is Scores.SOFTMAX else 0)

    def decode(self, outputs: Outputs, input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return detections in input pixels; of one query only its best class."""
        if is_finished(outputs):
            return decode_finished(
                outputs,
                form=self._options.boxes or BoxForm.XYXY,
                unit=self._options.unit or BoxUnit.PIXELS,
                input_size=input_size,
                min_score=min_score,
            )
        if (
            len(outputs) != 2
            or any(output.ndim != 3 or output.shape[0] != 1 for output in outputs)
            or outputs[0].shape[2] != 4
            or outputs[0].shape[1] != outputs[1].shape[1]
        ):
            expected = (
                "boxes (1, n, 4), scores (1, n) and classes (1, n), or boxes (1, n, 4) and logits (1, n, classes)"
            )
            raise wrong_shape("DETR", outputs, expected, "head or outputs")
        scores = probabilities(floats(outputs[1][0]), self._options.scores or Scores.LOGITS)
        if self._options.scores is Scores.SOFTMAX:
            scores = scores[:, :-1]
        kept, classes, best = best_classes(scores, min_score)
        boxes = corners(
            floats(outputs[0][0])[kept],
            self._options.boxes or BoxForm.CXCYWH,
            self._options.unit or BoxUnit.SHARES,
            input_size,
        )
        return RawDetections(boxes=boxes, scores=best, classes=classes)
