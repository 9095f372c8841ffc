"""From the operator's hand to the centre: a place pointed in a room's page is where the relay's incident is."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from patrol_cli.demo.site import Site
from patrol_sim.cameras import scene_cameras
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from tests.support.sites import LiveSite, live_site
from tests.support.waiting import wait_until
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.system, pytest.mark.timeout(180)]
SOON_MS = 40_000
SCENE = SceneSettings(seed=11, width=320, height=180, fps=10, duration_s=8.0, busy_share=0.0)
RULE = re.compile(r"\n  \[\[camera\.(zone|rule)\]\].*?(?=\n  \[\[|\Z)", re.DOTALL)


def with_a_map_and_no_place(site: Site, text: str) -> str:
    """Neither the camera nor its room has been given a place, and the machine has nothing to raise."""
    head, cameras = re.sub(r"(?m)^place = .*\n", "", text).split("[[camera]]", 1)
    bare = RULE.sub("", cameras)
    return f'{head}[wall]\nmap_file = "{site.folder}/city/areas.geojson"\n\n[[camera]]{bare}'


def flagged(site: LiveSite) -> dict[str, Any] | None:
    """The one incident as the relay tells it."""
    answer = site.client.get(site.relay_ready["web"] + "api/v1/incidents").json()
    found: list[dict[str, Any]] = answer["incidents"]
    return found[0] if found else None


def test_a_place_pointed_for_a_stored_flag_is_where_its_incident_is_and_counts(
    browser: Browser, tmp_path: Path
) -> None:
    with (
        SimServer(scene_cameras(1, settings=SCENE), control_port=None) as cameras,
        live_site(tmp_path, cameras, rooms=1, changed=with_a_map_and_no_place) as site,
    ):
        room = next(iter(site.rooms.values()))
        with watched_page(browser, room.url, "/?lang=en") as page:
            expect(page.locator('.spot .tile[data-word="live"]')).to_have_count(1, timeout=SOON_MS)
            page.keyboard.press("Space")
            flag = page.locator('.flag[data-phase="stored"]').first
            expect(flag.locator(".ladder")).to_contain_text("delivered", timeout=SOON_MS)
            before = wait_until(lambda: flagged(site), within_s=10, what="the relay has its incident")
            assert before is not None

            page.keyboard.press("Shift+G")
            expect(page.locator(".place-map path.place-area").first).to_be_visible(timeout=SOON_MS)
            outline = page.locator(".place-map path.place-area").nth(120).bounding_box()
            assert outline is not None
            page.mouse.click(outline["x"] + outline["width"] / 2, outline["y"] + outline["height"] / 2)
            expect(page.locator("path.place-pointed")).to_be_visible()
            lon, lat = (float(page.locator(f"input[name={axis}]").input_value()) for axis in ("lon", "lat"))
            page.locator("[data-act=use]").click()
            expect(flag.locator(".flag-place [role=status]")).to_have_text("Place stored; it follows the flag.")

            def moved() -> dict[str, Any] | None:
                found = flagged(site)
                return found if found is not None and found["area_id"] != before["area_id"] else None

            after = wait_until(moved, within_s=10, what="the incident is where the operator pointed")
            assert after is not None
            assert (before["category"], after["category"]) == ("unclassified", "unclassified")
            page.keyboard.press("Digit4")
            wait_until(lambda: (flagged(site) or {})["category"] == "fire", within_s=10, what="the kind follows")
        ((its_lon, its_lat),) = site.stored("SELECT lon, lat FROM incident")
        assert (its_lon, its_lat) == (pytest.approx(lon, abs=1e-5), pytest.approx(lat, abs=1e-5))
        sums = site.stored("SELECT area_id, category, total FROM ledger_sum WHERE measure = 'reported'")
        assert sorted(sums) == sorted(
            [
                (before["area_id"], "unclassified", 0),
                (after["area_id"], "unclassified", 0),
                (after["area_id"], "fire", 1),
            ]
        )
        assert site.stored("SELECT reason FROM dead_letter") == []
        assert site.differences() == []
