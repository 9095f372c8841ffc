"""Python's cycle collector, set for a program that makes hundreds of thousands of short-lived values a second."""

import gc
from typing import Final

_YOUNG: Final = 50_000
"""Fresh containers before the youngest generation is looked through; Python's own 700 come every few records."""
_MIDDLE: Final = 20
_OLD: Final = 50


def calm_collector() -> None:
    """Look for cycles less often, and never among what lives as long as the program; called once, at start's end.

    A burst of 2,048 alerts makes about 100,000 containers that are all freed by their reference counts. With
    Python's thresholds the collector ran 60 times in it and took a tenth to a quarter of the writer's CPU time
    (bench/README.md). Cycles are still found: after 50,000 containers more were made than freed.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
