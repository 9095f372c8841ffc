"""A clock that runs wrong goes on and on; a network delays for a while and lets go again."""

import math
from collections.abc import Callable

import pytest

from edge_agent.core.clock_drift import DriftWatch

Delay = Callable[[float], float]


def rate_after(delay: Delay, seconds: float) -> float | None:
    """Return what a camera's packets, two a second, tell after so long."""
    watch = DriftWatch()
    for tick in range(round(seconds * 2) + 1):
        watch.note(delay(tick / 2), tick / 2)
    return watch.rate


def drifting(rate: float) -> Delay:
    return lambda at_s: 0.1 + rate * at_s


@pytest.mark.parametrize(
    ("rate", "within_s"),
    [
        (0.5, 20.0),  # 25 pictures a second declared, half of them sent
        (-1.0, 20.0),
        (0.03, 20.0),
        (0.005, 120.0),
        (0.001, 600.0),
        (0.0006, 1_800.0),
    ],
)
def test_a_clock_that_runs_wrong_is_found_the_sooner_the_worse_it_is(rate: float, within_s: float) -> None:
    found = rate_after(drifting(rate), within_s)
    assert found == pytest.approx(rate, rel=0.05)


@pytest.mark.parametrize("rate", [0.0, 100e-6, -100e-6, 400e-6])
def test_what_cheap_quartz_does_is_no_drift(rate: float) -> None:
    assert rate_after(drifting(rate), 3_600.0) is None


def _congested(at_s: float) -> float:
    """Half a minute of growing queue, half a minute of a shrinking one, a quiet stretch, and again."""
    phase = at_s % 150.0
    return 0.1 + max(0.0, min(phase, 60.0 - phase)) * 0.02


@pytest.mark.parametrize(
    ("delay", "name"),
    [
        (lambda at_s: 0.1 if at_s < 500.0 else 1.6, "another way through the network"),
        (lambda at_s: 1.6 if at_s < 500.0 else 0.1, "and back"),
        (lambda at_s: 0.1 + 0.2 * math.sin(at_s / 90.0), "a line that is now more, now less used"),
    ],
)
def test_a_network_that_delays_is_no_drift(delay: Delay, name: str) -> None:
    watch = DriftWatch()
    for tick in range(4_000):
        watch.note(delay(tick / 2), tick / 2)
        assert watch.rate is None, f"{name} at {tick / 2} s"


def test_a_queue_that_grows_for_half_a_minute_is_no_drift_for_longer_than_that() -> None:
    """It cannot be told from drift while it grows; the hold-off of the alert covers it."""
    watch = DriftWatch()
    seen_s = 0.0
    for tick in range(300 * 2):
        watch.note(_congested(tick / 2), tick / 2)
        seen_s += 0.5 * (watch.rate is not None)
    assert seen_s <= 0.2 * 300.0


def test_a_new_connection_begins_anew() -> None:
    watch = DriftWatch()
    for at_s in range(60):
        watch.note(0.5 * at_s, float(at_s))
    assert watch.rate is not None
    watch.forget()
    assert watch.rate is None
