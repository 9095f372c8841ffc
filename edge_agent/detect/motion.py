"""What moves: the luma plane, made small, against a slow background.

Owns MotionSettings, Motion and MotionFinder. Works on pictures at irregular intervals; every rate is per second. What
is remembered of each pixel is in ``motion_memory.py``, the light of the whole in ``light.py``, trees in the wind in
``swaying.py``, boxes in ``motion_boxes.py``.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.core.boxes import Box
from edge_agent.detect.light import USUAL, Light, LightWatch
from edge_agent.detect.local_light import shaded
from edge_agent.detect.motion_boxes import MotionBox, inner_box, joined
from edge_agent.detect.motion_memory import TICKS_PER_S, MotionMemory, Window
from edge_agent.detect.outlines import Outlines
from edge_agent.detect.picture import Picture
from edge_agent.detect.rain import Rain
from edge_agent.detect.shrink import smoothed
from edge_agent.detect.swaying import MAY_SWAY, Swaying

Plane = npt.NDArray[np.uint8]

_LONGEST_STEP_S: Final = 1.0
"""A longer pause between two pictures does not teach the background more."""
_MOVING_SHARE: Final = 0.1
_TRAIL: Final = 0.1
"""Share of a piece that must have stopped changing to be the ghost of something."""
_SURER: Final = 2.0
"""Where pixels still change, a ghost must be so many times clearer: a dark thing may pass before a bright pattern."""
_LEVEL: Final = 0.3
"""Grey levels by which the mean of a picture may be off before its light is looked into."""
_LARGE: Final = 0.03
"""Share of the picture that differs from which on its light is looked into, though the mean is right."""
_SWAYS: Final = 0.7
"""What lies in a restless place is no thing when so much of it may be background that moved."""
_RIM: Final = 2
_SLIVER: Final = 4.5
"""Pixels of the small picture, at its border."""
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
    """What differs but has not moved for so long belongs to the background from then on; 25 at most."""
    jump_share: float = 0.5
    """When more of the picture than this differs in whatever light, the scene is hidden, or another one."""
    jump_s: float = 1.5
    """When it stays so for so long, it is another one: the background begins anew. Lightning is over before."""
    settle_s: float = 1.0
    """After that, and after a jump of the light, nothing is proposed for so long."""
    relight_s: float = 3.0
    """Light that stays is the background's from then on."""
    min_area: float = 0.0006
    """Least share of the picture that a moving thing covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What one picture shows."""

    boxes: tuple[MotionBox, ...]
    recalibrated: bool = False
    """Light or scene changed as a whole, or the finder just began: nothing is proposed."""


_NOTHING: Final = Motion(boxes=())
_UNSETTLED: Final = Motion(boxes=(), recalibrated=True)


class MotionFinder:
    """The motion of one camera. One owner, pictures in order of time."""

    def __init__(self, settings: MotionSettings | None = None) -> None:
        self._settings = settings or MotionSettings()
        self._past: _Past | None = None
        self.small: Plane | None = None
        """The last picture as ``smoothed`` made it; nobody may write into it."""

    def find(self, picture: Picture, at_s: float) -> Motion:
        """Return what moves; ``at_s`` is media time. A new picture shape or a step back in time starts anew."""
        small, sharp = smoothed(picture.luma, self._settings.height)
        self.small = small
        past = self._past
        if past is None or small.shape != past.memory.background.shape or at_s < past.last_s:
            self._past = _Past(small, at_s, self._settings, settled_s=at_s)
            return _UNSETTLED
        motion = past.find(small, sharp, at_s)
        if motion is None:
            self._past = _Past(small, at_s, self._settings, settled_s=at_s + self._settings.settle_s)
            return _UNSETTLED
        return motion


