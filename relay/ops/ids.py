"""Fresh ids: time-ordered UUIDs from the relay's clock and the machine's randomness."""

import os
from collections.abc import Iterator
from itertools import islice
from typing import Final

from patrol_wire.uuid7 import RANDOM_BYTES, uuid7_head, uuid7_tail_of

_FEWEST: Final = 8
_MOST: Final = 512
_STEP_BYTES: Final = 4
_TAIL_BITS: Final = 62


class IdSource:
    """Gives out UUIDv7s, each after the one before; randomness is fetched for many ids at once. One owner, no lock.

    The ids of one moment begin at a random number and go on in random steps of up to 2³² (RFC 9562 §6.2 method 2):
    rows of one burst then follow one another in the store's indexes, and two relays still never meet.
    """

    def __init__(self) -> None:
        self._head_us = -1
        self._head = ""
        self._tail = 0
        self._made = _FEWEST
        self._ready: Iterator[str] = iter(())

    def take(self, now_us: int) -> str:
        """Return a fresh id of this moment."""
        if now_us != self._head_us:  # the ids of one burst are of one moment
            self._begin(now_us)
        ready = next(self._ready, None)
        return ready if ready is not None else self._make_more()

    def take_many(self, now_us: int, count: int) -> list[str]:
        """Return so many fresh ids of this moment."""
        if now_us != self._head_us:
            self._begin(now_us)
        taken = list(islice(self._ready, count))
        while len(taken) < count:
            taken.append(self._make_more())
            taken.extend(islice(self._ready, count - len(taken)))
        return taken

    def _make_more(self) -> str:
        """Make ids of this moment, twice as many each time: a burst takes one or thousands."""
        made: list[str] = []
        for step in memoryview(os.urandom(self._made * _STEP_BYTES)).cast("I"):
            self._tail += 1 + step
            made.append(self._head + uuid7_tail_of(self._tail))
        self._made = min(self._made * 2, _MOST)
        self._ready = iter(made)
        return next(self._ready)

    def _begin(self, now_us: int) -> None:
        self._head_us, self._head = now_us, uuid7_head(now_us)
        self._made, self._ready = _FEWEST, iter(())
        # One bit is left free, so that no burst's steps run over the end.
        self._tail = int.from_bytes(os.urandom(RANDOM_BYTES), "big") >> (64 - _TAIL_BITS + 1)
