"""Heads: known things encoded as each family's paper says come back as they were; other families' numbers do not."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.options import BoxForm, BoxUnit, HeadOptions, Scores, sigmoid
from edge_agent.detect.heads.raw import RawDetections, suppress
from edge_agent.detect.heads.registry import HEADS, head_named
from tests.support.raw_tensors import (
    CLASSES,
    Thing,
    by_scale,
    centred,
    distribution_cells,
    logit,
    shares,
    yolo_rows,
    yolox_rows,
)

INPUT = (416, 320)
"""Wider than high, so that a swap of the sides shows."""
THINGS = (
    Thing(number=0, score=0.9, box=(100.0, 40.0, 140.0, 150.0)),
    Thing(number=2, score=0.75, box=(203.5, 211.25, 240.0, 240.5)),
    Thing(number=5, score=0.6, box=(250.0, 100.0, 400.0, 310.0)),
    Thing(number=0, score=0.5, box=(20.0, 40.0, 50.0, 90.0)),
)
Arrays = Sequence[npt.NDArray[np.generic]]
P4, P3 = (8, 16, 32, 64), (8, 16, 32)
NONE = HeadOptions()


def logits(outputs: Sequence[npt.NDArray[np.float32]], first: int) -> Arrays:
    """Turn the scores of rows, from column ``first`` on, back into what goes into a sigmoid."""
    turned = outputs[0].copy()
    values = turned[..., first:].clip(1e-6, 1 - 1e-6)
    turned[..., first:] = np.log(values / (1 - values))
    return [turned]


def finished(form: str = "xyxy", unit: str = "shares") -> list[npt.NDArray[np.generic]]:
    """Boxes, scores, classes (1, n), one row of them weak."""
    boxes = shares((*THINGS, Thing(number=1, score=0.2, box=(1, 1, 9, 9))), INPUT)
    if unit == "pixels":
        boxes = boxes * np.array(INPUT * 2, dtype=np.float32)
    if form == "yxyx":
        boxes = boxes[:, [1, 0, 3, 2]]
    scores = np.array([[*(thing.score for thing in THINGS), 0.2]], dtype=np.float32)
    return [boxes[None], scores, np.array([[*(thing.number for thing in THINGS), 1]])]


def raw_scores(background: bool) -> npt.NDArray[np.float32]:
    """Scores of every class, softmaxed, beside a class of nothing at the front (SSD) or the end (DETR)."""
    rows = np.full((1, len(THINGS), CLASSES + 1), 0.001, dtype=np.float32)
    for number, thing in enumerate(THINGS):
        rows[0, number, thing.number + (1 if background else 0)] = thing.score
        rows[0, number, 0 if background else -1] = 1.0 - thing.score - 0.001 * (CLASSES - 1)
    return rows


def nanodet(plus: bool, *, maps: bool | None) -> Arrays:
    strides = P4 if plus else P3
    scores, distances = distribution_cells(THINGS, INPUT, strides=strides, offset=0.0 if plus else 0.5)
    if maps is None:
        return [np.concatenate((scores, distances), axis=1)[None]]
    return [part for cells in (scores, distances) for part in by_scale(cells, INPUT, strides, maps=maps)]


def picodet_raw() -> Arrays:
    scores, distances = distribution_cells(THINGS, INPUT, strides=P4, offset=0.5)
    return [part for cells in (scores, distances) for part in by_scale(cells, INPUT, P4, maps=False)]


def pixels() -> npt.NDArray[np.float32]:
    return np.array([thing.box for thing in THINGS], dtype=np.float32)


def end_to_end_rows() -> npt.NDArray[np.float32]:
    extra = np.array([(thing.score, thing.number) for thing in THINGS], dtype=np.float32)
    return np.concatenate((pixels(), extra), axis=1)


def detr_logits() -> npt.NDArray[np.float32]:
    rows = np.full((1, len(THINGS), CLASSES), -7.0, dtype=np.float32)
    for number, thing in enumerate(THINGS):
        rows[0, number, thing.number] = logit(thing.score)
    return rows


PIXELS, YXYX = HeadOptions(unit=BoxUnit.PIXELS), HeadOptions(boxes=BoxForm.YXYX)
LOGITS, SOFTMAX = HeadOptions(scores=Scores.LOGITS), HeadOptions(scores=Scores.SOFTMAX)
EXPORTS: list[tuple[str, str, HeadOptions, Callable[[], Arrays]]] = [
    ("yolox", "grid not applied", NONE, lambda: yolox_rows(THINGS, INPUT)),
    ("yolox", "logits", LOGITS, lambda: logits(yolox_rows(THINGS, INPUT), 4)),
    ("yolov5", "rows", NONE, lambda: yolo_rows(THINGS, INPUT, objectness=True)),
    ("yolov5", "transposed", NONE, lambda: [yolo_rows(THINGS, INPUT, objectness=True)[0].transpose(0, 2, 1)]),
    ("yolov5", "logits", LOGITS, lambda: logits(yolo_rows(THINGS, INPUT, objectness=True), 4)),
    ("yolov8", "rows", NONE, lambda: yolo_rows(THINGS, INPUT, objectness=False)),
    ("yolov8", "transposed", NONE, lambda: [yolo_rows(THINGS, INPUT, objectness=False)[0].transpose(0, 2, 1)]),
    (
        "yolov8",
        "shares",
        HeadOptions(unit=BoxUnit.SHARES),
        lambda: [
            yolo_rows(THINGS, INPUT, objectness=False)[0] / np.array((*INPUT, *INPUT, *[1] * CLASSES), dtype=np.float32)
        ],
    ),
    ("end_to_end", "rows of six", NONE, lambda: [end_to_end_rows()[None]]),
    (
        "end_to_end",
        "rows of seven",
        NONE,
        lambda: [np.concatenate((np.zeros((4, 1)), end_to_end_rows()[:, [0, 1, 2, 3, 5, 4]]), axis=1)],
    ),
    ("nanodet", "per scale", NONE, lambda: nanodet(plus=False, maps=False)),
    ("nanodet", "maps", NONE, lambda: nanodet(plus=False, maps=True)),
    ("nanodet", "joined", NONE, lambda: nanodet(plus=False, maps=None)),
    ("nanodet_plus", "joined", NONE, lambda: nanodet(plus=True, maps=None)),
    ("nanodet_plus", "per scale", NONE, lambda: nanodet(plus=True, maps=False)),
    ("picodet", "raw", NONE, picodet_raw),
    ("picodet", "decoded", NONE, lambda: [pixels()[None], raw_scores(background=False)[:, :, :-1].transpose(0, 2, 1)]),
    ("picodet", "finished", NONE, lambda: [end_to_end_rows()[:, [5, 4, 0, 1, 2, 3]], np.array([4], dtype=np.int32)]),
    ("ssd", "finished", NONE, finished),
    ("ssd", "TensorFlow", YXYX, lambda: [*finished("yxyx"), np.array([4.0], dtype=np.float32)]),
    ("ssd", "in pixels", PIXELS, lambda: finished(unit="pixels")),
    ("detr", "finished", NONE, lambda: finished(unit="pixels")),
    ("detr", "raw", NONE, lambda: [centred(shares(THINGS, INPUT))[None], detr_logits()]),
    ("detr", "softmax", SOFTMAX, lambda: [centred(shares(THINGS, INPUT))[None], np.log(raw_scores(background=False))]),
]


@pytest.mark.parametrize(
    ("name", "options", "encode"),
    [(name, options, encode) for name, _, options, encode in EXPORTS],
    ids=[f"{name}, {export}" for name, export, _, _ in EXPORTS],
)
def test_what_was_encoded_is_found_again(name: str, options: HeadOptions, encode: Callable[[], Arrays]) -> None:
    """To a hundredth of a pixel, each thing once, and nothing else."""
    raw = head_named(name, options).decode(encode(), INPUT, 0.3)
    order = np.argsort(-raw.scores)
    assert raw.classes[order].tolist() == [thing.number for thing in THINGS]
    np.testing.assert_allclose(raw.scores[order], [thing.score for thing in THINGS], atol=2e-3)
    np.testing.assert_allclose(raw.boxes[order], pixels(), atol=2e-2)


def test_every_head_but_the_one_without_a_formula_for_edges_is_tried_above() -> None:
    """FastestDet has its own test: its box is bound to the cell by a tanh and cannot hold these things."""
    assert {name for name, *_ in EXPORTS} == set(HEADS) - {"fastest_det"}


def test_ssd_with_the_scores_of_every_class_drops_the_background_and_suppresses() -> None:
    boxes = np.repeat(shares(THINGS, INPUT)[None], 2, axis=1)
    raw = head_named("ssd").decode([boxes, np.repeat(raw_scores(background=True), 2, axis=1)], INPUT, 0.3)
    order = np.argsort(-raw.scores)
    assert raw.classes[order].tolist() == [thing.number + 1 for thing in THINGS]
    np.testing.assert_allclose(raw.boxes[order], pixels(), atol=1e-3)


def test_a_count_beside_finished_things_ends_them() -> None:
    """What lies behind the count is left over from another picture."""
    raw = head_named("ssd").decode([*finished(), np.array([[2]])], INPUT, 0.3)
    assert len(raw.scores) == 2


def test_picodet_that_found_nothing_says_class_minus_one() -> None:
    rows = np.array([[-1.0, 0.99, 0, 0, 0, 0]], dtype=np.float32)
    assert len(head_named("picodet").decode([rows, np.array([0])], INPUT, 0.3).scores) == 0


def test_fastest_det_reads_one_map() -> None:
    """Objectness 1, class 1; tanh(0) keeps the cell's corner, sigmoid(0) is half the input."""
    cells = np.zeros((1, 7, 4, 4), dtype=np.float32)
    cells[0, :, 1, 2] = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    raw = head_named("fastest_det").decode([cells], (64, 64), 0.3)
    assert raw.boxes.tolist() == [pytest.approx([32 - 16, 16 - 16, 32 + 16, 16 + 16])]
    assert raw.classes.tolist() == [1]


