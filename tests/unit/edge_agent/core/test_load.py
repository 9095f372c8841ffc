"""The named steps in which a room asks less of its model, and when it goes up and down them."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.load import (
    ALLOWED,
    CALM_AFTER_S,
    TRANSITIONS,
    WINDOW_S,
    LoadBook,
    LoadStep,
    LoadTurn,
    LoadWindow,
    judge,
    turn,
)
from edge_agent.core.looks import LookKind

CALM = LoadWindow(granted=20, shed=0, busy_share=0.2, picture_age_s=0.01)
EVENTFUL = LoadWindow(granted=20, shed=0, busy_share=0.8, picture_age_s=0.01)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (LoadWindow(granted=20, shed=4, busy_share=0.5, picture_age_s=0.0), "4 of 20 looks were shed"),
        (LoadWindow(granted=0, shed=3, busy_share=0.5, picture_age_s=0.0), "3 of 0 looks were shed"),
        (LoadWindow(granted=20, shed=0, busy_share=0.97, picture_age_s=0.0), "busy for 97%"),
        (LoadWindow(granted=0, shed=0, busy_share=0.0, picture_age_s=0.2), "200 ms late"),
    ],
)
def test_overload_goes_down_one_step_and_says_why(window: LoadWindow, words: str) -> None:
    book = judge(LoadBook(), window, 10.0)
    assert book.step is LoadStep.SLOW_BEAT
    assert words in book.reason
    assert book.since_s == 10.0


def test_one_shed_look_in_many_is_no_overload() -> None:
    window = LoadWindow(granted=40, shed=1, busy_share=0.5, picture_age_s=0.0)
    assert judge(LoadBook(), window, 1.0).step is LoadStep.FULL


def test_calm_takes_back_one_step_at_a_time_and_only_after_a_good_while() -> None:
    book = LoadBook(step=LoadStep.NEW_ONLY, reason="looks were shed")
    steps = []
    for number in range(30):
        book = judge(book, CALM, number * WINDOW_S)
        steps.append(book.step)
    first_back = next(n for n, step in enumerate(steps) if step is not LoadStep.NEW_ONLY)
    assert first_back * WINDOW_S >= CALM_AFTER_S
    assert list(dict.fromkeys(steps)) == [
        LoadStep.NEW_ONLY,
        LoadStep.FEWER_TRACKS,
        LoadStep.SLOW_BEAT,
        LoadStep.FULL,
    ]
    assert book.reason == ""


def test_detectors_with_little_time_left_keep_the_step() -> None:
    book = LoadBook(step=LoadStep.SLOW_BEAT)
    for number in range(30):
        book = judge(book, EVENTFUL, number * WINDOW_S)
    assert book.step is LoadStep.SLOW_BEAT


def test_a_lost_detector_leaves_motion_and_its_return_begins_carefully() -> None:
    lost = turn(LoadBook(), LoadTurn.DETECTOR_LOST, 1.0, "detector 0 ended")
    assert (lost.step, lost.reason) == (LoadStep.MOTION_ONLY, "detector 0 ended")
    assert turn(lost, LoadTurn.DETECTOR_BACK, 2.0, "back").step is LoadStep.FEWER_TRACKS


def test_the_table_knows_every_pair_and_each_step_grants_no_more_than_the_one_before() -> None:
    assert set(TRANSITIONS) == set(product(LoadStep, LoadTurn))
    ordered = list(LoadStep)
    for fuller, leaner in pairwise(ordered):
        assert ALLOWED[leaner].kinds <= ALLOWED[fuller].kinds
    assert LookKind.NEW_MOTION in ALLOWED[LoadStep.NEW_ONLY].kinds
    assert not ALLOWED[LoadStep.MOTION_ONLY].kinds


@given(
    st.lists(
        st.builds(
            LoadWindow,
            granted=st.integers(0, 100),
            shed=st.integers(0, 100),
            busy_share=st.floats(0, 1),
            picture_age_s=st.floats(0, 5),
        ),
        max_size=40,
    )
)
def test_the_step_moves_by_one_at_most_and_a_reason_stands_beside_every_step_but_full(
    windows: list[LoadWindow],
) -> None:
    ordered = list(LoadStep)
    book = LoadBook()
    for number, window in enumerate(windows):
        later = judge(book, window, number * WINDOW_S)
        assert abs(ordered.index(later.step) - ordered.index(book.step)) <= 1
        assert (later.reason == "") == (later.step is LoadStep.FULL)
        book = later
