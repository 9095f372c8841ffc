"""The clock of plays: shared, wall clock only."""

from pathlib import Path

from patrol_cli.moved_clock import MovedClock
from relay.ops.clock import MachineClock

HOUR_US = 3_600_000_000


def test_every_holder_of_the_file_sees_the_jump(tmp_path: Path) -> None:
    driver, relay = MovedClock(tmp_path / "clock"), MovedClock(tmp_path / "clock")
    driver.begin_at(1_700_000_000_000_000)
    assert 0 <= relay.now_us() - 1_700_000_000_000_000 < 60_000_000
    cut_us = driver.jump_to(1_700_000_000_000_000 + HOUR_US)
    assert 0 < cut_us <= HOUR_US
    assert relay.now_us() >= 1_700_000_000_000_000 + HOUR_US


def test_a_day_never_jumps_back(tmp_path: Path) -> None:
    clock = MovedClock(tmp_path / "clock")
    before_us = clock.now_us()
    assert clock.jump_to(before_us - HOUR_US) == 0
    assert clock.now_us() >= before_us


def test_waiting_and_measuring_stay_real(tmp_path: Path) -> None:
    clock = MovedClock(tmp_path / "clock")
    before_s = clock.monotonic_s()
    clock.jump_to(clock.now_us() + 24 * HOUR_US)
    assert clock.monotonic_s() - before_s < 60.0
    assert clock.instant() - before_s < 60.0


def test_one_program_may_be_behind_and_set_right_again(tmp_path: Path) -> None:
    driver, relay = MovedClock(tmp_path / "clock"), MovedClock(tmp_path / "clock")
    driver.be_off_by(-HOUR_US)
    assert HOUR_US - 60_000_000 < MachineClock().now_us() - relay.now_us() <= HOUR_US + 60_000_000
    driver.be_off_by(0)
    assert abs(MachineClock().now_us() - relay.now_us()) < 60_000_000


def test_what_a_day_cuts_out_has_passed_and_a_clock_set_wrong_has_not(tmp_path: Path) -> None:
    clock = MovedClock(tmp_path / "clock")
    before_s = clock.elapsed_s()
    clock.be_off_by(-24 * HOUR_US)
    assert clock.elapsed_s() - before_s < 60.0
    cut_us = clock.jump_to(clock.now_us() + 24 * HOUR_US)
    assert cut_us / 1e6 <= clock.elapsed_s() - before_s < cut_us / 1e6 + 60.0
