"""What can go wrong around the cameras: the disk, the analysis, a hundred dead cameras, time. The room goes on."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import psutil
import pytest

from patrol_sim.cameras import SimCamera
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.waiting import wait_until

STREET = SceneSettings(seed=5, width=320, height=240, fps=10, gop=10, duration_s=8.0, busy_share=0.6)
ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
[log]
form = "json"
[evidence]
reserve_mib = 2
[health.evidence_disk_low]
after_s = 1.0
clear_after_s = 2.0
least_free_mib = 4
"""
CAMERA = """
[[camera]]
name = "{name}"
url = "{url}"
pre_roll_s = 1.0
post_roll_s = 0.5
  [[camera.zone]]
  name = "street"
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
  [[camera.rule]]
  name = "in-the-street"
  kind = "intrusion"
  zone = "street"
  cool_down_s = 1.0
"""
FLAG = {"camera": "gate", "category": "other", "operator": "op-1", "look_back_s": 1}

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def sim() -> Iterator[SimServer]:
    with SimServer([SimCamera(name=name, source=STREET) for name in ("gate", "yard")], control_port=None) as server:
        yield server


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path, tmp_path / "state", size_mib=32) as mounted:
        yield mounted


def room_file(folder: Path, *cameras: tuple[str, str]) -> Path:
    config = folder / "room.toml"
    text = ROOM.format(state=folder / "state")
    config.write_text(text + "".join(CAMERA.format(name=name, url=url) for name, url in cameras))
    return config


def running(folder: Path, *cameras: tuple[str, str]) -> Any:
    config = room_file(folder, *cameras)
    return running_agent(config, state_dir=folder / "state", log=folder / "log")


def flag_status(agent: AgentProcess) -> int:
    return agent.http.post("/api/v1/flags", json=FLAG).status_code


def streaming(agent: AgentProcess) -> bool:
    return all(camera["state"] == "streaming" for camera in agent.state()["cameras"])


def packets(agent: AgentProcess, name: str) -> int:
    return int(next(camera["packets"] for camera in agent.state()["cameras"] if camera["name"] == name))


def health_lines(agent: AgentProcess, event: str) -> list[str]:
    return [line["condition"] for line in agent.log_lines(event)]


def test_a_full_disk_is_said_and_survived(sim: SimServer, tmp_path: Path, disk: SmallDisk) -> None:
    """Flags are taken while the outbox can write, refused with a word when it cannot, and taken again afterwards."""
    with running(tmp_path, ("gate", sim.url("gate"))) as agent:
        wait_until(lambda: streaming(agent), within_s=20, what="the camera streams")
        assert flag_status(agent) == 201
        disk.fill()
        wait_until(lambda: flag_status(agent) == 503, within_s=20, what="a flag that cannot be kept is refused")
        wait_until(lambda: agent.state()["health"], within_s=20, what="the room says that its disk is full")
        assert not agent.http.get("/readyz").is_success
        before = packets(agent, "gate")
        wait_until(lambda: packets(agent, "gate") > before + 10, within_s=10, what="the camera is read on")
        disk.free()
        wait_until(lambda: flag_status(agent) == 201, within_s=20, what="flags are taken again")
        wait_until(lambda: not agent.state()["health"], within_s=30, what="the room says that all is well")
        assert health_lines(agent, "health_alert_raised") == ["evidence_disk_low"]
        assert health_lines(agent, "health_alert_cleared") == ["evidence_disk_low"]
        known = {alert["alert_id"] for alert in agent.state()["alerts"]}
        wait_until(
            lambda: [a for a in agent.state()["alerts"] if a["has_clip"] and a["alert_id"] not in known],
            within_s=40,
            what="new alerts with their clips",
        )
        assert agent.process.poll() is None


def test_a_disk_that_became_read_only_is_said_and_nothing_stored_before_is_lost(
    sim: SimServer, tmp_path: Path, disk: SmallDisk
) -> None:
    """The kernel makes a disk with errors read-only; a technician checks it, and the room starts where it was."""
    with running(tmp_path, ("gate", sim.url("gate"))) as agent:
        wait_until(lambda: streaming(agent), within_s=20, what="the camera streams")
        stored = agent.http.post("/api/v1/flags", json=FLAG).json()["alert_id"]
        disk.fail()
        wait_until(lambda: flag_status(agent) == 503, within_s=20, what="a flag that cannot be kept is refused")
        wait_until(lambda: agent.state()["health"], within_s=20, what="the room says that its disk takes nothing")
        before = packets(agent, "gate")
        wait_until(lambda: packets(agent, "gate") > before + 10, within_s=10, what="the camera is read on")
        assert agent.terminate() == 0
    disk.repair()
    with running(tmp_path, ("gate", sim.url("gate"))) as agent:
        wait_until(lambda: flag_status(agent) == 201, within_s=20, what="flags are taken again")
        assert stored in {alert["alert_id"] for alert in agent.state()["alerts"]}
        wait_until(lambda: not agent.state()["health"], within_s=30, what="the room says that all is well")


def analysed(agent: AgentProcess) -> list[int]:
    return [camera["analysed"] for camera in agent.state()["cameras"]]


def lost(agent: AgentProcess, kind: str) -> float:
    lines = agent.http.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(f'patrol_room_lost_total{{kind="{kind}"'))


