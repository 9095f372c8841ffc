"""What the outbox hands out: plain values, safe to keep in any thread."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from patrol_wire.ids import Stream
from patrol_wire.messages import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A record is durable: it survives a power cut from now on."""

    stream: Stream
    seq: int
    at: int
    """UTC microseconds of storing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record as it goes to the relay."""

    seq: int
    body: bytes
    chain: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDepth:
    """How much evidence waits for the relay."""

    snapshots: int = 0
    clips: int = 0
    waiting_bytes: int = 0
    oldest_at: int | None = None
    """When the oldest of it was announced, UTC microseconds; None when nothing waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxDepth:
    """How much waits, for the console and the health report."""

    pending: Mapping[Stream, int]
    """Records the relay has not acknowledged."""
    oldest_at: Mapping[Stream, int]
    """When the oldest of them was stored, UTC microseconds; absent when nothing waits."""
    body_bytes: int
    tally: Mapping[str, int] = field(default_factory=dict)
    """Since the file was made: alerts ``stored``, ``acknowledged``; ``refused_…`` and ``expired_…`` by class;
    ``media_delivered``, ``media_refused``, ``media_lost``, ``media_expired``."""
    fault: str = ""
    """Why the last write failed; empty while writing works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRow:
    """One operator's shift; times are UTC microseconds."""

    shift_id: str
    operator: str
    state: str
    """A word of ``core.watch.ShiftState``."""
    began_at: int
    rested_at: int
    ended_at: int | None
    note: str
    """What the operator wrote last: at sign-on, or in the hand-over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert or flag as the room's console knows it."""

    alert_id: str
    seq: int
    source: str
    """``machine`` or ``flag``."""
    body: bytes
    """MessagePack of the Alert or Flag record as first stored."""
    stored_at: int
    category: str
    severity: str
    standing: str
    """State of the flag; ``open``, ``accepted`` or ``dismissed`` for a machine alert."""
    operator: str
    reason: str
    ended_at: int | None
    snapshot: str | None
    """Hash of the JPEG."""
    clip: str | None
    acknowledged: bool
    progress: Progress | None = None
    """What became of it, as the relay told it last."""
    note: str = ""
    """The words added to a flag last."""
    voice: str | None = None
    """Hash of the voice note."""
    voice_ms: int = 0