class _Past:
    """What is known of a scene; one shape for its life, and one scene."""

    def __init__(self, small: Plane, at_s: float, settings: MotionSettings, *, settled_s: float) -> None:
        self.memory = MotionMemory(
            small, at_s, still_s=settings.still_s, threshold=settings.threshold, noise_factor=settings.noise_factor
        )
        self.last_s = at_s
        self._settings = settings
        self._settled_s = settled_s
        """Until then nothing is proposed."""
        self._other_since_s: float | None = None
        """Since when the scene looks other than the background."""
        self._lighting = LightWatch(stays_s=settings.relight_s)
        self._rain = Rain()
        self._swaying = Swaying(small.shape[:2])
        self._difference, self._strong = np.empty_like(small), np.empty_like(small)
        """How far the picture is from the background, and 255 where that is far enough."""

    def find(self, small: Plane, sharp: Plane, at_s: float) -> Motion | None:
        """Return what moves; None when the scene is another one for good.

        ``sharp`` is the small picture as it was before it was smoothed.
        """
        settings, memory = self._settings, self.memory
        dt_s = min(max(at_s - self.last_s, 1e-3), _LONGEST_STEP_S)
        self.last_s = at_s
        count = self._compare(small, memory.background)
        was_usual = self._lighting.is_usual
        light = self._light(small, count, at_s)
        expected = memory.background
        if light is not None and not (light is USUAL and was_usual):
            expected = expected if light is USUAL else light.seen_in(expected)
            count = self._compare(small, expected)
        plain = expected
        if light is not None and count > _LARGE * small.size:
            expected = shaded(small, expected)
            count = self._compare(small, expected)
        if light is None or count > settings.jump_share * small.size:
            return self._wait(at_s)
        self._other_since_s = None
        if self._lighting.jumped:
            self._settled_s = max(self._settled_s, at_s + settings.settle_s)
            return _UNSETTLED
        rains = count > 0 and self._rain.falls(self._strong, count, at_s)
        if rains:
            self._rain.dry(self._difference, sharp, expected)
            cv2.compare(self._difference, memory.needed, cv2.CMP_GT, dst=self._strong)
        if expected is not plain:
            small, sharp = _unshaded(small, expected, plain), _unshaded(sharp, expected, plain)
        if light is not USUAL:
            small, sharp = light.taken_out(small), light.taken_out(sharp)
        memory.tick(small, sharp, at_s, raining=rains)
        differs, boxes = self._pieces(small) if count else (None, ())
        if light.is_mild:
            memory.stray(self._difference, at_s, _share(dt_s, settings.noise_s))
            memory.learn(small, differs, _share(dt_s, settings.learn_s))
            if light is USUAL and expected is not plain:
                memory.learn(expected, None, _share(dt_s, settings.learn_s))  # what stays in the shade becomes dark
        if differs is not None:
            memory.absorb(small, differs, settings.absorb_s)
        if at_s < self._settled_s:
            return _UNSETTLED
        return Motion(boxes=boxes) if boxes else _NOTHING

    def _compare(self, small: Plane, expected: Plane) -> int:
        """Return how many pixels differ."""
        cv2.absdiff(small, expected, dst=self._difference)
        cv2.compare(self._difference, self.memory.needed, cv2.CMP_GT, dst=self._strong)
        return cv2.countNonZero(self._strong)

    def _wait(self, at_s: float) -> Motion | None:
        """Wait for the scene to come back."""
        if self._other_since_s is None:
            self._other_since_s = at_s
        return None if at_s - self._other_since_s >= self._settings.jump_s else _UNSETTLED

    def _light(self, small: Plane, count: int, at_s: float) -> Light | None:
        """Return the light of the picture against that of the background, which takes over what stays."""
        memory, lighting = self.memory, self._lighting
        level = float(cv2.mean(small)[0])
        if lighting.is_usual and abs(level - memory.level) <= _LEVEL and count <= _LARGE * small.size:
            lighting.look_away()
            return USUAL
        light = lighting.look(small, memory.background)
        if light is not None and lighting.stays(light, at_s):
            memory.relight(light)
            return USUAL
        return light

    def _pieces(self, small: Plane) -> tuple[Plane | None, tuple[MotionBox, ...]]:
        """Return 255 in the pieces that differ for good, and the boxes of those that are things."""
        memory, strong = self.memory, self._strong
        seeds = cv2.morphologyEx(strong, cv2.MORPH_OPEN, _KERNEL)
        if not cv2.countNonZero(seeds):
            return None, ()
        sways = self._swaying.look(small, memory.background, memory.changed(), self.last_s)
        weak = cv2.compare(self._difference, memory.nearly, cv2.CMP_GT)
        cv2.morphologyEx(weak, cv2.MORPH_OPEN, _KERNEL, dst=weak)
        cv2.bitwise_or(weak, seeds, dst=weak)
        pieces = np.asarray(cv2.dilate(weak, _KERNEL), dtype=np.uint8)
        # Contours are several times as fast here as connectedComponentsWithStats, which adds up doubles pixel by pixel.
        contours, _ = cv2.findContours(pieces, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        differs = np.zeros_like(strong)
        found: list[MotionBox] = []
        for contour in contours:
            place, piece = _window(np.asarray(contour, dtype=np.int32), pieces)
            if not cv2.countNonZero(cv2.bitwise_and(piece, seeds[place])):
                continue  # nothing in it differs enough
            area = cv2.countNonZero(piece)
            cv2.bitwise_or(differs[place], piece, dst=differs[place])
            if area < self._settings.min_area * strong.size:
                continue
            sway = 0 if sways is None else _sway(np.asarray(cv2.bitwise_and(piece, sways[place])), _SWAYS * area)
            if sway <= MAY_SWAY:
                boxes = self._boxes(small[place], piece, place, area)
                found.extend(replace(box, moving=False) if sway else box for box in boxes)
        return differs, joined(found)

    def _boxes(self, part: Plane, piece: Plane, place: Window, area: int) -> list[MotionBox]:
        """Return the box of a piece, unless it is where a thing was that has gone."""
        memory = self.memory
        moving = cv2.compare(memory.still[place], self._settings.still_s * TICKS_PER_S - 0.5, cv2.CMP_LT)  # type: ignore[call-overload]  # a scalar is allowed
        moving = np.asarray(cv2.bitwise_and(moving, piece), dtype=np.uint8)
        moved = cv2.countNonZero(moving)
        is_moving = moved > max(_MOVING_SHARE * area, self._settings.min_area * self._strong.size)
        outlines = Outlines(part, memory.background[place])
        if is_moving:
            if outlines.is_ghost(piece, surer=_SURER):
                memory.take(part, piece, place)
                return []
            is_moving = not outlines.is_light(piece, moving)
        if area - moved > _TRAIL * area:
            left = np.asarray(cv2.subtract(piece, moving), dtype=np.uint8)
            if outlines.is_ghost(left):
                memory.take(part, left, place)
                if not is_moving:
                    return []
        # A ghost not yet found out, or the trail of one, is left out of the box of what still moves.
        rows, columns = memory.background.shape
        box = inner_box(moving if is_moving else piece, (place[1].start, place[0].start), (rows, columns))
        is_moving = is_moving and not _is_sliver(box, (rows, columns))
        return [MotionBox(box=box, filled=_filled(piece, area), moving=is_moving)]


def _unshaded(small: Plane, expected: Plane, plain: Plane) -> Plane:
    """Return a picture as it would look without the shade that makes ``expected`` of ``plain``."""
    off = cv2.subtract(small, expected, dtype=cv2.CV_16S)
    return np.asarray(cv2.add(off, plain, dtype=cv2.CV_8U), dtype=np.uint8)


def _is_sliver(box: Box, shape: tuple[int, int]) -> bool:
    """Whether a box at the picture's border is so thin that nobody can tell what it is of."""
    return (min(box.left, 1.0 - box.right) < 1.5 / shape[1] and box.width < _SLIVER / shape[1]) or (
        min(box.top, 1.0 - box.bottom) < 1.5 / shape[0] and box.height < _SLIVER / shape[0]
    )


def _sway(within: Plane, most: float) -> int:
    """Return 255, MAY_SWAY or 0: how likely a piece is to be background that moved, by where it may be."""
    if cv2.countNonZero(within) <= most:
        return 0
    return 255 if cv2.countNonZero(cv2.compare(within, MAY_SWAY, cv2.CMP_GT)) > most else MAY_SWAY  # type: ignore[call-overload]  # a scalar is allowed


def _filled(piece: Plane, area: int) -> float:
    """Return the share of its box that a piece fills."""
    _, _, wide, high = cv2.boundingRect(piece)
    return min(1.0, area / (wide * high))


def _window(contour: npt.NDArray[np.int32], pieces: Plane) -> tuple[Window, Plane]:
    """Return where a piece is, with what its outline needs around it, and 255 in its pixels there."""
    left, top, wide, high = cv2.boundingRect(contour)
    rows = slice(max(0, top - _RIM), min(pieces.shape[0], top + high + _RIM))
    columns = slice(max(0, left - _RIM), min(pieces.shape[1], left + wide + _RIM))
    piece = np.zeros((rows.stop - rows.start, columns.stop - columns.start), dtype=np.uint8)
    cv2.drawContours(piece, [contour], 0, 255.0, cv2.FILLED, offset=(-columns.start, -rows.start))
    cv2.bitwise_and(piece, pieces[rows, columns], dst=piece)
    return (rows, columns), piece


def _share(elapsed_s: float, time_constant_s: float) -> float:
    """Return the weight of what is new after ``elapsed_s`` in a mean that forgets with a time constant."""
    return 1.0 - math.exp(-elapsed_s / time_constant_s)
