"""A detector with a model, all in the caller's thread: canvases cut, looked at, and put together.

Owns the order of the three and nothing of what they do (``canvas.py``, ``session.py``, ``looks.py``).
"""

from collections.abc import Sequence
from pathlib import Path

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.detect.canvas import CanvasForm, canvas_of
from edge_agent.detect.looks import Look, detections_of
from edge_agent.detect.manifest import ModelEntry, load_catalogue, verified_file
from edge_agent.detect.picture import Picture
from edge_agent.detect.session import DEFAULT_PROVIDERS, ModelSession


class OnnxDetector:
    """A detector with a model. Not safe for two threads at once; make one per worker."""

    def __init__(
        self,
        entry: ModelEntry,
        file: Path,
        labels: tuple[str, ...],
        *,
        min_score: float,
        providers: Sequence[str] = DEFAULT_PROVIDERS,
    ) -> None:
        """Open the session and try it on a grey picture; raises ModelError when anything does not fit."""
        self._entry = entry
        self._form = CanvasForm.of(entry)
        self._labels = labels
        self._session = ModelSession(entry, file, classes=len(labels), min_score=min_score, providers=providers)

    @classmethod
    def from_catalogue(
        cls, name: str, *, models_dir: Path, min_score: float, providers: Sequence[str] = DEFAULT_PROVIDERS
    ) -> "OnnxDetector":
        """Return the detector of a catalogued model whose file in ``models_dir`` has the right hash; or ModelError."""
        catalogue = load_catalogue(models_dir)
        entry = catalogue.entry(name)
        file = verified_file(entry, models_dir)
        return cls(entry, file, catalogue.labels(entry), min_score=min_score, providers=providers)

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's classes."""
        return self._labels

    @property
    def usual_labels(self) -> frozenset[str]:
        """The classes worth telling unasked."""
        return frozenset(self._entry.usual_labels or self._labels)

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height the model sees."""
        return self._entry.input

    def detect(self, picture: Picture, regions: Sequence[Box]) -> list[Detection]:
        """Return what the model sees in the regions; a thing in two regions or with two rival labels once."""
        looks = []
        for region in regions:
            canvas, geometry = canvas_of(picture, region, self._form)
            looks.append(Look(geometry=geometry, raw=self._session.look(canvas)))
        return detections_of(looks, self._labels)
