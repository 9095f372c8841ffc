"""The live view of a real agent: simulated cameras over RTSP, and pages that read their WebSockets."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from websockets.exceptions import InvalidStatus

from patrol_sim.cameras import SimCamera
from patrol_sim.rtp.nal import Codec
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.live_page import LivePage, decoded
from tests.support.waiting import wait_until

SUB = SceneSettings(seed=3, fps=10, gop=10, duration_s=10.0, busy_share=0.7, width=320, height=240)
MAIN = replace(SUB, width=640, height=480, gop=20)
ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
[log]
form = "json"
[[camera]]
name = "gate"
url = "{main}"
detect_url = "{sub}"
[[camera]]
name = "masked"
url = "{main}"
detect_url = "{sub}"
  [[camera.mask]]
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.0, 0.5]]
[[camera]]
name = "hevc"
url = "{hevc}"
[[camera]]
name = "flaky"
url = "{flaky}"
stall_after_s = 1.0
frozen_after_s = 2.0
[[camera]]
name = "absent"
url = "rtsp://127.0.0.1:1/none"
"""


@pytest.fixture(scope="module")
def sim() -> Iterator[SimServer]:
    sources = {"main": MAIN, "sub": SUB, "hevc": replace(SUB, codec=Codec.H265), "flaky": SUB}
    with SimServer([SimCamera(name=name, source=source) for name, source in sources.items()]) as server:
        yield server


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, sim: SimServer) -> Iterator[AgentProcess]:
    folder = tmp_path_factory.mktemp("room")
    config = folder / "room.toml"
    config.write_text(ROOM.format(state=folder / "state", **{name: sim.url(name) for name in sim.names}))
    with running_agent(config, state_dir=folder / "state", log=folder / "log") as running:
        wait_until(
            lambda: all(
                one["state"] == "streaming" and one["main_state"] in ("", "streaming")
                for one in running.state()["cameras"]
                if one["name"] != "absent"
            ),
            within_s=20,
            what="all cameras stream",
        )
        yield running


def watch(agent: AgentProcess, camera: str, quality: str = "tile") -> LivePage:
    assert agent.http.base_url.port is not None
    return LivePage(agent.http.base_url.port, f"/api/v1/cameras/{camera}/live?quality={quality}")


def started(page: LivePage) -> dict[str, object]:
    """Wait for the first fragment; the requirement is 1.5 s from the opening of the socket."""
    wait_until(lambda: len(page.binaries) >= 2, within_s=1.5, what="the first picture")
    return page.of("start")[-1]


@pytest.mark.parametrize(("quality", "source", "size"), [("tile", "sub", (320, 240)), ("spot", "main", (640, 480))])
def test_a_camera_plays_as_it_sends(agent: AgentProcess, quality: str, source: str, size: tuple[int, int]) -> None:
    with watch(agent, "gate", quality) as page:
        start = started(page)
        wait_until(lambda: len(page.of("at")) >= 2 and page.last_state == "live", within_s=5, what="it is live")
        pictures = page.pictures()
    assert (start["source"], start["reason"], start["width"], start["height"]) == (source, "", *size)
    assert str(start["codec"]).startswith("avc1.")
    assert all(picture.shape == (size[1], size[0], 3) for picture in pictures)
    first, second = page.of("at")[:2]
    took_us = second["captured_us"] - first["captured_us"]
    assert abs(took_us - (second["media_us"] - first["media_us"])) < 50_000  # both clocks run alike
    assert took_us >= 999_000  # a second, by pictures whose times are rounded


@pytest.mark.parametrize("quality", ["tile", "spot"])
def test_masked_pixels_never_reach_the_socket(agent: AgentProcess, quality: str) -> None:
    """The upper half is masked: in no picture that a page got is there anything in it."""
    with watch(agent, "masked", quality) as page:
        start = started(page)
        wait_until(lambda: len(page.binaries) > 15, within_s=5, what="some pictures")
        pictures = page.pictures()
    assert (start["source"], start["reason"]) == ("transcoded", "the privacy masks are burnt in")
    for picture in pictures:
        half = picture.shape[0] // 2
        assert picture[:half].max() < 12
        assert picture[half + 8 :].mean() > 40


def test_masked_pixels_are_in_no_still(agent: AgentProcess) -> None:
    with watch(agent, "masked", "stills") as page:
        wait_until(lambda: len(page.binaries) >= 2, within_s=5, what="two stills")
    answer = agent.http.get("/api/v1/cameras/masked/still")
    assert answer.status_code == 200
    assert int(answer.headers["captured-at"]) > 1_700_000_000_000_000
    assert page.of("start")[0]["source"] == "stills"
    for jpeg in (*page.binaries, answer.content):
        picture = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture[: picture.shape[0] // 2 - 8].max() < 12


def test_a_codec_that_no_browser_plays_is_encoded_once_for_all_its_viewers(agent: AgentProcess) -> None:
    with watch(agent, "hevc") as page, watch(agent, "hevc") as other:
        assert started(page)["source"] == started(other)["source"] == "transcoded"
        assert "hevc" in str(page.of("start")[0]["reason"])
        wait_until(lambda: len(page.binaries) > 12, within_s=5, what="some pictures")
        assert gauge(agent, "patrol_room_live_encoders") == 1.0
        assert page.pictures()[-1].std() > 10
    wait_until(lambda: gauge(agent, "patrol_room_live_encoders") == 0.0, within_s=3, what="the encoder ends")
    assert gauge(agent, "patrol_room_live_viewers") == 0.0


def gauge(agent: AgentProcess, name: str) -> float:
    lines = agent.http.get("/metrics").text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + " ", name + "{")))


