"""What the room's HTTP API takes and gives, version 1: the shapes that OpenAPI shows.

Fields are added, never renamed or removed; the demo, the tests and later the pages read them.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from patrol_wire.ids import Severity, Verdict

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Note = Annotated[str, StringConstraints(max_length=2_000)]
Sentence = Annotated[str, StringConstraints(max_length=500)]
UuidText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]


class Asked(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Given(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True)


class PlaceShape(Asked):
    """A point of the city in WGS-84 degrees."""

    lon: Annotated[float, Field(ge=-180.0, le=180.0)]
    lat: Annotated[float, Field(ge=-90.0, le=90.0)]


class FlagPressed(Asked):
    """An operator saw something."""

    camera: Name | None = Field(None, description="The camera it was seen on; without it the room's or the given place")
    category: Name = Field(description="What it is; `unclassified` when there is no time to say")
    severity: Severity = Severity.HIGH
    operator: Name = Field(description="Who saw it")
    note: Note = ""
    place: PlaceShape | None = None
    look_back_s: Annotated[int, Field(ge=0, le=60)] = Field(10, description="Seconds the clip goes back")


class FlagStored(Given):
    """The flag is durable in the room; it survives a power cut from now on."""

    alert_id: UuidText
    seq: int = Field(description="Position in stream A of this room's outbox")
    stored_at: datetime


class JudgementMade(Asked):
    """The operator's verdict on a machine alert."""

    verdict: Verdict
    operator: Name
    reason: Sentence = ""


class FlagClassified(Asked):
    """The operator says afterwards what a flag is."""

    operator: Name
    category: Name
    severity: Severity | None = None
    reason: Sentence = ""


class RemarkMade(Asked):
    """The operator adds words to a flag; the last words hold."""

    operator: Name
    note: Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]


class PlacePointed(Asked):
    """The operator points where a flag is; the last place holds."""

    operator: Name
    place: PlaceShape


class VoiceStored(Given):
    """A voice note is durable in the room under its hash, and announced to the relay."""

    alert_id: UuidText
    sha256: str
    size_bytes: int
    duration_ms: int
    stored_at: datetime


class FlagWithdrawn(Asked):
    """The operator takes a flag back; nothing is erased."""

    operator: Name
    reason: Sentence = ""


class ChangeStored(Given):
    """A judgement or change is durable in the room."""

    alert_id: UuidText
    seq: int
    stored_at: datetime
    standing: str = Field(description="open, accepted, dismissed; or pressed, classified, withdrawn")


class Fault(Given):
    """Why a request was not done; the same form as the relay's."""

    code: str = Field(description="Stable word for machines, e.g. `not_found`")
    error: str = Field(description="One sentence for people: what is wrong and what to do")


class RoomShape(Given):
    """Who this room is."""

    name: str
    tier: str
    place: tuple[float, float] | None
    time_zone: str
    agent_version: str
    started_at: datetime
    now: datetime
    clock_offset_s: float | None = Field(None, description="The room's clock less the relay's; null: not known")


class HealthAlertShape(Given):
    """Something is wrong with a camera or the room, and people have been told."""

    alert_id: UuidText
    condition: str = Field(
        description="lost, stalled, frozen, black, covered, defocused, moved, clock_drift, gop_too_long; "
        "of the room also evidence_disk_low"
    )
    severity: Severity
    since: datetime = Field(description="When it was raised, after its hold-off")
    reason: str


class CameraShape(Given):
    """How one camera is."""

    name: str
    title: str
    state: str = Field(description="connecting, streaming, stalled, frozen, backing_off, disabled")
    reason: str
    fps: float
    age_s: float | None = Field(description="Seconds since the last packet; null before the first")
    width: int
    height: int
    analysed: int = Field(description="Pictures analysed since the start")
    skipped: int = Field(description="Pictures dropped because a newer one came first")
    reconnects: int
    packets: int = Field(description="Pictures the camera sent since the start")
    corrupt: int = Field(description="Damaged places in its stream since the start")
    decodes: str = Field(description="full, keyframes (nothing moves) or behind (the machine is too slow for more)")
    left_out: int = Field(description="Pictures not decoded because the machine was too slow")
    main_state: str = Field(description="State of the main stream where a substream is analysed; empty: one stream")
    main_reason: str
    health: list[HealthAlertShape] = Field(description="What is wrong with it and was told; the oldest first")
    failure: str = Field(
        "",
        description="Why the last connection failed, as a word: refused, no_such_host, unreachable, timed_out, "
        "unauthorised, not_found, forbidden, server_error, not_a_video, no_video_stream, undecodable, bad_address, "
        "ended, lost, silent, same_picture, fault; empty once pictures flow",
    )


