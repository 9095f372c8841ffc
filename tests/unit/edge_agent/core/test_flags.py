"""What may be done to a flag, and until when."""

import itertools

import pytest

from edge_agent.core.flags import (
    CHANGE_WINDOW_S,
    UNCLASSIFIED,
    Changed,
    FlagAct,
    FlagState,
    Refused,
    first_state,
    step,
)

ALLOWED = {
    (FlagState.PRESSED, FlagAct.CLASSIFY): FlagState.CLASSIFIED,
    (FlagState.PRESSED, FlagAct.WITHDRAW): FlagState.WITHDRAWN,
    (FlagState.PRESSED, FlagAct.REMARK): FlagState.PRESSED,  # words alone do not say what it is
    (FlagState.PRESSED, FlagAct.SETTLE): FlagState.SETTLED,
    (FlagState.CLASSIFIED, FlagAct.CLASSIFY): FlagState.CLASSIFIED,  # a wrong kind can be corrected
    (FlagState.CLASSIFIED, FlagAct.WITHDRAW): FlagState.WITHDRAWN,
    (FlagState.CLASSIFIED, FlagAct.REMARK): FlagState.CLASSIFIED,
    (FlagState.CLASSIFIED, FlagAct.SETTLE): FlagState.SETTLED,
    (FlagState.WITHDRAWN, FlagAct.SETTLE): FlagState.SETTLED,
    (FlagState.SETTLED, FlagAct.SETTLE): FlagState.SETTLED,
}


@pytest.mark.parametrize(("state", "act"), list(itertools.product(FlagState, FlagAct)))
def test_every_pair_is_decided_as_written_here(state: FlagState, act: FlagAct) -> None:
    decided = step(state, act, age_s=1.0)
    if (state, act) in ALLOWED:
        assert decided == Changed(state=ALLOWED[state, act])
    else:
        assert isinstance(decided, Refused)
        assert state.value in decided.reason


@pytest.mark.parametrize("act", [FlagAct.CLASSIFY, FlagAct.WITHDRAW])
def test_after_a_day_the_room_changes_nothing_any_more(act: FlagAct) -> None:
    decided = step(FlagState.PRESSED, act, age_s=CHANGE_WINDOW_S + 1)
    assert isinstance(decided, Refused)
    assert "centre" in decided.reason


def test_a_flag_with_a_kind_is_classified_at_once() -> None:
    assert first_state("theft") is FlagState.CLASSIFIED
    assert first_state(UNCLASSIFIED) is FlagState.PRESSED
