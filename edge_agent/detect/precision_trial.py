"""The self-benchmark of a second: a model and its int8 twin look at the same canvas in turn, and the faster is known.

In turn, because a neighbour on the machine then slows both; and the fastest look of each counts, because whatever
disturbs a look only makes it longer.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from edge_agent.detect.session import ModelSession
from edge_agent.ops.clock import Clock

TRIAL_S: Final = 1.0
_FEWEST_ROUNDS: Final = 3
"""Even where a second is less than one look each."""


def fastest_looks_ms(sessions: Sequence[ModelSession], clock: Clock, *, trial_s: float = TRIAL_S) -> list[float]:
    """Return the milliseconds of the fastest look of each session; all have inputs of one size."""
    width, height = sessions[0].entry.input
    canvas = np.random.default_rng(0).integers(0, 256, size=(height, width, 3), dtype=np.uint8)
    for session in sessions:
        session.look(canvas)  # the first one allocates
    fastest = [float("inf")] * len(sessions)
    began, rounds = clock.instant(), 0
    while rounds < _FEWEST_ROUNDS or clock.instant() - began < trial_s:
        rounds += 1
        for number, session in enumerate(sessions):
            before = clock.instant()
            session.look(canvas)
            fastest[number] = min(fastest[number], (clock.instant() - before) * 1e3)
    return fastest
