"""The rules of a camera as the room's file says them → the rules the core judges.

The settings were checked before (``settings/checks.py``): every zone and line a rule names exists.
"""

from typing import TypedDict, assert_never

from edge_agent.core.rules import (
    AbandonedObject,
    AnyRule,
    Crowd,
    Intrusion,
    LineCrossing,
    Loitering,
    Sizes,
    Stage,
    StoppedVehicle,
    WrongWay,
)
from edge_agent.core.schedules import Schedule, schedule_of
from edge_agent.core.zones import Direction, Line, Zone
from edge_agent.settings.model import CameraSettings
from edge_agent.settings.rules import (
    AbandonedObjectSettings,
    CrowdSettings,
    IntrusionSettings,
    LineCrossingSettings,
    LoiteringSettings,
    RuleSettings,
    StoppedVehicleSettings,
    WrongWaySettings,
    ZoneRuleSettings,
)
from edge_agent.settings.rules import AnyRule as AnyRuleSettings
from patrol_wire.ids import Forward, Severity


class _OfAll(TypedDict):
    """What every kind of rule has."""

    name: str
    category: str
    severity: Severity
    forward: Forward
    labels: tuple[str, ...]
    schedule: Schedule | None
    sizes: Sizes
    min_frames: int
    linger_s: float
    cool_down_s: float


class _OfZones(_OfAll):
    """What every kind about zones has."""

    zones: tuple[Zone, ...]
    leave_margin: float
    stages: tuple[Stage, ...]


def rules_of(camera: CameraSettings) -> tuple[AnyRule, ...]:
    """Return the camera's rules in the order of the file; a zone or line that is not there is a bug (KeyError)."""
    zones = {zone.name: Zone(name=zone.name, polygon=zone.polygon) for zone in camera.zones}
    lines = {line.name: Line(name=line.name, points=(line.points[0], line.points[1])) for line in camera.lines}
    return tuple(_rule(rule, zones, lines) for rule in camera.rules)


def _of_all(rule: RuleSettings, category: str) -> _OfAll:
    return _OfAll(
        name=rule.name,
        category=category,
        severity=rule.severity,
        forward=rule.forward,
        labels=rule.labels,
        schedule=schedule_of(rule.schedule),
        sizes=Sizes(
            min_height=rule.min_height, max_height=rule.max_height, min_area=rule.min_area, max_area=rule.max_area
        ),
        min_frames=rule.min_frames,
        linger_s=rule.linger_s,
        cool_down_s=rule.cool_down_s,
    )


def _of_zones(rule: ZoneRuleSettings, category: str, zones: dict[str, Zone]) -> _OfZones:
    return _OfZones(
        **_of_all(rule, category),
        zones=tuple(zones[name] for name in rule.zone_names),
        leave_margin=rule.leave_margin,
        stages=tuple(Stage(after_s=stage.after_s, severity=stage.severity) for stage in rule.stages),
    )


def _rule(rule: AnyRuleSettings, zones: dict[str, Zone], lines: dict[str, Line]) -> AnyRule:
    if isinstance(rule, LineCrossingSettings):
        return LineCrossing(
            **_of_all(rule, rule.category),
            line=lines[rule.line],
            direction=Direction(rule.direction),
            beyond=rule.beyond,
            debounce_s=rule.debounce_s,
        )
    shared = _of_zones(rule, rule.category, zones)
    match rule:
        case IntrusionSettings():
            return Intrusion(**shared)
        case LoiteringSettings():
            return Loitering(**shared, dwell_s=rule.dwell_s, grace_s=rule.grace_s)
        case CrowdSettings():
            return Crowd(**shared, count=rule.count, density=rule.density, hold_s=rule.hold_s, grace_s=rule.grace_s)
        case WrongWaySettings():
            return WrongWay(
                **shared,
                way=(rule.way[0], rule.way[1]),
                distance=rule.distance,
                tolerance_deg=rule.tolerance_deg,
                speed=rule.speed,
            )
        case StoppedVehicleSettings():
            return StoppedVehicle(**shared, stop_s=rule.stop_s, grace_s=rule.grace_s, queue=rule.queue)
        case AbandonedObjectSettings():
            return AbandonedObject(
                **shared,
                owner_labels=rule.owner_labels,
                unattended_s=rule.unattended_s,
                reach=rule.reach,
                needs_owner=rule.needs_owner,
                fixtures=tuple(zones[name] for name in rule.fixtures),
            )
        case _:
            assert_never(rule)
