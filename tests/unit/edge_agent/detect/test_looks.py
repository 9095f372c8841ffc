"""Looks at one picture put together: labels and places, and nothing twice."""

import numpy as np

from edge_agent.detect.canvas import CanvasGeometry
from edge_agent.detect.heads.raw import RawDetections
from edge_agent.detect.looks import Look, detections_of

LABELS = ("person", "car", "truck")
LEFT = CanvasGeometry(picture_size=(100, 100), region=(0, 0, 60, 100), scale=(1.0, 1.0))
RIGHT = CanvasGeometry(picture_size=(100, 100), region=(40, 0, 100, 100), scale=(1.0, 1.0))


def look(geometry: CanvasGeometry, *seen: tuple[int, float, tuple[float, float, float, float]]) -> Look:
    """Return a look that saw (class, score, box in canvas pixels)."""
    return Look(
        geometry=geometry,
        raw=RawDetections(
            boxes=np.array([box for _, _, box in seen], dtype=np.float32).reshape(-1, 4),
            scores=np.array([score for _, score, _ in seen], dtype=np.float32),
            classes=np.array([number for number, _, _ in seen], dtype=np.int64),
        ),
    )


def test_no_look_says_nothing() -> None:
    assert detections_of([], LABELS) == []
    assert detections_of([look(LEFT)], LABELS) == []


def test_the_whole_thing_is_told_and_its_cut_half_is_not() -> None:
    """Half a person at the edge of one region scores higher than the whole one in the next: the whole one counts."""
    half = look(LEFT, (0, 0.9, (45, 10, 60, 50)))
    whole = look(RIGHT, (0, 0.6, (5, 10, 25, 50)))
    found = detections_of([half, whole], LABELS)
    assert [(d.label, round(d.score, 3), round(d.box.left, 3), round(d.box.right, 3)) for d in found] == [
        ("person", 0.6, 0.45, 0.65)
    ]


def test_two_guesses_about_one_thing_are_told_once_and_two_things_twice() -> None:
    found = detections_of(
        [look(LEFT, (1, 0.8, (10, 10, 40, 40)), (2, 0.7, (11, 10, 40, 40)), (0, 0.5, (12, 12, 38, 40)))], LABELS
    )
    assert [d.label for d in found] == ["car", "person"]


def test_a_part_inside_the_better_box_of_its_label_is_dropped() -> None:
    found = detections_of([look(LEFT, (0, 0.8, (10, 10, 30, 60)), (0, 0.7, (12, 11, 28, 30)))], LABELS)
    assert len(found) == 1


def test_a_class_that_the_labels_end_before_is_told_by_its_number() -> None:
    found = detections_of([look(LEFT, (7, 0.8, (10, 10, 30, 60)), (-1, 0.7, (40, 10, 50, 60)))], LABELS)
    assert [d.label for d in found] == ["class_7", "class_-1"]
