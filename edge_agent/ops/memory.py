"""Tells the C library's allocator what kind of program this is (mallopt(3)); silent where it cannot be told.

A hundred camera threads each allocate pictures and packets that other threads free. With glibc's defaults every thread
gets an arena of its own and large blocks stay in the heap after they were freed once: with 32 cameras, a quarter of
them busy, the process grew to 322 MB instead of 267.
"""

import ctypes
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
_LARGE_BYTES: Final = 128 * 1024
"""Blocks from here on are mapped by themselves and given back when they are freed; glibc begins with the same value,
but raises it to the largest block that was ever freed."""


def keep_memory_small() -> bool:
    """Set the allocator up, before threads are started; returns whether it took all of it."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    wanted = ((_M_ARENA_MAX, _ARENAS), (_M_MMAP_THRESHOLD, _LARGE_BYTES), (_M_TRIM_THRESHOLD, _LARGE_BYTES))
    return all(mallopt(parameter, value) == 1 for parameter, value in wanted)
