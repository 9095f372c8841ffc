"""Messages: what travels in one ZeroMQ frame. The kind in the prefix is the tag of the struct.

Every struct is an array whose first element is its tag; fields are appended, never changed.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from patrol_wire.frames import Kind
from patrol_wire.ids import Measure, Outcome, Receipt, Severity, Step, Stream
from patrol_wire.limits import (
    MAX_BATCH_RECORDS,
    MAX_PAGE_ENTRIES,
    MAX_RECORD_BYTES,
    MEDIA_CHUNK_BYTES,
    Chain,
    Count,
    EntryId,
    HashHex,
    Label,
    Name,
    Note,
    Number63,
    RelayKey,
    Sentence,
    Sequence,
    Time,
    Uuid,
)
from patrol_wire.records import Place

SignedCount = Annotated[int, Meta(ge=-1, le=1)]


class StreamMark(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """How far one stream has come: the last durable sequence number and the chain value after it."""

    stream: Stream
    seq: Sequence
    chain: Chain


# --- room and relay ----------------------------------------------------------------------------------------


class Hello(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.HELLO)):
    """A room opens or reopens its session; sent again on the same socket until Welcome, Redirect or Error."""

    session: Number63
    """Chosen by the room for each hello series; echoed in Welcome so that an old answer is recognised."""
    epoch: Number63
    lowest_version: Annotated[int, Meta(ge=0, le=255)]
    highest_version: Annotated[int, Meta(ge=0, le=255)]
    retained: Annotated[tuple[StreamMark, ...], Meta(max_length=8)]
    """For each stream the mark just before the oldest record the room still holds."""
    clock: Time
    agent_version: Label
    relay_key: RelayKey = ""
    """Newest public key of the relay that the sender keeps: the next one once it is told, else the one in use."""


class Welcome(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.WELCOME)):
    """The session is open; the room sends from ``stored`` + 1 within ``credit``."""

    session: Number63
    version: Annotated[int, Meta(ge=0, le=255)]
    stored: Annotated[tuple[StreamMark, ...], Meta(max_length=8)]
    final: Annotated[tuple[StreamMark, ...], Meta(max_length=8)]
    credit: Count
    """Records the room may have unacknowledged over all streams; 0 means hold."""
    clock: Time
    media_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """Port of the media gate on the host of this relay; 0: this relay takes no media."""
    next_relay_key: RelayKey = ""
    """The key this relay will have next (docs/wire-protocol.md §2, turning the key); empty: no change is announced."""


class Redirect(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.REDIRECT)):
    """Another relay serves this room now."""

    endpoints: Annotated[tuple[Sentence, ...], Meta(min_length=1, max_length=8)]
    reason: Sentence


class Error(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.ERROR)):
    """A message was refused. ``code`` is stable, ``text`` is for people."""

    code: Label
    text: Sentence
    retryable: bool = False


class Who(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.WHO)):
    """The relay does not know this session (it restarted): say hello again on the same socket."""

    reason: Label = "unknown_session"


class Record(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """One entry of a batch; the body is stored unchanged, so the chain can be verified for ever."""

    chain: Chain
    """Chain value after this record."""
    body: Annotated[bytes, Meta(max_length=MAX_RECORD_BYTES)]
    """MessagePack of a RecordBody."""


class Batch(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.BATCH)):
    """Consecutive records of the stream named in the prefix; the first has ``first_seq``."""

    first_seq: Annotated[int, Meta(ge=1, le=2**53)]
    records: Annotated[tuple[Record, ...], Meta(min_length=1, max_length=MAX_BATCH_RECORDS)]


class Ack(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.ACK)):
    """Sent only after a commit with full durability; the stream is in the prefix."""

    stored: Sequence
    """Durable at this hop."""
    final: Sequence
    """Durable at the centre; the room deletes up to here."""
    credit: Count
    refused: Annotated[tuple[tuple[Sequence, Label], ...], Meta(max_length=MAX_BATCH_RECORDS)] = ()
    """Records that went to dead letters, with the reason; they count as stored."""


class Nack(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.NACK)):
    """The batch began beyond the next sequence number, or its chain does not follow; nothing of it was taken."""

    expected: Sequence
    reason: Label
    """``gap``, ``fork`` (chain differs: the stream is quarantined) or ``quarantined``."""


class Ping(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.PING)):
    """Application heartbeat of any client; any other message counts as one too."""

    sent_at: Time
    pending: Count
    """Records (or commands) the sender still holds."""


class Pong(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.PONG)):
    """Answer to Ping with the core's progress: a relay that answers but does not commit is seen."""

    ping_sent_at: Time
    commits: Count
    """Transactions committed since the core started."""
    last_commit_at: Time
    clock: Time


