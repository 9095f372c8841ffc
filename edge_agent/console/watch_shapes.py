"""What the API of the watch takes and gives, version 1; fields are added, never renamed or removed."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from edge_agent.console.shapes import Asked, Given, Name, Note, UuidText


class SignedOn(Asked):
    """An operator comes on watch."""

    operator: Name
    note: Note = ""


class ShiftChanged(Asked):
    """What an operator does with their own shift."""

    operator: Name
    note: Note = Field("", description="With a hand-over: what the next operator must know")


class TakenOver(Asked):
    """An operator on watch takes over from one who leaves."""

    operator: Name = Field(description="Who takes over; must be on watch")
    leaving: Name = Field(description="Who offered the hand-over")


class RoundBegun(Asked):
    """An operator begins a round."""

    operator: Name
    camera_set: Name


class CamerasSeen(Asked):
    """Cameras the operator has looked at."""

    operator: Name
    cameras: Annotated[list[Name], Field(min_length=1, max_length=64)]


class RoundFinished(Asked):
    """The round is over."""

    operator: Name
    nothing_to_report: bool = Field(description="The operator's word for every camera that was seen")
    note: Note = ""


class MatterShape(Given):
    """Something that is open now."""

    kind: str = Field(description="suggestion (not judged), flag (no outcome yet), health, link")
    alert_id: UuidText | None
    camera: str | None
    since: datetime
    text: str = Field(description="Category, condition or reason")


class ShiftShape(Given):
    """One operator on watch."""

    shift_id: UuidText
    operator: str
    state: str = Field(description="on_watch, handing_over")
    since: datetime
    note: str
    rest_due_at: datetime | None = Field(description="When a rest is due; null when nobody is reminded")
    figures: dict[str, int] = Field(
        description="seconds, flags, withdrawn, judged, accepted, dismissed, rounds, round_cameras, round_seen, "
        "open_matters; look_back_ms_median and judged_after_ms_median when there are any"
    )


class CameraSetShape(Given):
    """Cameras that are walked through together."""

    name: str
    title: str
    cameras: list[str]
    last_round_at: datetime | None
    last_coverage: float | None = Field(description="Share of its cameras that the last round saw, 0-1")
    round_due_at: datetime | None = Field(
        description="null: no rounds are asked for, or none was made and nobody watches"
    )


class RoundShape(Given):
    """A round under way; it is forgotten when the agent restarts, and recorded when it is finished."""

    round_id: UuidText
    operator: str
    camera_set: str
    began_at: datetime
    seen: list[str]
    missed: list[str]
    coverage: float


class NotSeenShape(Given):
    """A camera that cannot be attested."""

    camera: str
    reason: str


class SeenShape(Given):
    """What was attested."""

    round: RoundShape
    refused: list[NotSeenShape]


class ShiftLineShape(Given):
    """One line of the shift log."""

    at: datetime
    operator: str
    entry: str
    subject: str
    note: str
    figures: dict[str, int]


class WatchShape(Given):
    """The watch of the room now."""

    on_watch: list[ShiftShape]
    sets: list[CameraSetShape]
    rounds: list[RoundShape]
    open_matters: list[MatterShape]
    log: list[ShiftLineShape] = Field(description="The newest first, at most 50")


class LineStored(Given):
    """A line of the shift log is durable in the room."""

    shift_id: UuidText
    entry: str
    stored_at: datetime
    figures: dict[str, int]