class DetectorShape(Given):
    """What finds objects, how long it takes, and what the machine has no time for."""

    kind: str
    model: str
    picture_ms: float = Field(description="Mean CPU time per picture lately, without the model")
    faults: int = Field(description="Exceptions contained since the start")
    state: str = Field(description="Of the analysis process: starting, running, backing_off")
    reason: str = Field(description="Why the analysis or a detector is down; empty while all run")
    restarts: int = Field(description="Restarts of the analysis process since the start")
    load: str = Field(description="full, slow_beat, fewer_tracks, new_only or motion_only: what is asked of the model")
    load_reason: str
    look_ms: float = Field(description="Mean time of one look at a region or a whole picture lately")
    looks: dict[str, int] = Field(description="Looks since the analysis began, by what they were for")
    looks_shed: dict[str, int] = Field(description="Looks that did not take place, by what for and why")
    chosen: dict[str, Any] = Field(
        description="The model that runs: its name, input, provider, precision, why, the times measured, warnings"
    )
    detectors: int = Field(description="Detector processes that run")
    detector_restarts: int


class OutboxShape(Given):
    """What waits for the relay."""

    pending: dict[str, int] = Field(description="Records the relay has not acknowledged, by stream a, b, c")
    oldest_age_s: dict[str, float]
    body_bytes: int
    fault: str = Field(description="Why the last write failed; empty while writing works")


class LinkShape(Given):
    """How the link to the relay is."""

    state: str = Field(description="greeting, open, refused; off when the room has no relay")
    endpoint: str
    reason: str
    since: datetime
    sessions: int
    round_trip_ms: float | None
    alarms: list[str] = Field(description="What does not mend itself")


class DiskShape(Given):
    """The disk of the evidence, and how long what the room keeps lasts."""

    free_bytes: int | None = Field(description="null when the disk cannot be asked")
    is_read_only: bool
    reserve_bytes: int = Field(description="What evidence leaves free")
    kept_bytes: int = Field(description="Snapshots, clips and voice notes")
    limit_bytes: int
    pinned_bytes: int = Field(description="Of that, what the relay does not have yet: nothing of it is deleted")
    oldest_age_s: float | None = Field(description="Age of the oldest content; null: there is none")
    kept_for_s: float | None = Field(description="How long evidence lasts at the rate it came; null: too early to say")
    refusal: str = Field(description="Why the last content was not stored; empty: it was")
    ring_s: float = Field(description="Seconds of video kept for look-back and clips: of the camera with least")


class MediaLaneShape(Given):
    """Snapshots and clips on their way to the relay."""

    state: str = Field(description="off (the relay takes none), idle, offered, sending, resting")
    endpoint: str
    reason: str
    since: datetime
    held: bool = Field(description="An alert goes first at the moment")
    waiting_snapshots: int
    waiting_clips: int
    waiting_bytes: int
    oldest_age_s: float
    sent_bytes: int = Field(description="Since the start")
    settled: dict[str, int] = Field(description="Since the outbox was made: delivered, refused, lost, expired")


class PastShape(Given):
    """The compressed past of all cameras, for the beginnings of clips."""

    memory_bytes: int
    disk_bytes: int = Field(description="Sealed, without a name, gone with the program")
    reason: str = Field(description="Why the disk takes nothing of it now, or is slow; empty while all is well")
    kept_in_memory: dict[str, int] = Field(
        description="Groups of pictures that the disk did not take, since the start: disk_full, read_only, unwritable, "
        "too_slow, queue_full"
    )


