"""Fresh ids: time-ordered UUIDs from the relay's clock and the machine's randomness."""

import os
from typing import Final

from patrol_wire.uuid7 import RANDOM_BYTES, uuid7_head, uuid7_tail_of

_POOL_STEPS: Final = 512
_STEP_BYTES: Final = 4
_TAIL_BITS: Final = 62


class IdSource:
    """Gives out UUIDv7s, each after the one before; randomness is fetched for many ids at once. One owner, no lock.

    The ids of one moment begin at a random number and go on in random steps of up to 2³² (RFC 9562 §6.2 method 2):
    rows of one burst then follow one another in the store's indexes, and two relays still never meet.
    """

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0
        self._head_us = -1
        self._head = ""
        self._tail = 0

    def take(self, now_us: int) -> str:
        """Return a fresh id of this moment."""
        if now_us != self._head_us:  # the ids of one burst are of one moment
            self._begin(now_us)
        if self._at >= len(self._pool):
            self._pool = os.urandom(_POOL_STEPS * _STEP_BYTES)
            self._at = 0
        self._tail += 1 + int.from_bytes(self._pool[self._at : self._at + _STEP_BYTES], "big")
        self._at += _STEP_BYTES
        return self._head + uuid7_tail_of(self._tail)

    def _begin(self, now_us: int) -> None:
        self._head_us, self._head = now_us, uuid7_head(now_us)
        # One bit is left free, so that no burst's steps run over the end.
        self._tail = int.from_bytes(os.urandom(RANDOM_BYTES), "big") >> (64 - _TAIL_BITS + 1)
