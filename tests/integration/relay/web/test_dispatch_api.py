"""Candidates, rosters, duty, silences and the alert budget over real sockets."""

from collections.abc import Iterator
from dataclasses import replace as with_fields
from typing import Any
from unittest.mock import ANY

import pytest

from patrol_wire.ids import Step, UnitId
from relay.core.policy import MICROS
from relay.core.rosters import Shift
from relay.web.shapes import utc
from tests.support.desk_site import DeskSite
from tests.support.small_city import small_city

SHIFT = Shift(shift_id="early", unit_ids=(UnitId("unit-0-near"),), days=(0,), from_min=480, to_min=600)


@pytest.fixture
def site(store_url: str) -> Iterator[DeskSite]:
    with DeskSite(store_url, city=with_fields(small_city(), shifts=(SHIFT,))) as made:
        yield made


def get(site: DeskSite, path: str) -> Any:
    answer = site.client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(site: DeskSite, path: str, **body: Any) -> Any:
    return site.client.post(f"/api/v1{path}", json={"actor": "wang", **body})


def duty(site: DeskSite, *, on_duty: bool) -> None:
    assert post(site, "/units/unit-0-near/duty", on_duty=on_duty).status_code == 200


def test_candidates_are_shown_with_their_reasons_and_why_not_the_others(site: DeskSite) -> None:
    duty(site, on_duty=False)
    site.alert(1)
    (incident,) = get(site, "/incidents")["incidents"]
    community, station, _ = get(site, f"/incidents/{incident['incident_id']}/candidates")["levels"]
    reasons = {each["unit_id"]: each["reason"] for each in community["passed_over"]}
    assert reasons["unit-0-near"] == "off duty by hand"
    assert reasons["unit-0-far"] == "asked already: offered"
    assert station["candidates"][0]["unit_id"] == "police-0"
    assert "m from its post" in station["candidates"][0]["reason"]
    assert site.client.get("/api/v1/incidents/01a0c450-6c00-7000-9e1d-7306849b521b/candidates").status_code == 404


def test_the_roster_shows_who_is_on_duty_and_where_nobody_is(site: DeskSite) -> None:
    duty(site, on_duty=True)
    roster = get(site, "/roster")
    (unit,) = roster["units"]
    assert get(site, "/roster?units=false") == {**roster, "units": [], "clock": ANY}
    assert (unit["unit_id"], unit["on_duty"], unit["reason"]) == ("unit-0-near", True, "on duty by hand")
    assert roster["beats_with_holes"] == [], "the other unit of the beat has no shifts and covers it"
    assert post(site, "/units/nobody/duty", on_duty=True).status_code == 404


def test_relief_and_reinforcement_by_the_desk(site: DeskSite) -> None:
    duty(site, on_duty=True)
    site.alert(1)
    (incident,) = get(site, "/incidents")["incidents"]
    mine = next(each for each in incident["dispatches"] if each["unit_id"] == "unit-0-near")
    site.step("unit-0-near", mine["dispatch_id"], Step.ACCEPT)
    path = f"/incidents/{incident['incident_id']}/acts"
    done = post(site, path, act="reinforce", unit_id="police-1")
    assert done.status_code == 200, done.text
    asked = post(site, path, act="hand_over", dispatch_id=mine["dispatch_id"], unit_id="police-0")
    assert asked.status_code == 200, asked.text
    (incident,) = get(site, "/incidents")["incidents"]
    states = {each["unit_id"]: each["state"] for each in incident["dispatches"]}
    assert (states["unit-0-near"], states["police-0"]) == ("accepted", "offered")


def test_a_silence_is_previewed_set_shown_and_ended(site: DeskSite) -> None:
    site.alert(1)
    scope = {"node": "room-0", "camera": "gate"}
    preview = site.client.post("/api/v1/silences/preview", json=scope).json()
    assert (preview["alerts"], preview["by_category"], preview["open_incidents"]) == (1, {"intrusion": 1}, 1)
    ends_at = utc(site.clock.now_us() + 3_600 * MICROS).isoformat()
    set_one = post(site, "/silences", reason="leaves", scope=scope, ends_at=ends_at)
    assert set_one.status_code == 200, set_one.text
    (shown,) = get(site, "/silences")["silences"]
    assert (shown["author"], shown["reason"], shown["camera"], shown["active"]) == ("wang", "leaves", "gate", True)
    site.alert(2, category="brawl")
    newest = get(site, "/incidents?order=newest")["incidents"][0]
    assert (newest["category"], newest["dispatches"]) == ("brawl", [])
    assert post(site, f"/silences/{shown['silence_id']}/end").status_code == 200
    (shown,) = get(site, "/silences")["silences"]
    assert (shown["active"], shown["ended_by"]) == (False, "wang")
    whole_city = post(site, "/silences", reason="quiet", scope={}, ends_at=ends_at)
    assert (whole_city.status_code, "whole city" in whole_city.text) == (409, True)


def test_the_alert_budget_tells_a_flood(site: DeskSite) -> None:
    for number in range(11):
        site.alert(number)
    desks = {each["desk"]: each for each in get(site, "/alert-budget")["desks"]}
    assert (desks["room-0"]["alerts"], desks["room-0"]["state"]) == (11, "flood")
    assert (desks["centre"]["alerts"], desks["centre"]["state"]) == (1, "within"), "one incident, told once"
