"""Rules and zones drawn by a technician on a running room: they act, on that camera alone, and outlive the agent."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from edge_agent.detect.picture_seen import PictureSeen, pictures_since
from patrol_sim.server import SimServer
from tests.support.drawing_site import (
    EVERYWHERE,
    PIN,
    SQUARE,
    TECHNICIAN,
    DrawingSite,
    rule,
    running_site,
    street_cameras,
    write_room,
)
from tests.support.live_page import LivePage
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(180)  # agents are started and ended, twice in one test
YARD = {"zone": [{"name": "all", "polygon": EVERYWHERE}], "rule": [rule("in-the-yard", "all")]}


@pytest.fixture(scope="module")
def sim() -> Iterator[SimServer]:
    with street_cameras() as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("room")


@pytest.fixture(scope="module")
def running(folder: Path, sim: SimServer) -> Iterator[DrawingSite]:
    with running_site(folder, write_room(folder, sim)) as site:
        yield site


@pytest.fixture
def site(running: DrawingSite) -> DrawingSite:
    """The room, with the file's rules in force whatever a test drew before."""
    running.sign_on()
    for camera in ("gate", "yard"):
        body = {"version": 0, "on_version": running.version(camera), "reason": "for the next test"}
        assert running.post(f"/drawings/{camera}/restore", body).status_code in (200, 409)
    return running


def watch(site: DrawingSite, camera: str) -> LivePage:
    port = site.agent.http.base_url.port
    assert port is not None
    return LivePage(port, f"/api/v1/cameras/{camera}/live?quality=tile")


def seen(folder: Path, camera: str) -> list[PictureSeen]:
    return list(pictures_since(folder / "state" / "seen" / camera, 0))


def rules_told(site: DrawingSite) -> set[str]:
    return {alert["rule"] for alert in site.agent.state()["alerts"]}


def test_a_rule_that_is_drawn_tells_from_the_next_picture_on_and_no_camera_notices(
    site: DrawingSite, folder: Path
) -> None:
    before, version = site.agent.state(), site.version("yard")
    with watch(site, "gate") as gate, watch(site, "yard") as yard:
        wait_until(
            lambda: min(len(gate.binaries), len(yard.binaries)) > 5, within_s=20, what="both cameras are watched"
        )
        saved = site.save("yard", YARD, on_version=version, reason="burglars come over the wall")
        assert saved["version"] == version + 1
        wait_until(lambda: "in-the-yard" in rules_told(site), within_s=30, what="the drawn rule tells something")
        for page in (gate, yard):
            assert (len(page.of("start")), page.of("lost"), page.last_state) == (1, [], "live"), "nobody saw it happen"
    wait_until(lambda: len(seen(folder, "gate")) > 40, within_s=30, what="both cameras were analysed since")
    after = site.agent.state()
    for old, new in zip(before["cameras"], after["cameras"], strict=True):
        assert new["reconnects"] == old["reconnects"] == 0
        assert (new["left_out"], new["corrupt"]) == (0, 0)
        assert new["packets"] > old["packets"]
    assert after["detector"]["restarts"] == 0
    assert after["drawings"] == before["drawings"] + 1
    for camera in ("gate", "yard"):
        pictures = seen(folder, camera)
        assert len({one.session for one in pictures}) == 1, "the analysis of the camera went on with its tracks"
        gaps = [two.media_s - one.media_s for one, two in pairwise(pictures)]
        assert max(gaps) < 1.2, "no picture was lost: the longest pause is that of one keyframe to the next"


def test_a_rule_that_stays_keeps_its_open_alert(site: DrawingSite) -> None:
    now = site.drawn("gate")
    drawing = now["drawing"]
    drawing["zone"].append({"name": "corner", "polygon": SQUARE})
    site.save("gate", drawing, on_version=now["version"])
    wait_until(lambda: "in-the-street" in rules_told(site), within_s=30, what="the rule of the file goes on")
    assert [zone["name"] for zone in site.drawn("gate")["drawing"]["zone"]] == ["street", "corner"]
    (gate, _) = site.agent.http.get("/api/v1/wall").json()["cameras"]
    assert [zone["name"] for zone in gate["zones"]] == ["street", "corner"]


