"""When a camera whose pictures take longer than they last is asked for less."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.decode_debt import FIRST_REST_S, LIMIT_S, LONGEST_REST_S, DecodeDebt


def rests(debt: DecodeDebt, *, seconds: float, took_s: float, fps: float = 10.0, from_s: float = 0.0) -> list[float]:
    """Decode pictures that take so long; returns the media seconds at which a rest began."""
    found: list[float] = []
    was = False
    for number in range(round(seconds * fps)):
        media_s = from_s + number / fps
        is_behind = debt.spent(0.0 if was else took_s, media_s)
        if is_behind and not was:
            found.append(media_s)
        was = is_behind
    return found


def test_what_is_cheaper_than_life_never_rests() -> None:
    assert rests(DecodeDebt(), seconds=600.0, took_s=0.09) == []


def test_what_is_dearer_than_life_rests_as_soon_as_it_is_a_second_late() -> None:
    (first, *_) = rests(DecodeDebt(), seconds=30.0, took_s=0.2)
    assert 0.7 < first < 1.3


def test_rests_grow_while_they_do_not_help_and_stay_bounded() -> None:
    begun = rests(DecodeDebt(), seconds=4_000.0, took_s=0.2)
    gaps = [round(later - earlier, 1) for earlier, later in pairwise(begun)]
    assert gaps == sorted(gaps)
    assert FIRST_REST_S <= gaps[0] < FIRST_REST_S + 3.0
    assert LONGEST_REST_S <= gaps[-1] < LONGEST_REST_S + 3.0


def test_after_a_good_time_the_next_rest_is_short_again() -> None:
    debt = DecodeDebt()
    rests(debt, seconds=200.0, took_s=0.2)
    rests(debt, seconds=1_000.0, took_s=0.01, from_s=200.0)
    (first, second, *_) = rests(debt, seconds=60.0, took_s=0.2, from_s=1_200.0)
    assert second - first < FIRST_REST_S + 3.0


def test_a_burst_after_a_gap_of_the_network_leaves_no_debt() -> None:
    """Five seconds of pictures that come at once are decoded at once: they cost what they always cost."""
    debt = DecodeDebt()
    assert not any(debt.spent(0.02, number / 10) for number in range(50))


def test_a_packet_that_was_not_decoded_begins_a_rest_whatever_the_debt() -> None:
    debt = DecodeDebt()
    assert not debt.spent(0.0, 10.0)
    debt.starved(10.0)
    assert debt.spent(0.0, 10.1)
    assert debt.spent(0.0, 10.0 + FIRST_REST_S - 0.1)
    assert not debt.spent(0.0, 10.0 + FIRST_REST_S)


def test_a_replay_of_two_groups_leaves_less_than_the_limit() -> None:
    debt = DecodeDebt()
    debt.spent(0.0, 10.0)
    assert not debt.spent(0.9 * LIMIT_S, 10.1)
    assert not debt.spent(0.01, 12.0)


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.floats(-5.0, 5.0)), max_size=100))
def test_it_never_breaks_whatever_the_times(steps: list[tuple[float, float]]) -> None:
    debt, media_s = DecodeDebt(), 0.0
    for took_s, passed_s in steps:
        media_s += passed_s
        debt.spent(took_s, media_s)
    assert not debt.spent(0.0, media_s + 1_000.0), "no rest lasts for ever"
