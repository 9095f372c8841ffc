"""Rules: what on a camera is worth an alert. Values only; ``conditions.py`` judges them, ``alerts.py`` tells of them.

``settings/model.py`` has the TOML form of the same rules; ``detect/room_rules.py`` makes one from the other.
"""

from dataclasses import dataclass
from enum import StrEnum

from edge_agent.core.boxes import Box, Point
from edge_agent.core.detections import MOVING_OBJECT
from edge_agent.core.zones import Direction, Line, Zone
from patrol_wire.ids import Forward, Severity


class Anchor(StrEnum):
    """Which point of a box is judged."""

    CENTRE = "centre"
    BOTTOM_CENTRE = "bottom_centre"

    def of(self, box: Box) -> Point:
        """Return that point of the box."""
        return box.centre if self is Anchor.CENTRE else box.bottom_centre


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What all kinds have in common."""

    name: str
    category: str
    severity: Severity = Severity.NORMAL
    forward: Forward = Forward.SUGGEST
    labels: tuple[str, ...] = ("person", MOVING_OBJECT)
    min_frames: int = 3
    """Analysed pictures in which the condition must hold."""
    cool_down_s: float = 30.0
    """The same thing does not raise the rule again before it was gone so long; another thing always may
    (``core/cool_down.py`` says what the same thing is)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intrusion(Rule):
    """Something of the labels is in the zone."""

    zone: Zone
    anchor: Anchor = Anchor.BOTTOM_CENTRE


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCrossing(Rule):
    """Something of the labels goes over the line in the direction."""

    line: Line
    direction: Direction = Direction.BOTH
    anchor: Anchor = Anchor.CENTRE


@dataclass(frozen=True, slots=True, kw_only=True)
class Loitering(Rule):
    """Something of the labels stays in the zone."""

    zone: Zone
    dwell_s: float = 20.0
    grace_s: float = 2.0
    """Being outside or unseen for so long does not restart the dwell."""
    anchor: Anchor = Anchor.BOTTOM_CENTRE


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd(Rule):
    """At least ``count`` things of the labels are in the zone at once."""

    zone: Zone
    count: int = 5
    hold_s: float = 3.0
    anchor: Anchor = Anchor.BOTTOM_CENTRE


AnyRule = Intrusion | LineCrossing | Loitering | Crowd


def place_of(rule: AnyRule) -> str:
    """Return the name of the rule's zone or line."""
    return rule.line.name if isinstance(rule, LineCrossing) else rule.zone.name
