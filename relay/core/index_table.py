"""The index of a month as a value: what each area is shown as, and everything it follows from."""

from dataclasses import dataclass

from patrol_wire.ids import AreaId, Measure
from relay.core.completeness import AreaCompleteness
from relay.core.levels import Level, LevelRule, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaIndex:
    """One area."""

    area_id: AreaId
    value: float
    level: Level
    """From the counts alone."""
    standing: Standing
    """From the counts and their completeness: what people are shown."""
    completeness: AreaCompleteness
    inputs: str
    """Hash of the rule and the counts that this row was computed from, 32 hex digits: anybody can recompute it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexTable:
    """All areas of the city in a month."""

    month: str
    release: int | None
    """The release these are the figures of; None: as they are now."""
    cursor: int
    """Cursor of the newest ledger line they contain."""
    measure: Measure
    rule: LevelRule
    rule_hash: str
    areas: tuple[AreaIndex, ...]
