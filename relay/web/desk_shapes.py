"""What the HTTP API gives and takes about the desk itself: who has what, the hand-over, the auditor, the choices."""

from datetime import datetime

from pydantic import Field, model_validator

from patrol_wire.ids import Severity
from relay.core.dispatches import Answer
from relay.core.incidents import IncidentState
from relay.web.shapes import Asked, Given, Name, Sentence, Titles, UuidText

MOST_HANDED = 2_000
"""Incidents of one hand-over."""


class OwnerShape(Given):
    """Somebody at the desk who has open incidents."""

    owner: str
    open_incidents: int
    oldest_first_alert_at: datetime


class AuditShape(Given):
    """What the auditor saw, which asks the store every ten seconds whether anything is forgotten."""

    looked_at: datetime | None = Field(description="When it last could look; null: not since the start")
    age_s: float | None = Field(description="Seconds since then, of the machine's own; null: not since the start")
    failures: int = Field(description="Looks at which the store could not be read")
    severe_open: int
    severe_unowned: int = Field(description="Of these, those that nobody has: a timer stands for each")
    forgotten: int = Field(description="With neither owner nor unit nor timer: must be 0")
    timer_late_s: float = Field(description="How long the longest overdue timer has waited")


class DeskWatch(Given):
    """How the desk is manned, and what the auditor says."""

    clock: datetime
    owners: tuple[OwnerShape, ...]
    audit: AuditShape


class CategoryChoice(Given):
    """A kind of incident of the city."""

    category: str
    title: Titles
    severity: Severity


class AreaChoice(Given):
    """An area of the city."""

    area_id: str
    title: Titles
    town: Titles | None


class DeskChoices(Given):
    """What an incident can be named and where it can lie: all kinds and areas of the city in force."""

    categories: tuple[CategoryChoice, ...]
    areas: tuple[AreaChoice, ...]


class HandOverItem(Given):
    """An open incident that would be handed over."""

    incident_id: str
    revision: int
    state: IncidentState
    severity: Severity
    category_title: Titles
    area: Titles
    first_alert_at: datetime


class HandOverPreview(Given):
    """What a hand-over would move."""

    incidents: tuple[HandOverItem, ...]
    more: bool = Field(description="There are further ones: hand these over, then the rest")


class HandOverAsked(Asked):
    """A duty officer's shift ends: what that person has goes to the next one."""

    actor: Name = Field(description="Who does it: either of the two, or somebody else")
    from_owner: Name
    to_owner: Name
    reason: Sentence = Field(min_length=1)
    incident_ids: tuple[UuidText, ...] | None = Field(
        None, max_length=MOST_HANDED, description="Only these; default: all open ones of `from_owner`"
    )
    command_id: UuidText | None = Field(None, description="UUID made by the caller; sent again it has no second effect")

    @model_validator(mode="after")
    def _two_people(self) -> "HandOverAsked":
        if self.from_owner == self.to_owner:
            raise ValueError("from_owner and to_owner are the same person")
        return self


class HandOverResult(Given):
    """What became of one incident."""

    incident_id: str
    answer: Answer
    reason: str = Field(description="Why it was not handed over")


class HandOverDone(Given):
    """Durable when this is answered. Undone by the same, from the one to the other, for those that were done."""

    command_id: str
    handed_over: int
    results: tuple[HandOverResult, ...]
    more: bool = Field(description="There were more than one hand-over takes: ask again")
