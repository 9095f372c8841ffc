"""What spreadsheets and map programs hand in: encodings, line ends, quotes, exchanged and shifted coordinates, gaps."""

from collections.abc import Mapping
from typing import Any

import pytest

from relay.core.city import UNCLASSIFIED, Category
from relay.core.city_faults import CityFault
from relay.core.gcj02 import from_gcj02, to_gcj02
from relay.core.geo import metres_between
from relay.core.ids import CategoryId
from relay.store.city_files import CityDraft, read_city
from relay.store.city_source import CitySource, unpacked
from tests.support.city_folder import LAT, LON, SIDE, area_features, city_files, collection, feature, middle, square

CATEGORIES = (Category(category=CategoryId("intrusion"), family="intrusion"),)


def _read(changed: Mapping[str, bytes] | None = None) -> CityDraft:
    return read_city(CitySource(files=city_files() | dict(changed or {})), categories=CATEGORIES, time_zone="UTC")


def _edited(name: str, old: str, new: str) -> dict[str, bytes]:
    text = city_files()[name].decode()
    assert old in text
    return {name: text.replace(old, new, 1).encode()}


def test_a_small_city_has_no_faults_and_no_doubts() -> None:
    assert _read().faults == ()


@pytest.mark.parametrize(
    "saved",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),  # Excel's "CSV UTF-8"
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("巡逻队a00", '"巡逻队a00"').encode(),
        lambda text: (text + ",,,,,,,,\n\n").encode(),  # rows of commas a spreadsheet leaves behind
    ],
    ids=["bom", "crlf", "quoted", "empty rows"],
)
def test_what_a_spreadsheet_does_to_a_table_changes_nothing(saved: Any) -> None:
    draft = _read({"units.csv": saved(city_files()["units.csv"].decode())})
    assert draft.faults == ()
    assert draft.city.units == _read().city.units


def test_a_table_in_gbk_is_read_and_told() -> None:
    """Excel in Chinese writes CSV in the code page of Windows."""
    draft = _read({"units.csv": city_files()["units.csv"].decode().replace("\n", "\r\n").encode("gbk")})
    assert draft.city.units == _read().city.units
    assert [(fault.file, fault.grave) for fault in draft.faults] == [("units.csv", False)]
    assert "GBK" in draft.faults[0].what


def test_a_quoted_comma_and_a_line_break_belong_to_their_cell_and_lines_still_count() -> None:
    text = city_files()["units.csv"].decode().replace("巡逻队a00", '"巡逻队,\n一组"').replace("a22-b,", "a99-b,")
    draft = _read({"units.csv": text.encode()})
    assert draft.city.units[0].name == "巡逻队,\n一组"
    assert [(fault.line, fault.column) for fault in draft.faults] == [(11, "beat_id")]


def test_every_fault_of_a_file_is_told_at_once_with_line_and_column() -> None:
    text = city_files()["units.csv"].decode()
    text = text.replace("community_patrol,community,t0,a00-b", "cavalry,community,t0,a00-b")
    text = text.replace(",t1,a11-b,", ",t7,a11-b,").replace("巡逻队a22", "巡逻队a21")
    found = [(fault.line, fault.column, fault.grave) for fault in _read({"units.csv": text.encode()}).faults]
    assert found == [(2, "force", True), (6, "town_id", True), (10, "name", True)]


@pytest.mark.parametrize(
    ("changed", "line", "sentence"),
    [
        (_edited("rooms.csv", "121.405,31.205", "31.205,121.405"), 2, "longitude and latitude are exchanged"),
        (_edited("units.csv", "unit-a00,", "unit a00,"), 2, "'unit a00' is no id"),
        (_edited("units.csv", "巡逻队a00", '"巡逻队a00'), None, "no valid CSV"),
        (_edited("areas.geojson", "a11", "a10"), 6, "a10 is feature 4 already"),
        (_edited("areas.geojson", '"t1"', '"t9"'), 5, "names no town of towns.csv; correct it, or add the town"),
    ],
)
def test_a_fault_says_line_and_way_out(changed: dict[str, bytes], line: int | None, sentence: str) -> None:
    first = next(fault for fault in _read(changed).faults if fault.grave)
    assert sentence in first.what
    assert line is None or first.line == line


def _faults_of(areas: list[dict[str, Any]]) -> list[CityFault]:
    return [fault for fault in _read({"areas.geojson": collection(areas)}).faults if fault.file == "areas.geojson"]


def _of_forces(text: str) -> list[tuple[str, str, bool]]:
    faults = _read({"forces.toml": text.encode()}).faults
    return [(fault.file, fault.subject + fault.what, fault.grave) for fault in faults]


def test_flags_that_no_unit_is_sent_to_are_a_doubt_with_the_lines_to_write() -> None:
    assert _of_forces('[community_patrol]\nfamilies = ["intrusion"]\n') == []
    ((file, what, grave),) = _of_forces('[community_patrol]\ngravest = "low"\n')
    assert (file, grave) == ("forces.toml", False)
    assert what == (
        "no unit is sent to a flag of intrusion (high), only the duty desk is told; "
        'write [community_patrol] gravest = "high"'
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('unclassified = "no"', "[grid_worker]unclassified must be true or false"),
        (
            'unclassified = false\nfamilies = ["unclassified"]',
            "[grid_worker]families names unclassified, and unclassified = false takes it out; keep one of them",
        ),
    ],
)
def test_what_a_force_says_of_flags_without_a_kind_is_clear(line: str, says: str) -> None:
    text = f"[grid_worker]\n{line}\n".encode()
    categories = (*CATEGORIES, UNCLASSIFIED)
    draft = read_city(CitySource(files=city_files() | {"forces.toml": text}), categories=categories, time_zone="UTC")
    assert [(fault.subject + fault.what, fault.grave) for fault in draft.faults] == [(says, True)]


