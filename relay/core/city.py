"""The city as values: towns, areas, beats, units, rooms, categories, and who is asked at which level.

Owns the lookups the decisions need. Reading files and building the area finder from polygons is the loader's
work (relay/store/city_files.py); without a finder a plain point-in-polygon test serves small cities and tests.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum
from functools import cached_property
from typing import Final

from patrol_wire.ids import AreaId, NodeName, Severity, UnitId
from relay.core.forces import EVERYTHING, Force, ForceRule, Sight, refusals
from relay.core.grids import Grid, GridId, Person, Post, PostId
from relay.core.ids import UNMAPPED, BeatId, CategoryId, TownId
from relay.core.rosters import OFF_SHIFT, Shift, Span, changes, covers, spans_by_node, spans_by_unit

Ring = tuple[tuple[float, float], ...]
"""An outer boundary: (lon, lat) points; the last joins the first."""
HIGHEST_LEVEL: Final = 2
"""Escalation ends at the centre."""
DEFAULT_RADIUS_M: Final = 150.0
DEFAULT_WINDOW_S: Final = 600.0


class Tier(StrEnum):
    """The three tiers of rooms, and of the forces behind them."""

    COMMUNITY = "community"
    STATION = "station"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A town with its police station."""

    town_id: TownId
    name: str
    station: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A community: the unit of area in which incidents are counted."""

    area_id: AreaId
    name: str
    town_id: TownId
    outline: tuple[Ring, ...] = ()
    """Outer boundaries; several when the community is in parts."""
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The areas one patrol walks."""

    beat_id: BeatId
    name: str
    town_id: TownId
    area_ids: tuple[AreaId, ...]
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSpec:
    """A unit as the roster knows it; where it is and what it does now is in the store."""

    unit_id: UnitId
    name: str
    force: Force
    tier: Tier
    town_id: TownId
    beat_id: BeatId | None = None
    on_duty: bool = True
    """Duty when the store meets the unit for the first time."""
    place: tuple[float, float] | None = None
    """Its post (lon, lat): taken while there is no fix."""
    name_en: str = ""
    grid_id: GridId | None = None
    """The grid it answers for; a grid worker's."""
    post_id: PostId | None = None
    """The post it stands at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSpec:
    """A video room."""

    node: NodeName
    title: str
    tier: Tier
    town_id: TownId | None
    area_id: AreaId | None
    place: tuple[float, float]
    """Taken for alerts of cameras without a position of their own."""
    title_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of incident and how alerts of it are folded."""

    category: CategoryId
    family: str
    """Alerts of one family may belong to one incident (an intrusion and a loitering person)."""
    title_zh: str = ""
    title_en: str = ""
    severity: Severity = Severity.NORMAL
    """Used where a person adds the category by hand."""
    radius_m: float = DEFAULT_RADIUS_M
    window_s: float = DEFAULT_WINDOW_S
    counted: bool = True
    """False: handled like any other, never in the ledger."""


UNCLASSIFIED: Final = Category(
    category=CategoryId("unclassified"),
    family="unclassified",
    title_zh="未分类",
    title_en="Unclassified",
    severity=Severity.HIGH,
    window_s=60.0,
)
"""What an operator flagged and has not named yet, and what a room calls by a name that the city does not know: flag
first, explain after. Every city knows it. Two of one place are one incident for a moment only, since nobody has said
that they mean the same."""
UNKNOWN_CATEGORY: Final = "unknown_category"
"""What it is called when a room names a category that the city does not list: noted beside the refusals, though the
record counts, as unclassified."""
UNKNOWN_PLACE: Final = "unknown_place"
"""The same of a record that names no place, from a room that the city does not list: it counts as unmapped."""


def _inside(ring: Ring, lon: float, lat: float) -> bool:
    """Even-odd rule; a point on an edge belongs to one side or the other, always the same."""
    inside = False
    previous_lon, previous_lat = ring[-1]
    for this_lon, this_lat in ring:
        if (this_lat > lat) != (previous_lat > lat):
            crossing = this_lon + (lat - this_lat) * (previous_lon - this_lon) / (previous_lat - this_lat)
            if lon < crossing:
                inside = not inside
        previous_lon, previous_lat = this_lon, this_lat
    return inside


AreasFinder = Callable[[Sequence[tuple[float, float]]], list[AreaId | None]]
"""Answers which area holds each of these points, longitude first, or None."""


def plain_areas_finder(areas: Sequence[Area]) -> AreasFinder:
    """Return a finder that tries each area; linear, so for small cities only."""

    def find(lon: float, lat: float) -> AreaId | None:
        for area in areas:
            if any(len(ring) >= 3 and _inside(ring, lon, lat) for ring in area.outline):
                return area.area_id
        return None

    return lambda places: [find(lon, lat) for lon, lat in places]


