"""A camera's clock can run wrong or be set, and what it said before stays said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_sim.rtp.stamps import StampClock


@given(slope=st.floats(0.01, 10), at_90k=st.integers(0, 10**9))
def test_a_changed_rate_makes_no_jump_where_it_begins(slope: float, at_90k: int) -> None:
    clock = StampClock().with_jump(5.0)
    assert clock.with_slope(slope, from_90k=at_90k).stamp(at_90k) == clock.stamp(at_90k)


def test_a_rate_stamped_twice_too_high_halves_the_time_between_pictures() -> None:
    clock = StampClock().with_slope(0.5, from_90k=90_000)
    assert clock.stamp(99_000) - clock.stamp(90_000) == 4_500


def test_a_jump_is_taken_back_whole() -> None:
    clock = StampClock()
    assert clock.with_jump(-3.0).stamp(0) == -270_000
    assert clock.with_jump(-3.0).with_jump(0.0) == clock


@given(drift=st.floats(-0.1, 0.1).filter(bool), at_90k=st.integers(0, 10**9), later_90k=st.integers(0, 10**8))
def test_timestamps_and_wall_clock_drift_together_from_where_it_begins(
    drift: float, at_90k: int, later_90k: int
) -> None:
    """What a sender report says of a timestamp is then as wrong as the timestamps themselves: one crystal."""
    right = StampClock().with_jump(2.0)
    clock = right.with_drift(drift, from_90k=at_90k)
    assert clock.stamp(at_90k) == right.stamp(at_90k)
    gained = clock.stamp(at_90k + later_90k) - right.stamp(at_90k + later_90k)
    assert gained == pytest.approx(later_90k * drift, abs=1.0)
    assert clock.ahead_s(at_90k + later_90k) == pytest.approx(2.0 + later_90k / 90_000 * drift)


def test_a_clock_that_drifted_is_set_right_and_its_timestamps_go_on() -> None:
    fast = StampClock().with_drift(1e-3, from_90k=0)
    right = fast.with_drift(0.0, from_90k=90_000_000)
    assert fast.ahead_s(90_000_000) == pytest.approx(1.0)
    assert right.ahead_s(90_000_000) == 0.0
    assert right.stamp(90_000_000) == fast.stamp(90_000_000)
    assert right.stamp(90_090_000) - right.stamp(90_000_000) == 90_000


def test_a_wrong_rate_does_not_touch_the_wall_clock() -> None:
    clock = StampClock().with_slope(0.5, from_90k=0).with_jump(3.0)
    assert clock.ahead_s(900_000) == 3.0
