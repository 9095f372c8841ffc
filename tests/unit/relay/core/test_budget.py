"""Token buckets and bans, with time as a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.budget import (
    FIRST_BAN_S,
    FORGIVEN_AFTER_S,
    LONGEST_BAN_S,
    REFUSED_BEFORE_CUT,
    Allowance,
    Conduct,
    beyond,
    full,
    spend,
    wait_s,
    within,
)

TEN = Allowance(per_s=10.0, burst=20.0)


def test_a_burst_is_spent_at_once_and_the_rest_at_its_rate() -> None:
    bucket = full(TEN, 0.0)
    for _ in range(20):
        bucket, paid = spend(bucket, TEN, 1.0, 0.0)
        assert paid
    assert spend(bucket, TEN, 1.0, 0.0) == (bucket, False)
    assert wait_s(bucket, TEN, 1.0, 0.0) == pytest.approx(0.1)
    assert spend(bucket, TEN, 1.0, 0.11)[1]


def test_what_costs_more_than_a_burst_passes_when_the_bucket_is_full() -> None:
    bucket, paid = spend(full(TEN, 0.0), TEN, 1_000.0, 0.0)
    assert paid
    assert wait_s(bucket, TEN, 1_000.0, 0.0) == pytest.approx(2.0)


def test_a_clock_that_goes_back_gives_and_takes_nothing() -> None:
    bucket, _ = spend(full(TEN, 100.0), TEN, 20.0, 100.0)
    assert not spend(bucket, TEN, 1.0, 50.0)[1]


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 30)), max_size=60))
def test_never_more_is_spent_than_a_burst_and_the_rate_over_the_time(steps: list[tuple[float, float]]) -> None:
    now_s, spent = 0.0, 0.0
    bucket = full(TEN, 0.0)
    for pause_s, cost in steps:
        now_s += pause_s
        bucket, paid = spend(bucket, TEN, cost, now_s)
        spent += min(cost, TEN.burst) if paid else 0.0
        assert spent <= TEN.burst + TEN.per_s * now_s + 1e-6


@given(st.floats(0.1, 30), st.floats(0, 5), st.floats(0, 30))
def test_after_the_wait_it_can_be_spent(cost: float, at_s: float, first: float) -> None:
    bucket, _ = spend(full(TEN, 0.0), TEN, first, 0.0)
    assert spend(bucket, TEN, cost, at_s + wait_s(bucket, TEN, cost, at_s) + 1e-6)[1]


def flood(conduct: Conduct, now_s: float, messages: int) -> tuple[Conduct, float]:
    ban_s = 0.0
    for _ in range(messages):
        conduct, ban_s = beyond(conduct, now_s)
    return conduct, ban_s


def test_refusals_in_a_row_end_in_a_ban_and_one_good_message_begins_the_row_anew() -> None:
    conduct, ban_s = flood(Conduct(), 0.0, REFUSED_BEFORE_CUT - 1)
    assert ban_s == 0.0
    assert flood(within(conduct, 0.0), 0.0, 1)[1] == 0.0
    assert beyond(conduct, 0.0)[1] == FIRST_BAN_S


def test_each_ban_is_twice_as_long_up_to_a_limit_and_good_time_makes_it_short_again() -> None:
    now_s, bans = 0.0, []
    conduct = Conduct()
    for _ in range(9):
        conduct, ban_s = flood(conduct, now_s, REFUSED_BEFORE_CUT)
        bans.append(ban_s)
        now_s += ban_s
    assert bans == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0]
    assert max(bans) == LONGEST_BAN_S
    assert within(conduct, now_s).bans == 9, "not forgiven yet"
    assert flood(within(conduct, now_s + FORGIVEN_AFTER_S + 1), now_s + 700, REFUSED_BEFORE_CUT)[1] == FIRST_BAN_S
