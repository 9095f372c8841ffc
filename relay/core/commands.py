"""Commands: what people ask the relay to do, as one union, and what each is answered with.

Terminals and web pages make them; only the writer carries them out (``Writer.submit``). A command is known by its
``command_id``: sent again it has no second effect and gets the first answer.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from patrol_wire.ids import (
    AlertId,
    AreaId,
    CommandId,
    DispatchId,
    IncidentId,
    NodeName,
    Outcome,
    Severity,
    Step,
    UnitId,
)
from relay.core.attempts import Answered
from relay.core.dispatches import Answer
from relay.core.refusals import RefusalTally
from relay.core.silences import Scope, SilenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStep:
    """A unit's step on its dispatch; ``unit_id`` comes from the session's key, never from the message."""

    command_id: CommandId
    unit_id: UnitId
    dispatch_id: DispatchId
    step: Step
    device_us: int
    outcome: Outcome | None = None
    reason: str = ""
    place: tuple[float, float] | None = None


class Act(StrEnum):
    """What the desk can do with an incident."""

    ACKNOWLEDGE = "acknowledge"
    """Take it: the actor becomes its owner. Units go on being asked."""
    VERIFY = "verify"
    """Say that it is real: units are offered it, and it counts."""
    CANCEL = "cancel"
    """Take it back with a reason; units are recalled."""
    CLOSE = "close"
    """Finish it with an outcome; units are recalled."""
    REOPEN = "reopen"
    """Bring a finished one back; the actor owns it."""
    RECLASSIFY = "reclassify"
    """Change category, severity or area; counts are corrected in the same transaction."""
    OFFER = "offer"
    """Ask units: the one named, or those of the first level again."""
    RECALL = "recall"
    """Let one unit go."""
    REINFORCE = "reinforce"
    """Send another unit beside those at work."""
    HAND_OVER = "hand_over"
    """Let another unit take over the dispatch ``dispatch_id``: ``unit_id``, or whoever accepts first."""
    CHECK_IN = "check_in"
    """The unit of ``dispatch_id`` was heard of, by radio say: it is well."""
    MERGE = "merge"
    """It is the same as the incident ``into``: alerts and units go there, its counts are taken back."""
    SPLIT = "split"
    """The alerts ``alert_ids`` are another incident: it is opened and counted, the actor owns it."""
    PASS_ON = "pass_on"  # noqa: S105  # no password
    """Whoever has it at the desk gives it to another: ``from_owner`` must still have it, ``to_owner`` has it then."""
    NOTE = "note"
    """Add a line to its history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAct:
    """An act of a person at the desk. ``expected_revision`` refuses it when the incident has changed since."""

    command_id: CommandId
    actor: str
    incident_id: IncidentId
    act: Act
    reason: str = ""
    """Required with cancel, reclassify, recall, merge, split, pass_on and note."""
    expected_revision: int | None = None
    outcome: Outcome | None = None
    """Required with close, unless a unit reported one."""
    category: str | None = None
    severity: Severity | None = None
    area_id: AreaId | None = None
    unit_id: UnitId | None = None
    dispatch_id: DispatchId | None = None
    desk: NodeName | None = None
    """The room at whose desk the actor sits: it acts in its own area or town only; None: the centre."""
    into: IncidentId | None = None
    alert_ids: tuple[AlertId, ...] = ()
    from_owner: str = ""
    to_owner: str = ""


