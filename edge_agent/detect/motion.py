"""What moves: the luma plane, made small, against a slow background.

Owns MotionSettings, Motion and MotionFinder. Works on pictures at irregular intervals; every rate is per second.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.core.boxes import Box
from edge_agent.detect.picture import Picture
from edge_agent.detect.shrink import shrunk

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.uint8]

_LONGEST_STEP_S: Final = 1.0
"""A longer pause between two pictures does not teach the background more."""
_MOVING_SHARE: Final = 0.1
_SURER: Final = 2.0
"""Where pixels still change, a ghost must be so many times clearer: a dark thing may pass before a bright pattern."""
_WEAK: Final = 0.7
"""Pixels beside a moving one belong to it from this share of the threshold on: a grey shirt on a grey road."""
_STACKED: Final = 0.5
_GAP: Final = 1.0
"""Two pieces are one thing when one stands above the other by this share of the narrower one's width and the gap is not
above this share of the lower one's height: most things that move stand upright."""
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
    still_s: float = 0.6
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


class _Memory:
    """The small picture's past, pixel by pixel; one shape for its life."""

    def __init__(self, small: Floats, at_s: float, still_s: float) -> None:
        self.background = small.copy()
        self.deviation = np.full(small.shape, 1.0, dtype=np.float32)
        """Usual distance from the background."""
        self.previous = small
        self.still_s = np.full(small.shape, still_s, dtype=np.float32)
        """Seconds since the pixel last changed from one picture to the next."""
        self.last_s = at_s
        self.settled_s = at_s

    def recalibrate(self, small: Floats, settled_s: float) -> None:
        self.background = small.copy()
        self.still_s.fill(0.0)
        self.settled_s = settled_s

    def clear_ghost(
        self, part: Floats, place: tuple[slice, slice], left: npt.NDArray[np.bool_], *, surer: float = 1.0
    ) -> bool:
        """Make a place background when the thing that was there has gone; return whether it was so.

        Then the outline is in the background rather than in the picture, ``surer`` times as strong. So a car that
        drives off its place, or that stood in the first picture, leaves nothing behind.
        """
        if not left.any():
            return False
        background = self.background[place]
        outline = cv2.morphologyEx(left.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)).astype(bool)
        if surer * _edges(part)[outline].sum() >= _edges(background)[outline].sum():
            return False
        background[left] = part[left]
        return True

    def learn(self, small: Floats, differs: Mask, dt_s: float, settings: MotionSettings) -> None:
        """Let the background follow where nothing moves, and take in what has stood still for long."""
        cv2.accumulateWeighted(
            small, self.background, 1.0 - np.exp(-dt_s / settings.learn_s), mask=cv2.bitwise_not(differs)
        )
        if differs.any():
            stands = (differs > 0) & (self.still_s > settings.absorb_s)
            self.background[stands] = small[stands]


