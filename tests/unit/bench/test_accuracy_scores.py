"""The scores themselves, on cases small enough to count by hand."""

import pytest

from bench.accuracy_scores import Hits, average_precision, hits, moment_hits
from edge_agent.core.boxes import Box

HERE, THERE = Box(0.1, 0.1, 0.2, 0.3), Box(0.6, 0.1, 0.7, 0.3)


def test_each_true_box_is_found_once_and_the_better_score_has_it() -> None:
    found = {1: [(0.5, HERE), (0.9, HERE)], 2: [(0.4, THERE)]}
    assert hits(found, {1: [HERE], 2: [HERE]}) == Hits(right=1, wrong=2, missed=1)


def test_a_picture_in_which_nothing_was_said_still_misses_what_is_there() -> None:
    judged = hits({}, {7: [HERE, THERE]})
    assert (judged.precision, judged.recall, judged.missed) == (0.0, 0.0, 2)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([(0.9, HERE), (0.8, THERE)], 1.0),
        ([(0.9, HERE)], 0.5),  # one of two
        ([(0.9, Box(0.4, 0.4, 0.5, 0.5)), (0.8, HERE), (0.7, THERE)], 2 / 3),  # the best score is wrong
        ([], 0.0),
    ],
)
def test_average_precision(found: list[tuple[float, Box]], expected: float) -> None:
    assert average_precision({1: found}, {1: [HERE, THERE]}) == pytest.approx(expected)


def test_two_alerts_of_one_moment_are_one_right_and_one_wrong() -> None:
    assert moment_hits([3.1, 3.2, 9.0], [3.0, 6.0], within_s=0.25) == Hits(right=1, wrong=2, missed=1)


def test_to_say_nothing_where_nothing_is_is_right_and_where_something_is_wrong() -> None:
    silent, deaf = Hits(right=0, wrong=0, missed=0), Hits(right=0, wrong=0, missed=2)
    assert (silent.precision, silent.recall) == (1.0, 1.0)
    assert (deaf.precision, deaf.recall) == (0.0, 0.0)
