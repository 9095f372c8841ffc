"""Turns at decoding: as many cameras decode at once as there are cores, the others wait outside the interpreter.

Owns DecodeTurns. Decoding gives the interpreter lock away, so without turns a hundred threads decode at once on two
cores. Then whoever is handed the lock next is not on a core, and for milliseconds nobody uses it: with 96 cameras the
whole program stood (134 pictures analysed in 16 s instead of 4,077, the same machine, side by side).
"""

import os
from queue import Empty, SimpleQueue
from typing import Final


class DecodeTurns:
    """So many turns; any thread takes one, at most one at a time, and gives it back."""

    def __init__(self, at_once: int) -> None:
        # Bounded by construction: holds exactly the turns that nobody has (policy: block). A queue in C, because a
        # semaphore of ``threading`` is Python code and costs more than it saves.
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(at_once):
            self._free.put(None)

    def take(self, *, within_s: float | None = None) -> bool:
        """Wait for a turn without holding the interpreter lock; False when none came in time."""
        try:
            self._free.get(timeout=within_s)
        except Empty:
            return False
        return True

    def give_back(self) -> None:
        """Let somebody else decode."""
        self._free.put(None)


TURNS: Final = DecodeTurns(max(1, len(os.sched_getaffinity(0))))
"""The turns of this process: its cores are one thing, shared by whatever decodes."""
