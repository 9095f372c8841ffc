"""One scene, picture by picture: the way in for tests and for the encoder."""

from collections.abc import Iterator

import cv2
import numpy as np

from patrol_sim.scene.cast import cast_of
from patrol_sim.scene.effects import apply_effects, check_effects
from patrol_sim.scene.figures import draw_pose
from patrol_sim.scene.parking import parked_cars
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.scene.street import Picture, draw_street
from patrol_sim.scene.trees import Trees
from patrol_sim.scene.truth import SceneTruth, tell_truth

_NOISE_FIELDS = 8
"""Noise is drawn from a few fields shifted at random: fresh for the eye and the encoder at a tenth of the cost."""


class Scene:
    """A scene ready to be drawn. The same settings give the same pictures, byte for byte, on one OpenCV version."""

    def __init__(self, settings: SceneSettings) -> None:
        check_effects(settings)
        self.settings = settings
        cast = cast_of(settings)
        self._figures = cast.figures
        self.truth: SceneTruth = tell_truth(settings, cast)
        self._street = draw_street(settings)
        self._parked = parked_cars(settings)
        self._trees = Trees(settings)
        generator = np.random.default_rng(settings.seed + 1)
        shape = (_NOISE_FIELDS, settings.height, settings.width)
        self._noise = generator.normal(0.0, settings.noise, shape).round().astype(np.int8)

    def picture(self, index: int) -> Picture:
        """Return picture ``index`` of the loop as a new (height, width, 3) array in BGR."""
        settings = self.settings
        time_s = index / settings.fps
        drawn = self._street.copy()
        self._trees.draw(drawn, time_s)
        poses = [pose for figure in self._figures if (pose := figure.pose_at(time_s)) is not None]
        for pose in sorted((*self._parked, *poses), key=lambda pose: pose.depth):
            draw_pose(drawn, pose)
        generator = np.random.default_rng((settings.seed, index))
        drawn = apply_effects(drawn, settings, time_s, generator)
        return self._with_noise(drawn, generator)

    def pictures(self) -> Iterator[Picture]:
        """Yield every picture of the loop in order."""
        for index in range(self.settings.frames):
            yield self.picture(index)

    def _with_noise(self, drawn: Picture, generator: np.random.Generator) -> Picture:
        if self.settings.noise == 0.0:
            return drawn
        field = self._noise[int(generator.integers(_NOISE_FIELDS))]
        down, right = (int(generator.integers(side)) for side in field.shape)
        grain = np.roll(field, (down, right), axis=(0, 1))
        grains = cv2.merge([grain, grain, grain])
        return cv2.add(drawn, grains, dtype=cv2.CV_8U)  # type: ignore[return-value]  # cv2 types every array as the widest
