"""SSD (arXiv 1512.02325), with MobileNet or otherwise, whose graph applies the priors to the boxes.

Two exports: finished (boxes, scores, classes, and perhaps how many: TensorFlow's detection API, torchvision), or boxes
(1, n, 4) and the scores of every class (1, n, classes), where suppression is left to us. Raw offsets without priors
cannot be read: which priors belong to them is not in the file.
"""

from edge_agent.detect.heads.finished import decode_finished, is_finished
from edge_agent.detect.heads.options import BoxForm, BoxUnit, HeadOptions, Scores, corners, probabilities
from edge_agent.detect.heads.raw import Outputs, RawDetections, best_classes, floats, suppress, wrong_shape


class SsdHead:
    """Decodes boxes, scores, classes (, count), or boxes and scores of classes.

    Reads ``scores`` (usual: probabilities), ``boxes`` (usual: xyxy), ``unit`` (usual: shares), ``background`` (usual:
    true where the scores of every class are given, because the softmax of SSD has a class of nothing).
    """

    def __init__(self, options: HeadOptions) -> None:
        options.only("scores", "boxes", "unit", "background")
        self._scores = options.scores or Scores.PROBABILITIES
        self._form = options.boxes or BoxForm.XYXY
        self._unit = options.unit or BoxUnit.SHARES
        self._background = options.background

    def classes(self, outputs: Outputs) -> int | None:
        """Return the classes, the background among them; None where they are numbers."""
        return outputs[1].shape[-1] if len(outputs) == 2 else None

    def decode(self, outputs: Outputs, input_size: tuple[int, int], min_score: float) -> RawDetections:
        """Return detections in input pixels."""
        if is_finished(outputs):
            return decode_finished(
                outputs,
                form=self._form,
                unit=self._unit,
                input_size=input_size,
                min_score=min_score,
                background=bool(self._background),
            )
        if (
            len(outputs) != 2
            or any(output.ndim != 3 or output.shape[0] != 1 for output in outputs)
            or outputs[0].shape[2] != 4
            or outputs[0].shape[1] != outputs[1].shape[1]
        ):
            expected = "boxes (1, n, 4) and scores (1, n, classes), or boxes, scores (1, n), classes (1, n) (, count)"
            raise wrong_shape("SSD", outputs, expected, "head or outputs")
        scores = probabilities(floats(outputs[1][0]), self._scores)
        kept, classes, best = best_classes(scores, min_score, background=self._background is not False)
        boxes = corners(floats(outputs[0][0])[kept], self._form, self._unit, input_size)
        return suppress(RawDetections(boxes=boxes, scores=best, classes=classes))