def test_two_boxes_on_one_thing_are_told_once_by_heads_that_leave_it_to_us() -> None:
    twin = Thing(number=0, score=0.7, box=(102.0, 41.0, 142.0, 151.0))
    raw = head_named("yolov8").decode(yolo_rows((*THINGS, twin), INPUT, objectness=False), INPUT, 0.3)
    assert sorted(raw.scores.tolist()) == pytest.approx([0.5, 0.6, 0.75, 0.9])


F = np.float32
FOREIGN: list[tuple[str, list[tuple[int, ...]], str]] = [
    ("yolox", [(1, 85, 22, 22)], "YOLOX head gives"),
    ("yolox", [(1, 100, 85)], "correct head or input"),
    ("yolox", [(2, 2730, 85)], "shape \\(2, 2730, 85\\)"),
    ("yolov5", [(1, 2730, 5)], "5 \\+ classes"),
    ("yolov8", [(1, 84, 20, 20)], "4 \\+ classes"),
    ("yolov8", [(1, 84, 2730), (1, 3)], "one array"),
    ("end_to_end", [(1, 300, 84)], "\\(1, n, 6\\) or \\(n, 7\\)"),
    ("end_to_end", [(2, 300, 6)], "end-to-end head gives"),
    ("nanodet", [(1, 2730, 32)], "classes \\+ 32"),
    ("nanodet", [(1, 2080, 80), (1, 520, 80), (1, 130, 80)], "3 scales"),
    ("nanodet", [(1, 2080, 80), (1, 520, 79), (1, 130, 80), (1, 2080, 32), (1, 520, 32), (1, 130, 32)], "NanoDet"),
    ("nanodet_plus", [(1, 2730, 112)], "\\(1, 2765, classes"),  # the three scales of the older one
    ("picodet", [(1, 100, 4), (1, 80, 99)], "as many boxes"),
    ("picodet", [(1, 2730, 85)], "PicoDet"),
    ("ssd", [(1, 100, 4), (1, 99, 81)], "SSD head gives"),
    ("ssd", [(1, 100, 4), (1, 100), (1, 99)], "SSD"),
    ("detr", [(1, 300, 80)], "DETR head gives"),
    ("detr", [(1, 300, 80), (1, 300, 4)], "correct head or outputs"),  # in the wrong order
    ("fastest_det", [(1, 2730, 85)], "FastestDet"),
]


