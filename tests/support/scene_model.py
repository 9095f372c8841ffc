"""A model that sees what a generated scene really shows, as well as a good one does: now and then it overlooks one."""

import random
from collections.abc import Sequence

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.detect.picture import Picture
from patrol_sim.scene.picture import Scene


class SceneModel:
    """A detector over the truth of a scene; the test says which picture is shown."""

    input_size = (416, 416)

    def __init__(self, scene: Scene, *, labels: Sequence[str], missed: float = 0.1) -> None:
        self.labels = tuple(labels)
        self.usual_labels = frozenset(labels)
        self.picture = 0
        """Number of the picture that is shown next."""
        self._scene = scene
        self._missed = missed
        self._dice = random.Random(7)

    def detect(self, picture: Picture, regions: Sequence[Box]) -> list[Detection]:
        """Return the visible figures with a label it knows; each is missed in a tenth of the pictures."""
        return [
            Detection(true_box.kind.value, 0.75, Box(*true_box.box))
            for true_box in self._scene.truth.frames[self.picture]
            if true_box.kind.value in self.labels and self._dice.random() >= self._missed
        ]
