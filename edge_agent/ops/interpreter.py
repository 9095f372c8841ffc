"""How the threads of the room's process share their one interpreter."""

import sys
from typing import Final

SWITCH_S: Final = 0.001
"""Whoever waits for the interpreter asks for it after this long, instead of after Python's five milliseconds.

A picture takes the interpreter several times on its way to a decision, each time perhaps from a thread that cuts a
clip or writes a page of state in plain Python. Both values in turn every three seconds in one running agent, four runs
(7 to 24 busy cameras on two loaded cores): p99 of the lag 46 → 40, 292 → 234, 686 → 455 ms, and once, with a tenth of
the pictures, 569 → 1,076; the CPU time of a picture the same within 6 %, either way.
"""


def share_interpreter() -> None:
    """Have waiting threads ask after ``SWITCH_S``; for a process of many threads, at its start."""
    sys.setswitchinterval(SWITCH_S)
