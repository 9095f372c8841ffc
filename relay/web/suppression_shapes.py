"""What the relay's HTTP API gives and takes about suppression: silences, maintenance windows, the alert budget."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from relay.core.silences import SilenceKind
from relay.web.shapes import Asked, Given, Name, Sentence, Titles, UuidText


class ScopeAsked(Asked):
    """Which machine alerts are meant: everything that is named must fit; at least one must be named."""

    node: Name | None = None
    camera: str = Field("", max_length=64)
    area_id: Name | None = None
    category: Name | None = None
    rule: str = Field("", max_length=64)


class SilenceAsked(Asked):
    """A silence or a maintenance window to set."""

    actor: Name
    reason: Sentence
    kind: SilenceKind = SilenceKind.SILENCE
    scope: ScopeAsked
    begins_at: AwareDatetime | None = Field(None, description="null: now")
    ends_at: AwareDatetime
    command_id: UuidText | None = Field(None, description="UUID made by the caller; names the silence")


class SilenceEndAsked(Asked):
    """End a silence before its time."""

    actor: Name
    command_id: UuidText | None = None


class SilenceShape(Given):
    """One silence or maintenance window."""

    silence_id: str
    kind: SilenceKind
    author: str
    reason: str
    node: str
    camera: str
    area_id: str
    category: str
    rule: str
    begins_at: datetime
    ends_at: datetime
    active: bool
    ended_at: datetime | None = Field(description="When somebody ended it before its time")
    ended_by: str


class SilenceList(Given):
    """Silences, those that end last first."""

    silences: tuple[SilenceShape, ...]


class SilenceDone(Given):
    """What became of it; durable when this is answered."""

    silence_id: str
    answer: str


class SilencePreview(Given):
    """What a scope would have covered within the last day."""

    alerts: int
    critical: int = Field(description="Of these; a silence does not cover them, a maintenance window does")
    by_category: dict[str, int]
    open_incidents: int = Field(description="Open ones that such an alert belongs to")


class BudgetShape(Given):
    """How many alerts a desk had to look at within ten minutes."""

    desk: str = Field(description="`centre`, or the node of a room")
    name: Titles
    alerts: int
    state: Literal["within", "busy", "flood"] = Field(
        description="`within`: at most 2 in ten minutes; `flood`: more than 10, no person follows that"
    )


class BudgetList(Given):
    """The alert budget of the duty officer and of every room that raised anything, the fullest first."""

    clock: datetime
    window_s: int
    desks: tuple[BudgetShape, ...]