class Mark(StrEnum):
    """How far a unit's mailbox has come; machine facts that stop no escalation."""

    SENT = "sent"
    DELIVERED = "delivered"
    SEEN = "seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxMark:
    """All entries of a unit's mailbox up to ``cursor`` reached this mark."""

    unit_id: UnitId
    mark: Mark
    cursor: int
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarksReached:
    """What many terminals were sent and have confirmed, in order: one command for a round of delivery."""

    marks: tuple[MailboxMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPosition:
    """Where a unit is; only the latest fix is kept."""

    unit_id: UnitId
    lon: float
    lat: float
    fixed_us: int
    accuracy_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSeen:
    """A unit's terminal is connected: on duty, it patrols."""

    unit_id: UnitId
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDuty:
    """A unit goes on or off duty; off duty it is asked for nothing."""

    command_id: CommandId
    actor: str
    unit_id: UnitId
    on_duty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceSet:
    """Machine alerts of a scope page nobody until a moment; ``author`` and ``reason`` are shown with it."""

    command_id: CommandId
    """Names the silence too."""
    author: str
    reason: str
    kind: SilenceKind
    scope: Scope
    until_us: int
    from_us: int = 0
    """0: from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceEnd:
    """A silence ends before its time."""

    command_id: CommandId
    actor: str
    silence_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchAgain:
    """The auditor found these open incidents with neither owner nor unit nor timer."""

    incident_ids: tuple[IncidentId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishMonth:
    """A month that has ended is published: its first release. ``actor`` is the relay itself when its days are over."""

    command_id: CommandId
    actor: str
    month: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retabulate:
    """A month is counted anew on the areas and categories in force."""

    command_id: CommandId
    actor: str
    month: str
    reason: str
    basis: int
    """Number of the counting basis that whoever asks has looked at; another one in force refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaKept:
    """Content lies in the media folder, synced and with the right hash; said again it changes nothing."""

    sha256: str
    media_type: str
    size_bytes: int
    folder: str
    """Name of the media folder."""
    node: NodeName
    """Who sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDropped:
    """Contents are to leave the media folder; their files are deleted after the commit."""

    sha256s: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPlaced:
    """A relay says where the others on the same store reach its media folder; empty: they cannot."""

    folder: str
    web_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeAttempt:
    """A channel worker wants to send a planned notification now. Done: it holds it until ``held_until_us``."""

    notification_id: int
    holder: str
    """The worker; two never share one."""
    held_until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAttempt:
    """What an attempt came to; ``number`` is the attempt's, so that a late word never moves a later one."""

    notification_id: int
    holder: str
    number: int
    answered: Answered
    share: float
    """A random number from 0 to 1: the jitter of the next try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSubscribe:
    """A unit's browser may be woken by Web Push."""

    unit_id: UnitId
    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushUnsubscribe:
    """It may no longer be."""

    unit_id: UnitId
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteReceipt:
    """A phone confirms what it was woken for."""

    notification_id: int
    incident_id: IncidentId
    """Must be the notification's: whoever does not know it confirms nothing."""
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerKeyTold:
    """A peer said which key of the relay it keeps."""

    peer: str
    """``role:node`` from its own key."""
    relay_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalsCounted:
    """What was refused since it was stored last, by hour, peer and reason; adds to what is stored."""

    tallies: tuple[RefusalTally, ...]


DeskCommand = (
    UnitStep
    | IncidentAct
    | MarksReached
    | UnitPosition
    | UnitSeen
    | UnitDuty
    | SilenceSet
    | SilenceEnd
    | WatchAgain
    | PublishMonth
    | Retabulate
    | MediaKept
    | MediaDropped
    | MediaPlaced
    | TakeAttempt
    | EndAttempt
    | PushSubscribe
    | PushUnsubscribe
    | NoteReceipt
    | PeerKeyTold
    | RefusalsCounted
)
"""Everything a terminal, a page, the media keeper or the channel worker can ask of the writer."""


class CommandResult(Struct, frozen=True, kw_only=True):
    """What became of a command, as it stands in the store when this is given out."""

    answer: Answer
    reason: str = ""
    command_id: CommandId | None = None
    dispatch_state: str = ""
    incident_state: str = ""
    revision: int = 0


Submit = Callable[[DeskCommand], "Future[CommandResult]"]
"""The way in: returns at once; raises DeskBusyError when the writer's queue is full (retryable)."""


class DeskBusyError(RuntimeError):
    """The relay has more commands waiting than it can take; try again in a moment."""
