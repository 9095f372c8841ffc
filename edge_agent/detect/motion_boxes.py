"""From pixels that differ to boxes: what a moving thing's box is, and which pieces are one thing.

Owns MotionBox, ``inner_box`` and ``joined``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.core.boxes import Box

_STACKED: Final = 0.5
_GAP: Final = 1.0
"""Two pieces are one thing when one stands above the other by this share of the narrower one's width and the gap is not
above this share of the lower one's height: most things that move stand upright."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionBox:
    """A place where something moves."""

    box: Box
    filled: float
    """Share of the box that differs from the background."""
    moving: bool
    """Whether it changed within the last still_s; otherwise it only differs (someone stands still)."""


def inner_box(mask: npt.NDArray[np.uint8], corner: tuple[int, int], shape: tuple[int, int]) -> Box:
    """Return the box of the pixels that are not 0, of which there is one at least, without the rim of one pixel that
    widening gave it.

    ``corner`` is the mask's left and top in a picture of ``shape`` (rows, columns). What is too narrow to have a rim
    keeps its width: no box is empty.
    """
    left, top, wide, high = cv2.boundingRect(mask)
    (left, wide), (top, high) = _inner(left + corner[0], wide), _inner(top + corner[1], high)
    return Box(left / shape[1], top / shape[0], (left + wide) / shape[1], (top + high) / shape[0])


def _inner(begin: int, length: int) -> tuple[int, int]:
    return (begin + 1, length - 2) if length > 2 else (begin, length)


def joined(found: Sequence[MotionBox]) -> tuple[MotionBox, ...]:
    """Join boxes that are near each other for their size, until none are."""
    boxes = list(found)
    going = len(boxes) > 1
    while going:
        going = False
        for first in range(len(boxes)):
            second = next((n for n in range(first + 1, len(boxes)) if _near(boxes[first], boxes[n])), None)
            if second is not None:
                boxes[first] = _union(boxes[first], boxes.pop(second))
                going = True
                break
    return tuple(boxes)


def _union(one: MotionBox, other: MotionBox) -> MotionBox:
    union = one.box.union(other.box)
    covered = one.filled * one.box.area + other.filled * other.box.area
    # Two boxes without an area, one pixel's rounding apart, are as full as the fuller one.
    filled = covered / union.area if union.area > 0.0 else max(one.filled, other.filled)
    return MotionBox(box=union, filled=min(1.0, filled), moving=one.moving or other.moving)


def _near(one: MotionBox, other: MotionBox) -> bool:
    if one.moving != other.moving:
        return False
    shared = min(one.box.right, other.box.right) - max(one.box.left, other.box.left)
    gap = max(one.box.top, other.box.top) - min(one.box.bottom, other.box.bottom)
    stacked = shared >= _STACKED * min(one.box.width, other.box.width)
    return stacked and gap <= _GAP * min(one.box.height, other.box.height)
