"""When evidence is too old, and when nobody can tell."""

import pytest

from edge_agent.core.retention import DOUBTFUL_OFFSET_S, DOUBTFUL_STEP_S, forget_before, kept_for_s

NOW_US = 1_795_000_000_000_000
DAY_S = 86_400.0


def test_what_is_older_than_the_limit_goes() -> None:
    assert (
        forget_before(now_us=NOW_US, max_age_s=30 * DAY_S, clock_offset_s=None, stepped_s_ago=None)
        == NOW_US - 30 * 86_400 * 1_000_000
    )


@pytest.mark.parametrize(
    ("max_age_s", "offset_s", "stepped_s_ago"),
    [
        (0.0, None, None),  # no limit by age
        (DAY_S, DOUBTFUL_OFFSET_S + 1.0, None),  # the relay says that this clock is wrong
        (DAY_S, -DOUBTFUL_OFFSET_S - 1.0, None),
        (DAY_S, 0.0, DOUBTFUL_STEP_S - 1.0),  # somebody has set the clock today
    ],
)
def test_a_doubtful_clock_deletes_nothing(
    max_age_s: float, offset_s: float | None, stepped_s_ago: float | None
) -> None:
    assert (
        forget_before(now_us=NOW_US, max_age_s=max_age_s, clock_offset_s=offset_s, stepped_s_ago=stepped_s_ago) is None
    )


def test_a_clock_that_was_set_long_ago_and_agrees_is_believed() -> None:
    assert forget_before(now_us=NOW_US, max_age_s=DAY_S, clock_offset_s=1.0, stepped_s_ago=2 * DOUBTFUL_STEP_S)


@pytest.mark.parametrize(
    ("kept", "limit", "spare", "oldest_age_s", "max_age_s", "expected_s"),
    [
        (10, 100, 1_000, 3_600.0, 0.0, 36_000.0),  # ten in an hour: a hundred in ten
        (10, 100, 20, 3_600.0, 0.0, 10_800.0),  # the disk has less to spare than the limit allows
        (10, 100, 1_000, 3_600.0, 7_200.0, 7_200.0),  # too old before it is too much
        (100, 100, 1_000, 3_600.0, 0.0, 3_600.0),  # full: as long as it is
        (100, 100, -5, 3_600.0, 0.0, 3_600.0),  # into the reserve already
        (10, 100, 1_000, 60.0, 0.0, None),  # a minute says nothing of a day
        (0, 100, 1_000, None, 0.0, None),  # nothing is kept
    ],
)
def test_how_long_evidence_lasts_is_told_from_the_rate_it_came(
    kept: int, limit: int, spare: int, oldest_age_s: float | None, max_age_s: float, expected_s: float | None
) -> None:
    lasts_s = kept_for_s(
        kept_bytes=kept, limit_bytes=limit, spare_bytes=spare, oldest_age_s=oldest_age_s, max_age_s=max_age_s
    )
    assert lasts_s == expected_s
