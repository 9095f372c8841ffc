"""A watch of one operator by keyboard alone, from sign-on to hand-over: each act is in the relay's store, once."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from patrol_cli.demo.site import Site
from patrol_sim.cameras import SimCamera
from patrol_sim.scene.acts import Loiter
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from tests.support.sites import LiveSite, live_site
from tests.support.waiting import wait_until
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.system, pytest.mark.timeout(300)]
SOON_MS = 40_000
ROOM = "room-t01-c01"
GATE, MARKET = "东门 East gate", "菜市场 Market"
LOOP_S = 240.0
"""Longer than the watch: on each camera one person comes, once, and stays until after it has ended."""
VOICE = """SELECT state FROM media_content JOIN media_manifest m USING (sha256)
  WHERE m.alert_id = ? AND m.media_type = 'audio/webm'"""
SHIFTS = "SELECT operator, end_kind, relieved_by, rounds, round_seen FROM watch_shift ORDER BY began_us"


def scene(seed: int) -> SceneSettings:
    someone = Loiter(at_s=14.0, for_s=LOOP_S - 40.0)
    return SceneSettings(
        seed=seed, width=320, height=180, fps=5, gop=10, duration_s=LOOP_S, busy_share=0.0, acts=(someone,)
    )


def suggested(site: Site, text: str) -> str:
    """Both cameras ask the operator first."""
    changed, asked = re.subn('forward = "direct"', 'forward = "suggest"', text)
    assert asked == 1, site.folder
    return changed


@pytest.fixture
def site(tmp_path: Path) -> Iterator[LiveSite]:
    cameras = [SimCamera(name=name, source=scene(seed)) for name, seed in (("gate", 5), ("market", 6))]
    with (
        SimServer(cameras, control_port=None) as served,
        live_site(tmp_path, served, rooms=1, changed=suggested) as running,
    ):
        yield running


@pytest.fixture
def wall(browser: Browser, site: LiveSite) -> Iterator[Page]:
    with watched_page(browser, site.rooms[ROOM].url, "/?lang=en") as page:
        page.context.grant_permissions(["microphone"])
        expect(page.locator('.grid .tile[data-word="live"]')).to_have_count(2, timeout=SOON_MS)
        yield page


def sign_on(page: Page, operator: str) -> None:
    page.keyboard.press("o")
    expect(page.locator("input.operator")).to_be_focused(timeout=SOON_MS)
    page.keyboard.type(operator)
    page.keyboard.press("Enter")
    expect(page.locator(".watch-dialog")).to_be_hidden(timeout=SOON_MS)
    expect(page.locator("watch-bar")).to_contain_text(f"{operator}, on watch", timeout=SOON_MS)


def judged(page: Page, camera: str, key: str, said: str) -> str:
    """Choose the one suggestion of a camera and judge it with a key; return its alert."""
    row = page.locator(".suggestion", has_text=camera)
    expect(row).to_have_count(1)
    alert_id = str(row.get_attribute("data-alert"))
    if row.get_attribute("data-chosen") is None:
        first = page.locator(".suggestion").first.get_attribute("data-alert") == alert_id
        page.keyboard.press("ArrowUp" if first else "ArrowDown")
    expect(row).to_have_attribute("data-chosen", "")
    page.keyboard.press(key)
    expect(page.locator("suggestion-list .said")).to_contain_text(said, timeout=SOON_MS)
    return alert_id


def flagged(page: Page) -> Locator:
    """Flag the spot; return its row once it is stored."""
    before = page.locator(".flag").first
    known = before.get_attribute("data-flag") if before.count() else ""
    page.keyboard.press("Space")
    newest = page.locator(f'.flag[data-phase="stored"]:not([data-flag="{known}"])').first
    expect(newest.locator('[data-act="note"]')).to_be_visible(timeout=SOON_MS)
    return page.locator(f'.flag[data-flag="{newest.get_attribute("data-flag")}"]')


def told_by_words_and_voice(page: Page) -> str:
    """A flag with kind, words and a voice note; return its alert."""
    flag = flagged(page)
    page.keyboard.press("Digit4")
    expect(flag.locator(".kind")).to_have_text("Fire or smoke", timeout=SOON_MS)
    page.keyboard.press("m")
    expect(flag.locator("input.flag-note")).to_be_focused(timeout=SOON_MS)
    page.keyboard.type("smoke behind the stalls")
    page.keyboard.press("Enter")
    expect(flag.locator(".flag-words")).to_have_text("smoke behind the stalls", timeout=SOON_MS)
    page.keyboard.press("v")
    expect(flag.locator(".recording")).to_contain_text(re.compile(r"Recording [1-9]"), timeout=SOON_MS)
    page.keyboard.press("v")
    expect(flag.locator('[data-act="play"]')).to_be_visible(timeout=SOON_MS)
    return str(flag.get_attribute("data-flag"))


def withdrawn(page: Page) -> str:
    flag = flagged(page)
    page.keyboard.press("Backspace")
    expect(flag.locator(".ladder")).to_have_text("Withdrawn", timeout=SOON_MS)
    return str(flag.get_attribute("data-flag"))


def made_a_round(page: Page) -> None:
    page.keyboard.press("r")
    expect(page.locator("watch-bar")).to_contain_text("0 of 2 seen (0 %)", timeout=SOON_MS)
    for camera in (GATE, MARKET):
        expect(page.locator(".spot .tile-name")).to_have_text(camera, timeout=SOON_MS)
        expect(page.locator('.spot .tile[data-word="live"]')).to_have_count(1, timeout=SOON_MS)
        page.keyboard.press("n")
    expect(page.locator("watch-bar .said")).to_contain_text("coverage 100 %", timeout=SOON_MS)


def handed_over(page: Page, comes: str) -> None:
    page.keyboard.press("h")
    page.locator(".note-field").focus()
    page.keyboard.type("watch the stalls")
    page.keyboard.press("Enter")
    expect(page.locator(".sign-on")).to_contain_text("Note: watch the stalls", timeout=SOON_MS)
    page.keyboard.press("Escape")
    sign_on(page, comes)


def signed_off(page: Page) -> None:
    page.keyboard.press("o")
    for _ in ("asked", "and once more"):
        page.locator(".sign-off").focus()
        page.keyboard.press("Enter")
    expect(page.locator("watch-bar .said")).to_contain_text("signed off, stored", timeout=SOON_MS)


def verified(site: LiveSite) -> dict[str, Any]:
    """``patrol relay verify``: every count rebuilt from the log of records."""
    asked = ["relay", "verify", "--config", str(site.site.relay_config), "--json"]
    answer = subprocess.run([sys.executable, "-m", "patrol_cli", *asked], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def incident_of(site: LiveSite, alert_id: str) -> tuple[str, str, bool, int]:
    """The kind, state, word of a person and live alerts of the incident that an alert is part of."""
    ((category, state, is_verified, live),) = site.stored(
        "SELECT i.category, i.state, i.verified, i.live_alerts FROM incident i JOIN alert a USING (incident_id) "
        "WHERE a.alert_id = ?",
        alert_id,
    )
    return category, state, bool(is_verified), live


def test_every_act_of_an_operator_is_in_the_relays_store_and_nothing_is_refused(wall: Page, site: LiveSite) -> None:
    sign_on(wall, "li.wei")
    expect(wall.locator(".suggestion")).to_have_count(2, timeout=SOON_MS)
    accepted = judged(wall, GATE, "Enter", "Accepted: Intrusion, stored")
    dismissed = judged(wall, MARKET, "Shift+Digit2", "Dismissed: Fight or disorder, stored")
    told = told_by_words_and_voice(wall)
    taken_back = withdrawn(wall)
    made_a_round(wall)
    handed_over(wall, "wang.fang")
    signed_off(wall)

    wait_until(lambda: site.pending() == 0, within_s=60, what="the relay has every record")
    wait_until(lambda: site.stored(VOICE, told) == [("stored",)], within_s=60, what="what was said is there")

    judgements = dict(site.stored("SELECT alert_id, judgement FROM alert WHERE judgement IS NOT NULL"))
    assert judgements == {accepted: "accepted", dismissed: "dismissed", taken_back: "withdrawn"}
    category, state, by_a_person, live = incident_of(site, accepted)
    assert (category, by_a_person, live) == ("intrusion", True, 1)
    assert state != "cancelled"
    assert incident_of(site, dismissed)[:2] == ("disorder", "cancelled")
    assert incident_of(site, taken_back)[:2] == ("unclassified", "cancelled")
    assert incident_of(site, told)[0::2] == ("fire", True)
    assert site.stored("SELECT note FROM alert WHERE alert_id = ?", told) == [("smoke behind the stalls",)]
    reasons = "SELECT h.reason FROM incident_history h JOIN alert a USING (incident_id) WHERE a.alert_id = ?"
    assert ("animal",) in site.stored(reasons, dismissed)

    assert site.stored(SHIFTS) == [("li.wei", "handed_over", "wang.fang", 1, 2), ("wang.fang", "sign_off", "", 0, 0)]
    ((figures,),) = site.stored("SELECT figures FROM watch_shift WHERE operator = 'li.wei'")
    counted = json.loads(figures)
    assert {act: counted[act] for act in ("accepted", "dismissed", "flags", "withdrawn")} == {
        "accepted": 1, "dismissed": 1, "flags": 2, "withdrawn": 1,
    }  # fmt: skip

    sums = site.stored("SELECT category, total FROM ledger_sum WHERE measure = 'reported' AND total <> 0")
    assert sorted(sums) == [("fire", 1), ("intrusion", 1)]
    assert site.stored("SELECT reason, detail FROM dead_letter") == []
    assert site.stored("SELECT peer, code, detail FROM refusal") == []
    book = site.client.get(site.relay_ready["web"] + "api/v1/refusals").json()
    assert (book["refusals"], book["by_hour"]) == ([], [])
    assert set(site.stored("SELECT stream, state FROM node_stream")) == {("a", "live"), ("b", "live"), ("c", "live")}
    assert site.differences() == []
    assert verified(site)["differences"] == []
