"""A day that is played begins at an hour of the city."""

from datetime import datetime

import pytest

from patrol_cli.day.command import ZONE, begin_of


@pytest.mark.parametrize("begin_s", [0.0, 19 * 3_600.0])
def test_the_day_begins_at_its_hour_in_the_city(begin_s: float) -> None:
    local = datetime.fromtimestamp(begin_of(1_700_000_000_000_000, begin_s) / 1e6, tz=ZONE)
    assert (local.hour, local.minute, local.second) == (begin_s // 3_600, 0, 0)
