"""A camera's clock can run wrong or be set, and what it said before stays said."""

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
