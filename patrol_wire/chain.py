"""The running hash over one stream of an outbox: it exposes a cloned, restored or rotten outbox."""

from hashlib import blake2b
from typing import Final

from patrol_wire.limits import CHAIN_BYTES

CHAIN_START: Final = bytes(CHAIN_BYTES)
"""The value before the first record of an epoch."""


def chain_link(previous: bytes, body: bytes) -> bytes:
    """Return the chain value after ``body``: BLAKE2b (RFC 7693) of previous value and body, 8 bytes."""
    return blake2b(previous + body, digest_size=CHAIN_BYTES).digest()