def test_nobody_but_a_technician_changes_anything(site: DrawingSite) -> None:
    http = site.agent.http
    version = site.version("yard")
    body = {"drawing": YARD, "on_version": version, "reason": "tried"}
    for token in ("", "made-up"):
        refused = http.post("/api/v1/drawings/yard", json=body, headers={"X-Technician": token})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_technician")
    draft = {"drawing": YARD}
    for path in ("drawings/yard/preview", "drawings/yard/what-if"):
        assert http.post(f"/api/v1/{path}", json=draft).status_code == 403
    wrong = http.post("/api/v1/technician/sign-on", json={"name": TECHNICIAN, "pin": PIN + "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "pin_wrong")
    assert http.get("/api/v1/technician").json() == {"name": None, "has_technicians": True}
    assert site.get("/technician")["name"] == TECHNICIAN
    site.post("/technician/sign-off", {})
    assert site.post("/drawings/yard", body).status_code == 403
    assert site.drawn("yard")["version"] == version


def test_the_later_of_two_saves_is_refused_with_who_was_first(site: DrawingSite) -> None:
    version = site.version("yard")
    site.save("yard", YARD, on_version=version)
    other = {**YARD, "rule": []}
    late = site.post("/drawings/yard", {"drawing": other, "on_version": version, "reason": "quieter"})
    assert (late.status_code, late.json()["code"]) == (409, "outdated")
    assert TECHNICIAN in late.json()["error"]
    assert site.drawn("yard")["drawing"]["rule"][0]["name"] == "in-the-yard"


def test_undo_is_a_change_of_its_own_and_everything_outlives_the_agent(tmp_path: Path, sim: SimServer) -> None:
    config = write_room(tmp_path, sim)
    file_before = config.read_text(encoding="utf-8")
    with running_site(tmp_path, config) as site:
        site.sign_on()
        site.save("yard", YARD, on_version=0, reason="burglars come over the wall")
        site.save("yard", {**YARD, "rule": []}, on_version=1, reason="too many alerts")
    with running_site(tmp_path, config) as site:
        site.sign_on()
        drawn = site.drawn("yard")
        assert (drawn["version"], drawn["drawing"]["rule"]) == (2, [])
        body = {"version": 1, "on_version": 2, "reason": "they came back"}
        assert site.post("/drawings/yard/restore", body).status_code == 200
        wait_until(lambda: "in-the-yard" in rules_told(site), within_s=30, what="the rule that came back tells")
        to_file = {"version": 0, "on_version": 3, "reason": "as it was delivered"}
        stands = site.post("/drawings/yard/restore", to_file).json()["drawn"]
        assert (stands["drawing"]["zone"], stands["file_changed"]) == ([], False)
        lines = [(one["version"], one["author"], one["act"], one["restored"]) for one in stands["history"]]
        assert lines == [
            (4, TECHNICIAN, "restored", 0),
            (3, TECHNICIAN, "restored", 1),
            (2, TECHNICIAN, "saved", None),
            (1, TECHNICIAN, "saved", None),
        ]
        assert [one["reason"] for one in stands["history"]][-1] == "burglars come over the wall"
    assert config.read_text(encoding="utf-8") == file_before, "a person's file and its comments stay as they are"


def compared(site: DrawingSite, run_id: str) -> dict[str, Any]:
    """Return a comparison when it is done."""
    done: dict[str, Any] = {}

    def is_done() -> bool:
        done.update(site.get(f"/what-ifs/{run_id}"))
        return bool(done["state"] != "running")

    wait_until(is_done, within_s=40, what="the hour is compared")
    return done


BAD: list[tuple[str, dict[str, Any], list[str | int], str]] = [
    ("a zone that crosses itself", {"zone": [{"name": "z", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}]},
     ["zone", 0, "polygon"], "no_area"),
    ("a rule about no zone", {"rule": [rule("r", "nowhere")]}, ["rule", 0, "zone"], "unknown_zone"),
    ("a size that nothing has", {**YARD, "rule": [rule("r", "all", min_height=0.9, max_height=0.2)]},
     ["rule", 0, "min_height"], "nothing_fits"),
    ("a window nobody can read", {**YARD, "rule": [rule("r", "all", schedule=["sometimes"])]},
     ["rule", 0, "schedule", 0], "schedule"),
    ("a name with a space", {"zone": [{"name": "my zone", "polygon": SQUARE}]}, ["zone", 0, "name"], "not_a_name"),
    ("a corner outside", {"mask": [{"polygon": [[0, 0], [2, 0], [0, 1]]}]}, ["mask", 0, "polygon", 1, 0], "too_big"),
    ("a kind that is none", {"rule": [{"name": "r", "kind": "dancing"}]}, ["rule", 0, "kind"], "not_a_choice"),
    ("a text for a number", {**YARD, "rule": [rule("r", "all", cool_down_s="long")]},
     ["rule", 0, "cool_down_s"], "not_a_number"),
    ("an unknown key", {**YARD, "rule": [rule("r", "all", loudness=3)]}, ["rule", 0, "loudness"], "unknown_key"),
]  # fmt: skip


def test_a_drawing_that_cannot_be_used_is_told_key_by_key_and_changes_nothing(site: DrawingSite) -> None:
    version = site.version("yard")
    for what, drawing, path, code in BAD:
        answer = site.post("/drawings/yard", {"drawing": drawing, "on_version": version, "reason": "tried"})
        assert answer.status_code == 200, what
        (problem,) = answer.json()["problems"]
        assert (problem["path"], problem["code"]) == (path, code), what
        assert site.post("/drawings/yard/check", {"drawing": drawing}).json()["problems"] == [problem], what
    assert site.version("yard") == version
    twice = {"zone": [{"name": "a", "polygon": [[0, 0]]}, {"name": "a b", "polygon": SQUARE}]}
    found = site.post("/drawings/yard/check", {"drawing": twice}).json()["problems"]
    assert len(found) == 2, "everything that is wrong is told at once"


def test_preview_and_what_if_say_what_a_draft_would_tell_and_tell_nobody(site: DrawingSite) -> None:
    wait_until(lambda: "in-the-street" in rules_told(site), within_s=30, what="something happened before the gate")
    begun = site.post("/drawings/yard/preview", {"drawing": YARD}).json()
    assert begun["problems"] == []
    looks: list[Any] = []

    def told() -> bool:
        looks.append(site.get(f"/previews/{begun['preview_id']}"))
        return any(alert["rule"] == "in-the-yard" for alert in looks[-1]["alerts"])

    wait_until(told, within_s=30, what="the draft would have told something")
    things = [thing for look in looks for thing in look["things"]]
    assert all(thing["zones"] == ["all"] for thing in things if thing["box"][3] < 1.0)
    assert {thing["label"] for thing in things} == {"moving_object"}
    draft = site.drawn("gate")["drawing"]
    draft["rule"][0] |= {"min_frames": 1000}
    draft["rule"].append({**draft["rule"][0], "name": "twin", "min_frames": 3})
    run = site.post("/drawings/gate/what-if", {"drawing": draft}).json()
    done = compared(site, run["run_id"])
    assert done["state"] == "done", done
    result = done["result"]
    sides = {one["rule"]: (one["before"], one["after"]) for one in result["rules"]}
    old, quiet = sides["in-the-street"]
    assert old["alerts"] >= 1
    assert quiet["alerts"] == 0
    assert sides["twin"][0] is None
    assert sides["twin"][1]["alerts"] == old["alerts"] == len(result["before"]) == len(result["after"])
    assert 0 < result["seen_s"] < 600, "and it says how little of the hour there is"
    assert "twin" not in rules_told(site)


def test_a_comparison_is_cancelled_and_an_unknown_one_is_said_to_be(site: DrawingSite) -> None:
    run = site.post("/drawings/yard/what-if", {"drawing": YARD}).json()
    again = site.post(f"/what-ifs/{run['run_id']}/cancel", {})
    assert again.json()["state"] == "cancelled"
    assert site.post("/what-ifs/nobody/cancel", {}).status_code == 404
