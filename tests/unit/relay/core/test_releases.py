"""When a month is published, what a later line makes of it, and which release a line belongs to."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_wire.ids import AreaId, IncidentId, Measure
from relay.core.clocking import month_of
from relay.core.counting import CountPlace, LedgerLine
from relay.core.policy import MICROS
from relay.core.releases import (
    Latest,
    due_months,
    freezes_us,
    late,
    month_bounds,
    next_month,
    refusal,
    release_of,
)

ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/Sao_Paulo",  # its clocks leapt over midnight
    "Africa/Cairo",  # leaps at midnight at the end of April
    "America/Asuncion",
    "Atlantic/Azores",  # falls back from 01:00 to midnight
    "Pacific/Apia",  # left out the 30th of December 2011
    "Asia/Kathmandu",
    "UTC",
)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * MICROS


@given(st.integers(1990, 2060), st.integers(1, 12), st.sampled_from(ZONES))
def test_the_bounds_of_a_month_are_the_moments_at_which_counting_changes_the_month(
    year: int, number: int, zone: str
) -> None:
    """Whoever sums incidents between the bounds and whoever sums them by their month must find the same."""
    month = f"{year:04d}-{number:02d}"
    begin_us, end_us = month_bounds(month, ZoneInfo(zone))
    assert month_of(begin_us, ZoneInfo(zone)) == month
    assert month_of(begin_us - 1, ZoneInfo(zone)) < month
    assert month_of(end_us - 1, ZoneInfo(zone)) == month
    assert month_of(end_us, ZoneInfo(zone)) == next_month(month)


@pytest.mark.parametrize(
    ("month", "zone", "days", "moment"),
    [
        ("2026-10", "Asia/Shanghai", 7, "2026-11-07T16:00:00+00:00"),  # the 8th, midnight in the city
        ("2026-12", "Asia/Shanghai", 0, "2026-12-31T16:00:00+00:00"),  # with its end
        ("2026-03", "Europe/Berlin", 1, "2026-04-01T22:00:00+00:00"),  # summer time has begun
        ("2026-02", "Europe/Berlin", 30, "2026-03-30T22:00:00+00:00"),  # begins within the days of grace
    ],
)
def test_a_month_freezes_at_local_midnight_so_many_days_after_its_end(
    month: str, zone: str, days: int, moment: str
) -> None:
    assert freezes_us(month, ZoneInfo(zone), days) == us(moment)


@pytest.mark.parametrize(
    ("months", "published", "now", "due"),
    [
        (["2026-09"], [], "2026-10-07T15:59:59+00:00", ()),  # a second before
        (["2026-09"], [], "2026-10-07T16:00:00+00:00", ("2026-09",)),
        (["2026-09"], ["2026-09"], "2026-10-09T00:00:00+00:00", ()),  # once
        (["2026-07", "2026-09"], ["2026-07"], "2026-10-09T00:00:00+00:00", ("2026-08", "2026-09")),  # nothing in August
        (["2026-10"], [], "2026-10-31T00:00:00+00:00", ()),  # runs
        ([], [], "2026-10-31T00:00:00+00:00", ()),  # nothing was ever counted
        (["2027-05"], [], "2026-10-31T00:00:00+00:00", ()),  # a month to come
    ],
)
def test_months_are_due_once_their_days_of_grace_are_over(
    months: list[str], published: list[str], now: str, due: tuple[str, ...]
) -> None:
    found = due_months(months, now_us=us(now), zone=SHANGHAI, after_days=7, published=frozenset(published))
    assert found == due


@pytest.mark.parametrize(
    ("now", "latest", "says"),
    [
        ("2026-10-31T15:59:59+00:00", None, "has not ended"),
        ("2026-10-31T16:00:00+00:00", None, None),  # the duty officer need not wait for the days of grace
        ("2026-11-20T00:00:00+00:00", Latest(release=3, cutoff=9), "release 3 is its newest"),
    ],
)
def test_a_running_month_and_a_published_one_are_refused(now: str, latest: Latest | None, says: str | None) -> None:
    found = refusal("2026-10", now_us=us(now), zone=SHANGHAI, latest=latest)
    assert found is None if says is None else found is not None and says in found


def line(month: str, count: int = 1, *, area: str = "a0", revision: int = 1, reason: str = "moved") -> LedgerLine:
    return LedgerLine(
        entry_id="",
        incident_id=IncidentId("i"),
        revision=revision,
        place=CountPlace(measure=Measure.REPORTED, area_id=AreaId(area), category="brawl", month=month),
        count=count,
        reason=reason,
    )


def test_a_transaction_makes_one_release_of_each_published_month_it_changes() -> None:
    """A move takes away in one area and adds in another; the open month only grows."""
    lines = [line("2026-09", -1), line("2026-09", 1, area="a1"), line("2026-10"), line("2026-08", reason="opened")]
    first, second = late(
        lines, cutoff=44, latest={"2026-09": Latest(release=2, cutoff=40), "2026-08": Latest(release=1, cutoff=9)}
    )
    assert (first.month, first.release, first.entries, first.reason) == ("2026-08", 2, 1, "opened")
    assert (second.month, second.release, second.cutoff, second.entries) == ("2026-09", 3, 44, 2)
    assert {place.area_id: change for place, change in second.changes.items()} == {"a0": -1, "a1": 1}


def test_there_and_back_in_one_transaction_is_a_release_without_a_difference() -> None:
    (draft,) = late(
        [line("2026-09", 1), line("2026-09", -1)], cutoff=2, latest={"2026-09": Latest(release=1, cutoff=0)}
    )
    assert (draft.entries, draft.changes) == (2, {})


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8, unique=True))
def test_a_line_belongs_to_the_first_release_that_reaches_it(cutoffs: list[int]) -> None:
    rising = sorted(cutoffs)
    for cursor in range(1, 52):
        reaching = [number for number, cutoff in enumerate(rising, 1) if cutoff >= cursor]
        assert release_of(cursor, rising) == (reaching[0] if reaching else len(rising) + 1)
