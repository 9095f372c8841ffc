"""Raw outputs of detectors made from known things, by the encodings their papers publish: the way back of the heads.

Each function takes things and the input's size and returns the arrays in the order that the head documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
CLASSES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What there is to be found: box in pixels of the input."""

    number: int
    score: float
    box: tuple[float, float, float, float]

    @property
    def centre(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2

    @property
    def size(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return right - left, bottom - top


def logit(probability: float) -> float:
    return float(np.log(probability / (1.0 - probability)))


def grids(input_size: tuple[int, int], strides: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return (stride, columns, rows) of each scale."""
    return [(stride, -(-input_size[0] // stride), -(-input_size[1] // stride)) for stride in strides]


def cell_of(thing: Thing, input_size: tuple[int, int], strides: Sequence[int]) -> tuple[int, int, int, int]:
    """Return (row of the joined output, column, row, stride) of the cell at the thing's centre, the scale by size."""
    scale = min(len(strides) - 1, int(max(thing.size) // 64))
    before = 0
    for number, (stride, columns, rows) in enumerate(grids(input_size, strides)):
        if number == scale:
            x, y = (int(side // stride) for side in thing.centre)
            return before + y * columns + x, x, y, stride
        before += columns * rows
    raise AssertionError("no such scale")


def count(input_size: tuple[int, int], strides: Sequence[int]) -> int:
    return sum(columns * rows for _, columns, rows in grids(input_size, strides))


def yolox_rows(things: Sequence[Thing], input_size: tuple[int, int]) -> list[Floats]:
    """Offsets within the cell and logarithms of the size, both in strides; objectness 1."""
    strides = (8, 16, 32)
    rows = np.zeros((1, count(input_size, strides), 5 + CLASSES), dtype=np.float32)
    for thing in things:
        at, x, y, stride = cell_of(thing, input_size, strides)
        rows[0, at, :2] = thing.centre[0] / stride - x, thing.centre[1] / stride - y
        rows[0, at, 2:4] = np.log(np.array(thing.size) / stride)
        rows[0, at, 4] = 1.0
        rows[0, at, 5 + thing.number] = thing.score
    return [rows]


def yolo_rows(things: Sequence[Thing], input_size: tuple[int, int], *, objectness: bool) -> list[Floats]:
    """Centre and size in pixels, then objectness and scores whose product is the thing's."""
    per_cell = 3 if objectness else 1
    rows = np.zeros((1, per_cell * count(input_size, (8, 16, 32)), (5 if objectness else 4) + CLASSES), np.float32)
    for number, thing in enumerate(things):
        rows[0, 7 * number, :4] = *thing.centre, *thing.size
        if objectness:
            rows[0, 7 * number, 4] = 0.95
            rows[0, 7 * number, 5 + thing.number] = thing.score / 0.95
        else:
            rows[0, 7 * number, 4 + thing.number] = thing.score
    return [rows]


def distribution_cells(
    things: Sequence[Thing], input_size: tuple[int, int], *, strides: tuple[int, ...], offset: float
) -> tuple[Floats, Floats]:
    """Scores (cells, classes) and logits (cells, 32) whose expected distances, in strides, are the thing's sides."""
    scores = np.full((count(input_size, strides), CLASSES), 0.01, dtype=np.float32)
    logits = np.zeros((len(scores), 4, 8), dtype=np.float32)
    for thing in things:
        at, x, y, stride = cell_of(thing, input_size, strides)
        point = ((x + offset) * stride, (y + offset) * stride)
        left, top, right, bottom = thing.box
        scores[at, thing.number] = thing.score
        for side, pixels in enumerate((point[0] - left, point[1] - top, right - point[0], bottom - point[1])):
            low, part = divmod(pixels / stride, 1.0)
            weights = np.full(8, 1e-9)
            weights[int(low)], weights[min(7, int(low) + 1)] = 1.0 - part + 1e-9, part + 1e-9
            logits[at, side] = np.log(weights)
    return scores, logits.reshape(-1, 32)


def by_scale(cells: Floats, input_size: tuple[int, int], strides: Sequence[int], *, maps: bool) -> list[Floats]:
    """Split joined cells into one array per scale: (1, n, depth), or (1, depth, rows, columns) as ``maps``."""
    parts, before = [], 0
    for _, columns, rows in grids(input_size, strides):
        part = cells[before : before + columns * rows]
        before += columns * rows
        parts.append(part.T.reshape(1, -1, rows, columns) if maps else part[None])
    return parts


def shares(things: Sequence[Thing], input_size: tuple[int, int]) -> Floats:
    """Boxes in shares of the input, left, top, right, bottom."""
    boxes = np.array([thing.box for thing in things], dtype=np.float32)
    boxes /= np.array(input_size * 2, dtype=np.float32)
    return boxes


def centred(boxes: Floats) -> Floats:
    """The same as centre and size."""
    turned = np.empty_like(boxes)
    turned[:, :2] = (boxes[:, :2] + boxes[:, 2:]) / 2
    turned[:, 2:] = boxes[:, 2:] - boxes[:, :2]
    return turned
