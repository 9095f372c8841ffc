"""Days of the city, and time that counts once at most."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.city_days import by_day, day_bounds, day_of, days_of_month, is_day
from relay.core.exposure import credited
from relay.core.policy import MICROS
from tests.support.records import BEGIN_US

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "Africa/Cairo",
    "America/Sao_Paulo",
    "Atlantic/Azores",
    "Pacific/Apia",
    "UTC",
)
HOUR_US = 3_600 * MICROS


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)],
)
def test_a_day_on_which_clocks_change_has_its_true_length(day: str, hours: int) -> None:
    begin_us, end_us = day_bounds(day, BERLIN)
    assert end_us - begin_us == hours * HOUR_US
    assert (day_of(begin_us, BERLIN), day_of(end_us - 1, BERLIN)) == (day, day)
    assert day_of(begin_us - 1, BERLIN) < day < day_of(end_us, BERLIN)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("2026-11-23", True),
        ("2026-02-29", False),
        ("2026-1-1", False),
        ("20261123", False),  # ISO too, but not what the contract says
        ("0001-01-01", False),
        ("9999-12-31", False),
        ("", False),
        ("yesterday", False),
    ],
)
def test_a_day_of_the_wire_is_an_iso_date_the_calendar_can_bear(text: str, fits: bool) -> None:
    assert is_day(text) is fits


def test_the_days_of_a_month() -> None:
    assert (len(days_of_month("2026-02")), len(days_of_month("2028-02")), days_of_month("2026-12")[-1]) == (
        28,
        29,
        "2026-12-31",
    )


@given(
    st.integers(BEGIN_US - 400 * 86_400 * MICROS, BEGIN_US + 400 * 86_400 * MICROS),
    st.integers(0, 4 * 86_400 * MICROS),
    st.sampled_from(ZONES),
)
def test_a_span_cut_at_midnights_is_as_long_as_before(from_us: int, length_us: int, zone: str) -> None:
    parts = list(by_day(from_us, from_us + length_us, ZoneInfo(zone)))
    assert sum(time_us for _, time_us in parts) == length_us
    days = [day for day, _ in parts]
    assert days == sorted(set(days))
    assert all(time_us > 0 for _, time_us in parts)


@given(st.lists(st.integers(0, 2_000), max_size=40), st.integers(1, 300))
def test_no_moment_is_credited_twice_and_none_in_a_gap(moments: list[int], longest: int) -> None:
    """Reports in any order, also again: what is credited is disjoint, and each piece is no longer than reports go."""
    until: int | None = None
    credit: set[int] = set()
    for at in moments:
        span = credited(until, at, longest_us=longest)
        if span is None:
            continue
        piece = set(range(span.from_us, span.to_us))
        assert not piece & credit
        assert len(piece) <= longest
        assert span.to_us == at
        credit |= piece
        until = at
    for at in moments:
        assert credited(until, at, longest_us=longest) is None, "everything again adds nothing"


@pytest.mark.parametrize(
    ("until", "at", "span"),
    [
        (None, 100, (100, 100)),  # the first word says nothing of the time before
        (100, 160, (100, 160)),
        (100, 250, (100, 250)),  # one report was lost
        (100, 251, (251, 251)),  # nobody knows what was in between
        (100, 100, None),  # sent twice
        (100, 40, None),  # a clock put back
    ],
)
def test_what_a_report_adds(until: int | None, at: int, span: tuple[int, int] | None) -> None:
    assert credited(until, at, longest_us=150) == span
