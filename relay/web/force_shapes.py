"""What the relay's HTTP API gives and takes about the force: candidates, rosters, duty."""

from datetime import datetime

from pydantic import Field

from relay.core.forces import Force
from relay.web.shapes import Asked, Given, Name, Titles, UuidText


class CandidateShape(Given):
    """A unit that would be asked now, the first one first."""

    unit_id: str
    unit: Titles
    force: Force
    distance_m: float | None = Field(description="null: nobody knows where it is")
    reason: str = Field(description="Why: ring, distance, age of its fix, what is before it already")


class PassedOverShape(Given):
    """A unit of the same ring that would not be asked."""

    unit_id: str
    unit: Titles
    force: Force
    reason: str = Field(description="Off duty, busy, not sent to such incidents, asked already")


class LevelShape(Given):
    """One escalation level as it would be asked now."""

    level: int = Field(description="0 community, 1 station, 2 centre")
    candidates: tuple[CandidateShape, ...]
    passed_over: tuple[PassedOverShape, ...] = Field(description="At most 200 of them")
    passed_over_count: int


class CandidateList(Given):
    """Whom an incident would be offered to now, and why not to others."""

    incident_id: str
    levels: tuple[LevelShape, ...]


class DutyShape(Given):
    """A unit with shifts: is it on duty, why, and until when."""

    unit_id: str
    unit: Titles
    beat_id: str | None
    on_duty: bool
    reason: str
    until: datetime | None = Field(description="When its shift next begins or ends")
    dispatch_id: str | None = Field(description="What it is working on: to be handed over when its shift ends")


class HoleShape(Given):
    """A part of the week in which nobody of a beat is on shift, in the city's own time."""

    begins: str = Field(description="Such as `mon 08:00`")
    ends: str
    now: bool = Field(description="It is that time")


class BeatHoles(Given):
    """The holes of one beat."""

    beat_id: str
    beat: str
    title: Titles
    town_id: str
    holes: tuple[HoleShape, ...]


class RosterShape(Given):
    """Who is on duty, and where nobody is."""

    clock: datetime
    units: tuple[DutyShape, ...]
    units_with_shifts: int = Field(description="How many units have shifts, also when `units` was not asked for")
    beats_with_holes: tuple[BeatHoles, ...]
    holes_now: int


class DutyAsked(Asked):
    """A unit goes on or off duty by hand; that holds until its next shift begins or ends."""

    actor: Name
    on_duty: bool
    command_id: UuidText | None = Field(None, description="UUID made by the caller; sent again it has no second effect")


class DutyDone(Given):
    """What became of it; durable when this is answered."""

    command_id: str
    answer: str
