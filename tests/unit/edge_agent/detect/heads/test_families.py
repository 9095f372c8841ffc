"""Heads: raw numbers to boxes, and refusal of numbers of another family."""

import numpy as np
import pytest

from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.fastest_det import FastestDetHead
from edge_agent.detect.heads.raw import RawDetections, suppress
from edge_agent.detect.heads.registry import head_named
from edge_agent.detect.heads.yolox import YoloxHead


def test_yolox_applies_grid_and_stride() -> None:
    """Cell (3, 2) of the stride-8 map of a 64×64 input is row 2 × 8 + 3."""
    rows = np.zeros((1, 64 + 16 + 4, 7), dtype=np.float32)
    rows[0, 19] = (0.5, 0.5, np.log(2.0), np.log(3.0), 0.9, 0.1, 0.8)
    raw = YoloxHead().decode([rows], (64, 64), 0.3)
    assert raw.boxes.tolist() == [pytest.approx([28 - 8, 20 - 12, 28 + 8, 20 + 12])]
    assert raw.scores.tolist() == pytest.approx([0.72])
    assert raw.classes.tolist() == [1]


def test_fastest_det_reads_one_map() -> None:
    cells = np.zeros((1, 7, 4, 4), dtype=np.float32)
    cells[0, :, 1, 2] = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    raw = FastestDetHead().decode([cells], (64, 64), 0.3)
    assert raw.boxes.tolist() == [pytest.approx([32 - 16, 16 - 16, 32 + 16, 16 + 16])]
    assert raw.classes.tolist() == [1]


@pytest.mark.parametrize("shape", [(1, 85, 22, 22), (1, 100, 85), (2, 84, 7)])
def test_yolox_refuses_the_output_of_another_family(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="YOLOX"):
        YoloxHead().decode([np.zeros(shape, dtype=np.float32)], (64, 64), 0.3)


def test_suppression_keeps_the_best_of_a_class_and_another_class_beside_it() -> None:
    raw = RawDetections(
        boxes=np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [50, 50, 60, 60]], dtype=np.float32),
        scores=np.array([0.5, 0.9, 0.4, 0.3], dtype=np.float32),
        classes=np.array([0, 0, 1, 0], dtype=np.int64),
    )
    assert sorted(suppress(raw, overlap=0.45).scores.tolist()) == pytest.approx([0.3, 0.4, 0.9])


def test_an_unknown_head_is_refused_with_those_there_are() -> None:
    with pytest.raises(ModelError, match=r"known are fastest_det, yolox"):
        head_named("ssd", model="m")
