"""A detector with a model, all in the caller's thread: canvases cut, looked at, and put together.

Owns the order of the three and nothing of what they do (``canvas.py``, ``session.py``, ``looks.py``).
"""

from collections.abc import Sequence
from pathlib import Path

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.detect.canvas import CanvasForm, canvas_of
from edge_agent.detect.chosen_model import ChosenModel, choose_model
from edge_agent.detect.looks import Look, detections_of
from edge_agent.detect.picture import Picture
from edge_agent.settings.model import DetectorSettings


class OnnxDetector:
    """A detector with a model. Not safe for two threads at once; make one per worker."""

    def __init__(self, model: ChosenModel, *, min_score: float) -> None:
        """Open the session and try it on a grey picture; raises ModelError when anything does not fit."""
        self._model = model
        self._form = CanvasForm.of(model.entry)
        self._session = model.open(min_score=min_score)

    @classmethod
    def from_catalogue(cls, name: str, *, models_dir: Path, min_score: float) -> "OnnxDetector":
        """Return the detector of a catalogued model as it is, on the CPU; raises ModelError.

        The file in ``models_dir`` must have the catalogued hash. For what the settings say, see ``choose_model``.
        """
        return cls(
            choose_model(DetectorSettings(model=name, models_dir=models_dir, precision="fp32")), min_score=min_score
        )

    @property
    def model(self) -> ChosenModel:
        """What was chosen, and why."""
        return self._model

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's classes."""
        return self._model.labels

    @property
    def usual_labels(self) -> frozenset[str]:
        """The classes worth telling unasked."""
        return frozenset(self._model.entry.usual_labels or self._model.labels)

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height the model sees."""
        return self._model.entry.input

    def detect(self, picture: Picture, regions: Sequence[Box]) -> list[Detection]:
        """Return what the model sees in the regions; a thing in two regions or with two rival labels once."""
        looks = []
        for region in regions:
            canvas, geometry = canvas_of(picture, region, self._form)
            looks.append(Look(geometry=geometry, raw=self._session.look(canvas)))
        return detections_of(looks, self._model.labels)
