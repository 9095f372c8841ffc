"""What one gate process is told when it is started. Owns GateSettings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relay.core.field import GateRole

HANDSHAKE_MS: Final = 5_000
HANDSHAKE_PER_PEER_MS: Final = 2
"""A handshake takes some 0.8 ms of a core at each end. When a whole city connects at once the last one waits for all
before it; cut off in the middle it would begin again, and the gate would do its work twice."""
PEER_KIB: Final = 64
"""What a connected peer costs in this process; libzmq alone takes 48 KiB for its queues and buffers (measured)."""


def handshake_ms_for(least_ms: int, peers: int) -> int:
    """Return how long a handshake may take where so many peers are listed: all of them may come at once."""
    return max(least_ms, peers * HANDSHAKE_PER_PEER_MS)


def memory_mb_for(memory_mb: int, peers: int) -> int:
    """Return the cap beyond the start where so many peers are listed."""
    return memory_mb + peers * PEER_KIB // 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """What one gate needs to know; the relay's supervisor fills it in."""

    role: GateRole
    bind: str
    inside: str
    key_file: Path
    peers_file: Path
    handshake_ms: int = HANDSHAKE_MS
    """How long a handshake may take at least; longer where many peers are listed."""
    memory_mb: int = 512
    """Memory the gate may take beyond what it has after its start and what the listed peers need to be connected."""
    media_dir: Path | None = None
    """Where the media gate writes; the other gates have none."""
    media_bytes_per_s: int = 0
    """What the media gate takes of all rooms together; 0: no bound."""
    paced: bool = True
    """Hold each peer to its allowance; benches that want the bare gate switch it off."""