class CountersShape(Given):
    """Alerts and flags since this outbox was made."""

    raised: int
    stored: int
    acknowledged: int
    refused: int = Field(description="Machine alerts the full outbox refused")
    dead_letters: int = Field(description="Records the relay could not accept")


class UnitStepShape(Given):
    """How far one unit that took the incident has come."""

    unit: str = Field(description="Its call sign")
    state: str = Field(description="accepted, en_route, on_scene, cleared, recalled")
    at: datetime = Field(description="Since when")


class ProgressShape(Given):
    """What became of an alert, as the relay told it last."""

    incident_id: UuidText
    incident_state: str = Field(description="acknowledged, dispatched, on_scene, resolved, closed, cancelled, new")
    outcome: str | None = Field(description="confirmed, nothing_found, false_alarm; null until somebody found it")
    at: datetime = Field(description="When the incident last changed")
    units: list[UnitStepShape]


class AlertShape(Given):
    """One alert or flag of this room."""

    alert_id: UuidText
    source: Literal["machine", "flag"]
    camera: str | None
    rule: str
    category: str
    severity: str
    label: str
    zone: str
    raised_at: datetime
    ended_at: datetime | None
    standing: str
    operator: str
    reason: str
    acknowledged: bool = Field(description="The relay has it")
    rung: str = Field(description="How far it has come: stored, delivered, accepted (by a unit), on_scene, outcome")
    progress: ProgressShape | None = Field(description="null until somebody has taken it up")
    has_snapshot: bool
    has_clip: bool
    note: str = Field("", description="The words of a flag; empty: none")
    voice_ms: int = Field(0, description="Length of a flag's voice note (GET /alerts/{alert_id}/voice); 0: none")
    place: tuple[float, float] | None = Field(
        None, description="Longitude and latitude it goes to the relay with; null: unknown here, the relay decides"
    )
    box: tuple[float, float, float, float] | None = Field(
        None, description="Left, top, right, bottom in shares of the picture when it was raised; null for a flag"
    )


class Health(Given):
    """Whether the agent lives (healthz) or does its whole work (readyz)."""

    ok: bool
    reasons: list[str]


class StateShape(Given):
    """Everything the room knows about itself at one moment."""

    room: RoomShape
    cameras: list[CameraShape]
    detector: DetectorShape
    outbox: OutboxShape
    link: LinkShape
    media: MediaLaneShape
    disk: DiskShape | None = Field(description="null before the first look at it")
    readiness: Health = Field(description="What GET /readyz says")
    past: PastShape
    health: list[HealthAlertShape] = Field(description="What is wrong with the room itself; the oldest first")
    counters: CountersShape
    alerts: list[AlertShape] = Field(description="The newest first: 50, and the newest 20 flags whatever came since")
    drawings: int = Field(0, description="Grows when zones or lines change: read GET /api/v1/wall again then")


class OutlineShape(Given):
    """A zone (closed) or a line (open) of a camera's picture."""

    name: str
    points: list[tuple[float, float]] = Field(description="x, y in shares of the picture")


class WallCameraShape(Given):
    """What a page must know of a camera and what changes only with the settings."""

    name: str
    title: str
    has_place: bool = Field(description="A flag on it knows where it is")
    zones: list[OutlineShape]
    lines: list[OutlineShape]


class WallSetShape(Given):
    """One page of the wall: cameras that are watched together, at most nine."""

    name: str
    title: str = Field(description="What people call the set; its later pages carry the number")
    cameras: list[str] = Field(description="At most nine, in the order of the keypad: 7 8 9, 4 5 6, 1 2 3")
    dwell_s: float = Field(description="Seconds that a tour shows each")


class WallShape(Given):
    """What the room's pages show, as the settings say."""

    room: str
    time_zone: str
    language: str
    kinds: list[str] = Field(description="Categories on the digits 1 to 8 after a flag")
    cameras: list[WallCameraShape]
    sets: list[WallSetShape] = Field(description="All cameras in groups of nine where the settings name none")
