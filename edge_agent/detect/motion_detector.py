"""The embedded default without weights: it names nothing, so everything that moves is a ``moving_object``."""

from collections.abc import Sequence

from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.detect.picture import Picture


class MotionDetector:
    """A detector that sees nothing in regions: the analyser tracks the motion itself, with every detector alike."""

    labels: tuple[str, ...] = (MOVING_OBJECT,)
    usual_labels: frozenset[str] = frozenset({MOVING_OBJECT})
    input_size: tuple[int, int] = (0, 0)

    def detect(self, picture: Picture, regions: Sequence[Box]) -> list[Detection]:
        """Return nothing; never asked for regions in practice, because input_size is (0, 0)."""
        return []
