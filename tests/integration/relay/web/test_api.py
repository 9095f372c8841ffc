"""The relay's HTTP API over real sockets: a real writer, a real store, and what callers are answered."""

from collections.abc import Iterator
from typing import Any

import pytest

from patrol_wire.ids import Outcome, Severity, Step
from patrol_wire.records import AlertEnd
from relay.web.parts import RelayHealth
from tests.support.desk_site import DeskSite
from tests.support.records import some_id
from tests.support.waiting import wait_until


@pytest.fixture
def site(store_url: str) -> Iterator[DeskSite]:
    with DeskSite(store_url) as made:
        yield made


def get(site: DeskSite, path: str, **params: Any) -> Any:
    answer = site.client.get(f"/api/v1{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def only(site: DeskSite) -> dict[str, Any]:
    (incident,) = get(site, "/incidents")["incidents"]
    assert isinstance(incident, dict)
    return incident


def act(site: DeskSite, incident_id: str, **asked: Any) -> Any:
    return site.client.post(f"/api/v1/incidents/{incident_id}/acts", json={"actor": "wang", **asked})


# --- reading --------------------------------------------------------------------------------------------------


def test_an_incident_is_listed_with_its_units_names_and_source(site: DeskSite) -> None:
    site.flag(1)
    incident = only(site)
    assert (incident["state"], incident["source"], incident["verified"]) == ("new", "flag", True)
    assert incident["category_title"]["zh"] == "斗殴"
    assert incident["area"] == {"zh": "Area 0", "en": "Area 0"}
    assert {(sent["unit_id"], sent["state"]) for sent in incident["dispatches"]} == {
        ("unit-0-near", "offered"),
        ("unit-0-far", "offered"),
    }


def test_the_queue_shows_nobodys_first_then_the_gravest_then_the_oldest(site: DeskSite) -> None:
    for area, severity in enumerate((Severity.LOW, Severity.HIGH, Severity.HIGH, Severity.CRITICAL)):
        site.alert(area, area=area, severity=severity)
    by_room = {each["node"]: each["incident_id"] for each in get(site, "/incidents")["incidents"]}
    assert act(site, by_room["room-3"], act="acknowledge").status_code == 200
    order = [each["node"] for each in get(site, "/incidents")["incidents"]]
    assert order == ["room-1", "room-2", "room-0", "room-3"]
    newest = [each["node"] for each in get(site, "/incidents", order="newest")["incidents"]]
    assert newest == ["room-3", "room-2", "room-1", "room-0"]


def test_lists_can_be_narrowed_and_paged(site: DeskSite) -> None:
    for area in range(3):
        site.alert(area, area=area)
    site.flag(9, area=3)
    assert [each["category"] for each in get(site, "/incidents", category="brawl")["incidents"]] == ["brawl"]
    assert [each["area_id"] for each in get(site, "/incidents", area="a1")["incidents"]] == ["a1"]
    assert get(site, "/incidents", state="on_scene")["incidents"] == []
    first = get(site, "/incidents", limit=3)
    rest = get(site, "/incidents", limit=3, offset=3)
    assert (len(first["incidents"]), first["more"], len(rest["incidents"]), rest["more"]) == (3, True, 1, False)


def test_the_whole_way_to_cleared_stands_in_one_timeline(site: DeskSite) -> None:
    site.alert(1)
    sent = only(site)["dispatches"][0]
    for step in (Step.ACCEPT, Step.EN_ROUTE, Step.ON_SCENE):
        site.step(sent["unit_id"], sent["dispatch_id"], step)
    site.step(sent["unit_id"], sent["dispatch_id"], Step.CLEAR, Outcome.CONFIRMED)
    detail = get(site, f"/incidents/{sent['incident_id']}")
    assert detail["incident"]["state"] == "closed"
    assert len(detail["alerts"]) == 1
    lines = [(line["kind"], line["change"]) for line in detail["timeline"]]
    wanted = [
        ("alert", "machine"),
        ("history", "opened"),
        ("history", "offered"),
        ("history", "accepted"),
        ("history", "en_route"),
        ("history", "on_scene"),
        ("history", "cleared"),
        ("count", "confirmed"),
    ]
    assert [line for line in lines if line in wanted] == wanted
    times = [line["at"] for line in detail["timeline"]]
    assert times == sorted(times)
    (mine, other) = get(site, "/dispatches")["dispatches"][::-1]
    assert all(mine[f"{step}_at"] for step in ("offered", "accepted", "en_route", "on_scene", "cleared"))
    assert other["state"] == "recalled"


def test_counts_can_be_read_page_by_page_and_as_sums(site: DeskSite) -> None:
    for area in range(3):
        site.alert(area, area=area)
    first = get(site, "/counts", limit=2)
    rest = get(site, "/counts", after=first["entries"][-1]["cursor"])
    assert [line["cursor"] for line in first["entries"] + rest["entries"]] == [1, 2, 3]
    assert first["head"] == rest["head"] == 3
    assert get(site, "/counts", after=3) == {"entries": [], "head": 3}
    known, other = rest["entries"][-1]["entry_id"], "f" * 32
    assert get(site, "/counts", after=3, entry_id=known) == {"entries": [], "head": 3}
    refused = site.client.get("/api/v1/counts", params={"after": 3, "entry_id": other})
    assert (refused.status_code, refused.json()["code"]) == (409, "other_ledger")
    sums = get(site, "/counts/sums")
    assert {(each["measure"], each["area"], each["count"]) for each in sums["sums"]} == {
        ("reported", f"a{area}", 1) for area in range(3)
    }
    assert [each["area"] for each in get(site, "/counts/sums", area="a1")["sums"]] == ["a1"]


def test_rooms_show_who_was_ever_heard_of(site: DeskSite) -> None:
    site.alert(1, area=2)
    wait_until(
        lambda: {room["node"]: room["presence"] for room in get(site, "/rooms")["rooms"]}["room-2"] == "online",
        within_s=10.0,
        what="the writer notes presence",
    )
    by_node = {room["node"]: room for room in get(site, "/rooms")["rooms"]}
    assert by_node["room-0"]["presence"] == "lost"
    assert by_node["room-0"]["last_seen_at"] is None
    units = {unit["unit_id"]: unit for unit in get(site, "/units")["units"]}
    assert units["police-0"]["force"] == "police_patrol"


def test_figures_reconciliation_and_metrics_agree(site: DeskSite) -> None:
    site.alert(1)
    site.flag(2, area=1)
    site.put(AlertEnd(alert_id=site.new_id(), ended_at=site.clock.now_us()), area=2)
    figures = get(site, "/figures")
    assert (figures["alerts"], figures["dead_letters"], figures["incidents_open"]) == (2, 1, 2)
    assert figures["commits"] >= 3
    assert get(site, "/reconcile") == {"reconciled": True, "differences": []}
    (dead,) = get(site, "/dead-letters")["dead_letters"]
    assert (dead["node"], dead["reason"]) == ("room-2", "unknown_alert")
    text = site.client.get("/metrics").text
    assert "relay_alerts_stored 2.0" in text
    assert 'relay_incidents{state="new"} 2.0' in text
    assert "relay_commits_total" in text


# --- acting ---------------------------------------------------------------------------------------------------


def test_acknowledging_gives_the_incident_an_owner(site: DeskSite) -> None:
    site.alert(1)
    incident = only(site)
    done = act(site, incident["incident_id"], act="acknowledge", expected_revision=incident["revision"])
    assert done.status_code == 200
    assert done.json()["answer"] == "done"
    assert done.json()["incident_state"] == "acknowledged"
    assert only(site)["owner"] == "wang"


def test_an_act_sent_twice_is_carried_out_once(site: DeskSite) -> None:
    site.alert(1)
    incident_id = only(site)["incident_id"]
    command_id = some_id(77)
    first = act(site, incident_id, act="note", reason="called the guard", command_id=command_id)
    again = act(site, incident_id, act="note", reason="called the guard", command_id=command_id)
    assert first.json() == again.json()
    notes = [line for line in get(site, f"/incidents/{incident_id}")["timeline"] if line["change"] == "note"]
    assert len(notes) == 1


def test_an_act_on_what_has_changed_meanwhile_is_refused_and_changes_nothing(site: DeskSite) -> None:
    site.alert(1)
    seen = only(site)
    act(site, seen["incident_id"], act="acknowledge")
    late = act(site, seen["incident_id"], act="cancel", reason="seen nothing", expected_revision=seen["revision"])
    assert late.status_code == 409
    assert late.json()["code"] == "refused"
    assert "it has changed since" in late.json()["error"]
    assert only(site)["state"] == "acknowledged"


def test_closing_with_an_outcome_reclassifying_and_offering_anew(site: DeskSite) -> None:
    site.alert(1)
    incident_id = only(site)["incident_id"]
    moved = act(site, incident_id, act="reclassify", category="brawl", severity="critical", reason="it is a fight")
    assert moved.status_code == 200
    assert (only(site)["category"], only(site)["severity"]) == ("brawl", "critical")
    offered = act(site, incident_id, act="offer", unit_id="police-0", reason="they are next door")
    assert offered.status_code == 200
    assert [each["unit_id"] for each in only(site)["dispatches"] if each["state"] == "offered"] == ["police-0"]
    closed = act(site, incident_id, act="close", outcome="confirmed")
    assert closed.json()["incident_state"] == "closed"
    assert get(site, "/incidents")["incidents"] == []
    assert get(site, "/incidents", state="closed")["incidents"][0]["outcome"] == "confirmed"
    assert {(each["measure"], each["category"]) for each in get(site, "/counts/sums")["sums"]} == {
        ("reported", "brawl"),
        ("confirmed", "brawl"),
    }


# --- what bad input gets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "code", "sentence"),
    [
        ({"act": "cancel", "actor": "wang"}, 409, "cancel needs a reason"),
        ({"act": "close", "actor": "wang"}, 409, "close needs an outcome"),
        ({"act": "sing", "actor": "wang"}, 422, "act: "),
        ({"act": "acknowledge"}, 422, "actor: is missing; send it"),
        ({"act": "acknowledge", "actor": "wang", "colour": "red"}, 422, "colour: is not a field of this request"),
        ({"act": "acknowledge", "actor": "Wang Wei"}, 422, "actor: "),
        ({"act": "reclassify", "actor": "wang", "reason": "x", "category": "dragon"}, 409, "no category dragon"),
    ],
)
def test_an_act_that_cannot_be_done_is_answered_in_one_sentence(
    site: DeskSite, asked: dict[str, str], code: int, sentence: str
) -> None:
    site.alert(1)
    answer = site.client.post(f"/api/v1/incidents/{only(site)['incident_id']}/acts", json=asked)
    assert answer.status_code == code
    assert sentence in answer.json()["error"]
    assert set(answer.json()) == {"code", "error"}
    assert only(site)["state"] == "new"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/api/v1/incidents/{some_id(5)}", 404),
        ("/api/v1/incidents/5", 422),
        ("/api/v1/incidents?limit=0", 422),
        ("/api/v1/incidents?state=asleep", 422),
        ("/api/v1/counts?after=-1", 422),
        ("/api/v1/counts?limit=1000", 422),
        ("/api/v1/counts/sums?month=2026-13", 422),
        ("/api/v1/elephants", 404),
    ],
)
def test_a_question_without_an_answer_gets_a_fault(site: DeskSite, path: str, code: int) -> None:
    answer = site.client.get(path)
    assert answer.status_code == code
    assert set(answer.json()) == {"code", "error"}


