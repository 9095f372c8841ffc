"""The rules of a camera as a room's file writes them: one table per kind, told apart by ``kind``.

Owns shape and range of each key; what must hold between keys is in ``checks.py``. ``core/rules.py`` has the same rules
as values to judge by, ``detect/room_rules.py`` makes one from the other.
"""

from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Discriminator, Field, Strict, StringConstraints

from edge_agent.core.schedules import window_of
from edge_agent.settings.values import (
    Decimal,
    Flag,
    Label,
    Name,
    Polyline,
    PositiveSeconds,
    Seconds,
    Settings,
    Unit01,
    Whole,
)
from patrol_wire.ids import Forward, Severity


def _entry(text: str) -> str:
    window_of(text)
    return text


ScheduleEntry = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=100), AfterValidator(_entry)]
"""One window: ``mon-fri 22:00-06:00``, ``2026-10-01 08:00-12:00`` or ``2026-10-01..2026-10-07 off``."""
Labels = Annotated[tuple[Label, ...], Field(min_length=1, max_length=64)]
OwnSizes = Annotated[Decimal, Field(ge=0.1, le=100.0)]
"""Lengths in sizes of the thing itself, which need no calibration: the mean of its box's width and height."""


class StageSettings(Settings):
    """An entry of ``stages``: an alert that has lasted so long is raised once more, graver."""

    after_s: PositiveSeconds
    severity: Severity


class RuleSettings(Settings):
    """What every ``[[camera.rule]]`` has, whatever its kind."""

    name: Name
    labels: Labels = ("person", "moving_object")
    severity: Severity = Severity.NORMAL
    forward: Forward = Forward.SUGGEST
    schedule: Annotated[tuple[ScheduleEntry, ...], Field(max_length=64)] = ()
    min_height: Unit01 = 0.0
    max_height: Unit01 = 1.0
    min_area: Unit01 = 0.0
    max_area: Unit01 = 1.0
    min_frames: Annotated[Whole, Field(ge=1, le=1_000)] = 3
    linger_s: Seconds = 1.0
    cool_down_s: Seconds = 30.0

    @property
    def told_after_s(self) -> float:
        """How long after its beginning a thing is told at the latest: so much of the past its clip needs."""
        return 0.0


class ZoneRuleSettings(RuleSettings):
    """What the kinds about zones have beside that; ``zone`` names one, ``zones`` several."""

    zone: Name | None = None
    zones: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    leave_margin: Unit01 = 0.01
    stages: Annotated[tuple[StageSettings, ...], Field(max_length=8)] = ()

    @property
    def zone_names(self) -> tuple[str, ...]:
        """The zones it is about, in the order of the file."""
        return self.zones if self.zone is None else (self.zone, *self.zones)


class IntrusionSettings(ZoneRuleSettings):
    """Something of the labels stands in the zone."""

    kind: Literal["intrusion"]
    category: Name = "intrusion"


class LineCrossingSettings(RuleSettings):
    """Something of the labels crosses the line in the direction."""

    kind: Literal["line_crossing"]
    line: Name
    direction: Literal["left_to_right", "right_to_left", "both"] = "both"
    beyond: Unit01 = 0.005
    debounce_s: Seconds = 0.0
    category: Name = "line_crossing"

    @property
    def told_after_s(self) -> float:
        """Until nobody came back."""
        return self.debounce_s


class LoiteringSettings(ZoneRuleSettings):
    """One track stays in the zone for longer than ``dwell_s``."""

    kind: Literal["loitering"]
    dwell_s: PositiveSeconds = 20.0
    grace_s: Seconds = 2.0
    category: Name = "loitering"

    @property
    def told_after_s(self) -> float:
        """The dwell."""
        return self.dwell_s


class CrowdSettings(ZoneRuleSettings):
    """At least ``count`` tracks are in the zone for ``hold_s``, as densely as ``density``."""

    kind: Literal["crowd"]
    count: Annotated[Whole, Field(ge=2, le=10_000)] = 5
    density: Annotated[Decimal, Field(ge=0.0, le=10.0)] = 0.0
    hold_s: Seconds = 3.0
    grace_s: Seconds = 2.0
    category: Name = "crowd"

    @property
    def told_after_s(self) -> float:
        """The time they must stay together."""
        return self.hold_s


class WrongWaySettings(ZoneRuleSettings):
    """Something of the labels travels against the way that is drawn for the zone."""

    kind: Literal["wrong_way"]
    labels: Labels = ("car", "truck", "bus", "motorcycle", "moving_object")
    way: Polyline
    distance: OwnSizes = 2.0
    tolerance_deg: Annotated[Decimal, Field(ge=5.0, le=85.0)] = 60.0
    speed: Annotated[Decimal, Field(ge=0.0, le=20.0)] = 0.3
    category: Name = "wrong_way"

    @property
    def told_after_s(self) -> float:
        """The time the distance takes at the least speed, a minute at most."""
        return min(60.0, self.distance / self.speed) if self.speed > 0.0 else 60.0


class StoppedVehicleSettings(ZoneRuleSettings):
    """Something of the labels came and stands in the zone for longer than ``stop_s``, and not in a queue."""

    kind: Literal["stopped_vehicle"]
    labels: Labels = ("car", "truck", "bus", "motorcycle", "moving_object")
    stop_s: PositiveSeconds = 30.0
    grace_s: Seconds = 5.0
    queue: Annotated[Whole, Field(ge=0, le=100)] = 2
    category: Name = "stopped_vehicle"

    @property
    def told_after_s(self) -> float:
        """The time it must stand."""
        return self.stop_s


class AbandonedObjectSettings(ZoneRuleSettings):
    """Something was put down in the zone, and its owner has been away for longer than ``unattended_s``."""

    kind: Literal["abandoned_object"]
    labels: Labels = ("backpack", "handbag", "suitcase", "still_object")
    owner_labels: Labels = ("person", "moving_object")
    unattended_s: PositiveSeconds = 60.0
    reach: Annotated[Decimal, Field(ge=0.1, le=100.0)] = 1.5
    """Heights of a person."""
    needs_owner: Flag = True
    fixtures: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    category: Name = "abandoned_object"

    @property
    def told_after_s(self) -> float:
        """The time nobody was with it."""
        return self.unattended_s


AnyRule = Annotated[
    IntrusionSettings
    | LineCrossingSettings
    | LoiteringSettings
    | CrowdSettings
    | WrongWaySettings
    | StoppedVehicleSettings
    | AbandonedObjectSettings,
    Discriminator("kind"),
]
RULE_KINDS: Final[frozenset[str]] = frozenset(
    str(tag) for model in get_args(get_args(AnyRule)[0]) for tag in get_args(model.model_fields["kind"].annotation)
)
"""The words of ``kind``."""
