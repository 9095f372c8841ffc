"""A stuttering network holds pictures and lets them go: never early, never out of order, never later than it may."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from patrol_sim.lateness import Lateness


@given(
    seed=st.integers(0, 10_000),
    most_s=st.floats(0.05, 60.0),
    gaps=st.lists(st.floats(0.001, 30.0), min_size=1, max_size=200),
)
def test_pictures_leave_in_order_not_early_and_not_too_late(seed: int, most_s: float, gaps: list[float]) -> None:
    lateness = Lateness(most_s, random.Random(seed), begin_s=0.0)
    due_s, left = 0.0, []
    for gap in gaps:
        due_s += gap
        leaves_s = lateness.leaves_s(due_s)
        assert due_s <= leaves_s <= due_s + most_s + 1e-9
        left.append(leaves_s)
    assert all(earlier <= later for earlier, later in pairwise(left))


def test_there_are_gaps_and_bursts_and_stretches_of_flow() -> None:
    lateness = Lateness(5.0, random.Random(3), begin_s=0.0)
    due = [number / 10 for number in range(1, 3000)]
    left = [lateness.leaves_s(due_s) for due_s in due]
    late = [leaves_s - due_s for due_s, leaves_s in zip(due, left, strict=True)]
    assert max(late) > 4.0
    assert 0.2 < sum(value > 0.0 for value in late) / len(late) < 0.9
    assert max(left.count(moment) for moment in set(left)) > 30, "many leave at once"


def test_once_released_nothing_is_held_any_more() -> None:
    lateness = Lateness(5.0, random.Random(3), begin_s=0.0)
    held = next(number / 10 for number in range(1, 1000) if lateness.leaves_s(number / 10) > number / 10 + 1.0)
    lateness.release(held + 0.5)
    assert lateness.leaves_s(held) == held + 0.5
    assert [lateness.leaves_s(held + 0.5 + number) for number in range(50)] == [held + 0.5 + n for n in range(50)]
