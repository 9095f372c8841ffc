"""The machine of a thing that somebody puts down."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.left_things import TRANSITIONS, LeftState, LeftStep, step


def test_every_step_is_in_the_table_or_an_error() -> None:
    for state in LeftState:
        for left_step in LeftStep:
            if (state, left_step) in TRANSITIONS:
                assert step(state, left_step) is TRANSITIONS[state, left_step]
            else:
                with pytest.raises(KeyError):
                    step(state, left_step)


@given(st.lists(st.sampled_from(list(LeftStep)), max_size=40))
def test_nothing_is_abandoned_before_its_owner_left_and_the_grace_was_over(steps: Sequence[LeftStep]) -> None:
    """Whatever happens in whatever order: the two steps before it are always those."""
    state, taken = LeftState.WITH_OWNER, []
    for left_step in steps:
        if (state, left_step) not in TRANSITIONS:
            continue
        state = step(state, left_step)
        taken.append(left_step)
        if state is LeftState.ABANDONED:
            assert taken[-2:] == [LeftStep.OWNER_LEFT, LeftStep.GRACE_OVER]


@pytest.mark.parametrize("state", list(LeftState))
def test_a_person_may_call_anything_a_fixture_and_it_stays_one_until_it_is_taken(state: LeftState) -> None:
    if state is not LeftState.FIXTURE:
        state = step(state, LeftStep.DISMISSED)
    assert state is LeftState.FIXTURE
    known = [left_step for (one, left_step) in TRANSITIONS if one is LeftState.FIXTURE]
    assert known == [LeftStep.TAKEN]
