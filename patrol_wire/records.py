"""Records: what a room stores durably and the relay accepts once. The body of a batch's entries.

A record is immutable; later facts are new records that refer to it by ``alert_id``.
Fields are appended, never changed; an array shorter than today's struct takes the defaults.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from patrol_wire.ids import Forward, Severity, Verdict
from patrol_wire.limits import (
    Count,
    HashHex,
    Label,
    Latitude,
    Longitude,
    Name,
    Note,
    Sentence,
    Sequence,
    SignedMillis,
    Time,
    Unit01,
    Uuid,
)


class Place(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """A point of the city in WGS-84 degrees."""

    lon: Longitude
    lat: Latitude


class Alert(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=1):
    """A rule fired on a camera: many detections of one track folded into one alert."""

    alert_id: Uuid
    camera: Name
    rule: Name
    category: Name
    severity: Severity
    forward: Forward
    label: Label
    zone: Label
    score: Unit01
    """Best detection score of the track, 0 when only motion saw it."""
    box: tuple[Unit01, Unit01, Unit01, Unit01]
    """Left, top, right, bottom in shares of the picture, at the moment of the snapshot."""
    started_at: Time
    """Capture time of the first frame in which the rule's condition held."""
    raised_at: Time
    """Room's clock when the rule fired."""
    time_error_ms: Count = 0
    """Uncertainty of started_at."""
    clock_suspect: bool = False
    notify_until: Time = 0
    """After this moment the alert is counted but pages nobody; 0 lets the relay decide."""
    place: Place | None = None
    """The camera's position; without it the relay takes the room's."""
    snapshot: HashHex | None = None
    clip: HashHex | None = None


class Flag(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=2):
    """An operator saw something: verified by a human, offered to units at once."""

    alert_id: Uuid
    camera: Name | None
    category: Name
    severity: Severity
    operator: Name
    flagged_at: Time
    look_back_s: Count = 10
    note: Note = ""
    place: Place | None = None
    notify_until: Time = 0
    snapshot: HashHex | None = None
    clip: HashHex | None = None


class Judgement(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=3):
    """The room's operator accepts or dismisses a machine alert."""

    alert_id: Uuid
    verdict: Verdict
    operator: Name
    judged_at: Time
    reason: Sentence = ""


class FlagChange(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=4):
    """An operator gives a flag its kind, words or a place afterwards, or withdraws it."""

    alert_id: Uuid
    operator: Name
    changed_at: Time
    category: Name | None = None
    severity: Severity | None = None
    withdrawn: bool = False
    reason: Sentence = ""
    note: Note = ""
    """What the operator adds in words; empty: the note stays as it is. The last words hold."""
    place: Place | None = None
    """Where the operator pointed; None: it stays where it is. The last place holds."""


class AlertEnd(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=5):
    """The condition of an alert no longer holds."""

    alert_id: Uuid
    ended_at: Time
    clip: HashHex | None = None
    """The clip, when it was cut after the alert was raised."""
    label: Label = ""
    """What the track turned out to be, when a model named it after the alert was raised; empty: as raised."""


class TestAlert(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=6):
    """A room's synthetic alert: travels the whole way, is never counted and pages nobody."""

    __test__ = False  # not a pytest class

    alert_id: Uuid
    raised_at: Time


class CameraHealth(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=20):
    """A camera changed its state; ``since`` is when the state began."""

    camera: Name
    state: Label
    since: Time
    reason: Sentence = ""


class RoomHealth(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=21):
    """The room's own figures, once a minute."""

    at: Time
    cameras_streaming: Count
    cameras_total: Count
    outbox_pending: Count
    oldest_pending_s: Count
    disk_free_bytes: Count
    clock_offset_ms: SignedMillis
    agent_version: Label


class ShiftEntry(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=22):
    """One line of the room's shift log: who watched when, what was handed over, which rounds were made."""

    operator: Name
    entry: Label
    """A word of ``edge_agent/core/watch.py``: ``sign_on``, ``hand_over_offered``, ``handed_over``, ``round`` …"""
    at: Time
    note: Note = ""
    shift_id: Uuid | None = None
    """The operator's shift; None from an agent that kept none."""
    subject: Label = ""
    """The camera set of a round, the other operator of a hand-over."""
    figures: Annotated[dict[Name, Count], Meta(max_length=32)] = {}
    """What was counted: of a round its cameras and how many were seen, of a shift its statistics."""


class Attestation(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=23):
    """How many alerts of each category the room raised on one day; the relay compares.

    The figures are those of the records ``first_seq`` to ``last_seq`` of stream A, which follow on those of the
    attestation before: every alert and flag of an outbox is in exactly one.
    """

    day: Label
    """ISO date in the city's time zone."""
    last_seq: Sequence
    """Last record of stream A the figures cover; before ``first_seq`` when nothing was recorded."""
    alerts: dict[Name, Count]
    """Alerts and flags stored, by category."""
    camera_seconds: Count = 0
    """Sum over cameras of the seconds they streamed on that day since the agent started."""
    first_seq: Sequence = 0
    """First record of stream A the figures cover; 0 from an agent that counted by its day alone."""
    refused: Count = 0
    """Alerts that were raised and lost, because the outbox was full or the disk failed."""


class HealthAlert(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=24):
    """The room lacks something it needs: a camera's pictures, its focus, the disk. Never an incident, never counted.

    Raising and clearing are two records with one ``alert_id``; the second repeats the first and adds ``cleared_at``.
    """

    alert_id: Uuid
    camera: Name | None
    """None when it is the room's own."""
    condition: Label
    """A word of ``edge_agent/core/camera_health.py``: ``lost``, ``covered``, ``evidence_disk_low`` and so on."""
    severity: Severity
    raised_at: Time
    """Room's clock when it was raised, after its hold-off."""
    cleared_at: Time = 0
    """Room's clock when it was cleared; 0 while it holds."""
    reason: Sentence = ""
    """Why it was raised; in the second record why it was cleared."""


class MediaManifest(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=40):
    """A snapshot or clip exists in the room under its hash."""

    alert_id: Uuid
    sha256: HashHex
    media_type: Label
    size_bytes: Count
    started_at: Time
    duration_ms: Count
    masked: bool


RecordBody = (
    Alert
    | Flag
    | Judgement
    | FlagChange
    | AlertEnd
    | TestAlert
    | CameraHealth
    | RoomHealth
    | ShiftEntry
    | Attestation
    | HealthAlert
    | MediaManifest
)
"""Everything a record can hold; the tag in front of the array says which."""

STREAM_A: Final = (Alert, Flag, Judgement, FlagChange, AlertEnd, TestAlert)
STREAM_B: Final = (CameraHealth, RoomHealth, ShiftEntry, Attestation, HealthAlert)
STREAM_C: Final = (MediaManifest,)
