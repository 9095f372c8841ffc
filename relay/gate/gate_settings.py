"""What one gate process is told when it is started. Owns GateSettings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relay.core.field import GateRole

HANDSHAKE_MS: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """What one gate needs to know; the relay's supervisor fills it in."""

    role: GateRole
    bind: str
    inside: str
    key_file: Path
    peers_file: Path
    handshake_ms: int = HANDSHAKE_MS
    memory_mb: int = 512
    """Memory the gate may take beyond what it has after its start."""
    media_dir: Path | None = None
    """Where the media gate writes; the other gates have none."""
    media_bytes_per_s: int = 0
    """What the media gate takes of all rooms together; 0: no bound."""
    paced: bool = True
    """Hold each peer to its allowance; benches that want the bare gate switch it off."""
