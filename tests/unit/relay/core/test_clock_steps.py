"""A clock that was set is seen by the one that cannot be set."""

from hypothesis import given
from hypothesis import strategies as st

from relay.core.clock_steps import TOLERANCE_US, ClockReading, agree, behind_us, step_us

NOON = ClockReading(wall_us=1_790_000_000_000_000, elapsed_s=500.0)


def later(seconds: float, *, set_by_us: int = 0) -> ClockReading:
    return ClockReading(wall_us=NOON.wall_us + round(seconds * 1e6) + set_by_us, elapsed_s=NOON.elapsed_s + seconds)


@given(seconds=st.floats(0, 1e6), set_by_us=st.integers(-(10**13), 10**13))
def test_a_step_is_what_the_clock_was_set_by_however_long_nobody_looked(seconds: float, set_by_us: int) -> None:
    found = step_us(NOON, later(seconds, set_by_us=set_by_us))
    if abs(set_by_us) >= TOLERANCE_US + 1:
        assert abs(found - set_by_us) <= 1
    elif abs(set_by_us) < TOLERANCE_US - 1:
        assert found == 0


def test_a_clock_that_is_slewed_is_no_step() -> None:
    """500 ppm is what time servers slew by, and a second passes between two looks at most."""
    assert step_us(NOON, later(1.0, set_by_us=500)) == 0


def test_behind_the_store_counts_from_a_second_on_and_an_empty_store_says_nothing() -> None:
    assert behind_us(None, NOON.wall_us) == 0
    assert behind_us(NOON.wall_us - 10**9, NOON.wall_us) == 0
    assert behind_us(NOON.wall_us + TOLERANCE_US - 1, NOON.wall_us) == 0
    assert behind_us(NOON.wall_us + 3_600_000_000, NOON.wall_us) == 3_600_000_000


def test_clocks_agree_within_a_second() -> None:
    assert agree(5, 5 + TOLERANCE_US - 1)
    assert not agree(5, 5 + TOLERANCE_US)
