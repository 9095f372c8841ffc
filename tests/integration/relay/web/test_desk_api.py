"""The desk over HTTP: handing over at the end of a shift, the auditor's look, all kinds and areas, long histories."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from patrol_wire.ids import Step
from tests.support.desk_site import DeskSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with DeskSite(tmp_path) as made:
        yield made


def _get(site: DeskSite, path: str) -> dict[str, Any]:
    answer = site.client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _act(site: DeskSite, incident_id: str, act: str, **fields: Any) -> httpx.Response:
    body = {"actor": "li", "act": act, "reason": "so", **fields}
    return site.client.post(f"/api/v1/incidents/{incident_id}/acts", json=body)


def _hand_over(site: DeskSite, **fields: Any) -> httpx.Response:
    body = {"actor": "li", "from_owner": "li", "to_owner": "wang", "reason": "end of shift", **fields}
    return site.client.post("/api/v1/desk/hand-over", json=body)


def _three_of_li(site: DeskSite) -> list[str]:
    for number, category in enumerate(("intrusion", "brawl", "drill"), 1):
        site.alert(number, category=category)
    ids = [each["incident_id"] for each in _get(site, "/incidents")["incidents"]]
    for incident_id in ids:
        assert _act(site, incident_id, "acknowledge").status_code == 200
    return ids


def test_a_shifts_incidents_go_to_the_next_officer_with_one_action_and_back(site: DeskSite) -> None:
    ids = _three_of_li(site)
    assert [(each["owner"], each["open_incidents"]) for each in _get(site, "/desk/watch")["owners"]] == [("li", 3)]
    preview = _get(site, "/desk/hand-over?from_owner=li")
    assert sorted(each["incident_id"] for each in preview["incidents"]) == sorted(ids)
    assert not preview["more"]

    done = _hand_over(site).json()
    assert (done["handed_over"], {each["answer"] for each in done["results"]}) == (3, {"done"})
    assert {each["owner"] for each in _get(site, "/incidents")["incidents"]} == {"wang"}
    (line,) = [each for each in _get(site, f"/incidents/{ids[0]}")["timeline"] if each["change"] == "passed_on"]
    assert (line["actor"], line["text"], line["detail"]) == ("li", "end of shift", {"from": "li", "to": "wang"})

    back = _hand_over(site, from_owner="wang", to_owner="li", incident_ids=ids, reason="undo").json()
    assert back["handed_over"] == 3
    assert {each["owner"] for each in _get(site, "/incidents")["incidents"]} == {"li"}


def test_what_cannot_be_handed_over_says_why_and_the_rest_goes(site: DeskSite) -> None:
    one, two, three = _three_of_li(site)
    assert _act(site, one, "acknowledge", actor="zhao").status_code == 200
    assert _act(site, two, "cancel").status_code == 200
    nobody = "00000000-0000-7000-8000-000000000000"
    done = _hand_over(site, incident_ids=[one, two, three, nobody]).json()
    assert done["handed_over"] == 1
    said = {each["incident_id"]: (each["answer"], each["reason"]) for each in done["results"]}
    assert said[one] == ("refused", "zhao has it by now")
    assert said[two][0] == "refused"
    assert "cancelled" in said[two][1]
    assert said[three] == ("done", "")
    assert said[nobody][0] == "unknown"


def test_a_hand_over_sent_again_is_done_once(site: DeskSite) -> None:
    ids = _three_of_li(site)
    command_id = site.new_id()
    first = _hand_over(site, command_id=command_id, incident_ids=ids).json()
    assert _hand_over(site, command_id=command_id, incident_ids=ids).json() == first
    changes = [each["change"] for each in _get(site, f"/incidents/{ids[0]}")["timeline"]]
    assert changes.count("passed_on") == 1


@pytest.mark.parametrize("fields", [{"to_owner": "li"}, {"reason": ""}, {"to_owner": "Not A Name"}])
def test_a_hand_over_to_nobody_or_without_a_reason_is_refused(site: DeskSite, fields: dict[str, str]) -> None:
    assert _hand_over(site, **fields).status_code == 422


def test_one_incident_can_be_passed_on_by_itself_and_units_stay_at_work(site: DeskSite) -> None:
    site.alert(1)
    (incident,) = _get(site, "/incidents")["incidents"]
    mine = next(each for each in incident["dispatches"] if each["unit_id"] == "unit-0-near")
    site.step("unit-0-near", mine["dispatch_id"], Step.ACCEPT)
    incident_id = incident["incident_id"]
    assert _act(site, incident_id, "acknowledge").status_code == 200
    assert _act(site, incident_id, "pass_on", from_owner="li", to_owner="wang").status_code == 200
    (incident,) = _get(site, "/incidents")["incidents"]
    assert (incident["owner"], incident["state"]) == ("wang", "dispatched")
    late = _act(site, incident_id, "pass_on", from_owner="li", to_owner="zhao")
    assert (late.status_code, late.json()["error"]) == (409, "wang has it by now")


def test_all_kinds_and_areas_of_the_city_can_be_chosen(site: DeskSite) -> None:
    found = _get(site, "/desk/choices")
    assert [each["category"] for each in found["categories"]] == ["intrusion", "loitering", "brawl", "drill"]
    assert [each["area_id"] for each in found["areas"]] == ["a0", "a1", "a2", "a3"]
    site.alert(1)
    (incident,) = _get(site, "/incidents")["incidents"]
    assert _act(site, incident["incident_id"], "reclassify", area_id="a3", category="brawl").status_code == 200
    (incident,) = _get(site, "/incidents")["incidents"]
    assert (incident["area_id"], incident["category"]) == ("a3", "brawl")


def test_what_a_long_history_leaves_out_is_counted_and_can_be_asked_for(site: DeskSite) -> None:
    for number in range(4):
        site.alert(number, camera="gate")
    (incident,) = _get(site, "/incidents")["incidents"]
    path = f"/incidents/{incident['incident_id']}"
    whole = _get(site, path)
    assert whole["left_out"] == {"alerts": 0, "history": 0, "notifications": 0}
    short = _get(site, f"{path}?limit=1")
    assert short["left_out"]["alerts"] == 3
    lines = sum(each["kind"] == "history" for each in whole["timeline"])
    told = sum(each["kind"] == "notification" for each in whole["timeline"])
    assert (short["left_out"]["history"], short["left_out"]["notifications"]) == (lines - 1, told - 1)
    assert _get(site, f"{path}?limit=10000") == whole


def test_the_auditors_look_is_told_and_nothing_is_claimed_before_it(site: DeskSite) -> None:
    site.alert(1)
    assert _get(site, "/desk/watch")["audit"]["looked_at"] is None
    site.auditor.look()
    audit = _get(site, "/desk/watch")["audit"]
    assert audit.pop("looked_at") is not None
    assert 0.0 <= audit.pop("age_s") < 60.0
    assert audit == {"failures": 0, "severe_open": 1, "severe_unowned": 1, "forgotten": 0, "timer_late_s": 0.0}
