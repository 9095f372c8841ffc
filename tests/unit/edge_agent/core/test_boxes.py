"""Boxes: the arithmetic that everything else stands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.boxes import Box

unit = st.floats(min_value=0.0, max_value=1.0)
boxes = st.tuples(unit, unit, unit, unit).map(
    lambda s: Box(min(s[0], s[2]), min(s[1], s[3]), max(s[0], s[2]), max(s[1], s[3]))
)


def test_half_overlapping_boxes_have_the_iou_of_a_third() -> None:
    assert Box(0.0, 0.0, 0.2, 0.2).iou(Box(0.1, 0.0, 0.3, 0.2)) == pytest.approx(1 / 3)


def test_bottom_centre_is_where_a_thing_stands() -> None:
    assert Box(0.2, 0.1, 0.4, 0.9).bottom_centre == pytest.approx((0.3, 0.9))


def test_clipping_a_box_outside_the_picture_leaves_no_area() -> None:
    assert Box(1.2, 0.1, 1.5, 0.5).clip().area == 0.0


@given(boxes, boxes)
def test_iou_is_symmetric_and_between_nothing_and_all(one: Box, other: Box) -> None:
    assert one.iou(other) == pytest.approx(other.iou(one))
    assert 0.0 <= one.iou(other) <= 1.0 + 1e-9


@given(boxes, boxes)
def test_union_holds_both(one: Box, other: Box) -> None:
    union = one.union(other)
    assert union.intersection(one) == pytest.approx(one.area)
    assert union.intersection(other) == pytest.approx(other.area)
