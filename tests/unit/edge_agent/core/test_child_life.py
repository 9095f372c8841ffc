"""When a child process that fell is started again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.child_life import (
    GOOD_AFTER_S,
    LONGEST_PAUSE_S,
    ChildBook,
    ChildOrderError,
    ChildState,
    ChildTurn,
    pause_s,
    step,
)


def fall(book: ChildBook, now_s: float) -> ChildBook:
    return step(step(step(book, ChildTurn.FELL, now_s, "ended"), ChildTurn.STARTED, now_s), ChildTurn.READY, now_s)


def test_a_fall_is_told_and_the_child_started_again_after_a_pause() -> None:
    book = step(step(ChildBook(), ChildTurn.READY, 1.0), ChildTurn.FELL, 5.0, "ended")
    assert (book.state, book.reason, book.falls_in_row) == (ChildState.BACKING_OFF, "ended", 1)
    assert book.next_start_s == pytest.approx(5.2)
    book = step(book, ChildTurn.STARTED, 5.3)
    assert (book.state, book.restarts, book.next_start_s) == (ChildState.STARTING, 1, None)
    assert step(book, ChildTurn.READY, 6.0).reason == ""


def test_a_child_that_ran_well_for_long_begins_with_the_shortest_pause_again() -> None:
    book = step(ChildBook(), ChildTurn.READY, 0.0)
    for number in range(5):
        book = fall(book, float(number))
    assert step(book, ChildTurn.FELL, 5.0).falls_in_row == 6
    assert step(book, ChildTurn.FELL, 4.0 + GOOD_AFTER_S).falls_in_row == 1


@given(st.integers(1, 1_000))
def test_pauses_grow_and_stay_bounded(falls: int) -> None:
    assert 0.0 < pause_s(falls) <= pause_s(falls + 1) <= LONGEST_PAUSE_S


@pytest.mark.parametrize(
    ("state", "turn"),
    [
        (ChildState.RUNNING, ChildTurn.READY),
        (ChildState.RUNNING, ChildTurn.STARTED),
        (ChildState.BACKING_OFF, ChildTurn.READY),
        (ChildState.BACKING_OFF, ChildTurn.FELL),
        (ChildState.STARTING, ChildTurn.STARTED),
    ],
)
def test_what_the_table_does_not_know_is_a_defect(state: ChildState, turn: ChildTurn) -> None:
    with pytest.raises(ChildOrderError):
        step(ChildBook(state=state), turn, 1.0)
