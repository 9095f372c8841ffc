"""What the relay's HTTP API gives about counts: ledger lines, sums, releases of months. Same promises as shapes.py."""

from datetime import datetime

from pydantic import Field

from patrol_wire.ids import Measure
from relay.web.shapes import Asked, Given, Name, Sentence, UuidText

MONTH_PATTERN = r"^(19[7-9]|2[0-9]{2})[0-9]-(0[1-9]|1[0-2])$"
"""1970 to 2999: every month that a calendar can be asked about without a special case."""


class LedgerLineShape(Given):
    """One line of the ledger, never changed; the same as on the ZeroMQ feed."""

    cursor: int
    entry_id: str
    measure: Measure
    area: str
    category: str
    month: str
    count: int = Field(description="+1, or -1 for a correction")
    incident_id: str
    reason: str
    recorded_at: datetime
    release: int = Field(description="Release of its month that it belongs to; 1 until the month is published")


class CountsPageShape(Given):
    """Lines after a cursor, in commit order; up to date when the last cursor is `head`."""

    entries: tuple[LedgerLineShape, ...]
    head: int


class CountSumShape(Given):
    """How many incidents count in one place."""

    measure: Measure
    area: str
    category: str
    month: str
    count: int


class CountSums(Given):
    """Sums of the ledger, as they are now or as a release of a month says."""

    sums: tuple[CountSumShape, ...]
    head: int = Field(description="Cursor of the newest line these sums contain")
    release: int | None = Field(None, description="The release these are the figures of; null: as they are now")


class ReleaseShape(Given):
    """A publication of a month. Its figures never change; what comes later makes the next release."""

    number: int = Field(description="Place among all releases of all months, without holes")
    month: str
    release: int = Field(description="1 is the first publication of the month")
    cutoff: int = Field(description="Cursor of the newest ledger line it can contain")
    entries: int = Field(description="Lines of the month that are new in it")
    begins_at: datetime
    ends_at: datetime = Field(description="The month in UTC: from `begins_at` up to, but without, `ends_at`")
    time_zone: str
    published_at: datetime
    actor: str = Field(description="Who published it; `relay`: by itself")
    reason: str
    difference: tuple[CountSumShape, ...] | None = Field(
        None, description="What it changes in the release before it; given where a month is named"
    )


class ReleaseList(Given):
    """Releases in the order in which they were made."""

    releases: tuple[ReleaseShape, ...]


class PublishAsked(Asked):
    """Publish a month that has ended, before its days of grace are over."""

    month: str = Field(pattern=MONTH_PATTERN, description="`YYYY-MM` in the city's time")
    actor: Name
    reason: Sentence = ""
    command_id: UuidText | None = Field(None, description="UUID made by the caller; sent again it has no second effect")


class Reconciled(Given):
    """Whether everything the relay holds agrees with everything else it holds."""

    reconciled: bool
    differences: tuple[str, ...]
