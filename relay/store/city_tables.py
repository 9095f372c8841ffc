"""The city's CSV tables, each row checked against the areas and the tables it names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from patrol_wire.ids import AreaId, CameraName, NodeName, UnitId
from relay.core.city import Area, Beat, RoomSpec, Tier, Town, UnitSpec
from relay.core.city_faults import CityFault
from relay.core.forces import Force
from relay.core.grids import Grid, GridId, Person, PersonId, PersonRole, Post, PostId
from relay.core.ids import BeatId, TownId
from relay.store.city_rows import CityRow, read_table
from relay.store.city_source import CitySource

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "towns.csv": ("town_id", "name", "name_en", "station", "station_en"),
    "beats.csv": ("beat_id", "name", "name_en", "town_id", "area_ids"),
    "posts.csv": ("post_id", "name", "name_en", "area_id", "lon", "lat"),
    "rooms.csv": ("node", "title", "title_en", "tier", "town_id", "area_id", "lon", "lat"),
    "cameras.csv": ("camera", "room", "lon", "lat"),
    "units.csv": ("unit_id", "name", "name_en", "force", "tier", "town_id", "beat_id", "lon", "lat"),
    "people.csv": ("person_id", "title", "role", "unit_id", "room"),
}
UNIT_OPTIONAL: Final = ("grid_id", "post_id")
"""Further columns that units.csv may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """Where a camera of a room stands."""

    camera: CameraName
    room: NodeName
    place: tuple[float, float]


def read_towns(source: CitySource, faults: list[CityFault]) -> tuple[Town, ...]:
    """Return the towns."""

    def town(row: CityRow) -> Town:
        return Town(
            town_id=TownId(row.text("town_id")),
            name=row.text("name"),
            name_en=row.text("name_en"),
            station=row.text("station"),
        )

    return read_table(source, "towns.csv", COLUMNS["towns.csv"], town, key=("town_id",), faults=faults)