def test_a_slow_disk_holds_up_neither_the_cameras_nor_their_analysis_nor_flags(
    sim: SimServer, tmp_path: Path, disk: SmallDisk
) -> None:
    """A disk that takes two writes a second: alerts wait for it in order, everything else goes on, and it is said."""
    with running(tmp_path, ("gate", sim.url("gate")), ("yard", sim.url("yard"))) as agent:
        wait_until(lambda: streaming(agent), within_s=20, what="the cameras stream")
        wait_until(lambda: min(analysed(agent)) > 20, within_s=20, what="both are analysed")
        with disk.slow(agent.process.pid, writes_per_s=2):
            began_s, before, seen = monotonic(), analysed(agent), [packets(agent, name) for name in ("gate", "yard")]
            wait_until(lambda: agent.state()["health"], within_s=60, what="the room says that its disk is slow")
            (health,) = agent.state()["health"]
            assert health["condition"] == "evidence_disk_low"
            assert "is slow: an alert waited" in health["reason"]
            # A flag is durable before it is told, so it takes what this disk takes, and no more.
            flag = agent.http.post("/api/v1/flags", json=FLAG, timeout=30)
            assert flag.status_code == 201
            wait_until(lambda: monotonic() - began_s >= 20.0, within_s=30, what="it is slow for long enough")
            took_s, after = monotonic() - began_s, analysed(agent)
            for earlier, later in zip(before, after, strict=True):
                assert (later - earlier) / took_s > 0.8 * 5.0, "pictures analysed a second while the disk is slow"
            for earlier, name in zip(seen, ("gate", "yard"), strict=True):
                assert (packets(agent, name) - earlier) / took_s > 0.9 * 10.0, "pictures received a second"
            assert {camera["state"] for camera in agent.state()["cameras"]} == {"streaming"}
        wait_until(lambda: not agent.state()["health"], within_s=60, what="the room says that all is well")

        def whole() -> bool:
            (mine,) = [a for a in agent.state()["alerts"] if a["alert_id"] == flag.json()["alert_id"]]
            return bool(mine["has_clip"] and mine["has_snapshot"])

        wait_until(whole, within_s=40, what="the flag has its picture and its clip")
        assert lost(agent, "alert") == 0
        assert health_lines(agent, "health_alert_raised") == ["evidence_disk_low"]
        assert agent.state()["counters"]["raised"] == agent.state()["counters"]["stored"]


def test_a_killed_analysis_stops_neither_recording_nor_flags(sim: SimServer, tmp_path: Path) -> None:
    with running(tmp_path, ("gate", sim.url("gate")), ("yard", sim.url("yard"))) as agent:
        wait_until(lambda: streaming(agent), within_s=20, what="the cameras stream")
        (analysis,) = psutil.Process(agent.process.pid).children()
        os.kill(analysis.pid, signal.SIGKILL)
        before = packets(agent, "yard")
        flag = agent.http.post("/api/v1/flags", json=FLAG)
        assert flag.status_code == 201

        def evidence() -> bool:
            (mine,) = [a for a in agent.state()["alerts"] if a["alert_id"] == flag.json()["alert_id"]]
            return bool(mine["has_clip"] and mine["has_snapshot"])

        wait_until(evidence, within_s=15, what="the flag has its picture and its clip")
        assert packets(agent, "yard") > before
        wait_until(lambda: agent.state()["detector"]["restarts"] == 1, within_s=20, what="the analysis comes back")
        wait_until(lambda: agent.state()["detector"]["state"] == "running", within_s=20, what="it runs")
        known = {alert["alert_id"] for alert in agent.state()["alerts"]}
        wait_until(
            lambda: [a for a in agent.state()["alerts"] if a["source"] == "machine" and a["alert_id"] not in known],
            within_s=40,
            what="machine alerts again",
        )
        assert len(agent.log_lines("analysis_fell")) == 1


def cpu_s(agent: AgentProcess) -> float:
    every = [psutil.Process(agent.process.pid), *psutil.Process(agent.process.pid).children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in every)


def cpu_share(agent: AgentProcess, *, seconds: float) -> float:
    """Return the share of one core that the agent takes over so many of its own seconds."""
    began_s, cpu = monotonic(), cpu_s(agent)
    wait_until(lambda: monotonic() - began_s >= seconds, within_s=seconds + 5, what="the time is over")
    return (cpu_s(agent) - cpu) / (monotonic() - began_s)


def test_a_dead_camera_costs_less_than_a_thousandth_of_a_core(tmp_path: Path) -> None:
    """A hundred cameras whose addresses refuse, after they have backed off, against a room with one."""
    one, many = tmp_path / "one", tmp_path / "many"
    for folder in (one, many):
        folder.mkdir()
    dead = "rtsp://127.0.0.1:9/nobody"  # the discard port: nothing listens there
    with (
        running(one, ("gate", dead)) as quiet,
        running(many, *((f"dead-{number}", dead) for number in range(101))) as busy,
    ):
        wait_until(
            lambda: (
                all(camera["state"] == "backing_off" for camera in busy.state()["cameras"])
                and min(camera["reconnects"] for camera in busy.state()["cameras"]) >= 4
            ),
            within_s=60,
            what="every camera has been tried several times",
        )
        base, all_of_them = cpu_share(quiet, seconds=10.0), cpu_share(busy, seconds=10.0)
        assert (all_of_them - base) / 100 < 0.001