@dataclass(frozen=True, kw_only=True)
class City:
    """Everything the decisions ask about the city; built once at start, never changed.

    The loader passes ``find_areas`` with a spatial index.
    """

    name: str
    zone: tzinfo
    """The city's time zone: months and days are its own."""
    towns: tuple[Town, ...]
    areas: tuple[Area, ...]
    beats: tuple[Beat, ...]
    units: tuple[UnitSpec, ...]
    rooms: tuple[RoomSpec, ...]
    categories: tuple[Category, ...]
    find_areas: AreasFinder | None = None
    name_en: str = ""
    shifts: tuple[Shift, ...] = ()
    forces: tuple[ForceRule, ...] = ()
    """What kinds of force may do; one that is not named may do and see everything."""
    grids: tuple[Grid, ...] = ()
    """Inside the communities; level two before the level three that lies in it."""
    posts: tuple[Post, ...] = ()
    people: tuple[Person, ...] = ()
    basis: int = 0
    """Number of the counting basis that its areas, rooms and categories are; 0: not noted in a store."""
    _ring_cache: dict[tuple[AreaId, int], tuple[tuple[UnitSpec, ...], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _not_sent: dict[tuple[str, Severity], Mapping[Force, str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def area_of(self, lon: float, lat: float) -> AreaId | None:
        """Return the area that holds the point, or None when it lies in none."""
        return self._finder([(lon, lat)])[0]

    def areas_of(self, places: Sequence[tuple[float, float]]) -> list[AreaId | None]:
        """Return the same of many points at once, longitude first."""
        return self._finder(places) if places else []

    def area_for(self, node: NodeName, lon: float, lat: float) -> AreaId:
        """Return where something that a room told of counts: the area of its point, else its room's, else unmapped."""
        return self.area_or_room(node, self.area_of(lon, lat))

    def area_or_room(self, node: NodeName, area_id: AreaId | None) -> AreaId:
        """Return the area that a point lies in, or for a point in none (None) that of the room that told of it."""
        if area_id is not None:
            return area_id
        room = self.room_by_node.get(node)
        return room.area_id if room is not None and room.area_id is not None else UNMAPPED

    def town_of(self, area_id: AreaId) -> TownId | None:
        """Return the town of an area; None for an unmapped one."""
        area = self.area_by_id.get(area_id)
        return area.town_id if area is not None else None

    def beats_of(self, area_id: AreaId) -> tuple[BeatId, ...]:
        """Return the beats that cover an area."""
        return self._beats_by_area.get(area_id, ())

    def known_category(self, named: str) -> tuple[CategoryId, str]:
        """Return the category that a room's word is taken as, and what is wrong with the word (empty: nothing)."""
        if named in self.category_by_id:
            return CategoryId(named), ""
        return UNCLASSIFIED.category, f"{named!r} is not in the city's categories; taken as unclassified"

    def category(self, category: str) -> Category:
        """Return how a category is treated; one the city does not list is its own family with the defaults."""
        known = self.category_by_id.get(category)
        return known if known is not None else Category(category=CategoryId(category), family=category)

    def rings_at_level(self, area_id: AreaId, level: int) -> tuple[tuple[UnitSpec, ...], ...]:
        """Return whom to ask at an escalation level, as rings: the next is asked only when one has nobody fit.

        Level 0: community units of the area's beats, then of its town. Level 1: every unit of the town.
        Level 2: every unit of the city. An unmapped area has no town, so its level 0 and 1 are empty.
        """
        key = (area_id, min(level, HIGHEST_LEVEL))
        rings = self._ring_cache.get(key)
        if rings is None:
            rings = self._ring_cache[key] = self._rings(*key)
        return rings

    def units_at_level(self, area_id: AreaId, level: int) -> tuple[UnitSpec, ...]:
        """Return the units of all rings of a level, nearest ring first, each once."""
        seen: dict[UnitId, UnitSpec] = {}
        for ring in self.rings_at_level(area_id, level):
            for unit in ring:
                seen.setdefault(unit.unit_id, unit)
        return tuple(seen.values())

    def _rings(self, area_id: AreaId, level: int) -> tuple[tuple[UnitSpec, ...], ...]:
        if level >= HIGHEST_LEVEL:
            return (self.units,)
        town_id = self.town_of(area_id)
        in_town = self._units_by_town.get(town_id, ()) if town_id is not None else ()
        if level == 1:
            return (in_town,)
        beats = frozenset(self.beats_of(area_id))
        community = tuple(unit for unit in in_town if unit.tier is Tier.COMMUNITY)
        return (tuple(unit for unit in community if unit.beat_id in beats), community)

    def not_sent(self, category: str, severity: Severity) -> Mapping[Force, str]:
        """Return the forces that are not sent to such an incident, each with the reason."""
        key = (category, severity)
        found = self._not_sent.get(key)
        if found is None:
            family, unnamed = self.category(category).family, category == UNCLASSIFIED.category
            found = self._not_sent[key] = refusals(self._rule_of, family, severity, unnamed=unnamed)
        return found

    def sees(self, unit_id: UnitId) -> frozenset[Sight]:
        """Return what a unit may be told; one that the roster does not know sees everything it was sent to."""
        return self._sees_less.get(unit_id, EVERYTHING)

    @cached_property
    def _sees_less(self) -> Mapping[UnitId, frozenset[Sight]]:
        sees = {rule.force: rule.sees for rule in self.forces if rule.sees != EVERYTHING}
        return {unit.unit_id: sees[unit.force] for unit in self.units if unit.force in sees}

    @cached_property
    def spans_by_unit(self) -> Mapping[UnitId, tuple[Span, ...]]:
        """When each unit of the roster is on shift; one without shifts is missing."""
        return spans_by_unit(self.shifts)

    @cached_property
    def spans_by_node(self) -> Mapping[NodeName, tuple[Span, ...]]:
        """When each room of the roster is to be watched; one that nobody planned is missing."""
        return spans_by_node(self.shifts)

    def off_by_roster(self, minute: int) -> Mapping[UnitId, str]:
        """Return why units of the roster are off duty at a minute of the week, "" for those on duty.

        Those whose shift never ends are missing: only their own word holds. Kept for the minute asked last.
        """
        found = self._by_minute.get(minute)
        if found is None:
            found = {}
            for spans, unit_ids in self._units_by_spans.items():
                if changes(spans):
                    found.update(dict.fromkeys(unit_ids, "" if covers(spans, minute) else OFF_SHIFT))
            self._by_minute.clear()
            self._by_minute[minute] = found
        return found

    @cached_property
    def _by_minute(self) -> dict[int, Mapping[UnitId, str]]:
        return {}

    @cached_property
    def _units_by_spans(self) -> Mapping[tuple[Span, ...], list[UnitId]]:
        found: dict[tuple[Span, ...], list[UnitId]] = {}
        for unit_id, spans in self.spans_by_unit.items():
            found.setdefault(spans, []).append(unit_id)
        return found

    @cached_property
    def units_by_beat(self) -> Mapping[BeatId, tuple[UnitId, ...]]:
        """The units of each beat."""
        found: dict[BeatId, tuple[UnitId, ...]] = {beat.beat_id: () for beat in self.beats}
        for unit in self.units:
            if unit.beat_id is not None:
                found[unit.beat_id] = (*found.get(unit.beat_id, ()), unit.unit_id)
        return found

    @cached_property
    def _rule_of(self) -> Mapping[Force, ForceRule]:
        return {rule.force: rule for rule in self.forces}

    @cached_property
    def middle(self) -> tuple[float, float]:
        """The middle of its rooms, longitude first: where things are shown of which nobody knows where they are."""
        places = [room.place for room in self.rooms] or [place for area in self.areas for place in area.outline[0]]
        if not places:
            return (0.0, 0.0)
        return (sum(lon for lon, _ in places) / len(places), sum(lat for _, lat in places) / len(places))

    @cached_property
    def area_by_id(self) -> Mapping[AreaId, Area]:
        """Areas by id."""
        return {area.area_id: area for area in self.areas}

    @cached_property
    def unit_by_id(self) -> Mapping[UnitId, UnitSpec]:
        """Units by id."""
        return {unit.unit_id: unit for unit in self.units}

    @cached_property
    def room_by_node(self) -> Mapping[NodeName, RoomSpec]:
        """Rooms by node name."""
        return {room.node: room for room in self.rooms}

    @cached_property
    def category_by_id(self) -> Mapping[str, Category]:
        """Categories by id."""
        return {category.category: category for category in self.categories}

    @cached_property
    def _finder(self) -> AreasFinder:
        return self.find_areas if self.find_areas is not None else plain_areas_finder(self.areas)

    @cached_property
    def _beats_by_area(self) -> Mapping[AreaId, tuple[BeatId, ...]]:
        found: dict[AreaId, tuple[BeatId, ...]] = {}
        for beat in self.beats:
            for area_id in beat.area_ids:
                found[area_id] = (*found.get(area_id, ()), beat.beat_id)
        return found

    @cached_property
    def _units_by_town(self) -> Mapping[TownId, tuple[UnitSpec, ...]]:
        found: dict[TownId, list[UnitSpec]] = {}
        for unit in self.units:
            found.setdefault(unit.town_id, []).append(unit)
        return {town_id: tuple(units) for town_id, units in found.items()}
