"""What the relay's HTTP API gives about the watch of the video rooms. Same promises as shapes.py."""

from datetime import datetime

from pydantic import Field

from relay.core.city import Tier
from relay.core.presence import Presence
from relay.core.watches import RoomWatch, ShiftEnd
from relay.web.shapes import Given, Titles


class OnWatchShape(Given):
    """An operator who has signed on in a room."""

    operator: str
    since: datetime
    shift_id: str


class LastRoundShape(Given):
    """The newest round that was made through a room's cameras."""

    at: datetime
    camera_set: str
    cameras: int
    seen: int = Field(description="Cameras whose live picture was attested")


class RoomWatchShape(Given):
    """A room: is it watched, should it be, and by whom."""

    node: str
    title: Titles
    tier: Tier
    presence: Presence
    watch: RoomWatch = Field(
        description="`unwatched`: the roster wants it watched now and nobody has signed on; `unknown`: the room is lost"
    )
    planned: bool | None = Field(description="The roster wants it watched now; null: it says nothing of this room")
    until: datetime | None = Field(description="When that next changes")
    operators: tuple[OnWatchShape, ...] = Field(description="Who has signed on, as the room told last")
    last_round: LastRoundShape | None = Field(description="Of shifts that began within the last seven days")


class WatchBoard(Given):
    """Who watches the city's pictures now, and where nobody does."""

    clock: datetime
    rooms: tuple[RoomWatchShape, ...] = Field(description="Those that nobody watches first")
    planned_now: int = Field(description="Rooms that the roster wants watched now")
    unwatched_now: int
    rooms_planned: int = Field(description="Rooms of which the roster says anything")


class WatchShiftShape(Given):
    """One operator's shift in one room."""

    node: str
    title: Titles
    shift_id: str
    operator: str
    began_at: datetime
    ended_at: datetime | None = Field(description="null: it goes on, as far as the room told")
    end: ShiftEnd | None = Field(description="`lost`: its end was never told")
    relieved_by: str = Field(description="Who took it over; empty when nobody did")
    rounds: int
    round_cameras: int = Field(description="Cameras of all its rounds together")
    round_seen: int = Field(description="Of these, whose live picture was attested")
    coverage: float | None = Field(description="round_seen of round_cameras, 0 to 1; null without a round")
    figures: dict[str, int] = Field(
        description="The shift's statistics as its room told them at its end: flags, withdrawn, judged, accepted, "
        "dismissed, open_matters, look_back_ms_median, judged_after_ms_median …"
    )


class WatchShiftList(Given):
    """The shifts that began in a month, the first one first."""

    month: str
    shifts: tuple[WatchShiftShape, ...]
    left_out: int = Field(description="Later shifts beyond the limit; the CSV has all of them")