@pytest.mark.parametrize(("name", "shapes", "words"), FOREIGN)
def test_the_output_of_another_family_is_refused_saying_what_was_found_expected_and_to_correct(
    name: str, shapes: list[tuple[int, ...]], words: str
) -> None:
    outputs = [np.zeros(shape, dtype=np.float32) for shape in shapes]
    with pytest.raises(ModelError, match=words) as refusal:
        head_named(name).decode(outputs, INPUT, 0.3)
    assert str(shapes[0]) in str(refusal.value)
    assert "correct" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "outputs", "classes"),
    [
        ("yolox", [np.zeros((1, 2730, 85), F)], 80),
        ("yolov5", [np.zeros((1, 8190, 85), F)], 80),
        ("yolov8", [np.zeros((1, 84, 2730), F)], 80),
        ("end_to_end", [np.zeros((1, 300, 6), F)], None),
        ("nanodet", nanodet(plus=False, maps=False), CLASSES),
        ("nanodet", nanodet(plus=False, maps=True), CLASSES),
        ("nanodet_plus", nanodet(plus=True, maps=None), CLASSES),
        ("picodet", [np.zeros((1, 9, 4), F), np.zeros((1, 80, 9), F)], 80),
        ("ssd", [np.zeros((1, 9, 4), F), np.zeros((1, 9, 21), F)], 21),
        ("ssd", finished(), None),
        ("detr", [np.zeros((1, 9, 4), F), np.zeros((1, 9, 80), F)], 80),
        ("fastest_det", [np.zeros((1, 85, 22, 22), F)], 80),
    ],
)
def test_heads_say_how_many_labels_a_model_needs(name: str, outputs: Arrays, classes: int | None) -> None:
    assert head_named(name).classes(outputs) == classes


