"""What a gate hands to the relay's core and takes from it: plain values and the port that carries them.

Owns no socket: `relay.gate.port` implements FieldPort over ipc, and whoever serves a gate (the writer, delivery, the
counts feed) is given one. The bytes between gate and core are `relay/gate/inside.py`.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from patrol_wire.ids import NodeName, Role


class GateRole(StrEnum):
    """The field-facing gates; each is a process of its own."""

    ROOMS = "rooms"
    TERMINALS = "terminals"
    COUNTS = "counts"
    MEDIA = "media"


class FieldMessage(NamedTuple):
    """One frame from a peer. The gate has checked the prefix, the kind, the role and that the key is not revoked."""

    session: bytes
    """Opaque and never used twice, not even by a restarted gate; good for answers, not for identity."""
    role: Role
    node: NodeName
    """Who sent it, from the CURVE key."""
    frame: bytes


class GateStarted(NamedTuple):
    """A gate began to live: every session of the gate before it is gone."""

    gate_epoch: int


class GateBeat(NamedTuple):
    """Once a second; an epoch that differs from the last one means the same as GateStarted."""

    gate_epoch: int
    counters: Mapping[str, int]


class SessionGone(NamedTuple):
    """The gate dropped a session: its reader is slow or away, or its key was revoked. Forget it, the peer returns."""

    session: bytes
    reason: str


class GateRefusals(NamedTuple):
    """What a gate refused since it said so last, by peer and reason; consumed by the port, not by who serves it."""

    gate_epoch: int
    refused: tuple[tuple[str, str, int], ...]
    """Peer (``role:node``, empty when it was never admitted), code, how often."""


FromGate = FieldMessage | GateStarted | GateBeat | SessionGone


class FieldPort(Protocol):
    """The core's end of one gate. One thread receives, sends and cuts; any thread may wake it."""

    def receive(self, *, within_s: float, limit: int) -> Sequence[FromGate]:
        """Return what arrived, at most ``limit``, waiting up to ``within_s`` for the first; empty after a wake."""

    def send(self, session: bytes, frame: bytes) -> bool:
        """Hand a frame to the gate; False when the gate is away or full: the peer will come back by hello or sync."""

    def send_all(self, frames: Sequence[tuple[bytes, bytes]]) -> bool:
        """Hand frames for many peers to the gate at once, each with its session; all of them or none is taken."""

    def cut(self, session: bytes) -> bool:
        """Ask the gate to drop this session's messages from now on."""

    def wake(self) -> None:
        """Make a waiting ``receive`` return; from any thread, never blocks."""

    def close(self) -> None:
        """Release the sockets; from the thread that receives."""


class CommitProgress(NamedTuple):
    """How far the writer has come; goes into every pong, so that a core that answers but does not commit is seen."""

    commits: int
    """Transactions committed since the core started."""
    last_commit_us: int
