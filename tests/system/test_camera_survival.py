"""Everything that can go wrong with a camera, at once, in one running room: each says what it is, is told once and
cleared once, and the camera beside them loses no picture.

Real RTSP with faults on demand, the agent as a process. What a fault does to one camera alone is tested in
tests/integration/edge_agent/capture; here they meet.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import psutil
import pytest

from patrol_sim.cameras import SimCamera
from patrol_sim.rtsp.digest import Account
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.waiting import wait_until

FAULT_S: Final = 8.0
ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
[log]
form = "json"
[health.lost]
after_s = 2.0
clear_after_s = 2.0
[health.stalled]
after_s = 2.0
clear_after_s = 2.0
[health.frozen]
after_s = 2.0
clear_after_s = 2.0
[health.clock_drift]
enabled = false
"""
CAMERA = """
[[camera]]
name = "{name}"
url = "{url}"
stall_after_s = 1.5
frozen_after_s = 1.5
blind_time_s = 0.0
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the matrix of faults."""

    fault: str
    value: float | str | None = None
    states: frozenset[str] = frozenset()
    """States of which at least one is shown; empty: the camera goes on streaming throughout."""
    reason: str = ""
    """Words in the reason that is shown."""
    told: str = ""
    """The health alert that is raised once and cleared once."""


@dataclass(slots=True)
class Seen:
    """What the room showed of one camera while its fault acted, and after it."""

    states: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)
    widths: set[int] = field(default_factory=set)
    fastest_fps: float = 0.0


MATRIX: Final = {
    "refused": Row("refuse", "reset", frozenset({"backing_off"}), "", "lost"),
    "unavailable": Row("refuse", "503", frozenset({"backing_off"}), "server error", "lost"),
    "silent": Row("silent", None, frozenset({"stalled"}), "no packet for", "stalled"),
    "stalled": Row("stall", None, frozenset({"stalled"}), "no packet for", "stalled"),
    "frozen": Row("freeze", None, frozenset({"frozen"}), "the same picture for", "frozen"),
    "lossy": Row("drop", 0.05),
    "corrupt": Row("corrupt", 0.05),
    "resized": Row("resolution", "160x120"),
    "wrong-rate": Row("wrong_rate", 20.0),
    "jumping": Row("clock_jump", 3600.0),
    "flapping": Row("flap", 0.3, frozenset({"backing_off"}), "", "lost"),
    "reset": Row("reset", None, frozenset({"backing_off", "connecting"})),
    "locked": Row("auth_change", "another", frozenset({"backing_off"}), "user name or the password", "lost"),
    "no-sets": Row("no_parameter_sets"),
    "mid-group": Row("start_on_non_keyframe"),
}
"""``reset`` acts once; ``no-sets`` and ``mid-group`` act on sessions that begin, so those cameras are cut first."""


@pytest.fixture(scope="module")
def sim() -> Iterator[SimServer]:
    street = SceneSettings(seed=5, width=320, height=240, fps=10, gop=10, duration_s=8.0, busy_share=0.5)
    cameras = [SimCamera(name=name, source=street) for name in (*MATRIX, "neighbour") if name != "locked"]
    cameras.append(SimCamera(name="locked", source=street, account=Account(username="operator", password="right")))
    with SimServer(cameras, control_port=None) as server:
        yield server


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, sim: SimServer) -> Iterator[AgentProcess]:
    folder = tmp_path_factory.mktemp("room")
    text = ROOM.format(state=folder / "state")
    text += "".join(CAMERA.format(name=name, url=sim.url(name)) for name in (*MATRIX, "neighbour"))
    config = folder / "room.toml"
    config.write_text(text)
    with running_agent(config, state_dir=folder / "state", log=folder / "log") as running:
        yield running


def cameras(agent: AgentProcess) -> dict[str, dict[str, Any]]:
    return {camera["name"]: camera for camera in agent.state()["cameras"]}


def all_stream(agent: AgentProcess) -> bool:
    return all(camera["state"] == "streaming" for camera in cameras(agent).values())


@dataclass(frozen=True, slots=True)
class Story:
    """All that was seen of the room."""

    seen: dict[str, Seen]
    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]
    sent: dict[str, int]
    """Pictures that the simulator sent of each camera between the two."""
    log: AgentProcess


