"""No more than so many bytes a second, whatever the moments are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.pace import BURST_S, Pace, refilled, spent


@given(st.lists(st.floats(0.0, 0.5), min_size=1, max_size=60), st.floats(100.0, 1e9))
def test_over_any_time_no_more_goes_than_the_bound_and_one_burst(pauses: list[float], per_s: float) -> None:
    pace, now_s, went = refilled(Pace(per_s=per_s), 0.0), 0.0, 0.0
    chunk = per_s / 50
    for pause in pauses:
        now_s += pause
        pace = refilled(pace, now_s)
        while pace.allows:
            pace = spent(pace, chunk)
            went += chunk
    assert went <= (per_s * (now_s + BURST_S) + chunk) * 1.000001


def test_who_waits_gets_its_turn() -> None:
    pace = spent(refilled(Pace(per_s=100.0), 0.0), 75.0)
    assert not pace.allows
    assert not refilled(pace, 0.4).allows
    assert refilled(pace, 0.6).allows


def test_without_a_bound_nothing_waits() -> None:
    pace = spent(refilled(Pace(per_s=0.0), 0.0), 1e12)
    assert refilled(pace, 1.0).allows
    assert pace.tokens == pytest.approx(0.0)
