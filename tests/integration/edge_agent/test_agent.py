"""The whole agent as a process: a film that plays as a camera, a relay over CURVE, operators over HTTP."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from patrol_wire.ids import Outcome, Severity, Stream
from patrol_wire.messages import Progress, UnitStep
from patrol_wire.records import Alert, AlertEnd, CameraHealth, Flag, FlagChange, HealthAlert, MediaManifest, TestAlert
from tests.support.agent_process import ROOT, AgentProcess, running_agent
from tests.support.film_room import write_room
from tests.support.records import BEGIN_US, some_id
from tests.support.relay_peer import RelayPeer
from tests.support.waiting import wait_until

ROOM = """
[room]
name = "room-a"
place = [121.47, 31.23]
[paths]
state_dir = "{state}"
[console]
port = 0
[health.lost]
after_s = 1.0
{relay}
[[camera]]
name = "gate"
url = "{film}"
loop = true
post_roll_s = 0.5
pre_roll_s = 0.5
place = [121.48, 31.24]
  [[camera.zone]]
  name = "yard"
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
  [[camera.mask]]
  polygon = [[0.0, 0.0], [0.2, 0.0], [0.2, 0.2], [0.0, 0.2]]
  [[camera.rule]]
  name = "yard-intrusion"
  kind = "intrusion"
  zone = "yard"
  severity = "high"
  forward = "direct"
  cool_down_s = 1.0