class Bye(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.BYE)):
    """The sender closes the session on purpose; ``resync`` asks the peer to come back by cursor."""

    reason: Label
    resync: bool = False


class UnitStep(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """How far one unit that took an incident has come."""

    unit: Label
    """Its call sign, as people know it."""
    state: Label
    """A state of the dispatch machine, from ``accepted`` on."""
    at: Time
    """Since when."""


class Progress(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.PROGRESS)):
    """What became of one alert of this room; a later revision of the same incident replaces it. Best effort."""

    alert_id: Uuid
    incident_id: Uuid
    revision: Count
    incident_state: Label
    """A state of the incident machine."""
    outcome: Outcome | None
    at: Time
    """When the incident last changed."""
    units: Annotated[tuple[UnitStep, ...], Meta(max_length=16)] = ()
    """Units that took it, in the order in which they were asked; those that only were asked are not named."""


# --- relay and terminal -------------------------------------------------------------------------------------


class Sync(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.SYNC)):
    """A terminal opens or resumes its mailbox after ``cursor``; 0 asks for a snapshot."""

    session: Number63
    lowest_version: Annotated[int, Meta(ge=0, le=255)]
    highest_version: Annotated[int, Meta(ge=0, le=255)]
    cursor: Sequence
    clock: Time
    terminal_version: Label
    relay_key: RelayKey = ""
    """As in Hello."""


class DispatchView(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """Everything a unit needs to know about one dispatch; a later view of the same dispatch replaces it."""

    dispatch_id: Uuid
    incident_id: Uuid
    state: Label
    """A state of the dispatch machine."""
    incident_state: Label
    category: Name
    severity: Severity
    area_id: Name
    place: Place
    camera: Label
    text: Note
    """One sentence for people, in the relay's default language."""
    reason: Sentence
    """Why this unit: beat, distance, tier of escalation."""
    first_alert_at: Time
    offered_at: Time
    answer_by: Time
    revision: Count


class MailboxEntry(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """One durable line of a unit's mailbox."""

    cursor: Annotated[int, Meta(ge=1, le=2**53)]
    at: Time
    dispatch: DispatchView
    page: bool
    """True when the terminal should ring: a new offer within its notify-until."""


class Snapshot(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.SNAPSHOT)):
    """The unit's open dispatches as of mailbox cursor ``cursor``; deltas after it follow."""

    session: Number63
    version: Annotated[int, Meta(ge=0, le=255)]
    cursor: Sequence
    dispatches: Annotated[tuple[DispatchView, ...], Meta(max_length=MAX_PAGE_ENTRIES)]
    clock: Time
    complete: bool = True
    """False when the snapshot goes on in the next message."""
    next_relay_key: RelayKey = ""
    """As in Welcome."""


class Delta(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.DELTA)):
    """Mailbox entries in order; the receiver discards cursors it already has."""

    entries: Annotated[tuple[MailboxEntry, ...], Meta(min_length=1, max_length=MAX_PAGE_ENTRIES)]


class Receipts(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.RECEIPTS)):
    """All mailbox entries up to ``cursor`` reached this step of the ladder."""

    receipt: Receipt
    cursor: Sequence
    at: Time


class Command(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.COMMAND)):
    """A unit's step on a dispatch. Idempotent by command_id; sent again until answered."""

    command_id: Uuid
    dispatch_id: Uuid
    step: Step
    device_at: Time
    """The device's clock when the person pressed."""
    outcome: Outcome | None = None
    """Required with ``clear``."""
    reason: Sentence = ""
    place: Place | None = None


class CommandResult(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.COMMAND_RESULT)):
    """What became of a command: ``done``, ``late_noted`` or a refusal with its reason."""

    command_id: Uuid
    result: Label
    """``done``, ``already_done``, ``late_noted``, ``taken_by_other``, ``not_yours``, ``unknown``, ``refused``."""
    reason: Sentence
    dispatch_state: Label


