"""What a quantised model costs: agreement with its fp32 model, counted by hand."""

import pytest

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from patrol_cli.models.agreement import agreement

LEFT, MIDDLE, RIGHT = Box(0.0, 0.0, 0.2, 0.4), Box(0.4, 0.0, 0.6, 0.4), Box(0.8, 0.0, 1.0, 0.4)


def person(box: Box, score: float = 0.8, label: str = "person") -> Detection:
    return Detection(label, score, box)


def test_a_model_agrees_wholly_with_itself() -> None:
    seen = [person(LEFT), person(RIGHT, 0.5), person(MIDDLE, 0.1)]
    found = agreement([(seen, seen), ([], [])])
    assert (found.ap50, found.boxes, found.lost, found.added, found.score_shift, found.looks) == (1.0, 2, 0, 0, 0.0, 2)


def test_lost_and_added_boxes_are_counted_and_the_shift_is_of_those_that_both_have() -> None:
    found = agreement([([person(LEFT, 0.8), person(RIGHT, 0.6)], [person(LEFT, 0.5), person(MIDDLE, 0.4)])])
    assert (found.boxes, found.lost, found.added) == (2, 1, 1)
    assert found.score_shift == pytest.approx(-0.3)
    assert found.ap50 == pytest.approx(0.5)


def test_a_box_that_only_sank_below_the_threshold_is_lost_but_still_counts_for_the_curve() -> None:
    found = agreement([([person(LEFT, 0.4)], [person(LEFT, 0.2)])])
    assert (found.lost, found.added, found.ap50) == (1, 0, 1.0)


def test_a_wrong_box_before_the_right_ones_costs_precision_at_every_recall() -> None:
    """Wrong at 0.9, right at 0.8 and 0.7: precision 2/3 is the best that is left for both."""
    first = [person(LEFT), person(RIGHT)]
    second = [person(MIDDLE, 0.9), person(LEFT, 0.8), person(RIGHT, 0.7)]
    assert agreement([(first, second)]).ap50 == pytest.approx(2 / 3)


def test_another_label_on_the_same_box_is_another_thing() -> None:
    found = agreement([([person(LEFT)], [person(LEFT, label="dog")])])
    assert (found.ap50, found.lost, found.added) == (0.0, 1, 1)


def test_one_box_is_found_once() -> None:
    found = agreement([([person(LEFT)], [person(LEFT), person(LEFT, 0.7)])])
    assert (found.lost, found.added) == (0, 1)


def test_looks_are_kept_apart() -> None:
    found = agreement([([person(LEFT)], []), ([], [person(LEFT)])])
    assert (found.lost, found.added, found.ap50) == (1, 1, 0.0)


@pytest.mark.parametrize(("second", "ap50"), [([], 1.0), ([person(LEFT)], 1.0)])
def test_where_there_was_nothing_to_find_nothing_is_lost(second: list[Detection], ap50: float) -> None:
    """Without a box of the first there is no recall to lose; what was added is counted beside."""
    found = agreement([([], second)])
    assert (found.ap50, found.lost, found.added) == (ap50, 0, len(second))
