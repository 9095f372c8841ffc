"""Fresh ids: time-ordered UUIDs from the relay's clock and the machine's randomness."""

import os
from typing import Final

from patrol_wire.uuid7 import RANDOM_BYTES, uuid7

_POOL_IDS: Final = 512


class IdSource:
    """Gives out UUIDv7s; randomness is fetched for many ids at once. One owner, no lock."""

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def take(self, now_us: int) -> str:
        """Return a fresh id of this moment."""
        if self._at >= len(self._pool):
            self._pool = os.urandom(_POOL_IDS * RANDOM_BYTES)
            self._at = 0
        randomness = self._pool[self._at : self._at + RANDOM_BYTES]
        self._at += RANDOM_BYTES
        return uuid7(now_us, randomness)
