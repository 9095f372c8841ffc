"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

T = TypeVar("T")

_PAUSE_S = 0.01


def wait_until(condition: Callable[[], T], *, within_s: float, what: str) -> T:
    """Return the condition's first truthy value; fail the test with ``what`` when the deadline passes."""
    deadline = time.monotonic() + within_s
    pause = Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {within_s} s: {what} (last value {value!r})")
        pause.wait(_PAUSE_S)
