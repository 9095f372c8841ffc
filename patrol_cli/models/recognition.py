"""Which family of heads a graph belongs to, judged by its outputs: their names, shapes and values.

Owns Guess and ``guesses``. A guess says why; what is only usual for the family (colours, scaling) is marked as such,
because no graph tells it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_agent.detect.heads.options import BoxForm, BoxUnit, HeadOptions, Scores
from patrol_cli.models.graph_facts import Arrays, GraphFacts

Array = npt.NDArray[np.generic]
Size = tuple[int, int]
_BINS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One possible reading of a graph."""

    head: str
    why: str
    """One sentence."""
    outputs: tuple[str, ...]
    """In the order the head reads them."""
    options: HeadOptions = field(default_factory=HeadOptions)
    classes: int | None = None
    """How many the outputs tell apart, the background included; None where classes are numbers."""


def guesses(facts: GraphFacts, arrays: Arrays, size: Size) -> list[Guess]:
    """Return the readings that fit; empty when nothing does. The first reader that knows the graph decides."""
    for reader in _READERS:
        found = list(reader(facts, arrays, size))
        if found:
            return found
    return []


def _finished(facts: GraphFacts, arrays: Arrays, size: Size) -> Iterator[Guess]:
    """Boxes, scores, classes as three arrays: DETR's descendants with their size input, SSD otherwise."""
    roles = _roles(arrays)
    if roles is None:
        return
    boxes = np.asarray(arrays[roles[0]], dtype=np.float32)
    shape = f"boxes {boxes.shape}, scores and classes are given finished"
    if facts.extra & {"orig_target_sizes", "target_sizes", "orig_size"}:
        yield Guess(head="detr", why=f"{shape}, and a second input asks for the picture's size", outputs=roles)
        return
    unit = BoxUnit.SHARES if np.abs(boxes).max(initial=0.0) <= 2.0 else BoxUnit.PIXELS
    tensorflow = any("detection_boxes" in name for name in arrays)
    form = BoxForm.YXYX if tensorflow else BoxForm.XYXY
    why = f"{shape}; the boxes are {unit}" + (" with y first, as TensorFlow names them" if tensorflow else "")
    yield Guess(head="ssd", why=why, outputs=roles, options=HeadOptions(boxes=form, unit=unit, background=tensorflow))


def _paddle(facts: GraphFacts, arrays: Arrays, size: Size) -> Iterator[Guess]:
    if not facts.extra & {"scale_factor", "im_shape"}:
        return
    by_shape = sorted(arrays.items(), key=lambda each: -each[1].ndim)
    name, first = by_shape[0]
    if first.ndim == 2 and first.shape[1] == 6:
        yield Guess(head="picodet", why="PaddleDetection's second input, and rows of six", outputs=(name,))
        return
    boxes = [each for each, array in arrays.items() if array.ndim == 3 and array.shape[2] == 4]
    scores = [each for each, array in arrays.items() if array.ndim == 3 and each not in boxes]
    if len(boxes) == len(scores) == 1:
        classes = arrays[scores[0]].shape[1]
        why = "PaddleDetection's second input, boxes and the scores of every class"
        yield Guess(head="picodet", why=why, outputs=(boxes[0], scores[0]), classes=classes)


