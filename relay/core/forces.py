"""The kinds of force: what each may be sent to, and what it may see of it. Configuration, not code: forces.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from patrol_wire.ids import Severity

SEVERITY_ORDER: Final = (Severity.LOW, Severity.NORMAL, Severity.HIGH, Severity.CRITICAL)


class Force(StrEnum):
    """The four kinds of force of the city."""

    POLICE_PATROL = "police_patrol"
    COMMUNITY_PATROL = "community_patrol"
    GRID_WORKER = "grid_worker"
    """Grid workers and volunteers."""
    VIDEO_PATROL = "video_patrol"


class Sight(StrEnum):
    """What a unit may be told beyond kind, urgency and area."""

    PLACE = "place"
    """The exact place; without it, the place to about 100 m."""
    CAMERA = "camera"
    """Which camera saw it."""


EVERYTHING: Final = frozenset(Sight)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceRule:
    """What one kind of force may do."""

    force: Force
    title_zh: str = ""
    title_en: str = ""
    families: frozenset[str] | None = None
    """Families of categories it is sent to; None: all of them, empty: it is sent to nothing."""
    unclassified: bool = True
    """It is sent to what nobody has named yet too, whatever its families are, unless they are empty."""
    gravest: Severity = Severity.CRITICAL
    """It is not sent to anything graver."""
    sees: frozenset[Sight] = EVERYTHING

    def refusal(self, family: str, severity: Severity, *, unnamed: bool) -> str | None:
        """Return why this force is not sent to such an incident, or None; ``unnamed``: nobody has said what it is."""
        if not self.is_for(family, unnamed=unnamed):
            return f"{self.force.value} is not sent to {family}"
        if self.is_too_grave(severity):
            return f"{self.force.value} is not sent to what is {severity.value}"
        return None

    def is_for(self, family: str, *, unnamed: bool) -> bool:
        """Tell whether it is sent to this family at all."""
        if unnamed:
            return self.unclassified and self.families != frozenset()
        return self.families is None or family in self.families

    def is_too_grave(self, severity: Severity) -> bool:
        """Tell whether such a thing is none for this force, whatever its family."""
        return SEVERITY_ORDER.index(severity) > SEVERITY_ORDER.index(self.gravest)


def refusals(rules: Mapping[Force, ForceRule], family: str, severity: Severity, *, unnamed: bool) -> dict[Force, str]:
    """Return the forces that are not sent to such an incident, each with the reason."""
    found = {force: rule.refusal(family, severity, unnamed=unnamed) for force, rule in rules.items()}
    return {force: why for force, why in found.items() if why is not None}
