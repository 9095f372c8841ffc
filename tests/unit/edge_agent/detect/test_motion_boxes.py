"""Boxes of pieces that move: none is empty, and joining two that are loses nothing and divides by nothing."""

import numpy as np
import pytest

from edge_agent.core.boxes import Box
from edge_agent.detect.motion_boxes import MotionBox, inner_box, joined


def box(left: float, top: float, right: float, bottom: float, *, filled: float = 0.5, moving: bool = True) -> MotionBox:
    return MotionBox(box=Box(left, top, right, bottom), filled=filled, moving=moving)


def test_boxes_without_an_area_are_joined_without_dividing_by_it() -> None:
    """Two slivers that round to the same line once ended the analysis with a ZeroDivisionError."""
    sliver, other = box(0.2, 0.2, 0.2, 0.4, filled=0.3), box(0.2, 0.3, 0.2, 0.5, filled=0.6)
    (union,) = joined([sliver, other])
    assert union.box == Box(0.2, 0.2, 0.2, 0.5)
    assert union.filled == 0.6


@pytest.mark.parametrize(("high", "wide"), [(1, 1), (1, 9), (2, 2), (9, 2), (3, 3), (12, 7)])
def test_no_piece_has_an_empty_box(high: int, wide: int) -> None:
    mask = np.zeros((20, 20), dtype=np.uint8)
    mask[4 : 4 + high, 6 : 6 + wide] = 255
    found = inner_box(mask, (100, 50), (144, 176))
    assert found.area > 0.0
    assert found.covered_by(Box(106 / 176, 54 / 144, (106 + wide) / 176, (54 + high) / 144)) == pytest.approx(1.0)


def test_the_rim_that_widening_gave_a_piece_is_taken_off_again() -> None:
    mask = np.zeros((20, 20), dtype=np.uint8)
    mask[4:14, 6:12] = 255
    assert inner_box(mask, (0, 0), (20, 20)) == Box(7 / 20, 5 / 20, 11 / 20, 13 / 20)


def test_a_head_above_a_body_is_one_thing_and_who_stands_beside_it_another() -> None:
    head, body, beside = box(0.42, 0.2, 0.48, 0.28), box(0.4, 0.3, 0.5, 0.6), box(0.7, 0.3, 0.8, 0.6)
    assert [found.box for found in joined([head, body, beside])] == [Box(0.4, 0.2, 0.5, 0.6), beside.box]


def test_what_moves_is_not_joined_to_what_only_differs() -> None:
    assert len(joined([box(0.4, 0.2, 0.5, 0.3), box(0.4, 0.3, 0.5, 0.6, moving=False)])) == 2
