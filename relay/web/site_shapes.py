"""What the relay's HTTP API gives about its site: rooms, units, its own figures. Same promises as shapes.py."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from relay.core.candidates import Activity
from relay.core.city import Tier
from relay.core.forces import Force
from relay.core.presence import Presence
from relay.web.shapes import Given, IncidentShape, PlaceShape, Titles


class RoomShape(Given):
    """A video room and whether anything is heard of it."""

    node: str
    title: Titles
    tier: Tier
    town_id: str | None
    area_id: str | None
    place: PlaceShape
    presence: Presence
    last_seen_at: datetime | None = Field(description="null: never heard of; it is not set up yet")


class RoomList(Given):
    """All rooms of the city."""

    rooms: tuple[RoomShape, ...]


class UnitShape(Given):
    """A unit: who it is and what it does now."""

    unit_id: str
    title: Titles
    force: Force
    town_id: str
    beat_id: str | None
    on_duty: bool
    activity: Activity
    dispatch_id: str | None
    place: PlaceShape | None
    fix_at: datetime | None
    accuracy_m: float | None
    last_seen_at: datetime | None


class UnitList(Given):
    """All units of the roster."""

    units: tuple[UnitShape, ...]


class GateShape(Given):
    """One field-facing process."""

    running: bool
    restarts: int
    sessions: int | None = Field(description="Peers connected now; null where the core does not know")


class FiguresShape(Given):
    """How much the relay holds and how it works."""

    alerts: int = Field(description="Stored alerts without the synthetic ones")
    test_alerts: int
    records: int
    dead_letters: int
    incidents: int
    incidents_open: int
    incidents_by_state: dict[str, int]
    dispatches: int
    dispatches_by_state: dict[str, int]
    ledger_lines: int
    timers: int
    commits: int = Field(description="Since this relay started")
    last_commit_at: datetime | None
    gates: dict[str, GateShape]
    uptime_s: float


class DeadLetterShape(Given):
    """A record that was acknowledged but could not be used."""

    log_id: int
    node: str
    epoch: str = Field(description="Text, because browsers round integers of 63 bits")
    stream: str
    seq: int
    kind: str
    received_at: datetime
    reason: str
    detail: str


class DeadLetters(Given):
    """Dead letters, the newest first."""

    dead_letters: tuple[DeadLetterShape, ...]


class RefusalShape(Given):
    """Something a peer sends that is not taken."""

    gate: str = Field(description="`rooms`, `terminals`, `counts`, …")
    peer: str = Field(description="`role:node` from its key; `unknown` for one that was never admitted")
    code: str = Field(description="A reason of the wire protocol, §10, or of a dead letter")
    count: int = Field(description="Since `first_at`")
    first_at: datetime = Field(description="When it began; after a quiet minute it begins anew")
    last_at: datetime
    found: str = Field(description="What was found, for people; empty where the gate refused by itself")
    goes_on: bool = Field(description="false: none for a minute")


class RefusalHour(Given):
    """How often a peer was refused something within an hour; kept for thirty days, over restarts and relays."""

    hour: datetime = Field(description="Begin of the hour")
    gate: str
    peer: str = Field(description="As in `refusals`; `others` for all beyond two thousand in an hour")
    code: str
    count: int
    first_at: datetime
    last_at: datetime
    found: str = Field(description="What was found last, for people")


class Refusals(Given):
    """Who was refused what since this relay started, and by the hour before, the latest first."""

    refusals: tuple[RefusalShape, ...]
    forgotten: int = Field(description="Lines dropped because there were more than a thousand")
    by_hour: tuple[RefusalHour, ...] = Field(description="From the store, as far back as `hours` says")
    more: int = Field(description="Lines of `by_hour` beyond `limit`")


class Health(Given):
    """Whether the relay lives, or does its whole work; `checks` names what does not."""

    ok: bool
    checks: dict[str, bool]
    reasons: dict[str, str] = Field({}, description="Why, for the checks that know")


class StateCount(Given):
    """Open incidents in one state."""

    count: int
    oldest_first_alert_at: datetime | None


class Site(Given):
    """What stands above the queue."""

    clock: datetime
    sequence: int
    states: dict[str, StateCount]
    rooms: dict[str, int] = Field(description="Rooms ever heard of by presence, and `never` for the others")
    commits: int
    last_commit_at: datetime | None
    gates_running: dict[str, bool]
    store_fault: str = Field(description="Why nothing can be stored at the moment; empty: it can")


class LiveMessage(Given):
    """What the live feed sends: JSON text, one object per message; fields that do not belong to its kind are absent.

    `snapshot` begins a feed that does not go on from a number; `changes` replaces whole incidents; `rooms` replaces
    the list of rooms ever heard of, on a change of presence and every ten seconds; `site` comes at least every two
    seconds, so a page notices silence.
    """

    kind: Literal["snapshot", "changes", "rooms", "site"]
    sequence: int = Field(description="The newest change this page knows after this message; resume with `after`")
    incidents: tuple[IncidentShape, ...] = ()
    rooms: tuple[RoomShape, ...] = ()
    site: Site | None = None
