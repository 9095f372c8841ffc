"""When evidence is too old, and when nobody can tell."""

import pytest

from edge_agent.core.retention import DOUBTFUL_OFFSET_S, DOUBTFUL_STEP_S, forget_before

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