[[camera]]
name = "broken"
url = "{film}.absent"
"""


@pytest.fixture
def agent(tmp_path: Path, film: Path, peer: RelayPeer) -> Iterator[AgentProcess]:
    config = write_room(tmp_path, ROOM, film=film, peer=peer)
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log") as running:
        yield running


def of_kind(peer: RelayPeer, stream: Stream, kind: type) -> list[object]:
    return [body for body in peer.records[stream] if isinstance(body, kind)]


def test_what_walks_through_the_film_reaches_the_relay_with_picture_and_clip(
    agent: AgentProcess, peer: RelayPeer
) -> None:
    wait_until(lambda: of_kind(peer, Stream.ALERTS, AlertEnd), within_s=30, what="an alert and its end arrive")
    alert = of_kind(peer, Stream.ALERTS, Alert)[0]
    end = of_kind(peer, Stream.ALERTS, AlertEnd)[0]
    assert isinstance(alert, Alert)
    assert isinstance(end, AlertEnd)
    assert (alert.camera, alert.rule, alert.severity, alert.zone) == ("gate", "yard-intrusion", Severity.HIGH, "yard")
    assert alert.place is not None
    assert (alert.place.lon, alert.place.lat) == (121.48, 31.24)
    assert end.alert_id == alert.alert_id
    assert end.ended_at > alert.started_at

    def of_the_alert() -> dict[str, MediaManifest]:
        manifests = [one for one in of_kind(peer, Stream.MEDIA, MediaManifest) if isinstance(one, MediaManifest)]
        return {one.media_type: one for one in manifests if one.alert_id == alert.alert_id}

    wait_until(lambda: "video/mp4" in of_the_alert(), within_s=10, what="media travel on a lane of their own")
    mine = of_the_alert()
    assert mine["video/mp4"].sha256 == end.clip
    assert mine["video/mp4"].masked
    assert mine["image/jpeg"].size_bytes > 1_000
    jpeg = agent.http.get(f"/api/v1/alerts/{alert.alert_id}/snapshot")
    assert jpeg.headers["content-type"] == "image/jpeg"
    assert jpeg.content.startswith(b"\xff\xd8")
    assert of_kind(peer, Stream.ALERTS, TestAlert), "the synthetic alert travels too"
    broken = [one for one in of_kind(peer, Stream.REPORTS, CameraHealth) if isinstance(one, CameraHealth)]
    assert any(one.camera == "broken" and one.state == "backing_off" and one.reason for one in broken)


def test_what_becomes_of_a_flag_is_shown_and_survives_a_restart(
    agent: AgentProcess, peer: RelayPeer, tmp_path: Path
) -> None:
    """The ladder: stored and delivered by the acknowledgement, then what the relay tells; older news change nothing."""
    asked = {"category": "brawl", "operator": "op-7", "camera": "gate"}
    alert_id = agent.http.post("/api/v1/flags", json=asked).json()["alert_id"]

    def shown(running: AgentProcess) -> Any:
        return next(one for one in running.state()["alerts"] if one["alert_id"] == alert_id)

    wait_until(lambda: shown(agent)["rung"] == "delivered", within_s=10, what="delivered")
    assert shown(agent)["progress"] is None

    def tell(revision: int, state: str, step: str, outcome: Outcome | None = None) -> None:
        units = (UnitStep(unit="东一-12", state=step, at=BEGIN_US),)
        told = Progress(
            alert_id=alert_id, incident_id=some_id(9), revision=revision, incident_state=state, outcome=outcome,
            at=BEGIN_US, units=units,
        )  # fmt: skip
        peer.to_say.put(told)

    tell(3, "dispatched", "en_route")
    wait_until(lambda: shown(agent)["rung"] == "accepted", within_s=5, what="a unit took it")
    tell(5, "resolved", "cleared", Outcome.CONFIRMED)
    tell(4, "on_scene", "on_scene")
    wait_until(lambda: shown(agent)["rung"] == "outcome", within_s=5, what="the outcome")
    tell(6, "closed", "cleared", Outcome.CONFIRMED)
    wait_until(lambda: shown(agent)["progress"]["incident_state"] == "closed", within_s=5, what="it was not moved back")
    before = shown(agent)
    assert before["progress"]["units"] == [{"unit": "东一-12", "state": "cleared", "at": "2026-09-21T14:13:20Z"}]
    agent.kill()
    with running_agent(tmp_path / "ROOM.toml", state_dir=tmp_path / "state", log=tmp_path / "log2") as again:
        assert shown(again)["progress"] == before["progress"]
        assert shown(again)["rung"] == "outcome"


def test_a_broken_camera_is_shown_and_disturbs_no_other(agent: AgentProcess) -> None:
    wait_until(lambda: agent.state()["cameras"][0]["analysed"] > 5, within_s=15, what="the good camera is analysed")
    good, broken = agent.state()["cameras"]
    assert (good["name"], good["state"]) == ("gate", "streaming")
    assert (broken["state"], broken["failure"]) == ("backing_off", "not_found")
    assert "absent" in broken["reason"]
    assert agent.http.get("/readyz").json() == {"ok": True, "reasons": []}


def test_a_health_alert_is_shown_counted_logged_and_reaches_the_relay(agent: AgentProcess, peer: RelayPeer) -> None:
    wait_until(lambda: agent.state()["cameras"][1]["health"], within_s=15, what="the broken camera's alert is shown")
    good, broken = agent.state()["cameras"]
    (shown,) = broken["health"]
    assert (good["health"], agent.state()["health"]) == ([], [])
    assert (shown["condition"], shown["severity"]) == ("lost", "high")
    assert "absent" in shown["reason"]
    wait_until(lambda: of_kind(peer, Stream.REPORTS, HealthAlert), within_s=10, what="the relay has it")
    (raised,) = of_kind(peer, Stream.REPORTS, HealthAlert)
    assert isinstance(raised, HealthAlert)
    assert (raised.alert_id, raised.camera, raised.cleared_at) == (shown["alert_id"], "broken", 0)
    (logged,) = agent.log_lines("health_alert_raised")
    assert (logged["camera"], logged["condition"]) == ("broken", "lost")
    metrics = agent.http.get("/metrics").text
    assert float(re.findall(r"^patrol_room_ring_bytes (\S+)$", metrics, re.MULTILINE)[0]) > 10_000
    assert 'patrol_room_health_open{condition="lost"} 1.0' in metrics
    assert 'patrol_room_health_alerts_total{condition="lost"} 1.0' in metrics


def test_a_flag_is_durable_when_it_is_answered_even_if_the_agent_is_killed_at_once(
    tmp_path: Path, film: Path, peer: RelayPeer
) -> None:
    """SIGKILL right after the answer, before the relay (which is away) could have it; then all arrives in order."""
    config = write_room(tmp_path, ROOM, film=film, peer=peer)
    peer.stop()
    pressed: list[str] = []
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log") as first:
        for number in range(3):
            asked = {"camera": "gate", "category": "brawl", "operator": "li.wei", "note": f"number {number}"}
            answer = first.http.post("/api/v1/flags", json=asked)
            assert answer.status_code == 201, answer.text
            pressed.append(answer.json()["alert_id"])
        first.kill()
    peer.start()
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log2") as second:
        wait_until(lambda: len(of_kind(peer, Stream.ALERTS, Flag)) >= 3, within_s=15, what="the flags arrive")
        wait_until(lambda: second.state()["outbox"]["pending"]["a"] == 0, within_s=15, what="the room knows it")
    flags = [one for one in of_kind(peer, Stream.ALERTS, Flag) if isinstance(one, Flag)]
    assert [one.alert_id for one in flags] == pressed
    assert flags[0].severity is Severity.HIGH


def test_an_operator_flags_changes_his_mind_and_judges(agent: AgentProcess, peer: RelayPeer) -> None:
    asked = {"camera": "gate", "category": "unclassified", "operator": "li.wei"}
    flag_id = agent.http.post("/api/v1/flags", json=asked).json()["alert_id"]
    named = agent.http.post(f"/api/v1/flags/{flag_id}/classify", json={"operator": "li.wei", "category": "theft"})
    assert (named.status_code, named.json()["standing"]) == (200, "classified")
    back = agent.http.post(f"/api/v1/flags/{flag_id}/withdraw", json={"operator": "li.wei", "reason": "a shadow"})
    assert back.json()["standing"] == "withdrawn"
    again = agent.http.post(f"/api/v1/flags/{flag_id}/withdraw", json={"operator": "li.wei"})
    assert (again.status_code, "already withdrawn" in again.json()["error"]) == (409, True)
    wait_until(lambda: len(of_kind(peer, Stream.ALERTS, FlagChange)) == 2, within_s=10, what="both changes arrive")

    wait_until(lambda: any(one["source"] == "machine" for one in agent.state()["alerts"]), within_s=20, what="an alert")
    alert_id = next(one["alert_id"] for one in agent.state()["alerts"] if one["source"] == "machine")
    verdict = {"verdict": "dismissed", "operator": "li.wei", "reason": "a cat"}
    assert agent.http.post(f"/api/v1/alerts/{alert_id}/judgement", json=verdict).status_code == 201
    assert agent.http.post(f"/api/v1/alerts/{flag_id}/judgement", json=verdict).status_code == 409
    shown = next(one for one in agent.state()["alerts"] if one["alert_id"] == alert_id)
    assert (shown["standing"], shown["reason"]) == ("dismissed", "a cat")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"category": "theft", "operator": "li", "camera": "attic"}, "no camera 'attic'"),
        ({"category": "theft"}, "operator: is missing"),
        ({"category": "Theft!", "operator": "li"}, "category: string should match"),
        ({"category": "theft", "operator": "li", "sevrity": "low"}, "sevrity: is not a field"),
        ({"category": "theft", "operator": "li", "look_back_s": 9000}, "look_back_s: input should be less"),
        ({"category": "theft", "operator": "li", "place": {"lon": 200, "lat": 0}}, "place.lon"),
    ],
)
def test_a_malformed_flag_is_one_sentence(api: httpx.Client, body: dict[str, object], said: str) -> None:
    answer = api.post("/api/v1/flags", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, film: Path) -> Iterator[httpx.Client]:
    """The console of one agent without a relay, for the tests that change nothing."""
    folder = tmp_path_factory.mktemp("quiet")
    with running_agent(write_room(folder, ROOM, film=film), state_dir=folder / "state", log=folder / "log") as running:
        yield running.http


def test_broken_json_and_other_content_are_refused(api: httpx.Client) -> None:
    broken = api.post("/api/v1/flags", content=b"{", headers={"content-type": "application/json"})
    assert (broken.status_code, "not JSON" in broken.json()["error"]) == (422, True)
    form = api.post("/api/v1/flags", content=b"category=theft", headers={"content-type": "text/plain"})
    assert form.status_code == 415
    long = api.post("/api/v1/flags", json={"note": "x" * 70_000})
    assert long.status_code == 413


def test_what_the_room_does_not_know_is_404(api: httpx.Client) -> None:
    nobody = "019a0000-0000-7000-8000-000000000000"
    assert api.get(f"/api/v1/alerts/{nobody}/snapshot").status_code == 404
    withdrawn = api.post(f"/api/v1/flags/{nobody}/withdraw", json={"operator": "li"})
    assert (withdrawn.status_code, nobody in withdrawn.json()["error"]) == (404, True)
    assert withdrawn.json()["code"] == "not_found"
    assert api.get("/api/v1/alerts/../../etc/passwd/snapshot").status_code in (404, 422)


def test_a_room_without_a_relay_says_so_and_works(api: httpx.Client) -> None:
    state = api.get("/api/v1/state").json()
    assert state["link"]["state"] == "off"
    assert state["counters"]["stored"] == state["counters"]["raised"]


def test_the_interface_describes_itself_with_every_answer(api: httpx.Client) -> None:
    described = api.get("/api/v1/openapi.json").json()
    for path, operations in described["paths"].items():
        for verb, operation in operations.items():
            assert operation.get("description"), f"{verb} {path} says nothing"
            success = [code for code in operation["responses"] if code.startswith("2")]
            assert any(operation["responses"][code].get("content") for code in success), f"{verb} {path}"


@pytest.mark.parametrize("path", ["/", "/health", "/gallery", "/static/bundle/room.js", "/static/texts/zh-CN.json"])
def test_a_page_needs_no_token_and_runs_nothing_from_outside(api: httpx.Client, path: str) -> None:
    answer = httpx.get(f"{api.base_url}{path}")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy


def test_the_wall_is_what_the_settings_say(api: httpx.Client) -> None:
    wall = api.get("/api/v1/wall").json()
    assert wall["sets"][0]["cameras"] == [camera["name"] for camera in api.get("/api/v1/state").json()["cameras"]]
    assert len(wall["kinds"]) == 8


def test_figures_are_offered_to_prometheus(api: httpx.Client) -> None:
    text = api.get("/metrics").text
    assert 'patrol_room_camera_fps{camera="gate"}' in text
    assert "patrol_room_outbox_pending" in text


def test_sigterm_ends_within_two_seconds_and_leaves_a_sound_outbox(agent: AgentProcess, tmp_path: Path) -> None:
    wait_until(lambda: agent.state()["counters"]["stored"] > 0, within_s=20, what="something is stored")
    assert agent.terminate() == 0
    (stopped,) = agent.log_lines("agent_stopped")
    assert stopped["took_s"] < 2.0
    assert agent.log_lines("agent_ready")[0]["port"] > 0
    with sqlite3.connect(tmp_path / "state" / "outbox.sqlite3") as outbox:
        assert outbox.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    outbox.close()


def refused(config: Path, *more: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "edge_agent", "--config", str(config), *more],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ended.returncode == 2, ended.stderr
    said = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert len(said) == 1, ended.stderr
    return said[0]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[room]", "[rooom]", 'did you mean "room"'),
        ("post_roll_s = 0.5", "post_roll_s = -1.0", "the least allowed is 0"),
        ("port = 0", 'port = 0\nhost = "0.0.0.0"', "console.token_file is empty"),
        ("port = 0", 'port = 0\ntoken_file = "/absent/token"', "token_file"),
        ("port = 0", 'port = 0\nhost = "203.0.113.7"\ntoken_file = "{token}"', "cannot be had"),
        ("[room]", '[detector]\nkind = "onnx"\nmodel = "yolox-nano"\nmodels_dir = "/absent"\n[room]', "yolox-nano"),
        ("[room]", '[detector]\nkind = "onnx"\nmodel = "no-such"\n[room]', "no-such"),
        ("loop = true", 'loop = true\npassword_file = "/absent/password"', "password_file"),
        ("[1.0, 0.0], [1.0, 1.0]", "[1.0, 1.0], [1.0, 0.0]", "crosses itself"),
    ],
)
def test_a_room_that_cannot_start_says_why_in_one_sentence(
    tmp_path: Path, film: Path, before: str, after: str, said: str
) -> None:
    token = tmp_path / "token"
    token.write_text("0123456789abcdef0123")
    config = write_room(tmp_path, ROOM, film=film)
    config.write_text(config.read_text().replace(before, after.replace("{token}", str(token)), 1))
    assert said in refused(config)


def test_a_missing_file_and_a_taken_port_are_refused(tmp_path: Path, film: Path, api: httpx.Client) -> None:
    assert "no such file" in refused(tmp_path / "absent.toml")
    config = write_room(tmp_path, ROOM, film=film)
    config.write_text(config.read_text().replace("port = 0", f"port = {api.base_url.port}"))
    assert "console.port" in refused(config)


def test_a_damaged_outbox_is_refused_and_new_outbox_is_the_way_out(tmp_path: Path, film: Path) -> None:
    config = write_room(tmp_path, ROOM, film=film)
    state = tmp_path / "state"
    state.mkdir()
    (state / "outbox.sqlite3").write_bytes(b"not a database at all" * 1_000)
    assert "--new-outbox" in refused(config)
    other = subprocess.Popen(
        [sys.executable, "-m", "edge_agent", "--config", str(config), "--new-outbox"],
        cwd=ROOT, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: (state / "console.port").exists(), within_s=20, what="the agent runs")
    finally:
        other.terminate()
        assert other.wait(timeout=10) == 0
    kept = [path for path in state.iterdir() if ".aside-" in path.name]
    assert [path.read_bytes()[:10] for path in kept] == [b"not a data"]


def test_a_console_beyond_loopback_wants_the_token(tmp_path: Path, film: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0123456789abcdef0123\n")
    config = write_room(tmp_path, ROOM, film=film)
    config.write_text(config.read_text().replace("port = 0", f'port = 0\nhost = "0.0.0.0"\ntoken_file = "{token}"'))
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log") as running:
        assert running.http.get("/api/v1/state").status_code == 401
        wrong = {"authorization": "Bearer 0123456789abcdef0124"}
        assert running.http.get("/api/v1/state", headers=wrong).status_code == 401
        right = {"authorization": "Bearer 0123456789abcdef0123"}
        assert running.http.get("/api/v1/state", headers=right).status_code == 200