def _scales(facts: GraphFacts, arrays: Arrays, size: Size) -> Iterator[Guess]:
    """Scores and distributions of distances, each once per scale."""
    for head, strides in (("nanodet", (8, 16, 32)), ("picodet", (8, 16, 32, 64))):
        cells = [-(-size[0] // stride) * -(-size[1] // stride) for stride in strides]
        if len(arrays) != 2 * len(strides):
            continue
        depths = {name: _cells_and_depth(array) for name, array in arrays.items()}
        boxes = [name for name, depth in depths.items() if depth[1] == _BINS and "cls" not in name]
        scores = [name for name in arrays if name not in boxes]
        if any(sorted(depths[name][0] for name in part) != sorted(cells) for part in (boxes, scores)):
            continue
        ordered = [name for part in (scores, boxes) for name in sorted(part, key=lambda each: -depths[each][0])]
        why = f"scores and distributions of distances at {len(strides)} scales of {', '.join(map(str, cells))} cells"
        yield Guess(head=head, why=why, outputs=tuple(ordered), classes=depths[scores[0]][1])


def _two(facts: GraphFacts, arrays: Arrays, size: Size) -> Iterator[Guess]:
    """Boxes and the scores of every class: a softmax with a background is SSD's, anything else a transformer's."""
    boxes = [name for name, array in arrays.items() if array.ndim == 3 and array.shape[-1] == 4]
    others = [name for name in arrays if name not in boxes]
    if len(boxes) != 1 or len(others) != 1:
        return
    scores = np.asarray(arrays[others[0]], dtype=np.float32)
    if scores.ndim != 3 or scores.shape[1] != arrays[boxes[0]].shape[1]:
        return
    outputs, classes = (boxes[0], others[0]), scores.shape[2]
    if np.all(scores >= 0.0) and np.allclose(scores.sum(axis=2), 1.0, atol=1e-3):
        unit = BoxUnit.SHARES if np.abs(np.asarray(arrays[boxes[0]])).max() <= 2.0 else BoxUnit.PIXELS
        why = f"boxes in {unit} and scores that add up to one over {classes} classes: the first means nothing is there"
        yield Guess(head="ssd", why=why, outputs=outputs, options=HeadOptions(unit=unit), classes=classes)
        return
    kind = Scores.LOGITS if scores.min() < 0.0 or scores.max() > 1.0 else Scores.PROBABILITIES
    why = f"{scores.shape[1]} queries with a box each and {classes} {kind}"
    yield Guess(head="detr", why=why, outputs=outputs, options=HeadOptions(scores=kind), classes=classes)


def _rows(facts: GraphFacts, arrays: Arrays, size: Size) -> Iterator[Guess]:
    """One array of rows: told apart by how many there are, which way they lie, and how long they are."""
    name, array = next(iter(arrays.items()))
    if len(arrays) != 1 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[0] != 1):
        return
    cells, with_anchors, four = (
        _count(size, (8, 16, 32)),
        3 * _count(size, (8, 16, 32)),
        _count(size, (8, 16, 32, 64)),
    )
    rows, columns = array.shape[-2:]
    known = len(facts.labels())
    if array.ndim == 3 and columns in (cells, with_anchors) and rows not in (cells, with_anchors):
        objectness = rows - 5 == known or (columns == with_anchors and rows - 4 != known)
        head = "yolov5" if objectness else "yolov8"
        why = f"{columns} candidates lying transposed, {rows} numbers each"
        yield Guess(head=head, why=why, outputs=(name,), classes=rows - (5 if objectness else 4))
    elif array.ndim == 3 and rows == with_anchors and columns > 5:
        why = f"{rows} candidates, three for each of {cells} cells, {columns} numbers each"
        yield Guess(head="yolov5", why=why, outputs=(name,), classes=columns - 5)
    elif array.ndim == 3 and rows == cells and columns > 5:
        yield from _cell_rows(name, np.asarray(array[0], dtype=np.float32), known)
    elif array.ndim == 3 and rows == four and columns > _BINS:
        why = f"{rows} cells of four scales, {columns} numbers each: classes and {_BINS} of distances"
        yield Guess(head="nanodet_plus", why=why, outputs=(name,), classes=columns - _BINS)
    elif array.ndim == 3 and columns > 7 and np.abs(np.asarray(array[..., :4], np.float32)).max(initial=0.0) <= 2.0:
        why = f"{rows} queries with boxes in shares and {columns - 4} scores each: RT-DETR as Ultralytics exports it"
        options = HeadOptions(unit=BoxUnit.SHARES)
        yield Guess(head="yolov8", why=why, outputs=(name,), options=options, classes=columns - 4)
    elif columns in (6, 7):
        yield Guess(head="end_to_end", why=f"rows of {columns}: finished boxes with score and class", outputs=(name,))


def _cell_rows(name: str, rows: npt.NDArray[np.float32], known: int) -> Iterator[Guess]:
    """A row for each cell: YOLOX when the first numbers are offsets, a decoded one when they are places."""
    columns = rows.shape[1]
    if columns - 4 == known:
        why = f"a row for each cell with the {known} classes of the metadata and no objectness"
        yield Guess(head="yolov8", why=why, outputs=(name,), classes=columns - 4)
    elif np.median(np.abs(rows[:, :2])) < 8.0:
        why = f"a row of {columns} for each cell, which begins with offsets within the cell"
        scores = Scores.LOGITS if rows[:, 4:].min() < 0.0 else None
        yield Guess(head="yolox", why=why, outputs=(name,), options=HeadOptions(scores=scores), classes=columns - 5)
    else:
        why = f"a row of {columns} for each cell, which begins with its place in pixels: YOLOX or YOLOv6, decoded"
        yield Guess(head="yolov5", why=why, outputs=(name,), classes=columns - 5)


def _map(facts: GraphFacts, arrays: Arrays, size: Size) -> Iterator[Guess]:
    name, array = next(iter(arrays.items()))
    if len(arrays) == 1 and array.ndim == 4 and array.shape[2:] == (size[1] // 16, size[0] // 16):
        why = f"one map of {array.shape[3]}×{array.shape[2]} cells with {array.shape[1]} numbers each"
        yield Guess(head="fastest_det", why=why, outputs=(name,), classes=array.shape[1] - 5)


_Reader = Callable[[GraphFacts, Arrays, Size], Iterator[Guess]]
_READERS: Final[Sequence[_Reader]] = (_paddle, _finished, _scales, _two, _rows, _map)


def _roles(arrays: Arrays) -> tuple[str, ...] | None:
    """Return the names of boxes, scores, classes (, count), or None when there are no such arrays."""
    boxes = [name for name, array in arrays.items() if array.shape[-1:] == (4,)]
    if len(boxes) != 1 or len(arrays) not in (3, 4):
        return None
    count = arrays[boxes[0]].size // 4
    counts = [name for name, array in arrays.items() if name != boxes[0] and array.size == 1 and count != 1]
    rest = [name for name, array in arrays.items() if array.size == count and name not in (boxes[0], *counts)]
    if len(rest) != 2 or len(boxes) + len(rest) + len(counts) != len(arrays):
        return None
    whole = [name for name in rest if np.allclose(np.asarray(arrays[name], np.float64) % 1.0, 0.0)]
    classes = next((name for name in rest if any(word in name.lower() for word in ("class", "label"))), None)
    classes = classes or (whole[0] if len(whole) == 1 else None)
    if classes is None:
        return None
    scores = next(name for name in rest if name != classes)
    return (boxes[0], scores, classes, *counts)


def _cells_and_depth(array: Array) -> tuple[int, int]:
    """Return how many cells a scale has and how many numbers each."""
    if array.ndim == 4:
        return array.shape[2] * array.shape[3], array.shape[1]
    return (array.shape[1], array.shape[2]) if array.ndim == 3 else (array.size, 1)


def _count(size: Size, strides: Sequence[int]) -> int:
    return sum(-(-size[0] // stride) * -(-size[1] // stride) for stride in strides)