class Position(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.POSITION)):
    """Where the unit is; only the latest fix is kept."""

    place: Place
    fixed_at: Time
    accuracy_m: Annotated[float, Meta(ge=0.0, le=1_000_000.0)]


# --- relay and index service --------------------------------------------------------------------------------


class CountsHello(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.COUNTS_HELLO)):
    """An index consumer resumes the ledger after ``cursor``; 0 is the beginning."""

    session: Number63
    lowest_version: Annotated[int, Meta(ge=0, le=255)]
    highest_version: Annotated[int, Meta(ge=0, le=255)]
    cursor: Sequence
    relay_key: RelayKey = ""
    """As in Hello."""
    entry_id: EntryId | None = None
    """Of the line at the cursor, by which the relay sees that its ledger is the one that was counted; None from a
    consumer that does not keep it, or at the beginning."""


class LedgerEntry(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """One immutable line of the ledger; a correction is a new line with the opposite count."""

    cursor: Annotated[int, Meta(ge=1, le=2**53)]
    entry_id: EntryId
    measure: Measure
    area: Name
    category: Name
    month: Annotated[str, Meta(min_length=7, max_length=7, pattern=r"^[0-9]{4}-[0-9]{2}\Z")]
    count: SignedCount
    incident_id: Uuid
    reason: Label
    recorded_at: Time
    release: Count = 0
    """Release of its month that the line belongs to, known when it is written: 1 until the month is published, then
    the next one; 0 from a relay that does not say."""


class MonthRelease(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """A month was published: its figures are those of its lines up to ``cutoff`` and never change."""

    number: Sequence
    """Place among all releases of all months, without holes; a consumer keeps each number once."""
    month: Annotated[str, Meta(min_length=7, max_length=7, pattern=r"^[0-9]{4}-[0-9]{2}\Z")]
    release: Count
    """1 is the first publication of the month."""
    cutoff: Sequence
    entries: Count
    """Lines of the month that are new in it."""
    published_at: Time


class Counts(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.COUNTS)):
    """Ledger entries in cursor order, and releases of months in the order of their numbers."""

    session: Number63
    entries: Annotated[tuple[LedgerEntry, ...], Meta(max_length=MAX_PAGE_ENTRIES)]
    head: Sequence
    """Cursor of the newest entry of the ledger; a consumer whose cursor is this one is up to date."""
    releases: Annotated[tuple[MonthRelease, ...], Meta(max_length=MAX_PAGE_ENTRIES)] = ()
    """Releases made since; all that reach up to the cursor of the hello, or beyond it, come (again) after it."""
    next_relay_key: RelayKey = ""
    """As in Welcome; only in the first page after a hello."""


# --- media lane (its own socket and gate) ---------------------------------------------------------------------


class MediaOffer(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.MEDIA_OFFER)):
    """The room has this content and sends nothing else until it is wanted or done; a later offer takes its place."""

    sha256: HashHex
    size_bytes: Count
    media_type: Label


class MediaWant(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.MEDIA_WANT)):
    """The relay has the content up to ``offset`` and takes at most ``credit`` chunks from there; credit 0 pauses."""

    sha256: HashHex
    offset: Count
    credit: Annotated[int, Meta(ge=0, le=64)]


class MediaChunk(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.MEDIA_CHUNK)):
    """128 KiB of the content from a multiple of 128 KiB on; the last one is what is left."""

    sha256: HashHex
    offset: Count
    chunk: Annotated[bytes, Meta(min_length=1, max_length=MEDIA_CHUNK_BYTES)]


class MediaDone(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=int(Kind.MEDIA_DONE)):
    """The relay holds the content and its hash agrees (``stored``), or refuses it with a reason."""

    sha256: HashHex
    stored: bool
    reason: Label = ""
    """A word of ``patrol_wire.media.MediaReason`` when it is not stored."""


Message = (
    Hello
    | Welcome
    | Redirect
    | Error
    | Who
    | Batch
    | Ack
    | Nack
    | Ping
    | Pong
    | Bye
    | Sync
    | Snapshot
    | Delta
    | Receipts
    | Command
    | CommandResult
    | Position
    | CountsHello
    | Counts
    | MediaOffer
    | MediaWant
    | MediaChunk
    | MediaDone
    | Progress
)
"""Every message of version 1."""
