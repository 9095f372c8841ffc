"""The rules of a camera as the room's file says them → the rules the core judges.

The settings were checked before (``settings/checks.py``): every zone and line a rule names exists.
"""

from typing import assert_never

from edge_agent.core.rules import AnyRule, Crowd, Intrusion, LineCrossing, Loitering
from edge_agent.core.zones import Direction, Line, Zone
from edge_agent.settings.model import (
    AnyRule as AnyRuleSettings,
)
from edge_agent.settings.model import (
    CameraSettings,
    CrowdSettings,
    IntrusionSettings,
    LineCrossingSettings,
    LoiteringSettings,
)


def rules_of(camera: CameraSettings) -> tuple[AnyRule, ...]:
    """Return the camera's rules in the order of the file; a zone or line that is not there is a bug (KeyError)."""
    zones = {zone.name: Zone(name=zone.name, polygon=zone.polygon) for zone in camera.zones}
    lines = {line.name: Line(name=line.name, points=(line.points[0], line.points[1])) for line in camera.lines}
    return tuple(_rule(rule, zones, lines) for rule in camera.rules)


def _rule(rule: AnyRuleSettings, zones: dict[str, Zone], lines: dict[str, Line]) -> AnyRule:
    match rule:
        case IntrusionSettings():
            return Intrusion(
                name=rule.name,
                category=rule.category,
                severity=rule.severity,
                forward=rule.forward,
                labels=rule.labels,
                min_frames=rule.min_frames,
                cool_down_s=rule.cool_down_s,
                zone=zones[rule.zone],
            )
        case LineCrossingSettings():
            return LineCrossing(
                name=rule.name,
                category=rule.category,
                severity=rule.severity,
                forward=rule.forward,
                labels=rule.labels,
                min_frames=rule.min_frames,
                cool_down_s=rule.cool_down_s,
                line=lines[rule.line],
                direction=Direction(rule.direction),
            )
        case LoiteringSettings():
            return Loitering(
                name=rule.name,
                category=rule.category,
                severity=rule.severity,
                forward=rule.forward,
                labels=rule.labels,
                min_frames=rule.min_frames,
                cool_down_s=rule.cool_down_s,
                zone=zones[rule.zone],
                dwell_s=rule.dwell_s,
            )
        case CrowdSettings():
            return Crowd(
                name=rule.name,
                category=rule.category,
                severity=rule.severity,
                forward=rule.forward,
                labels=rule.labels,
                min_frames=rule.min_frames,
                cool_down_s=rule.cool_down_s,
                zone=zones[rule.zone],
                count=rule.count,
                hold_s=rule.hold_s,
            )
        case _:
            assert_never(rule)
