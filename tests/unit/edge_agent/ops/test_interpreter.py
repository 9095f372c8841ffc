"""Threads that share one interpreter: who computes does not keep the others waiting for long."""

import select
import sys
import time
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from edge_agent.ops.interpreter import share_interpreter


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before_s = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before_s)


def test_a_thread_that_computes_hands_the_interpreter_over_sooner_than_python_has_it() -> None:
    """Measured in turn and in the CPU time of the one that computes, so that a busy machine says the same."""
    ended = Event()

    def compute() -> None:
        number = 0
        while not ended.is_set():
            number += 1

    busy = Thread(target=compute, daemon=True)
    busy.start()
    assert busy.ident is not None
    its_clock = time.pthread_getcpuclockid(busy.ident)
    usual_s, ours_s = 0.0, 0.0
    for _ in range(20):
        sys.setswitchinterval(0.005)
        usual_s += _computed_s(its_clock)
        share_interpreter()
        ours_s += _computed_s(its_clock)
    ended.set()
    busy.join()
    assert ours_s < 0.75 * usual_s


def _computed_s(its_clock: int) -> float:
    """Return for how long the other computed while this thread asked for the interpreter ten times."""
    before_s = time.clock_gettime(its_clock)
    for _ in range(10):
        select.select((), (), (), 0.0002)  # lets go of the interpreter and asks for it again
    return time.clock_gettime(its_clock) - before_s
