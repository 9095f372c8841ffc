"""Pairs of tracks and detections: the sweep finds what comparing all with all finds, and nothing is given twice."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_agent.core.association import Candidate, Edges, agreement, best_first, covers, grown, overlaps
from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT

_SIDE = st.floats(min_value=0.0, max_value=1.0)
_EDGES = st.tuples(_SIDE, _SIDE, _SIDE, _SIDE).map(
    lambda four: (min(four[0], four[2]), min(four[1], four[3]), max(four[0], four[2]), max(four[1], four[3]))
)


@given(st.lists(_EDGES, max_size=8), st.lists(_EDGES, max_size=8), st.floats(min_value=0.05, max_value=0.9))
def test_the_sweep_finds_every_overlap_that_comparing_all_with_all_finds(
    tracks: list[Edges], detections: list[Edges], least: float
) -> None:
    found = {(track, number): overlap for track, number, overlap in overlaps(tracks, detections, at_least=least)}
    for track, one in enumerate(tracks):
        for number, other in enumerate(detections):
            overlap = Box(*one).iou(Box(*other))
            if (track, number) in found:
                assert found[track, number] == pytest.approx(overlap, abs=1e-9)
            else:
                assert overlap < least + 1e-9


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.floats(min_value=-1.0, max_value=-0.1), st.integers(0, 6), st.integers(0, 6)),
        max_size=40,
    )
)
def test_each_number_is_paired_at_most_once_and_nothing_possible_is_left(candidates: list[Candidate]) -> None:
    pairs = best_first(list(candidates))
    tracks, numbers = {track for track, _ in pairs}, {number for _, number in pairs}
    assert len(tracks) == len(pairs) == len(numbers)
    assert all(track in tracks or number in numbers for _, _, track, number in candidates)


def test_an_earlier_stage_goes_before_a_better_pair_of_a_later_one() -> None:
    assert best_first([(1, -0.9, 0, 0), (0, -0.3, 1, 0)]) == [(1, 0)]


@example((0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 1e-308, 1e-308))
@given(_EDGES, _EDGES)
def test_what_covers_is_the_share_of_the_other(one: Edges, other: Edges) -> None:
    assert covers(one, other) == pytest.approx(Box(*other).covered_by(Box(*one)), abs=1e-9)


def test_a_box_grows_on_each_side_by_its_share() -> None:
    assert grown((0.4, 0.4, 0.6, 0.8), 0.5) == pytest.approx((0.3, 0.2, 0.7, 1.0))


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        ("person", "person", 1.0),
        ("car", "truck", 0.85),  # two guesses about one thing
        ("person", MOVING_OBJECT, 0.85),  # the box of motion is rough
        ("person", "car", 0.6),  # hardly one thing
    ],
)
def test_labels_that_disagree_weigh_less(one: str, other: str, factor: float) -> None:
    assert agreement(one, other) == agreement(other, one) == factor
