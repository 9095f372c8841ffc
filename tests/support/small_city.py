"""A city of two towns and four communities along the equator's east, for tests of the relay's decisions."""

from zoneinfo import ZoneInfo

from patrol_wire.ids import AreaId, NodeName, UnitId
from relay.core.city import Area, Beat, Category, City, RoomSpec, Tier, Town, UnitSpec
from relay.core.forces import Force
from relay.core.ids import BeatId, CategoryId, TownId

CELL = 0.1
"""Degrees from one area's west side to the next one's: 11 km."""


def centre_of(number: int) -> tuple[float, float]:
    """Return the middle of area ``number``."""
    return (number * CELL + CELL / 2, CELL / 2)


def _outline(number: int) -> tuple[tuple[tuple[float, float], ...], ...]:
    west, east = number * CELL, (number + 1) * CELL
    return (((west, 0.0), (east, 0.0), (east, CELL), (west, CELL)),)


def _units(areas: int) -> tuple[UnitSpec, ...]:
    community = [
        UnitSpec(
            unit_id=UnitId(f"unit-{number}-{letter}"),
            name=f"Unit {number}{letter}",
            force=Force.COMMUNITY_PATROL,
            tier=Tier.COMMUNITY,
            town_id=TownId(f"t{number // 2}"),
            beat_id=BeatId(f"b{number}"),
            place=(centre_of(number)[0] + shift, CELL / 2),
        )
        for number in range(areas)
        for letter, shift in (("near", 0.001), ("far", 0.004))
    ]
    police = [
        UnitSpec(
            unit_id=UnitId(f"police-{town}"),
            name=f"Police {town}",
            force=Force.POLICE_PATROL,
            tier=Tier.STATION,
            town_id=TownId(f"t{town}"),
            place=centre_of(town * 2),
        )
        for town in range((areas + 1) // 2)
    ]
    return (*community, *police)


def _area(number: int) -> Area:
    return Area(
        area_id=AreaId(f"a{number}"),
        name=f"Area {number}",
        town_id=TownId(f"t{number // 2}"),
        outline=_outline(number),
    )


def _beat(number: int) -> Beat:
    return Beat(
        beat_id=BeatId(f"b{number}"),
        name=f"Beat {number}",
        town_id=TownId(f"t{number // 2}"),
        area_ids=(AreaId(f"a{number}"),),
    )


def _room(number: int) -> RoomSpec:
    return RoomSpec(
        node=NodeName(f"room-{number}"),
        title=f"Room {number}",
        tier=Tier.COMMUNITY,
        town_id=TownId(f"t{number // 2}"),
        area_id=AreaId(f"a{number}"),
        place=centre_of(number),
    )


def small_city(*, zone: str = "Asia/Shanghai", areas: int = 4) -> City:
    """Return towns of two areas each; per area a beat with two community units, per town one police patrol."""
    numbers = range(areas)
    return City(
        name="small",
        zone=ZoneInfo(zone),
        towns=tuple(Town(town_id=TownId(f"t{town}"), name=f"Town {town}") for town in range((areas + 1) // 2)),
        areas=tuple(_area(number) for number in numbers),
        beats=tuple(_beat(number) for number in numbers),
        units=_units(areas),
        rooms=tuple(_room(number) for number in numbers),
        categories=(
            Category(category=CategoryId("intrusion"), family="trespass", title_zh="入侵"),
            Category(category=CategoryId("loitering"), family="trespass", title_zh="徘徊"),
            Category(category=CategoryId("brawl"), family="violence", title_zh="斗殴"),
            Category(category=CategoryId("drill"), family="drill", counted=False),
        ),
    )