def test_ground_that_nobody_has_is_a_doubt_with_its_place_and_neighbours() -> None:
    areas = area_features()
    areas[4]["geometry"]["coordinates"] = square(1, 1, side=SIDE * 0.9)
    gap, away = _faults_of(areas)
    assert not gap.grave
    assert "a gap of" in gap.what
    assert "a11" in gap.what
    assert away.what.startswith("touches no other community of t1")


def test_a_community_away_from_its_town_is_a_doubt_in_its_line() -> None:
    areas = area_features()
    areas[8]["properties"]["town_id"] = "t0"
    (doubt,) = _faults_of(areas)
    assert (doubt.line, doubt.column, doubt.grave) == (10, "town_id", False)
    assert "touches no other community of t0" in doubt.what


def test_two_communities_of_a_town_with_one_name_are_refused() -> None:
    areas = area_features()
    areas[1]["properties"]["name"] = "社区00"
    (fault,) = _faults_of(areas)
    assert fault.grave
    assert "is the name of a00 already" in fault.what


def test_points_in_the_coordinates_of_web_maps_are_refused() -> None:
    """Rooms that miss their community, all, and fit once taken as GCJ-02."""
    text = city_files()["rooms.csv"].decode()
    for row in range(3):
        for column in range(3):
            lon, lat = LON + (column + 0.8) * SIDE, LAT + (row + 0.2) * SIDE
            moved = to_gcj02(lon, lat)
            before = middle(f"a{row}{column}")
            text = text.replace(f"{before[0]},{before[1]}", f"{moved[0]:.6f},{moved[1]:.6f}")
    (fault,) = [fault for fault in _read({"rooms.csv": text.encode()}).faults if fault.grave]
    assert fault.file == "rooms.csv"
    assert "GCJ-02" in fault.what


def test_gcj02_moves_a_place_in_china_by_hundreds_of_metres_and_back() -> None:
    """Shanghai's known offset: about 480 m; outside China nothing moves."""
    moved = to_gcj02(LON, LAT)
    assert 400 < metres_between(LON, LAT, *moved) < 600
    assert metres_between(LON, LAT, *from_gcj02(*moved)) < 0.05
    assert to_gcj02(2.35, 48.85) == (2.35, 48.85)


def _grid(rings: list[list[list[float]]], **properties: object) -> dict[str, Any]:
    return feature(rings, **({"area_id": "a00", "name": properties["grid_id"]} | properties))


def test_grids_lie_in_what_they_belong_to_and_do_not_overlap() -> None:
    half = SIDE / 2
    grids = [
        _grid(square(0, 0), grid_id="g1", level=2),
        _grid(square(0, 0, half), grid_id="g1-1", level=3, parent_id="g1"),
        _grid(square(0.4, 0, half), grid_id="g1-2", level=3, parent_id="g1"),
        _grid(square(0.95, 0.5, half), grid_id="g1-3", level=3, parent_id="g1"),
        _grid(square(0, 0, half), grid_id="g1-4", level=3, parent_id="g9"),
        _grid(square(0, 0, half), grid_id="g2", level=4),
    ]
    faults = {fault.subject: fault.what for fault in _read({"grids.geojson": collection(grids)}).faults}
    assert set(faults) == {f"feature {number} (g1-{number - 1})" for number in (3, 4, 5)} | {"feature 6 (g2)"}
    assert "overlaps g1-1 by" in faults["feature 3 (g1-2)"]
    assert "lies outside g1 with" in faults["feature 4 (g1-3)"]
    assert "names no grid of level 2" in faults["feature 5 (g1-4)"]
    assert "level = 4 is not one of 2, 3" in faults["feature 6 (g2)"]


def test_a_person_of_nobody_and_a_unit_of_an_unknown_grid_are_refused() -> None:
    text = city_files()["units.csv"].decode().replace("lon,lat\n", "lon,lat,grid_id\n").replace("\nunit", ",\nunit")
    units = text.rstrip().removesuffix(",") + ",g77\n"
    people = b"person_id,title,role,unit_id,room\np-1,one,video_operator,,\np-2,two,grid_worker,unit-a00,\n"
    faults = _read({"units.csv": units.replace("grid_id,\n", "grid_id\n").encode(), "people.csv": people}).faults
    assert [(fault.file, fault.line, fault.column) for fault in faults] == [
        ("units.csv", 10, "grid_id"),
        ("people.csv", 2, "unit_id"),
    ]


def test_a_packed_file_that_unpacks_beyond_every_measure_is_refused() -> None:
    import gzip

    from relay.store.city_source import LARGEST_BYTES

    with pytest.raises(ValueError, match="unpacks to more than"):
        unpacked(gzip.compress(bytes(LARGEST_BYTES + 1), 1))