def test_an_act_on_an_unknown_incident_is_not_found(site: DeskSite) -> None:
    assert act(site, some_id(5), act="acknowledge").status_code == 404


def test_a_body_that_is_no_json_or_too_long_is_refused(site: DeskSite) -> None:
    site.alert(1)
    path = f"/api/v1/incidents/{only(site)['incident_id']}/acts"
    as_form = site.client.post(path, data={"act": "acknowledge"})
    assert (as_form.status_code, as_form.json()["code"]) == (415, "not_json")
    broken = site.client.post(path, content=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["code"]) == (422, "malformed")
    long = site.client.post(path, json={"act": "note", "actor": "wang", "reason": "x" * 70_000})
    assert (long.status_code, long.json()["code"]) == (413, "too_long")


def test_a_part_that_fell_makes_the_relay_unhealthy_and_a_gate_only_unready(store_url: str) -> None:
    found = RelayHealth(parts={"writer": True}, gates_running={"rooms": False}, gate_restarts={"rooms": 3})
    with DeskSite(store_url, health=lambda: found) as site:
        assert site.client.get("/healthz").json() == {"ok": True, "checks": {"writer": True}, "reasons": {}}
        ready = site.client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"] == {"writer": True, "gate_rooms": False, "store": True, "store_takes": True}
        assert get(site, "/figures")["gates"]["rooms"] == {"running": False, "restarts": 3, "sessions": None}
        found = RelayHealth(parts={"writer": False}, gates_running={"rooms": True})
        assert site.client.get("/healthz").status_code == 503
        found = RelayHealth(parts={"writer": True}, gates_running={"rooms": True}, store_fault="disk is full")
        assert site.client.get("/healthz").status_code == 200, "starting it anew mends no disk"
        ready = site.client.get("/readyz")
        assert (ready.status_code, ready.json()["reasons"]) == (503, {"store_takes": "disk is full"})
        assert "relay_store_takes 0.0" in site.client.get("/metrics").text