class CityTables:
    """The tables of one source over its towns and areas; complaints go into ``faults``."""

    def __init__(
        self, source: CitySource, towns: Sequence[Town], areas: Sequence[Area], faults: list[CityFault]
    ) -> None:
        self._source = source
        self._towns = frozenset(town.town_id for town in towns)
        self._town_of = {area.area_id: area.town_id for area in areas}
        self._faults = faults

    def beats(self) -> tuple[Beat, ...]:
        """Return the beats."""
        names = _Names()

        def beat(row: CityRow) -> Beat:
            town_id = self._town(row)
            area_ids = tuple(AreaId(word) for word in row.text("area_ids").split())
            for area_id in area_ids:
                if self._town_of.get(area_id) != town_id:
                    row.refuse(
                        f"area_ids: {area_id} is no area of the town {town_id}; correct the beat or the area",
                        column="area_ids",
                    )
            beat_id = BeatId(row.text("beat_id"))
            return Beat(
                beat_id=beat_id,
                name=names.once(row, "name", within=town_id),
                name_en=row.optional("name_en") or "",
                town_id=town_id,
                area_ids=area_ids,
            )

        return read_table(self._source, "beats.csv", COLUMNS["beats.csv"], beat, key=("beat_id",), faults=self._faults)

    def posts(self) -> tuple[Post, ...]:
        """Return the posts."""

        def post(row: CityRow) -> Post:
            return Post(
                post_id=PostId(row.text("post_id")),
                name=row.text("name"),
                name_en=row.text("name_en"),
                area_id=AreaId(row.one_of("area_id", self._town_of, "area of areas.geojson")),
                place=row.place(),
            )

        return read_table(self._source, "posts.csv", COLUMNS["posts.csv"], post, key=("post_id",), faults=self._faults)

    def rooms(self) -> tuple[RoomSpec, ...]:
        """Return the video rooms."""

        def room(row: CityRow) -> RoomSpec:
            tier = row.word("tier", Tier)
            town_id = None if tier is Tier.CENTRE else self._town(row)
            area_id = None
            if tier is Tier.COMMUNITY:
                area_id = AreaId(row.one_of("area_id", self._town_of, "area of areas.geojson"))
                if self._town_of[area_id] != town_id:
                    row.refuse(
                        f"area_id = {area_id} lies in {self._town_of[area_id]}, not in {town_id}", column="area_id"
                    )
            return RoomSpec(
                node=NodeName(row.text("node")),
                title=row.text("title"),
                title_en=row.text("title_en"),
                tier=tier,
                town_id=town_id,
                area_id=area_id,
                place=row.place(),
            )

        return read_table(self._source, "rooms.csv", COLUMNS["rooms.csv"], room, key=("node",), faults=self._faults)

    def cameras(self, rooms: Sequence[RoomSpec]) -> tuple[CameraSpec, ...]:
        """Return the cameras of these rooms."""
        nodes = frozenset(room.node for room in rooms)

        def camera(row: CityRow) -> CameraSpec:
            return CameraSpec(
                camera=CameraName(row.text("camera")),
                room=NodeName(row.one_of("room", nodes, "room of rooms.csv")),
                place=row.place(),
            )

        return read_table(
            self._source, "cameras.csv", COLUMNS["cameras.csv"], camera, key=("camera", "room"), faults=self._faults
        )

    def units(self, beats: Sequence[Beat], grids: Sequence[Grid], posts: Sequence[Post]) -> tuple[UnitSpec, ...]:
        """Return the units."""
        beat_town: dict[str, TownId] = {beat.beat_id: beat.town_id for beat in beats}
        grid_town: dict[str, TownId] = {grid.grid_id: self._town_of[grid.area_id] for grid in grids}
        post_town: dict[str, TownId] = {post.post_id: self._town_of[post.area_id] for post in posts}
        names = _Names()

        def unit(row: CityRow) -> UnitSpec:
            town_id = self._town(row)
            beat_id, grid_id, post_id = row.optional("beat_id"), row.optional("grid_id"), row.optional("post_id")
            for column, value, known in (
                ("beat_id", beat_id, beat_town),
                ("grid_id", grid_id, grid_town),
                ("post_id", post_id, post_town),
            ):
                if value is not None and known.get(value) != town_id:
                    kind = column.removesuffix("_id")
                    row.refuse(f"{column} = {value!r} names no {kind} of the town {town_id}", column=column)
            return UnitSpec(
                unit_id=UnitId(row.text("unit_id")),
                name=names.once(row, "name"),
                name_en=row.text("name_en"),
                force=row.word("force", Force),
                tier=row.word("tier", Tier),
                town_id=town_id,
                beat_id=BeatId(beat_id) if beat_id is not None else None,
                place=row.place(),
                grid_id=GridId(grid_id) if grid_id is not None else None,
                post_id=PostId(post_id) if post_id is not None else None,
            )

        return read_table(
            self._source,
            "units.csv",
            COLUMNS["units.csv"],
            unit,
            key=("unit_id",),
            faults=self._faults,
            optional=UNIT_OPTIONAL,
        )

    def people(self, units: Sequence[UnitSpec], rooms: Sequence[RoomSpec]) -> tuple[Person, ...]:
        """Return the people."""
        unit_ids: Collection[str] = frozenset(unit.unit_id for unit in units)
        nodes: Collection[str] = frozenset(room.node for room in rooms)

        def person(row: CityRow) -> Person:
            unit_id = row.one_of("unit_id", unit_ids, "unit of units.csv") if row.optional("unit_id") else None
            room = row.one_of("room", nodes, "room of rooms.csv") if row.optional("room") else None
            if (unit_id is None) == (room is None):
                row.refuse("a person belongs to a unit or to a room; write one of unit_id and room", column="unit_id")
            return Person(
                person_id=PersonId(row.text("person_id")),
                title=row.text("title"),
                role=row.word("role", PersonRole),
                unit_id=UnitId(unit_id) if unit_id is not None else None,
                room=NodeName(room) if room is not None else None,
            )

        return read_table(
            self._source, "people.csv", COLUMNS["people.csv"], person, key=("person_id",), faults=self._faults
        )

    def _town(self, row: CityRow) -> TownId:
        return TownId(row.one_of("town_id", self._towns, "town of towns.csv"))


class _Names:
    """Names that people call over the radio: each once."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], int] = {}

    def once(self, row: CityRow, column: str, *, within: str = "") -> str:
        name = row.text(column)
        first = self._seen.setdefault((within, name), row.line)
        if first != row.line:
            row.refuse(f"{column} {name!r} stands on line {first} already; people call it by its name", column=column)
        return name
