"""What moves: the luma plane, made small, against a slow background.

Owns MotionSettings, Motion and MotionFinder. Works on pictures at irregular intervals; every rate is per second.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.core.boxes import Box
from edge_agent.detect.picture import Picture, Plane

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.uint8]

_KERNEL: Final = np.ones((3, 3), dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionSettings:
    """How motion is told from the rest."""

    height: int = 144
    """Rows of the small picture; its width follows from the camera's shape."""
    threshold: float = 14.0
    """Least difference from the background, in grey levels of 256."""
    noise_factor: float = 3.0
    """A pixel must differ by so many times its usual deviation: leaves and water raise their own threshold."""
    learn_s: float = 20.0
    """Time constant of the background where nothing moves."""
    noise_s: float = 30.0
    """Time constant of the usual deviation."""
    still_s: float = 1.0
    """What has not changed from picture to picture for so long does not move now, though it differs."""
    absorb_s: float = 12.0
    """What differs but has not moved for so long belongs to the background from then on."""
    jump_share: float = 0.5
    """When more of the picture than this changes from one picture to the next, light or exposure changed."""
    settle_s: float = 1.0
    """After such a jump, and at the start, nothing is proposed for so long."""
    min_area: float = 0.0006
    """Least share of the picture that a moving thing covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionBox:
    """A place where something moves."""

    box: Box
    filled: float
    """Share of the box that differs from the background."""
    moving: bool
    """Whether it changed within the last still_s; otherwise it only differs (someone stands still)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What one picture shows."""

    boxes: tuple[MotionBox, ...]
    recalibrated: bool = False
    """The light changed as a whole, or the finder just began: nothing is proposed."""


class MotionFinder:
    """The motion of one camera. One owner, pictures in order of time."""

    def __init__(self, settings: MotionSettings | None = None) -> None:
        self._settings = settings or MotionSettings()
        self._background: Floats | None = None
        self._deviation: Floats = np.zeros((0, 0), dtype=np.float32)
        self._previous: Floats = np.zeros((0, 0), dtype=np.float32)
        self._still_s: Floats = np.zeros((0, 0), dtype=np.float32)
        self._last_s = 0.0
        self._settled_s = 0.0

    def find(self, picture: Picture, at_s: float) -> Motion:
        """Return what moves in this picture; ``at_s`` is media time. A new picture shape or a step back starts anew."""
        small = self._small(picture)
        if self._background is None or small.shape != self._background.shape or at_s < self._last_s:
            self._begin(small, at_s)
            return Motion(boxes=(), recalibrated=True)
        dt_s = min(max(at_s - self._last_s, 1e-3), 1.0)
        self._last_s = at_s
        change = np.abs(small - self._previous - np.float32(np.median(small - self._previous)))
        jumped = float(np.mean(np.abs(small - self._previous) > self._settings.threshold)) > self._settings.jump_share
        self._previous = small
        if jumped:
            self._background = small.copy()
            self._still_s.fill(0.0)
            self._settled_s = at_s + self._settings.settle_s
            return Motion(boxes=(), recalibrated=True)
        differs = self._differs(small, change, dt_s)
        boxes = self._boxes(small, differs)
        self._learn(small, differs, dt_s)
        return Motion(boxes=boxes if at_s >= self._settled_s else (), recalibrated=at_s < self._settled_s)

    def _small(self, picture: Picture) -> Floats:
        height = min(self._settings.height, picture.height)
        width = max(1, round(picture.width * height / picture.height))
        shrunk = cv2.resize(picture.luma, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.GaussianBlur(shrunk, (3, 3), 0), dtype=np.float32)

    def _begin(self, small: Floats, at_s: float) -> None:
        self._background = small.copy()
        self._previous = small
        self._deviation = np.full(small.shape, 1.0, dtype=np.float32)
        self._still_s = np.zeros(small.shape, dtype=np.float32)
        self._last_s = at_s
        self._settled_s = at_s

    def _differs(self, small: Floats, change: Floats, dt_s: float) -> Mask:
        """Return 255 where the picture differs from the background, the light of the whole taken out."""
        assert self._background is not None
        difference = small - self._background
        difference -= np.float32(np.median(difference))
        np.abs(difference, out=difference)
        needed = np.maximum(self._settings.threshold, self._settings.noise_factor * self._deviation)
        self._still_s += np.float32(dt_s)
        self._still_s[change > np.maximum(self._settings.threshold / 2, self._deviation)] = 0.0
        rate = np.float32(1.0 - np.exp(-dt_s / self._settings.noise_s))
        self._deviation += rate * (np.minimum(difference, 4 * self._settings.threshold) - self._deviation)
        mask: Mask = (difference > needed).astype(np.uint8) * np.uint8(255)
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, _KERNEL), dtype=np.uint8)
        return np.asarray(cv2.dilate(mask, _KERNEL, iterations=2), dtype=np.uint8)

    def _boxes(self, small: Floats, differs: Mask) -> tuple[MotionBox, ...]:
        height, width = differs.shape
        count, names, figures, _ = cv2.connectedComponentsWithStats(differs, connectivity=8)
        found: list[MotionBox] = []
        for number in range(1, count):
            left, top, wide, high, area = (int(value) for value in figures[number])
            if area < self._settings.min_area * height * width:
                continue
            part = (slice(top, top + high), slice(left, left + wide))
            blob = names[part] == number
            moved = self._still_s[part][blob] < self._settings.still_s
            moving = float(np.mean(moved)) > 0.1
            if not moving and self._is_ghost(small[part], part, blob):
                continue
            box = Box((left + 1) / width, (top + 1) / height, (left + wide - 1) / width, (top + high - 1) / height)
            found.append(MotionBox(box=box, filled=area / (wide * high), moving=moving))
        return tuple(found)

    def _is_ghost(self, part: Floats, place: tuple[slice, slice], blob: npt.NDArray[np.bool_]) -> bool:
        """Whether the outline is in the background rather than in the picture: the thing has gone, not come.

        A ghost becomes background at once, so that a car which drives off its place leaves nothing behind.
        """
        assert self._background is not None
        background = self._background[place]
        outline = cv2.morphologyEx(blob.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)).astype(bool)
        if _edges(part)[outline].sum() >= _edges(background)[outline].sum():
            return False
        background[blob] = part[blob]
        return True

    def _learn(self, small: Floats, differs: Mask, dt_s: float) -> None:
        assert self._background is not None
        quick = np.float32(1.0 - np.exp(-dt_s / self._settings.learn_s))
        rate = np.where(differs > 0, np.float32(0.0), quick)
        rate[(differs > 0) & (self._still_s > self._settings.absorb_s)] = 1.0
        self._background += rate * (small - self._background)


def _edges(part: Plane | Floats) -> Floats:
    return np.asarray(
        np.abs(cv2.Sobel(part, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(part, cv2.CV_32F, 0, 1)), dtype=np.float32
    )
