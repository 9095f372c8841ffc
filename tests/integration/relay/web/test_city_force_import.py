"""Importing the roster and the rules of the forces into a relay that serves: preview, faults, effects, undo."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from relay.core.forces import Force, ForceRule
from relay.core.rosters import DAY, WEEK, beat_holes, covers
from relay.store.city_files import load_city
from tests.support.city_folder import city_files
from tests.support.desk_site import DeskSite

CATEGORY = '[intrusion]\nzh = "入侵"\nen = "Intrusion"\nfamily = "intrusion"\nseverity = "high"\n'
RULES = b"[grid_worker]\nfamilies = []\n"
HEAD = "shift_id,days,from,to,unit_ids\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    folder = tmp_path / "city"
    folder.mkdir()
    for name, content in city_files().items():
        (folder / name).write_bytes(content)
    (folder / "categories.toml").write_text(CATEGORY, encoding="utf-8")
    (tmp_path / "forces.toml").write_bytes(RULES)  # above the folder, as the shipped one
    with DeskSite(tmp_path, city_folder=folder) as found:
        yield found


def _ask(site: DeskSite, path: str, files: Mapping[str, bytes], **more: Any) -> httpx.Response:
    packed = {name: base64.b64encode(content).decode() for name, content in files.items()}
    return site.client.post(f"/api/v1/city/{path}", json={"files": packed, **more}, timeout=30.0)


def _back(site: DeskSite, version: int) -> httpx.Response:
    return site.client.post("/api/v1/city/import", json={"of_version": version, "author": "li"}, timeout=30.0)


def _rules(site: DeskSite) -> dict[Force, ForceRule]:
    return {rule.force: rule for rule in site.writer.cities.city.forces}


def test_a_roster_is_previewed_imported_in_force_and_undone(site: DeskSite) -> None:
    """Also by its first column alone; going back takes a file away that was not there before."""
    roster = f"{HEAD}night,daily,20:00,06:00,unit-a00 unit-a01\n".encode()
    seen = _ask(site, "preview", {"排班.csv": roster}).json()
    assert seen["usable"]
    assert seen["changes"] == {"shifts": {"added": ["night"], "changed": [], "removed": []}}
    assert seen["effects"] == [
        "a00-b, a01-b have other times of the week in which nobody is on shift; /api/v1/roster shows them"
    ]
    assert not site.writer.cities.city.shifts

    done = _ask(site, "import", {"排班.csv": roster}, author="li", version=seen["version"])
    assert done.json()["version"] == 2
    shown = site.client.get("/api/v1/roster").json()
    assert shown["units_with_shifts"] == 2
    assert [each["beat_id"] for each in shown["beats_with_holes"]] == ["a00-b", "a01-b"]

    undone = _back(site, 1)
    assert undone.status_code == 200, undone.text
    assert undone.json()["changes"] == {"shifts": {"added": [], "changed": [], "removed": ["night"]}}
    assert "have somebody on shift all week now" in undone.json()["effects"][0]
    assert not site.writer.cities.city.shifts
    assert _back(site, 99).status_code == 404


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("n,daily,20:00,06:00,unit-a00 unit-x", "unit_ids", "unit-x is no unit of units.csv"),
        ("n,someday,20:00,06:00,unit-a00", "days", "'someday' is not daily or one of mon"),
        ("n,daily,25:00,06:00,unit-a00", "from", "'25:00' is no time of day"),
        ("n,daily,20:00,,unit-a00", "to", "to is empty"),
        ("n,daily,20:00,06:00,", "unit_ids", "unit_ids is empty"),
    ],
)
def test_each_fault_of_a_roster_is_told_with_its_line_and_column(
    site: DeskSite, row: str, column: str, says: str
) -> None:
    seen = _ask(site, "preview", {"shifts.csv": f"{HEAD}d,daily,08:00,20:00,unit-a01\n{row}\n".encode()}).json()
    assert not seen["usable"]
    ((line, where, what),) = [(each["line"], each["column"], each["what"]) for each in seen["faults"]]
    assert (line, where) == (3, column)
    assert says in what


def test_a_roster_may_say_when_rooms_are_to_be_watched(site: DeskSite) -> None:
    node = site.writer.cities.city.rooms[0].node
    head = HEAD.replace("unit_ids", "unit_ids,rooms")
    wrong = _ask(site, "preview", {"shifts.csv": f"{head}v,daily,08:00,20:00,,room-nowhere\n".encode()}).json()
    assert [(each["line"], each["column"], each["what"]) for each in wrong["faults"]] == [
        (2, "rooms", "room-nowhere is no room of rooms.csv; correct it, or add the room")
    ]
    roster = {"shifts.csv": f"{head}v,daily,00:00,24:00,,{node}\n".encode()}
    done = _ask(site, "import", roster, author="li").json()
    assert done["effects"] == [f"{node} are to be watched at other times; /api/v1/watch shows them"]
    board = site.client.get("/api/v1/watch").json()
    assert (board["rooms_planned"], board["planned_now"]) == (1, 1)
    assert {room["node"]: room["planned"] for room in board["rooms"]}[node] is True


def test_a_unit_that_goes_with_an_import_must_leave_the_roster_too(site: DeskSite) -> None:
    roster = f"{HEAD}day,daily,08:00,20:00,unit-a00 unit-a22\n".encode()
    assert _ask(site, "import", {"shifts.csv": roster}, author="li").status_code == 200
    units = b"\n".join(line for line in city_files()["units.csv"].split(b"\n") if b"a22" not in line)
    refused = _ask(site, "import", {"units.csv": units}, author="li")
    assert refused.status_code == 409
    assert "unit-a22 is no unit of units.csv" in refused.json()["error"]
    assert (
        _ask(site, "import", {"units.csv": units, "shifts.csv": roster[:-10] + b"\n"}, author="li").status_code == 200
    )


def test_the_rules_of_the_forces_survive_an_import_of_something_else(site: DeskSite) -> None:
    """They lay in a file of the folder that an import did not read: grid workers were sent to everything after it."""
    before = _rules(site)
    assert before[Force.GRID_WORKER].families == frozenset()
    units = city_files()["units.csv"].replace("巡逻队a00".encode(), "巡逻队零".encode())
    done = _ask(site, "import", {"units.csv": units}, author="li")
    assert set(done.json()["changes"]) == {"units"}
    assert _rules(site) == before


def test_the_rules_of_the_forces_are_imported_with_preview_and_faults(site: DeskSite) -> None:
    wrong = b'[grid_worker]\nfamilies = ["flying"]\n\n[horse_patrol]\nzh = "x"\n\n[video_patrol]\ngravest = "dire"\n'
    seen = _ask(site, "preview", {"forces.toml": wrong}).json()
    assert [(each["subject"], each["what"].split(";")[0]) for each in seen["faults"]] == [
        ("[grid_worker]", "families: no category of categories.toml has the family 'flying'"),
        ("[horse_patrol]", "no kind of force"),
        ("[video_patrol]", "'dire' is not a valid Severity"),
    ]
    rules = RULES + b'\n[video_patrol]\nfamilies = ["intrusion"]\n'
    done = _ask(site, "import", {"forces.toml": rules}, author="li")
    assert done.json()["changes"] == {"forces": {"added": ["video_patrol"], "changed": [], "removed": []}}
    assert _rules(site)[Force.VIDEO_PATROL].families == frozenset({"intrusion"})
    assert _back(site, 1).status_code == 200
    assert Force.VIDEO_PATROL not in _rules(site)


def test_files_and_a_version_to_go_back_to_are_not_asked_together(site: DeskSite) -> None:
    both = _ask(site, "preview", {"units.csv": b"x"}, of_version=1)
    neither = _ask(site, "preview", {})
    assert [both.status_code, neither.status_code] == [422, 422]


def test_the_shipped_citys_roster_covers_the_week_but_where_it_says() -> None:
    """7,000 grid workers, 320 police patrols and 235 community patrols are on shift; who has a hole is known."""
    city = load_city(Path(__file__).parents[4] / "config" / "city", time_zone="Asia/Shanghai")
    assert len(city.spans_by_unit) == len(city.units) == 7_555
    by_force = {force: [u.unit_id for u in city.units if u.force is force] for force in Force}
    assert [len(ids) for ids in by_force.values()] == [320, 235, 7_000, 0]
    for town in city.towns:
        patrols = [u.unit_id for u in city.units if u.force is Force.POLICE_PATROL and u.town_id == town.town_id]
        assert len(patrols) == 20
        on_shift = [sum(covers(city.spans_by_unit[u], m) for u in patrols) for m in range(0, WEEK, 60)]
        assert set(on_shift) == {6, 7}  # at every hour of the week
    holes = beat_holes(city.units_by_beat, city.spans_by_unit)
    nights = [beat for beat in holes if beat.endswith("-b1")]
    assert len(nights) == sum(int(area.area_id[-2:]) % 8 == 0 for area in city.areas)
    assert len(holes) - len(nights) == sum(beat.beat_id.endswith("-b2") for beat in city.beats)
    assert all(end - begin <= DAY for spans in holes.values() for begin, end in spans)
