"""What the relay's HTTP API takes and gives about incidents, version 1: the shapes that OpenAPI shows.

Fields are added, never renamed or removed; pages, the demo and other people's programs read them.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from patrol_wire.ids import Outcome, Severity
from relay.core.commands import Act
from relay.core.dispatches import Answer, DispatchState
from relay.core.incidents import IncidentState

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Sentence = Annotated[str, StringConstraints(max_length=500)]
UuidText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]


class Asked(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Given(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True)


class Fault(Given):
    """Every answer that is not what was asked for."""

    code: str = Field(description="Stable word for machines, e.g. `not_found`")
    error: str = Field(description="One sentence for people: what is wrong and what to do")


class Titles(Given):
    """A name in both languages; equal where the city's files give only one."""

    zh: str
    en: str


class PlaceShape(Given):
    """A point of the city in WGS-84 degrees."""

    lon: float
    lat: float


class DispatchShape(Given):
    """One unit asked for one incident, with the time of each step."""

    dispatch_id: str
    incident_id: str
    unit_id: str
    unit: Titles
    state: DispatchState
    revision: int
    level: int = Field(description="0 community, 1 station, 2 centre")
    reason: str = Field(description="Why this unit was asked")
    offered_at: datetime
    answer_by: datetime
    accepted_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    cleared_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    note: str = Field(description="Why it was declined or recalled")


class IncidentShape(Given):
    """One incident as it stands, with the units asked for it."""

    incident_id: str
    state: IncidentState
    revision: int = Field(description="Grows with every change; an act may name the one it was decided on")
    category: str
    category_title: Titles
    severity: Severity
    source: Literal["flag", "machine"] = Field(description="`flag` when an operator flagged any of its alerts")
    verified: bool = Field(description="A person says that it is real")
    direct: bool = Field(description="Its rule goes straight to the units")
    area_id: str
    area: Titles
    town: Titles | None
    place: PlaceShape
    node: str = Field(description="Room of the first alert")
    room: Titles
    camera: str = Field(description="Camera of the first alert; empty for a flag without one")
    month: str
    first_alert_at: datetime
    last_alert_at: datetime
    opened_at: datetime
    updated_at: datetime
    notify_until: datetime
    alert_count: int
    live_alerts: int
    counted: bool
    outcome: Outcome | None
    owner: str = Field(description="Who at the desk has it; empty: nobody")
    escalation_level: int
    merged_into: str | None = Field(description="The incident that took its alerts and units")
    basis: int = Field(description="Counting basis it was placed by; 0: before they were numbered")
    area_given: bool = Field(description="A person named its area; counting a month anew leaves it there")
    dispatches: tuple[DispatchShape, ...]


class IncidentList(Given):
    """A page of incidents."""

    incidents: tuple[IncidentShape, ...]
    sequence: int = Field(description="Number of the newest change this page knows; the live feed goes on from it")
    more: bool = Field(description="True when further ones follow; ask again with a larger `offset`")


class DispatchList(Given):
    """The dispatches offered last, the newest first."""

    dispatches: tuple[DispatchShape, ...]


class MediaShape(Given):
    """One snapshot, clip or voice note of an alert, as its room announced it."""

    sha256: str
    kind: Literal["snapshot", "clip", "voice"]
    media_type: str
    size_bytes: int
    started_at: datetime
    duration_ms: int
    masked: bool = Field(description="Privacy masks were burnt in")
    state: Literal["in_room", "stored", "deleted"] = Field(
        description="`stored`: `GET /api/v1/media/{sha256}` gives it; `in_room`: it has not arrived yet"
    )


class AlertShape(Given):
    """One alert that was folded into the incident."""

    alert_id: str
    source: Literal["flag", "machine", "test"]
    node: str
    camera: str
    rule: str
    category: str
    severity: Severity
    verified: bool
    label: str = Field(description="What the detector named, or who flagged it")
    raised_at: datetime
    started_at: datetime
    ended_at: datetime | None
    judgement: str | None
    note: str
    snapshot: str | None = Field(description="SHA-256 of the picture the alert was raised with")
    clip: str | None
    twin_of: str | None = Field(
        description="The alert of another room's agent on the same camera that told the same; not counted beside it"
    )
    media: tuple[MediaShape, ...] = Field(description="Everything its room announced, in that order")


class TimelineEntry(Given):
    """One line of what happened, whoever did it."""

    at: datetime
    kind: Literal["history", "alert", "notification", "count"]
    change: str = Field(description="What happened, one word")
    actor: str = Field(description="A person, a unit, a room, or `relay`")
    text: str = Field(description="Reason or note, in the words it was given")
    detail: dict[str, object]


class IncidentDetail(Given):
    """Everything about one incident; what its answer had no room for is counted in ``left_out``."""

    incident: IncidentShape
    alerts: tuple[AlertShape, ...]
    timeline: tuple[TimelineEntry, ...]
    left_out: "LeftOut"


class LeftOut(Given):
    """How many of the latest are not in the answer; 0: it is all of them. Ask again with a larger ``limit``."""

    alerts: int
    history: int
    notifications: int


class ActAsked(Asked):
    """An act of the desk on one incident."""

    act: Act
    actor: Name = Field(description="Who acts; becomes the owner with `acknowledge` and `reopen`")
    command_id: UuidText | None = Field(None, description="UUID made by the caller; sent again it has no second effect")
    reason: Sentence = Field("", description="Required with cancel, reclassify, recall, merge, split, pass_on and note")
    expected_revision: int | None = Field(None, ge=0, description="Refuse when the incident has changed since")
    outcome: Outcome | None = Field(None, description="Required with close, unless a unit reported one")
    category: Name | None = None
    severity: Severity | None = None
    area_id: Name | None = None
    unit_id: Name | None = Field(None, description="With offer: ask this unit alone")
    dispatch_id: UuidText | None = Field(None, description="With recall: the dispatch to end")
    desk: Name | None = Field(None, description="Room at whose desk the actor sits: only its own area or town")
    into: UuidText | None = Field(None, description="With merge: the incident that stays")
    alert_ids: tuple[UuidText, ...] = Field((), max_length=500, description="With split: the alerts that leave")
    from_owner: Name | None = Field(None, description="With pass_on: who must still have it")
    to_owner: Name | None = Field(None, description="With pass_on: who has it then")


class ActDone(Given):
    """What became of the act; durable when this is answered."""

    command_id: str
    answer: Answer
    reason: str
    incident_state: str
    revision: int


def utc(at_us: int) -> datetime:
    """Return UTC microseconds as the aware datetime that the API shows."""
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC)


def utc_or_none(at_us: int | None) -> datetime | None:
    """Return the same, or None for what has not happened."""
    return utc(at_us) if at_us is not None else None
