"""Importing a city into a relay that serves: preview, import, undo, and work that goes on over it."""

import base64
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from patrol_cli.__main__ import app as command_line
from patrol_wire.ids import CommandId, DispatchId, Forward, Step, UnitId
from patrol_wire.records import Place
from relay.core.commands import UnitStep
from relay.core.dispatches import Answer
from relay.store import city_versions
from tests.support.city_folder import area_features, city_files, collection, middle
from tests.support.desk_site import DeskSite
from tests.support.records import some_alert

CATEGORY = '[intrusion]\nzh = "入侵"\nen = "Intrusion"\nfamily = "intrusion"\nseverity = "high"\n'


def _ask(site: DeskSite, path: str, files: Mapping[str, bytes], **more: Any) -> httpx.Response:
    packed = {name: base64.b64encode(content).decode() for name, content in files.items()}
    return site.client.post(f"/api/v1/city/{path}", json={"files": packed, **more}, timeout=30.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "city").mkdir()
    for name, content in city_files().items():
        (tmp_path / "city" / name).write_bytes(content)
    (tmp_path / "city" / "categories.toml").write_text(CATEGORY, encoding="utf-8")
    return tmp_path / "city"


@pytest.fixture
def site(folder: Path, tmp_path: Path) -> Iterator[DeskSite]:
    with DeskSite(tmp_path, city_folder=folder) as found:
        yield found


def _alert(site: DeskSite, area: str) -> None:
    now_us = site.clock.now_us()
    body = replace(
        some_alert(0),
        alert_id=site.new_id(),
        forward=Forward.DIRECT,
        started_at=now_us,
        raised_at=now_us,
        place=Place(lon=middle(area)[0], lat=middle(area)[1]),
    )
    site.put(body, area=area)


def _units_with_one_more() -> bytes:
    lon, lat = middle("a11")
    row = f"unit-new,新队,New unit,police_patrol,station,t1,,{lon},{lat}\n"
    return city_files()["units.csv"] + row.encode()


def test_a_preview_shows_what_would_change_and_changes_nothing(site: DeskSite) -> None:
    units = _units_with_one_more().decode().replace("巡逻队a00", "巡逻队零").replace("\nunit-a22", "\nunit-a2x")
    seen = _ask(site, "preview", {"units.csv": units.encode()}).json()
    assert seen["usable"]
    assert seen["changes"] == {
        "units": {"added": ["unit-a2x", "unit-new"], "changed": ["unit-a00"], "removed": ["unit-a22"]}
    }
    assert "unit-new" not in site.writer.cities.city.unit_by_id
    assert site.client.get("/api/v1/city").json()["version"] == 0


def test_a_preview_names_each_fault_by_the_file_people_gave_line_and_column(site: DeskSite) -> None:
    units = city_files()["units.csv"].decode().replace(",t1,a11-b,", ",t9,a11-b,")
    seen = _ask(site, "preview", {"/home/li/力量.csv": units.encode("gbk")}).json()
    assert not seen["usable"]
    assert [(fault["file"], fault["line"], fault["column"], fault["grave"]) for fault in seen["faults"]] == [
        ("/home/li/力量.csv", None, "", False),  # GBK
        ("/home/li/力量.csv", 6, "town_id", True),
    ]
    refused = _ask(site, "import", {"/home/li/力量.csv": units.encode()}, author="li")
    assert (refused.status_code, refused.json()["code"]) == (409, "faulty")
    assert site.client.get("/api/v1/city").json()["version"] == 0


def test_an_import_is_in_force_at_once_and_an_export_of_before_undoes_it(site: DeskSite) -> None:
    before = site.client.get("/api/v1/city/export").content
    done = _ask(site, "import", {"units.csv": gzip.compress(_units_with_one_more())}, author="li", note="night watch")
    assert (done.status_code, done.json()["version"]) == (200, 2)
    assert "unit-new" in site.writer.cities.city.unit_by_id
    assert "unit-new" in {unit["unit_id"] for unit in site.client.get("/api/v1/units").json()["units"]}
    assert [(each["version"], each["author"]) for each in site.client.get("/api/v1/city").json()["versions"]] == [
        (2, "li"),
        (1, "settings"),
    ]
    assert site.client.get("/api/v1/city/export", params={"version": 1}).content == before

    assert _ask(site, "import", {"before.zip": before}, author="li").json()["version"] == 3
    assert "unit-new" not in site.writer.cities.city.unit_by_id
    assert "unit-new" not in {unit["unit_id"] for unit in site.client.get("/api/v1/units").json()["units"]}
    assert city_versions.unpack(site.client.get("/api/v1/city/export").content) == city_files()


