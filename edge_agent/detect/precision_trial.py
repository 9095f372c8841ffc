"""The self-benchmark of a second: a model and its int8 twin look at the same canvas in turn, and the faster is known.

In turn, because a neighbour on the machine then slows both; and the fastest look of each counts, because whatever
disturbs a look only makes it longer. On the CPU a look is measured in CPU time of the thread that does all of it, so
that waiting for a core, which a busy machine may do for all of the second, does not count.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from edge_agent.detect.providers import CPU_ONLY
from edge_agent.detect.session import ModelSession
from edge_agent.ops.clock import Clock

Meter = Callable[[], float]
"""Seconds from an arbitrary origin."""

TRIAL_S: Final = 1.0
_FEWEST_ROUNDS: Final = 3
"""Even where a second is less than one look each."""


def fastest_looks_ms(
    sessions: Sequence[ModelSession], clock: Clock, *, meter: Meter | None = None, trial_s: float = TRIAL_S
) -> list[float]:
    """Return the milliseconds of the fastest look of each session; all have one provider and inputs of one size.

    ``meter`` measures a look (default: what suits the provider), ``clock`` says when the trial is over.
    """
    meter = meter or (time.thread_time if sessions[0].provider == CPU_ONLY else clock.instant)
    width, height = sessions[0].entry.input
    canvas = np.random.default_rng(0).integers(0, 256, size=(height, width, 3), dtype=np.uint8)
    for session in sessions:
        session.look(canvas)  # the first one allocates
    fastest = [float("inf")] * len(sessions)
    began, rounds = clock.instant(), 0
    while rounds < _FEWEST_ROUNDS or clock.instant() - began < trial_s:
        rounds += 1
        for number, session in enumerate(sessions):
            before = meter()
            session.look(canvas)
            fastest[number] = min(fastest[number], (meter() - before) * 1e3)
    return fastest