class MotionFinder:
    """The motion of one camera. One owner, pictures in order of time."""

    def __init__(self, settings: MotionSettings | None = None) -> None:
        self._settings = settings or MotionSettings()
        self._memory: _Memory | None = None

    def find(self, picture: Picture, at_s: float) -> Motion:
        """Return what moves; ``at_s`` is media time. A new picture shape or a step back in time starts anew."""
        small = self._small(picture)
        memory = self._memory
        if memory is None or small.shape != memory.background.shape or at_s < memory.last_s:
            self._memory = _Memory(small, at_s, self._settings.still_s)
            return Motion(boxes=(), recalibrated=True)
        dt_s = min(max(at_s - memory.last_s, 1e-3), _LONGEST_STEP_S)
        memory.last_s = at_s
        step = small - memory.previous
        memory.previous = small
        if np.count_nonzero(np.abs(step) > self._settings.threshold) > self._settings.jump_share * step.size:
            memory.recalibrate(small, at_s + self._settings.settle_s)
            return Motion(boxes=(), recalibrated=True)
        differs = self._differs(memory, small, step, dt_s)
        boxes = self._boxes(memory, small, differs)
        memory.learn(small, differs, dt_s, self._settings)
        settling = at_s < memory.settled_s
        return Motion(boxes=() if settling else boxes, recalibrated=settling)

    def _small(self, picture: Picture) -> Floats:
        small = shrunk(picture.luma, self._settings.height)
        return np.asarray(cv2.GaussianBlur(small, (3, 3), 0), dtype=np.float32)

    def _differs(self, memory: "_Memory", small: Floats, step: Floats, dt_s: float) -> Mask:
        """Return 255 where the picture differs from the background, the light of the whole taken out."""
        settings = self._settings
        difference = small - memory.background
        difference -= _middle(difference)
        np.abs(difference, out=difference)
        needed = np.maximum(settings.threshold, settings.noise_factor * memory.deviation)
        change = np.abs(step - _middle(step))
        memory.still_s += np.float32(dt_s)
        memory.still_s[change > np.maximum(settings.threshold / 2, memory.deviation)] = 0.0
        rate = np.float32(1.0 - np.exp(-dt_s / settings.noise_s))
        memory.deviation += rate * (np.minimum(difference, 4 * settings.threshold) - memory.deviation)
        return _with_seeds(difference > needed, difference > needed * np.float32(_WEAK))

    def _boxes(self, memory: "_Memory", small: Floats, differs: Mask) -> tuple[MotionBox, ...]:
        height, width = differs.shape
        count, names, figures, _ = cv2.connectedComponentsWithStats(differs, connectivity=8)
        found: list[MotionBox] = []
        for number in range(1, count):
            left, top, wide, high, area = (int(value) for value in figures[number])
            if area < self._settings.min_area * height * width:
                continue
            place = (slice(top, top + high), slice(left, left + wide))
            blob = names[place] == number
            moving = blob & (memory.still_s[place] < self._settings.still_s)
            is_moving = float(moving.sum()) > _MOVING_SHARE * area
            if is_moving and memory.clear_ghost(small[place], place, blob, surer=_SURER):
                continue
            gone = memory.clear_ghost(small[place], place, blob & ~moving)
            if gone and not is_moving:
                continue
            # A ghost not yet found out, or the trail of one, is left out of the box of what still moves.
            inner = _bounds(moving if is_moving else blob)
            box = Box(
                (left + inner[0] + 1) / width,
                (top + inner[1] + 1) / height,
                (left + inner[2] - 1) / width,
                (top + inner[3] - 1) / height,
            )
            found.append(MotionBox(box=box, filled=min(1.0, area / (wide * high)), moving=is_moving))
        return tuple(_joined(found))


def _middle(values: Floats) -> np.float32:
    """Return the median of every 16th pixel: the picture's within a tenth of a level, at a tenth of the cost."""
    return np.float32(np.median(values[::4, ::4]))


def _edges(part: Floats) -> Floats:
    return np.asarray(
        np.abs(cv2.Sobel(part, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(part, cv2.CV_32F, 0, 1)), dtype=np.float32
    )


def _with_seeds(strong: npt.NDArray[np.bool_], weak: npt.NDArray[np.bool_]) -> Mask:
    """Return 255 in the pieces of ``weak`` that hold something of ``strong``, specks removed, a little widened."""
    seeds = cv2.morphologyEx(strong.astype(np.uint8), cv2.MORPH_OPEN, _KERNEL)
    if not seeds.any():
        return np.zeros(strong.shape, dtype=np.uint8)
    opened = cv2.morphologyEx(weak.astype(np.uint8), cv2.MORPH_OPEN, _KERNEL)
    pieces = np.maximum(np.asarray(opened, dtype=np.uint8), np.asarray(seeds, dtype=np.uint8))
    count, names = cv2.connectedComponents(pieces, connectivity=8)
    real = np.zeros(count, dtype=np.uint8)
    real[names[seeds > 0]] = 255
    real[0] = 0
    mask = real[names]
    return np.asarray(cv2.dilate(mask, _KERNEL), dtype=np.uint8)


def _joined(found: list[MotionBox]) -> list[MotionBox]:
    """Join boxes that are near each other for their size, until none are."""
    boxes = list(found)
    going = True
    while going:
        going = False
        for first in range(len(boxes)):
            second = next((n for n in range(first + 1, len(boxes)) if _near(boxes[first], boxes[n])), None)
            if second is not None:
                one, other = boxes[first], boxes.pop(second)
                union = one.box.union(other.box)
                filled = (one.filled * one.box.area + other.filled * other.box.area) / union.area
                boxes[first] = MotionBox(box=union, filled=min(1.0, filled), moving=one.moving or other.moving)
                going = True
                break
    return boxes


def _near(one: MotionBox, other: MotionBox) -> bool:
    if one.moving != other.moving:
        return False
    shared = min(one.box.right, other.box.right) - max(one.box.left, other.box.left)
    gap = max(one.box.top, other.box.top) - min(one.box.bottom, other.box.bottom)
    stacked = shared >= _STACKED * min(one.box.width, other.box.width)
    return stacked and gap <= _GAP * min(one.box.height, other.box.height)


def _bounds(mask: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the true pixels; there is at least one."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
