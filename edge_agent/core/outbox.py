"""The life of one outbox record, and who must yield when the outbox is full.

Pure: ``edge_agent/outbox`` keeps the records, this file decides. The states of DESIGN.md §5; ``sent`` is never written
down, because a restart makes every unacknowledged record unsent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from patrol_wire.ids import Severity, Stream
from patrol_wire.records import (
    STREAM_A,
    STREAM_B,
    Alert,
    AlertEnd,
    Flag,
    FlagChange,
    Judgement,
    MediaManifest,
    RecordBody,
    TestAlert,
)


class EntryState(StrEnum):
    """Where one record stands between this room and the centre."""

    STORED = "stored"
    """Durable in the room; the relay does not have it for all we know."""
    SENT = "sent"
    """Handed to the socket in this session; forgotten with the session."""
    ACKNOWLEDGED = "acknowledged"
    """Durable at the relay; kept until it is final at the centre."""
    REFUSED = "refused"
    """The relay keeps it as a dead letter with a reason; people there and here see it."""
    EXPIRED = "expired"
    """Given up by the room's limits before anybody had it; counted."""


class EntryChange(StrEnum):
    """What can happen to a record."""

    SEND = "send"
    LOSE_SESSION = "lose_session"
    ACKNOWLEDGE = "acknowledge"
    REFUSE = "refuse"
    EXPIRE = "expire"


ENTRY_TABLE: Final[Mapping[tuple[EntryState, EntryChange], EntryState]] = {
    (EntryState.STORED, EntryChange.SEND): EntryState.SENT,
    # The relay's answer to an earlier session may arrive before anything is sent in this one.
    (EntryState.STORED, EntryChange.ACKNOWLEDGE): EntryState.ACKNOWLEDGED,
    (EntryState.STORED, EntryChange.REFUSE): EntryState.REFUSED,
    (EntryState.STORED, EntryChange.EXPIRE): EntryState.EXPIRED,
    (EntryState.STORED, EntryChange.LOSE_SESSION): EntryState.STORED,
    (EntryState.SENT, EntryChange.SEND): EntryState.SENT,
    (EntryState.SENT, EntryChange.LOSE_SESSION): EntryState.STORED,
    (EntryState.SENT, EntryChange.ACKNOWLEDGE): EntryState.ACKNOWLEDGED,
    (EntryState.SENT, EntryChange.REFUSE): EntryState.REFUSED,
    (EntryState.SENT, EntryChange.EXPIRE): EntryState.EXPIRED,
    # Acknowledgements are cumulative and may come twice.
    (EntryState.ACKNOWLEDGED, EntryChange.ACKNOWLEDGE): EntryState.ACKNOWLEDGED,
    (EntryState.ACKNOWLEDGED, EntryChange.LOSE_SESSION): EntryState.ACKNOWLEDGED,
    (EntryState.REFUSED, EntryChange.ACKNOWLEDGE): EntryState.REFUSED,
    (EntryState.REFUSED, EntryChange.REFUSE): EntryState.REFUSED,
    (EntryState.REFUSED, EntryChange.LOSE_SESSION): EntryState.REFUSED,
}


def step(state: EntryState, change: EntryChange) -> EntryState:
    """Return the state after a change; KeyError for what the table does not allow, which is a bug of the caller."""
    return ENTRY_TABLE[state, change]


class RecordClass(StrEnum):
    """What a record is worth when there is no room for everything."""

    HUMAN = "human"
    """Flags, their changes, judgements, ends: never refused."""
    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
    TEST = "test"
    REPORT = "report"
    MANIFEST = "manifest"


_REFUSED_ABOVE: Final[Mapping[RecordClass, float | None]] = {
    # Share of the limit above which a record of this class is refused; None: only a full disk stops it.
    RecordClass.HUMAN: None,
    RecordClass.CRITICAL: None,
    RecordClass.HIGH: 1.2,
    RecordClass.NORMAL: 1.1,
    RecordClass.LOW: 1.0,
    RecordClass.TEST: 1.0,
    RecordClass.REPORT: 1.0,
    RecordClass.MANIFEST: 1.0,
}
_OF_SEVERITY: Final[Mapping[Severity, RecordClass]] = {
    Severity.CRITICAL: RecordClass.CRITICAL,
    Severity.HIGH: RecordClass.HIGH,
    Severity.NORMAL: RecordClass.NORMAL,
    Severity.LOW: RecordClass.LOW,
}


class Admission(StrEnum):
    """What the outbox does with a new record."""

    ACCEPT = "accept"
    DROP_REPORTS = "drop_reports"
    """Accept it after giving up the oldest reports to make room."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLimits:
    """How much may wait, and for how long."""

    max_bytes: int = 2048 * 1024 * 1024
    max_age_s: float = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A sequence number and the chain value after it; 0 is the beginning of the epoch."""

    seq: int
    chain: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneMarks:
    """How far one stream has come in the room's own file."""

    stream: Stream
    base: Mark
    """Just before the oldest record the room still holds."""
    last: Mark
    """The newest durable record."""
    stored: int
    """Acknowledged by the relay."""


def stream_of(body: RecordBody) -> Stream:
    """Return the only stream a record may travel on."""
    if isinstance(body, STREAM_A):
        return Stream.ALERTS
    if isinstance(body, STREAM_B):
        return Stream.REPORTS
    return Stream.MEDIA


def class_of(body: RecordBody) -> RecordClass:
    """Return what a record is worth when the outbox is full."""
    match body:
        case Flag() | FlagChange() | Judgement() | AlertEnd():
            return RecordClass.HUMAN
        case Alert():
            return _OF_SEVERITY[body.severity]
        case TestAlert():
            return RecordClass.TEST
        case MediaManifest():
            return RecordClass.MANIFEST
        case _:
            return RecordClass.REPORT


def admit(record_class: RecordClass, *, bytes_after: int, report_bytes: int, limits: OutboxLimits) -> Admission:
    """Decide about a new record: ``bytes_after`` is the outbox with it, ``report_bytes`` what dropping B would free."""
    if bytes_after <= limits.max_bytes:
        return Admission.ACCEPT
    if report_bytes > 0:
        freed = bytes_after - report_bytes
        ceiling = _REFUSED_ABOVE[record_class]
        if ceiling is None or freed <= limits.max_bytes * ceiling:
            return Admission.DROP_REPORTS
    ceiling = _REFUSED_ABOVE[record_class]
    if ceiling is None or bytes_after <= limits.max_bytes * ceiling:
        return Admission.ACCEPT
    return Admission.REFUSE
