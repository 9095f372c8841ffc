"""What the HTTP API gives about areas of a month: counts, exposure, completeness and index. As shapes.py promises."""

from pydantic import Field

from patrol_wire.ids import Measure
from relay.core.attesting import Doubt
from relay.core.levels import Level, Standing
from relay.web.shapes import Given, Titles


class AreaCountsShape(Given):
    """An area in a month: how many incidents, and how much watching stands behind them."""

    area: str
    title: Titles
    month: str
    reported: int
    confirmed: int
    camera_hours: float = Field(description="Hours that cameras streamed, summed over cameras; gaps left out")
    patrol_hours: float = Field(description="Hours that units on duty were on patrol in it; gaps left out")
    complete: bool = Field(description="It was watched on every day, and everything its rooms raised is here")
    incomplete_days: int
    doubts: tuple[Doubt, ...] = Field(description="Why it is not complete: all reasons of all its days")


class AreaCountsList(Given):
    """All areas of the city in a month; `unmapped` is what lies in none."""

    month: str
    release: int | None = Field(description="The release the counts are the figures of; null: as they are now")
    areas: tuple[AreaCountsShape, ...]


class DayShape(Given):
    """A day of an area that is not complete."""

    day: str
    doubts: tuple[Doubt, ...]


class AreaCompletenessShape(Given):
    """An area in a month."""

    area: str
    title: Titles
    complete: bool
    days: int = Field(description="Days of the month that have begun")
    incomplete: tuple[DayShape, ...]


class CompletenessList(Given):
    """Completeness of areas in a month, as it is now."""

    month: str
    areas: tuple[AreaCompletenessShape, ...]


class AreaIndexShape(Given):
    """The index of an area."""

    area: str
    title: Titles
    standing: Standing = Field(description="What to show. `incomplete`: calm by its counts, but nobody can say so")
    level: Level = Field(description="From the counts alone; where `complete` is false it is at least that")
    value: float
    complete: bool
    incomplete_days: int
    doubts: tuple[Doubt, ...]
    inputs: str = Field(description="Hash of the rule and counts behind this row")


class IndexShape(Given):
    """The index of a month."""

    month: str
    release: int | None
    cursor: int = Field(description="Cursor of the newest ledger line in it")
    measure: Measure
    blue_from: float
    orange_from: float
    red_from: float
    slack: float
    rule_hash: str = Field(description="Hash of measure, thresholds and weights")
    areas: tuple[AreaIndexShape, ...]