@pytest.fixture(scope="module")
def story(agent: AgentProcess, sim: SimServer) -> Story:
    """Let every fault act for FAULT_S, wait until all is well again, and tell what was seen."""
    wait_until(lambda: all_stream(agent), within_s=30, what="every camera streams")
    before = cameras(agent)
    sent_before = {name: sim.view(name).counts["pictures"] for name in (*MATRIX, "neighbour")}
    for name in ("no-sets", "mid-group"):
        sim.begin_fault(name, MATRIX[name].fault)
        sim.begin_fault(name, "reset")
    for name, row in MATRIX.items():
        if name not in ("no-sets", "mid-group"):
            sim.begin_fault(
                name, row.fault, row.value, for_s=None if row.fault in ("reset", "auth_change") else FAULT_S
            )
    seen = {name: Seen() for name in (*MATRIX, "neighbour")}
    ends_s = agent.state()["room"]["now"]

    def note() -> bool:
        for name, camera in cameras(agent).items():
            seen[name].states.add(camera["state"])
            seen[name].reasons.add(camera["reason"])
            seen[name].widths.add(camera["width"])
            seen[name].fastest_fps = max(seen[name].fastest_fps, camera["fps"])
        told = {name for name, camera in cameras(agent).items() if camera["health"]}
        return {name for name, row in MATRIX.items() if row.told} <= told | set(cleared(agent))

    wait_until(note, within_s=30, what=f"every fault that is to be told is told (since {ends_s})")
    for name in ("no-sets", "locked"):
        sim.end_fault(name)
    sim.end_fault("mid-group")
    sim.begin_fault("locked", "auth_change", "right")

    def well() -> bool:
        note()
        return all_stream(agent) and not any(camera["health"] for camera in cameras(agent).values())

    wait_until(well, within_s=100, what="every camera streams again and nothing is open")
    sent = {name: sim.view(name).counts["pictures"] - count for name, count in sent_before.items()}
    return Story(seen=seen, before=before, after=cameras(agent), sent=sent, log=agent)


def cleared(agent: AgentProcess) -> list[str]:
    return [line["camera"] for line in agent.log_lines("health_alert_cleared")]


pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("name", MATRIX)
def test_the_right_state_and_its_reason_are_shown(story: Story, name: str) -> None:
    row, seen = MATRIX[name], story.seen[name]
    if row.states:
        assert seen.states & row.states
    assert any(row.reason in reason for reason in seen.reasons)


@pytest.mark.parametrize("name", [name for name, row in MATRIX.items() if row.told])
def test_a_health_alert_is_raised_once_and_cleared_once(story: Story, name: str) -> None:
    raised = [line["condition"] for line in story.log.log_lines("health_alert_raised") if line["camera"] == name]
    assert raised == [MATRIX[name].told]
    assert cleared(story.log).count(name) == 1


@pytest.mark.parametrize("name", ["lossy", "corrupt", "resized", "wrong-rate", "jumping"])
def test_what_goes_on_streaming_raises_nothing(story: Story, name: str) -> None:
    assert story.seen[name].states == {"streaming"}
    assert not [line for line in story.log.log_lines("health_alert_raised") if line["camera"] == name]


def test_damage_is_counted_where_it_was_and_nowhere_else(story: Story) -> None:
    harm = {name: story.after[name]["corrupt"] - story.before[name]["corrupt"] for name in story.after}
    assert harm["lossy"] > 0
    assert harm["corrupt"] > 0
    assert harm["neighbour"] == harm["mid-group"] == 0, "a stream is shown from its first keyframe on"


def test_a_changed_size_and_a_wrong_rate_are_seen_as_they_are(story: Story) -> None:
    assert {320, 160} <= story.seen["resized"].widths
    assert story.seen["wrong-rate"].fastest_fps < 13.0, "what is delivered counts, not what is declared"


def test_the_camera_beside_them_loses_no_picture(story: Story) -> None:
    got = story.after["neighbour"]["packets"] - story.before["neighbour"]["packets"]
    assert story.seen["neighbour"].states == {"streaming"}
    assert story.after["neighbour"]["reconnects"] == 0
    assert abs(got - story.sent["neighbour"]) <= 5  # the two are not read in one moment
    assert story.after["neighbour"]["left_out"] == 0


def test_an_outage_is_logged_once_when_it_begins_and_once_when_it_ends(story: Story) -> None:
    for name in ("refused", "silent", "locked"):
        lost = [line for line in story.log.log_lines("camera_lost") if line["camera"] == name]
        back = [line for line in story.log.log_lines("camera_streaming") if line["camera"] == name and line["outage_s"]]
        assert (len(lost), len(back)) == (1, 1)


def test_no_thread_and_no_connection_is_left_behind(story: Story) -> None:
    """Each camera is read by one thread; what an outage abandoned has ended by now."""
    process = psutil.Process(story.log.process.pid)
    wait_until(lambda: process.num_threads() <= len(MATRIX) + 1 + 24, within_s=15, what="no reader is left behind")
    open_now = [one for one in process.net_connections(kind="tcp") if one.status == psutil.CONN_ESTABLISHED]
    assert len(open_now) <= len(MATRIX) + 1 + 3  # and those of the console
