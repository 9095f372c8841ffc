"""A privacy mask drawn on a running room hides at once, whatever leaves memory; taking one away wants a second word."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.support.drawing_site import DrawingSite, running_site, street_cameras, write_room
from tests.support.live_page import LivePage, Picture, decoded
from tests.support.waiting import wait_until

LEFT = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]
MASKED = {"mask": [{"polygon": LEFT}]}
pytestmark = pytest.mark.timeout(180)  # an agent is started and ended in each test
ON_ITS_WAY = 6
"""Pictures that had left the room's memory when the answer came, and were not read yet."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DrawingSite]:
    with street_cameras() as sim, running_site(tmp_path, write_room(tmp_path, sim)) as running:
        running.sign_on()
        yield running


def watch(site: DrawingSite) -> LivePage:
    port = site.agent.http.base_url.port
    assert port is not None
    return LivePage(port, "/api/v1/cameras/gate/live?quality=tile")


def hides(picture: Picture) -> bool:
    """Whether the left half is black and the right one is not."""
    middle = picture.shape[1] // 2
    assert picture[:, middle + 12 :].mean() > 30, "nothing is shown at all"
    return bool(picture[:, : middle - 12].max() < 45)


def still(site: DrawingSite) -> Picture:
    answer = site.agent.http.get("/api/v1/cameras/gate/still")
    assert answer.status_code == 200
    return np.asarray(cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def look_back(site: DrawingSite) -> list[Picture]:
    answer = site.agent.http.get("/api/v1/cameras/gate/look-back?seconds=5")
    assert answer.status_code == 200, answer.text
    return decoded(answer.content)


def starts(page: LivePage) -> list[int]:
    return [number for number, one in enumerate(list(page.binaries)) if one[4:8] == b"ftyp"]


def test_a_mask_hides_from_the_answer_on_in_live_view_stills_and_the_past(site: DrawingSite) -> None:
    drawing = site.drawn("gate")["drawing"]
    with watch(site) as page:
        wait_until(lambda: len(page.binaries) > 15, within_s=20, what="the camera is watched")
        assert not hides(page.pictures()[-1])
        assert not hides(still(site))
        stands = site.save("gate", {**drawing, **MASKED}, on_version=0, reason="the neighbours' windows")
        answered = len(page.binaries)
        assert hides(still(site))
        assert all(hides(picture) for picture in look_back(site)), "pictures of before are masked too"
        wait_until(
            lambda: len(starts(page)) > 1 and len(page.binaries) > starts(page)[-1] + 12, within_s=20, what="it goes on"
        )
        first_masked = starts(page)[1]
        assert first_masked - answered <= ON_ITS_WAY, "no picture was copied after the mask was drawn"
        assert page.of("start")[1]["source"] == "transcoded"
        assert all(hides(picture) for picture in page.pictures())
        gate = site.camera("gate")
        assert (gate["reconnects"], gate["corrupt"], gate["left_out"]) == (0, 0, 0)

        drawn = stands["drawing"]
        bare = {"drawing": {**drawn, "mask": []}, "on_version": 1, "reason": "no windows any more"}
        refused = site.post("/drawings/gate", bare)
        assert (refused.status_code, refused.json()["code"]) == (409, "masks_unconfirmed")
        assert hides(still(site))
        assert site.post("/drawings/gate/check", {"drawing": bare["drawing"]}).json()["masks_removed"] == 1
        moved = {"drawing": {**drawn, "mask": [{"polygon": LEFT[1:]}]}, "on_version": 1, "reason": "a smaller one"}
        assert site.post("/drawings/gate", moved).json()["code"] == "masks_unconfirmed", (
            "a mask that moved shows something"
        )

        shown = site.save("gate", {**drawn, "mask": []}, on_version=1, reason="no windows any more", masks=1)
        assert [one["masks_removed"] for one in shown["history"]] == [1, 0]
        wait_until(lambda: not hides(still(site)), within_s=10, what="what is seen now is shown")
        assert all(hides(picture) for picture in look_back(site)[:5]), "what was hidden when it was seen stays hidden"
        wait_until(lambda: page.of("start")[-1]["source"] == "main", within_s=20, what="the live view is copied again")


def test_evidence_of_a_moment_before_the_mask_is_masked(site: DrawingSite, tmp_path: Path) -> None:
    drawing = site.drawn("gate")["drawing"]
    drawing["rule"] = []
    site.save("gate", {**drawing, **MASKED}, on_version=0, reason="the neighbours' windows")
    flag = {"camera": "gate", "category": "other", "operator": "op-1", "look_back_s": 5}
    assert site.agent.http.post("/api/v1/flags", json=flag).status_code == 201

    def flagged() -> list[str]:
        return [
            alert["alert_id"]
            for alert in site.agent.state()["alerts"]
            if alert["source"] == "flag" and alert["has_clip"] and alert["has_snapshot"]
        ]

    wait_until(lambda: flagged() != [], within_s=30, what="picture and clip of the flag")
    snapshot = site.agent.http.get(f"/api/v1/alerts/{flagged()[0]}/snapshot").content
    assert hides(np.asarray(cv2.imdecode(np.frombuffer(snapshot, np.uint8), cv2.IMREAD_COLOR), np.uint8))
    clips = sorted((tmp_path / "state" / "media").rglob("*.mp4"), key=lambda path: path.stat().st_mtime)
    pictures = decoded(clips[-1].read_bytes())
    assert len(pictures) > 20
    assert all(hides(picture) for picture in pictures)
