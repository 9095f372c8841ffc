"""What every detector offers, so that the analyser need not know which one it drives."""

from collections.abc import Sequence
from typing import Protocol

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.detect.picture import Picture

WHOLE_PICTURE = Box(0.0, 0.0, 1.0, 1.0)


class Detector(Protocol):
    """Finds things in parts of a picture. One thread at a time."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label it may give."""
        ...

    @property
    def usual_labels(self) -> frozenset[str]:
        """Those worth telling when no rule names them; the others are told only where a rule does."""
        ...

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height in pixels that the model sees; (0, 0) when it does not look at regions."""
        ...

    def detect(self, picture: Picture, regions: Sequence[Box]) -> list[Detection]:
        """Return what is seen in the regions, boxes in shares of the whole picture, nothing twice."""
        ...
