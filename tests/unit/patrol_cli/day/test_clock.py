"""The clock that cuts pauses out: shared, forward only, wall clock only."""

from pathlib import Path

import pytest

from patrol_cli.day.clock import DayClock
from patrol_cli.day.command import ZONE, begin_of

HOUR_US = 3_600_000_000


def test_every_holder_of_the_file_sees_the_jump(tmp_path: Path) -> None:
    driver, relay = DayClock(tmp_path / "clock"), DayClock(tmp_path / "clock")
    driver.begin_at(1_700_000_000_000_000)
    assert 0 <= relay.now_us() - 1_700_000_000_000_000 < 60_000_000
    cut_us = driver.jump_to(1_700_000_000_000_000 + HOUR_US)
    assert 0 < cut_us <= HOUR_US
    assert relay.now_us() >= 1_700_000_000_000_000 + HOUR_US


def test_it_never_jumps_back(tmp_path: Path) -> None:
    clock = DayClock(tmp_path / "clock")
    before_us = clock.now_us()
    assert clock.jump_to(before_us - HOUR_US) == 0
    assert clock.now_us() >= before_us


def test_waiting_and_measuring_stay_real(tmp_path: Path) -> None:
    clock = DayClock(tmp_path / "clock")
    before_s = clock.monotonic_s()
    clock.jump_to(clock.now_us() + 24 * HOUR_US)
    assert clock.monotonic_s() - before_s < 60.0
    assert clock.instant() - before_s < 60.0


@pytest.mark.parametrize("begin_s", [0.0, 19 * 3_600.0])
def test_the_day_begins_at_its_hour_in_the_city(begin_s: float) -> None:
    from datetime import datetime

    local = datetime.fromtimestamp(begin_of(1_700_000_000_000_000, begin_s) / 1e6, tz=ZONE)
    assert (local.hour, local.minute, local.second) == (begin_s // 3_600, 0, 0)