def test_the_imported_city_survives_a_restart_and_goes_before_the_folder(
    site: DeskSite, folder: Path, tmp_path: Path
) -> None:
    _ask(site, "import", {"units.csv": _units_with_one_more()}, author="li")
    with DeskSite(tmp_path, city_folder=folder) as again:
        assert "unit-new" in again.writer.cities.city.unit_by_id
        assert again.writer.cities.in_force.version == 2


def test_an_import_compared_with_a_city_that_is_no_longer_in_force_is_refused(site: DeskSite) -> None:
    _ask(site, "import", {"units.csv": _units_with_one_more()}, author="li")
    late = _ask(site, "import", {"units.csv": city_files()["units.csv"]}, author="wang", version=0)
    assert late.status_code == 409
    assert "look at the preview again" in late.json()["error"]
    nothing = _ask(site, "import", {"units.csv": _units_with_one_more()}, author="wang")
    assert nothing.json()["code"] == "nothing_to_do"


def test_two_imports_of_one_version_at_the_writer_give_one_and_a_refusal(site: DeskSite) -> None:
    """Two relays on one store, or two requests: the number is the fence."""
    assert site.keeper is not None
    preview = site.keeper.preview(site.reader, site.writer.cities, {"units.csv": _units_with_one_more()})
    change = site.keeper.change(site.reader, preview, author="li", note="")
    outcomes = [site.writer.city_work.submit(change).result(10.0) for _ in range(2)]
    assert [type(outcome).__name__ for outcome in outcomes] == ["CityChanged", "CityRefused"]


def test_an_open_incident_of_a_removed_area_and_unit_goes_on(site: DeskSite) -> None:
    _alert(site, "a22")
    (asked,) = site.client.get("/api/v1/incidents").json()["incidents"]
    assert [dispatch["unit_id"] for dispatch in asked["dispatches"]] == ["unit-a22"]

    without = [each for each in area_features() if each["properties"]["area_id"] != "a22"]
    files = {
        name: b"\n".join(line for line in text.split(b"\n") if b"a22" not in line)
        for name, text in city_files().items()
    }
    files["areas.geojson"] = collection(without)
    seen = _ask(site, "preview", files).json()
    assert [("a22" in each, "open" in each) for each in seen["effects"]] == [(True, True), (True, True)]
    assert _ask(site, "import", files, author="li").status_code == 200

    (after,) = site.client.get("/api/v1/incidents").json()["incidents"]
    assert (after["incident_id"], after["state"], after["area_id"]) == (asked["incident_id"], asked["state"], "a22")
    assert [dispatch["state"] for dispatch in after["dispatches"]] == ["offered"]
    (dispatch,) = asked["dispatches"]
    step = UnitStep(
        command_id=CommandId(site.new_id()),
        unit_id=UnitId("unit-a22"),
        step=Step.ACCEPT,
        dispatch_id=DispatchId(dispatch["dispatch_id"]),
        device_us=site.clock.now_us(),
    )
    assert site.writer.submit(step).result(10.0).answer is Answer.DONE
    _alert(site, "a21")
    assert len(site.client.get("/api/v1/incidents").json()["incidents"]) == 2


def test_a_file_that_is_none_of_the_citys_and_a_damaged_zip_are_told(site: DeskSite) -> None:
    seen = _ask(site, "preview", {"holiday.csv": b"a,b\n1,2\n", "city.zip": b"PK\x03\x04broken"}).json()
    assert [fault["file"] for fault in seen["faults"]] == ["holiday.csv", "city.zip"]
    assert _ask(site, "preview", {"units.csv": b"x"} | {}).status_code == 200
    wrong = site.client.post("/api/v1/city/preview", json={"files": {"units.csv": "%%%"}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "malformed")


def test_the_command_says_how_when_no_relay_answers(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_bytes(city_files()["units.csv"])
    done = CliRunner().invoke(
        command_line, ["city", "import", str(tmp_path), "--preview", "--relay", "http://127.0.0.1:9"]
    )
    assert done.exit_code == 2
    assert "does not answer" in done.output
