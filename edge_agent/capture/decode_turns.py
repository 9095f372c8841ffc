"""Turns at decoding: as many cameras decode at once as there are cores, the others wait outside the interpreter.

Owns DecodeTurns. Decoding gives the interpreter lock away, so without turns a hundred threads decode at once on two
cores. Then whoever is handed the lock next is not on a core, and for milliseconds nobody uses it: with 96 cameras the
whole program stood (134 pictures analysed in 16 s instead of 4,077, the same machine, side by side).
"""

import os
from queue import SimpleQueue
from typing import Final


class DecodeTurns:
    """So many turns, taken ``with`` them by any thread; one holds at most one."""

    def __init__(self, at_once: int) -> None:
        # Bounded by construction: holds exactly the turns that nobody has (policy: block). A queue in C, because a
        # semaphore of ``threading`` is Python code and costs more than it saves.
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(at_once):
            self._free.put(None)

    def __enter__(self) -> None:
        """Take a turn; waits for one without holding the interpreter lock."""
        self._free.get()

    def __exit__(self, *_: object) -> None:
        """Give the turn back."""
        self._free.put(None)


TURNS: Final = DecodeTurns(max(1, len(os.sched_getaffinity(0))))
"""The turns of this process: its cores are one thing, shared by whatever decodes."""
