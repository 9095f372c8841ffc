"""Rules: what on a camera is worth an alert. Values only; ``conditions.py`` judges them, ``alerts.py`` tells of them.

``settings/rules.py`` has the TOML form of the same rules; ``detect/room_rules.py`` makes one from the other.
"""

from dataclasses import dataclass
from enum import StrEnum

from edge_agent.core.boxes import Box, Point
from edge_agent.core.detections import MOVING_OBJECT
from edge_agent.core.schedules import Schedule
from edge_agent.core.still_places import STILL_OBJECT
from edge_agent.core.zones import LEAVE_MARGIN, Direction, Line, Zone
from patrol_wire.ids import Forward, Severity

VEHICLES = ("car", "truck", "bus", "motorcycle")
LUGGAGE = ("backpack", "handbag", "suitcase")


class Anchor(StrEnum):
    """Which point of a box is judged."""

    CENTRE = "centre"
    BOTTOM_CENTRE = "bottom_centre"

    def of(self, box: Box) -> Point:
        """Return that point of the box."""
        return box.centre if self is Anchor.CENTRE else box.bottom_centre


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """An alert that lasts grows graver: after so long it is raised once more, as the same thing."""

    after_s: float
    """Counted from when the condition began."""
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large a thing must be to count, in shares of the picture."""

    min_height: float = 0.0
    max_height: float = 1.0
    min_area: float = 0.0
    max_area: float = 1.0

    def fit(self, box: Box, *, slack: float = 1.0) -> bool:
        """Whether the box is within the limits; ``slack`` above 1 widens them by that factor."""
        high, area = box.height, box.area
        return (
            high * slack >= self.min_height
            and high <= self.max_height * slack
            and area * slack >= self.min_area
            and area <= self.max_area * slack
        )


ANY_SIZE = Sizes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What all kinds have in common."""

    name: str
    category: str
    severity: Severity = Severity.NORMAL
    forward: Forward = Forward.SUGGEST
    labels: tuple[str, ...] = ("person", MOVING_OBJECT)
    schedule: Schedule | None = None
    """When the rule is armed; None: always."""
    sizes: Sizes = ANY_SIZE
    min_frames: int = 3
    """Analysed pictures in which the condition must hold."""
    linger_s: float = 1.0
    """A condition that fails for less is the same alert going on."""
    cool_down_s: float = 30.0
    """The same thing does not raise the rule again before it was gone so long; another thing always may
    (``core/cool_down.py`` says what the same thing is)."""
    stages: tuple[Stage, ...] = ()
    """In order of time, each graver than the one before."""

    @property
    def wanted_labels(self) -> tuple[str, ...]:
        """What a detector must tell so that the rule can be judged."""
        return self.labels

    @property
    def wants_still_places(self) -> bool:
        """Whether it is judged on still places too."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRule(Rule):
    """A rule about what is in any of some zones."""

    zones: tuple[Zone, ...]
    leave_margin: float = LEAVE_MARGIN
    """Something inside has left when it is this far outside (share of the picture)."""
    anchor: Anchor = Anchor.BOTTOM_CENTRE

    def zone_at(self, point: Point) -> str | None:
        """Return the name of the first zone that holds the point."""
        for zone in self.zones:
            if zone.contains(point):
                return zone.name
        return None

    def zone_still_at(self, point: Point) -> str | None:
        """Return the name of the zone that holds the point or has it within the margin, for what was inside."""
        inside = self.zone_at(point)
        if inside is not None:
            return inside
        for zone in self.zones:
            if zone.still_contains(point, self.leave_margin):
                return zone.name
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intrusion(ZoneRule):
    """Something of the labels is in a zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCrossing(Rule):
    """Something of the labels goes over the line in the direction."""

    line: Line
    direction: Direction = Direction.BOTH
    anchor: Anchor = Anchor.CENTRE
    beyond: float = 0.005
    """A thing has crossed when it is this far beyond the line (share of the picture): boxes tremble."""
    debounce_s: float = 0.0
    """Who is back within so long has not crossed. 0: a crossing is told at once, and the cool-down alone keeps going to
    and fro from counting twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loitering(ZoneRule):
    """Something of the labels stays in the zones."""

    dwell_s: float = 20.0
    grace_s: float = 2.0
    """Being outside or unseen for so long does not restart the dwell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd(ZoneRule):
    """Many things of the labels are in one zone at once."""

    count: int = 5
    density: float = 0.0
    """Share of the zone that their boxes would cover side by side; 0: the count alone."""
    hold_s: float = 3.0
    grace_s: float = 2.0
    """A crowd that is short of its number for so long is still the same crowd: people hide behind each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongWay(ZoneRule):
    """Something of the labels travels against the zone's way."""

    labels: tuple[str, ...] = (*VEHICLES, MOVING_OBJECT)
    way: tuple[Point, Point]
    """From a point to another: how one may go, as drawn on the picture."""
    distance: float = 2.0
    """Own sizes it must have come against the way. A car that reverses into a gap comes one."""
    tolerance_deg: float = 60.0
    """It goes against the way when its own is within this angle of the opposite one."""
    speed: float = 0.3
    """Own sizes per second it must make on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedVehicle(ZoneRule):
    """Something of the labels came and stands in the zones."""

    labels: tuple[str, ...] = (*VEHICLES, MOVING_OBJECT)
    stop_s: float = 30.0
    grace_s: float = 5.0
    """Being hidden for so long does not restart the stop."""
    queue: int = 2
    """When so many others stand near it, they queue and nobody has stopped; 0: every stop counts."""

    @property
    def wants_still_places(self) -> bool:
        """A standing car is no motion any more, and small models overlook it."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonedObject(ZoneRule):
    """Something was put down in the zones and whoever it belongs to went away."""

    labels: tuple[str, ...] = (*LUGGAGE, STILL_OBJECT)
    owner_labels: tuple[str, ...] = ("person", MOVING_OBJECT)
    unattended_s: float = 60.0
    reach: float = 1.5
    """Heights of a person within which a thing is with them (``passers.own_sizes_apart``)."""
    needs_owner: bool = True
    """A thing that nobody was seen to put down is none: it may be light, or have stood there all along."""
    fixtures: tuple[Zone, ...] = ()
    """Where things are put and left all day: what stands there is a fixture."""

    @property
    def wanted_labels(self) -> tuple[str, ...]:
        """The things and their owners."""
        return (*self.labels, *self.owner_labels)

    @property
    def wants_still_places(self) -> bool:
        """Most bags have no name with a small model."""
        return STILL_OBJECT in self.labels


AnyRule = Intrusion | LineCrossing | Loitering | Crowd | WrongWay | StoppedVehicle | AbandonedObject
