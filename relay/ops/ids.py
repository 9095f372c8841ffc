"""Fresh ids: time-ordered UUIDs from the relay's clock and the machine's randomness."""

import os
from typing import Final

from patrol_wire.uuid7 import RANDOM_BYTES, uuid7_head, uuid7_tail

_POOL_IDS: Final = 512


class IdSource:
    """Gives out UUIDv7s; randomness is fetched for many ids at once. One owner, no lock."""

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0
        self._head_us = -1
        self._head = ""

    def take(self, now_us: int) -> str:
        """Return a fresh id of this moment."""
        if self._at >= len(self._pool):
            self._pool = os.urandom(_POOL_IDS * RANDOM_BYTES)
            self._at = 0
        randomness = self._pool[self._at : self._at + RANDOM_BYTES]
        self._at += RANDOM_BYTES
        if now_us != self._head_us:  # the ids of one burst are of one moment
            self._head_us, self._head = now_us, uuid7_head(now_us)
        return self._head + uuid7_tail(randomness)
