"""What the relay's HTTP API gives about counting bases and counting anew. Same promises as shapes.py."""

from datetime import datetime

from pydantic import Field

from relay.core.dispatches import Answer
from relay.web.count_shapes import MONTH_PATTERN, CountSumShape
from relay.web.shapes import Asked, Given, Name, Sentence, UuidText


class BasisShape(Given):
    """One counting basis."""

    basis: int
    digest: str = Field(description="BLAKE2b of its content, 128 bits in hex")
    since: datetime = Field(description="When it was first in force")


class BasisList(Given):
    """All bases, the oldest first."""

    bases: tuple[BasisShape, ...]
    in_force: int


class BasisCategory(Given):
    """How a category was treated."""

    family: str
    counted: bool


class BasisContent(Given):
    """Everything that placed and counted incidents while this basis was in force."""

    time_zone: str
    areas: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = Field(
        description="Outer rings of each area, (lon, lat); the last point joins the first"
    )
    rooms: dict[str, str | None] = Field(description="The area of each room, taken where a point lies in no area")
    categories: dict[str, BasisCategory]


class BasisIncidents(Given):
    """How many incidents of a month were placed by one basis."""

    basis: int = Field(description="0: placed before bases were numbered")
    incidents: int


class TabulationShape(Given):
    """What counting a month anew would change."""

    month: str
    basis: int = Field(description="The basis in force; name it when you ask for the change")
    incidents: int
    placed_by: tuple[BasisIncidents, ...]
    moved: int = Field(description="Incidents that the basis in force places elsewhere or treats otherwise")
    given: int = Field(description="Incidents whose area a person named; they stay")
    unlisted: int = Field(description="Incidents of a category that is no longer listed; they stay as they are")
    changes: tuple[CountSumShape, ...] = Field(description="What the counts gain or lose, place by place")
    published: int = Field(description="Newest release of the month; 0: not published, so none would be made")


class RetabulationAsked(Asked):
    """Count a month anew on the basis in force."""

    month: str = Field(pattern=MONTH_PATTERN, description="`YYYY-MM` in the city's time")
    actor: Name
    reason: Sentence = Field(description="Required: it stands in the next release of the month")
    basis: int = Field(ge=0, le=2**31 - 1, description="The basis whose differences you have seen")
    command_id: UuidText | None = Field(None, description="UUID made by the caller; sent again it has no second effect")


class Retabulated(Given):
    """What became of it."""

    month: str
    basis: int
    answer: Answer = Field(description="`done`, or `already_done` when nothing stands elsewhere")
    reason: str
