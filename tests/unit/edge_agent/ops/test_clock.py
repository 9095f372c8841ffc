"""The machine's clock and the one that tests move."""

from threading import Event, Thread

import pytest

from edge_agent.ops.clock import Clock, SystemClock
from tests.support.manual_clock import ManualClock
from tests.support.waiting import wait_until


def test_the_machines_clocks_run_forward_and_the_wall_clock_is_in_microseconds() -> None:
    clock: Clock = SystemClock()
    wall_us, instant_s = clock.now_us(), clock.instant()
    assert not clock.wait(Event(), 0.02)
    assert clock.now_us() - wall_us >= 15_000
    assert clock.instant() - instant_s >= 0.015
    assert 1_700_000_000_000_000 < wall_us < 10_000_000_000_000_000


def test_waiting_ends_with_the_signal_and_a_negative_time_is_no_waiting() -> None:
    signal = Event()
    assert not SystemClock().wait(signal, -1.0)
    signal.set()
    assert SystemClock().wait(signal, 60.0)


def test_a_manual_clock_lets_waiters_go_only_when_it_was_moved_far_enough() -> None:
    clock = ManualClock()
    waiting, answers = Event(), list[bool]()

    def wait() -> None:
        waiting.set()
        answers.append(clock.wait(Event(), 10.0))

    Thread(target=wait, daemon=True).start()
    assert waiting.wait(5.0)
    clock.advance(9.0)
    assert answers == []
    clock.advance(10.0)  # enough, whether the waiter began before or after the first move

    def let_go() -> bool:
        clock.advance(10.0)
        return answers == [False]

    wait_until(let_go, within_s=5, what="the waiter let go")


def test_a_step_of_the_wall_clock_leaves_monotonic_time_alone() -> None:
    clock = ManualClock(now_us=5_000_000, instant_s=7.0)
    clock.step_wall(-2.0)
    assert clock.now_us() == 3_000_000
    assert clock.instant() == pytest.approx(7.0)