@given(st.sampled_from(sorted(HEADS)), st.data())
@settings(max_examples=200, deadline=None)
def test_whatever_a_graph_gives_is_decoded_or_refused_in_words(name: str, data: st.DataObject) -> None:
    """Any number of arrays of any shape and value: never another exception than ModelError."""
    shape = st.lists(st.sampled_from([0, 1, 2, 4, 5, 6, 7, 8, 32, 35, 85]), min_size=0, max_size=4)
    shapes = data.draw(st.lists(shape, min_size=1, max_size=8))
    value = data.draw(st.sampled_from([0.0, 1.0, -50.0, 1e6, float("nan"), float("inf")]))
    outputs = [np.full(sides, value, dtype=np.float32) for sides in shapes]
    with np.errstate(all="ignore"):
        try:
            raw = head_named(name).decode(outputs, (64, 64), 0.3)
        except ModelError:
            return
    assert len(raw.boxes) == len(raw.scores) == len(raw.classes)


def test_suppression_keeps_the_best_of_a_class_and_another_class_beside_it() -> None:
    raw = RawDetections(
        boxes=np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [50, 50, 60, 60]], dtype=np.float32),
        scores=np.array([0.5, 0.9, 0.4, 0.3], dtype=np.float32),
        classes=np.array([0, 0, 1, 0], dtype=np.int64),
    )
    assert sorted(suppress(raw, overlap=0.45).scores.tolist()) == pytest.approx([0.3, 0.4, 0.9])


def test_the_sigmoid_bears_any_number() -> None:
    with np.errstate(all="raise"):
        assert sigmoid(np.array([-1e4, 0.0, 1e4], dtype=np.float32)).tolist() == [0.0, 0.5, 1.0]


def test_an_unknown_head_is_refused_with_those_there_are() -> None:
    with pytest.raises(ModelError, match=r"known are detr, end_to_end, fastest_det"):
        head_named("retina")


@pytest.mark.parametrize(
    ("name", "options", "key"),
    [
        ("yolox", HeadOptions(boxes=BoxForm.XYXY), "boxes"),
        ("fastest_det", HeadOptions(scores=Scores.LOGITS), "scores"),
        ("detr", HeadOptions(background=True), "background"),
    ],
)
def test_a_key_that_a_head_does_not_read_is_refused(name: str, options: HeadOptions, key: str) -> None:
    """A setting that does nothing is worse than none."""
    with pytest.raises(ModelError, match=f"does not read the key {key}"):
        head_named(name, options)
