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
    gravest: Severity = Severity.CRITICAL
    """It is not sent to anything graver."""
    sees: frozenset[Sight] = EVERYTHING

    def refusal(self, family: str, severity: Severity) -> str | None:
        """Return why this force is not sent to such an incident, or None."""
        if self.families is not None and family not in self.families:
            return f"{self.force.value} is not sent to {family}"
        if SEVERITY_ORDER.index(severity) > SEVERITY_ORDER.index(self.gravest):
            return f"{self.force.value} is not sent to what is {severity.value}"
        return None


def refusals(rules: Mapping[Force, ForceRule], family: str, severity: Severity) -> dict[Force, str]:
    """Return the forces that are not sent to such an incident, each with the reason."""
    found = {force: rule.refusal(family, severity) for force, rule in rules.items()}
    return {force: why for force, why in found.items() if why is not None}
