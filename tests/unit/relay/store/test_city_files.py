"""The demo city's committed files, and what every kind of bad file gets."""

import gzip
import json
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from edge_agent.core.flags import UNCLASSIFIED as FLAGGED_WITHOUT_A_KIND
from patrol_wire.ids import Measure
from relay.core.city import UNCLASSIFIED, City, Tier
from relay.core.forces import Force
from relay.core.grids import PersonRole
from relay.store.city_areas import OVERLAP_ALLOWED_M2
from relay.store.city_files import load_city, read_cameras, read_categories, read_index_rule
from relay.store.errors import CityError

CONFIG = Path(__file__).resolve().parents[4] / "config"
ZONE = "Asia/Shanghai"


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(CONFIG / "city", time_zone=ZONE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo city that a test may spoil."""
    shutil.copytree(CONFIG / "city", tmp_path / "city")
    units = gzip.decompress((CONFIG / "city" / "units.csv.gz").read_bytes()).decode().splitlines(keepends=True)
    (tmp_path / "city" / "units.csv").write_text("".join(line for line in units if ",grid_worker," not in line))
    for packed in (tmp_path / "city").glob("*.gz"):  # without the grids each of the cases below takes a tenth
        packed.unlink()
    shutil.copy(CONFIG / "categories.toml", tmp_path / "categories.toml")
    return tmp_path / "city"


def test_the_demo_city_has_the_size_of_the_real_one(city: City) -> None:
    assert (city.name, city.name_en) == ("示范市", "Demo City")
    assert (len(city.towns), len(city.areas)) == (16, 235)
    assert Counter(room.tier for room in city.rooms) == {Tier.COMMUNITY: 235, Tier.STATION: 16, Tier.CENTRE: 1}
    assert Counter(unit.force for unit in city.units) == {
        Force.COMMUNITY_PATROL: 235,
        Force.POLICE_PATROL: 320,
        Force.GRID_WORKER: 7_000,
    }
    assert Counter(person.role for person in city.people) == {
        PersonRole.PATROL_OFFICER: 320,
        PersonRole.COMMUNITY_PATROL: 470,
        PersonRole.GRID_WORKER: 7_000,
        PersonRole.VIDEO_OPERATOR: 280,
    }
    assert Counter(grid.level for grid in city.grids) == {2: len(city.grids) - 7_000, 3: 7_000}
    assert len(city.posts) == 3 * 235
    assert len(city.categories) == 14


def test_every_area_has_a_beat_with_a_unit_of_its_own(city: City) -> None:
    walked = {unit.beat_id for unit in city.units}
    for area in city.areas:
        beats = city.beats_of(area.area_id)
        assert 1 <= len(beats) <= 2
        assert walked & set(beats)
        assert city.units_at_level(area.area_id, 0)[0].unit_id == f"unit-{area.area_id}"


def test_every_camera_stands_in_the_community_of_its_room(city: City) -> None:
    cameras = read_cameras(CONFIG / "city", city)
    assert 2_200 <= len(cameras) <= 2_500
    for camera in cameras:
        assert city.area_of(*camera.place) == city.room_by_node[camera.room].area_id


def test_every_community_room_stands_in_its_community_and_carries_both_names(city: City) -> None:
    for room in city.rooms:
        if room.tier is Tier.COMMUNITY:
            assert city.area_of(*room.place) == room.area_id
        assert room.title != room.title_en
        assert room.title_en.isascii()


def test_names_are_unique_in_both_languages(city: City) -> None:
    assert len({area.name for area in city.areas}) == len({area.name_en for area in city.areas}) == 235


def test_a_place_outside_every_area_has_none(city: City) -> None:
    assert city.area_of(122.5, 30.0) is None


def test_the_whole_city_loads_within_three_seconds_of_work() -> None:
    """A relay that restarts must be there again at once; 1.2 s where nobody else works."""
    before = time.process_time()
    load_city(CONFIG / "city", time_zone=ZONE)
    assert time.process_time() - before < 3.0


def test_the_committed_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in (CONFIG / "city").iterdir()) < 1_500_000


def test_categories_are_found_in_the_folder_itself_first(folder: Path) -> None:
    (folder / "categories.toml").write_text('[noise]\nzh = "噪音"\nen = "Noise"\nfamily = "noise"\nseverity = "low"\n')
    assert [category.category for category in load_city(folder, time_zone=ZONE).categories] == ["noise", "unclassified"]


def test_a_flag_that_nobody_has_named_is_of_a_category_of_every_city(tmp_path: Path) -> None:
    """Rooms flag first and explain after; a city may say itself how such a flag is folded and what it is called."""
    own = tmp_path / "categories.toml"
    noise = '[noise]\nzh = "噪音"\nen = "Noise"\nfamily = "noise"\nseverity = "low"\n'
    own.write_text(noise, encoding="utf-8")
    assert read_categories(own)[1:] == (UNCLASSIFIED,)
    assert UNCLASSIFIED.category == FLAGGED_WITHOUT_A_KIND, "the room's word"
    own.write_text(noise + noise.replace("noise]", "unclassified]").replace("Noise", "To be named"), encoding="utf-8")
    assert [(each.category, each.title_en) for each in read_categories(own)][1:] == [("unclassified", "To be named")]


def test_the_index_rule_of_the_demo_city_can_be_read() -> None:
    rule = read_index_rule(CONFIG / "levels.toml")
    assert rule.measure is Measure.CONFIRMED
    assert rule.rule.blue_from < rule.rule.orange_from < rule.rule.red_from
    known = {category.category for category in read_categories(CONFIG / "categories.toml")}
    assert set(rule.weight) <= known


def _spoil_feature(folder: Path, number: int, **changes: object) -> None:
    path = folder / "areas.geojson"
    collection = json.loads(path.read_text())
    feature = collection["features"][number - 1]
    feature["geometry"] = changes.pop("geometry", feature["geometry"])
    feature["properties"] |= changes
    path.write_text(json.dumps(collection))


def _square(lon: float, lat: float, side: float = 0.01) -> dict[str, object]:
    ring = [[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


BOW = {"type": "Polygon", "coordinates": [[[1.0, 1.0], [2.0, 2.0], [2.0, 1.0], [1.0, 2.0], [1.0, 1.0]]]}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        # A ring that crosses itself has no inside.
        ({"geometry": BOW}, r"feature 3 \(t01-c03\): invalid polygon: Self-intersection"),
        ({"geometry": _square(190.0, 10.0)}, r"feature 3 \(t01-c03\): coordinates out of range"),
        # Latitude first, the usual mistake.
        ({"geometry": _square(31.2, 121.4)}, r"feature 3 \(t01-c03\): coordinates out of range"),
        ({"geometry": {"type": "Point", "coordinates": [1, 2]}}, "must be a Polygon or MultiPolygon"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[1, 2]]]}}, "make no polygon"),
        ({"geometry": {"type": "Polygon", "coordinates": "x"}}, "make no polygon"),
        ({"geometry": {"type": "Polygon", "coordinates": []}}, "it is empty"),
        ({"town_id": "t99"}, r"feature 3 \(t01-c03\): town_id = 't99' names no town"),
        ({"area_id": "t01-c01"}, "feature 3: t01-c01 is feature 1 already"),
        ({"area_id": ""}, "feature 3: the property area_id is missing"),
    ],
)
def test_a_bad_area_is_refused_with_its_file_and_number(
    folder: Path, changes: dict[str, object], sentence: str
) -> None:
    _spoil_feature(folder, 3, **changes)
    with pytest.raises(CityError, match=rf"areas\.geojson.*{sentence}"):
        load_city(folder, time_zone=ZONE)


def test_two_areas_that_claim_the_same_ground_are_refused(folder: Path) -> None:
    first = json.loads((folder / "areas.geojson").read_text())["features"][0]["geometry"]
    lon, lat = first["coordinates"][0][0]
    _spoil_feature(folder, 2, geometry=_square(lon - 0.001, lat - 0.001, 0.002))
    with pytest.raises(CityError, match=r"feature \d+ .*overlaps feature \d+ .* m²") as refused:
        load_city(folder, time_zone=ZONE)
    assert int(str(refused.value).split(" by ")[1].split()[0]) > OVERLAP_ALLOWED_M2


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("units.csv", "police_patrol,station,t01", "cavalry,station,t01", "'cavalry' is not one of police_patrol"),
        ("units.csv", "station,t03,,", "station,t33,,", "town_id = 't33' names no town"),
        ("units.csv", ",t01-c02-b1,", ",t02-c02-b1,", "names no beat of the town t01"),
        ("units.csv", "unit-t01-c02,", "unit-t01-c01,", "unit-t01-c01 stands on line 2 already"),
        ("units.csv", "unit-t01-c02,", ",", "unit_id is empty"),
        ("rooms.csv", "station,t01,,121.", "station,t01,,1210.", "lon = .* is out of range"),
        ("rooms.csv", "station,t01,,121.", "station,t01,,east", "lon = .* is no number"),
        ("rooms.csv", "community,t01,t01-c01", "community,t01,t02-c01", "t02-c01 lies in t02, not in t01"),
        ("rooms.csv", "community,t01,t01-c01", "community,t01,t01-c99", "'t01-c99' names no area"),
        ("rooms.csv", "node,title", "room,title", "line 1: the columns are room,title"),
        ("beats.csv", "t01,t01-c01", "t01,t02-c01", "t02-c01 is no area of the town t01"),
        ("towns.csv", "t02,", "t01,", "t01 stands on line 2 already"),
        ("towns.csv", "Nantang Town,", "", "4 cells; expected 5"),
    ],
)
def test_a_bad_row_is_refused_with_its_file_and_line(
    folder: Path, name: str, old: str, new: str, sentence: str
) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))
    with pytest.raises(CityError, match=rf"{name}, line \d+: .*{sentence}|{name}, {sentence}"):
        load_city(folder, time_zone=ZONE)


def test_a_camera_of_an_unknown_room_is_refused(folder: Path, city: City) -> None:
    (folder / "cameras.csv").write_text("camera,room,lon,lat\ncam-01,room-nowhere,121.4,31.2\n")
    with pytest.raises(CityError, match=r"cameras\.csv, line 2: room = 'room-nowhere' names no room"):
        read_cameras(folder, city)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("", "no categories"),
        ("noise = 1", r"\[noise\]: must be a table"),
        ('[noise]\nen = "N"\nfamily = "n"\nseverity = "low"', r"\[noise\]: zh is missing"),
        ('[noise]\nzh = "N"\nen = "N"\nfamily = "n"\nseverity = "loud"', "severity = 'loud' is not one of critical"),
        ('[noise]\nzh = "N"\nen = "N"\nfamily = "n"\nseverity = "low"\nradius = 3', "unknown key 'radius'"),
        ('[noise]\nzh = "N"\nen = "N"\nfamily = "n"\nseverity = "low"\nradius_m = -3', "radius_m = -3 is out of range"),
        ('[noise]\nzh = "N"\nen = "N"\nfamily = "n"\nseverity = "low"\nwindow_s = "x"', "must be a float"),
        ("[noise", "no valid TOML"),
    ],
)
def test_a_bad_category_is_refused_with_its_table(tmp_path: Path, table: str, sentence: str) -> None:
    path = tmp_path / "categories.toml"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(CityError, match=rf"categories\.toml.*{sentence}"):
        read_categories(path)


def test_thresholds_that_do_not_rise_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "levels.toml"
    path.write_text("[index]\nblue_from = 9.0\norange_from = 8.0\nred_from = 20.0\n")
    with pytest.raises(CityError, match=r"levels\.toml, \[index\]: level thresholds must rise"):
        read_index_rule(path)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: shutil.rmtree(folder), "no such folder; make a city with"),
        (lambda folder: (folder / "areas.geojson").unlink(), "areas.geojson: cannot be read"),
        (lambda folder: (folder / "areas.geojson").write_text("{"), "no valid JSON"),
        (lambda folder: (folder / "areas.geojson").write_text("[]"), "not a GeoJSON FeatureCollection"),
        (lambda folder: (folder / "units.csv").write_bytes(b"\xff\xfe"), "units.csv, line 1: not UTF-8"),
        (lambda folder: (folder.parent / "categories.toml").unlink(), "categories.toml: cannot be read"),
    ],
)
def test_a_missing_or_foreign_file_is_refused_with_the_way_out(folder: Path, spoil: object, sentence: str) -> None:
    assert callable(spoil)
    spoil(folder)
    with pytest.raises(CityError, match=sentence):
        load_city(folder, time_zone=ZONE)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(CityError, match="'Asia/Nowhere' is no time zone"):
        load_city(CONFIG / "city", time_zone="Asia/Nowhere")
