"""Python's cycle collector, set for a program that makes hundreds of thousands of short-lived values a second."""

import gc
from typing import Final

_YOUNG: Final = 50_000
"""Fresh containers before the youngest generation is looked through; Python's own 700 come every few records."""
_MIDDLE: Final = 20
_OLD: Final = 50


def calm_collector() -> None:
    """Look for cycles less often, and never among what lives as long as the program; called once, at start's end.

    Nearly all that a burst makes is freed by reference counts. With Python's thresholds the collector still ran 102
    times in a burst of 2,048 alerts and took a seventh of the writer's CPU time (bench/seen.md). Cycles are found
    as before, only later: after 50,000 containers more were made than freed.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