def test_every_trouble_of_a_camera_is_said_and_never_called_live(agent: AgentProcess, sim: SimServer) -> None:
    """Frozen, silent, gone and back: the page hears each, with an age, and a new start when it is back."""
    with watch(agent, "flaky") as page:
        started(page)
        wait_until(lambda: page.last_state == "live", within_s=5, what="live before the faults")
        sim.begin_fault("flaky", "freeze")
        wait_until(lambda: page.last_state == "stalled", within_s=8, what="frozen")
        assert "same picture" in page.of("state")[-1]["reason"]
        sim.end_fault("flaky")
        wait_until(lambda: page.last_state == "live", within_s=8, what="moving again")
        sim.begin_fault("flaky", "refuse")
        wait_until(lambda: page.last_state == "reconnecting", within_s=8, what="gone")
        wait_until(lambda: page.of("state")[-1]["attempt"] >= 1, within_s=8, what="the attempts are counted")
        wait_until(
            lambda: any(one["next_try_ms"] is not None for one in page.of("state")), within_s=8, what="the next try"
        )
        assert page.of("state")[-1]["age_ms"] > 0
        before = len(page.of("start"))
        sim.end_fault("flaky")
        wait_until(
            lambda: len(page.of("start")) > before and page.last_state == "live",
            within_s=40,
            what=f"back, heard {page.notes[-6:]}",
        )


@pytest.mark.parametrize(("camera", "size"), [("gate", (640, 480)), ("masked", (320, 240)), ("hevc", (320, 240))])
def test_the_last_seconds_are_a_film_for_browsers(agent: AgentProcess, camera: str, size: tuple[int, int]) -> None:
    """Cut from memory: the sharp stream as it is, and the small one where masks or the codec need encoding."""
    answer = agent.http.get(f"/api/v1/cameras/{camera}/look-back?seconds=2")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    took_s = (int(answer.headers["captured-until"]) - int(answer.headers["captured-from"])) / 1e6
    assert 1.5 < took_s < 5.0
    pictures = decoded(answer.content)
    assert b"avc1" in answer.content
    assert abs(len(pictures) - took_s * 10) <= 2
    assert {picture.shape for picture in pictures} == {(size[1], size[0], 3)}
    if camera == "masked":
        assert max(picture[: size[1] // 2].max() for picture in pictures) < 12


def test_a_look_back_that_cannot_be_is_refused_with_the_reason(agent: AgentProcess) -> None:
    nothing = agent.http.get("/api/v1/cameras/absent/look-back?seconds=5")
    assert nothing.status_code == 404
    assert "has sent nothing" in nothing.json()["error"]
    assert agent.http.get("/api/v1/cameras/gate/look-back?seconds=61").status_code == 422
    assert agent.http.get("/api/v1/cameras/nobody/look-back").status_code == 404


def test_an_unknown_camera_and_a_page_of_another_site_are_turned_away(agent: AgentProcess) -> None:
    port = agent.http.base_url.port
    assert port is not None
    with watch(agent, "nobody") as page:
        wait_until(lambda: page.close_code, within_s=3, what="closed")
    assert page.close_code == 4404
    with pytest.raises(InvalidStatus):
        LivePage(port, "/api/v1/cameras/gate/live", origin="http://elsewhere.example")
    assert agent.http.get("/api/v1/cameras/nobody/still").status_code == 404


@pytest.mark.parametrize(("camera", "fault"), [("flaky", "stall"), ("flaky", "refuse"), ("masked", "stall")])
def test_who_comes_while_nothing_flows_gets_the_last_picture_and_then_the_stream(
    agent: AgentProcess, sim: SimServer, camera: str, fault: str
) -> None:
    """A player shows nothing of a few kept packets, and an encoder has nothing to encode: the page would stay black."""
    sources = ("flaky",) if camera == "flaky" else ("main", "sub")
    for source in sources:
        sim.begin_fault(source, fault)
    try:
        wait_until(lambda: is_away(agent, camera), within_s=30, what="nothing flows")
        with watch(agent, camera, "spot") as page:
            wait_until(lambda: page.binaries, within_s=5, what="the last picture")
            start, tied = page.of("start")[0], page.of("at")[0]
            assert (start["source"], start["reason"]) == ("stills", "the last picture that the camera sent")
            picture = cv2.imdecode(np.frombuffer(page.binaries[0], dtype=np.uint8), cv2.IMREAD_COLOR)
            assert picture is not None
            assert picture.max() > 40
            if camera == "masked":
                assert picture[: picture.shape[0] // 2 - 8].max() < 12
            wait_until(lambda: page.of("state")[-1]["age_ms"], within_s=5, what="its age is said")
            assert page.last_state in ("stalled", "reconnecting")
            for source in sources:
                sim.end_fault(source)
            wait_until(lambda: len(page.of("start")) > 1, within_s=40, what="the stream begins")
            wait_until(lambda: page.last_state == "live", within_s=10, what="it is live")
            assert page.of("start")[1]["source"] in ("main", "transcoded")
            newer = tied["captured_us"] + 1_000_000
            wait_until(lambda: page.of("at")[-1]["captured_us"] > newer, within_s=10, what="new pictures come")
            assert page.pictures()
    finally:
        for source in sources:
            sim.end_fault(source)


def is_away(agent: AgentProcess, name: str) -> bool:
    (camera,) = [one for one in agent.state()["cameras"] if one["name"] == name]
    return "streaming" not in (camera["state"], camera["main_state"])
