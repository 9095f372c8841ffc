"""Hours at the wall, scaled by what is done rather than by time: page and agent end with what they began with.

Ten minutes by the clock are a bench (``./dev bench console --minutes 10``); what grows with each act grows here too.
"""

from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.support.room_site import CAMERAS, RoomSite
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(400)]
SOON_MS = 60_000
ROUNDS_BEFORE, ROUNDS = 1, 3
LONGEST_BUFFER_S = 15.0
"""The players keep eight seconds and remove what is older when the next piece comes."""
BUFFERED_S = """() => [...document.querySelectorAll("video")].map((one) =>
  Array.from({ length: one.buffered.length }, (_, at) => one.buffered.end(at) - one.buffered.start(at))
    .reduce((whole, part) => whole + part, 0))"""


def a_round(page: Page) -> None:
    """Every camera into the spot, a flag on each third with its kind, the list of keys, the watch."""
    for number, camera in enumerate(CAMERAS):
        page.locator(".grid .tile-name", has_text=CAMERAS[camera]).click()
        expect(page.locator('.spot .tile[data-word="live"]')).to_have_count(1, timeout=SOON_MS)
        if number % 3 == 0:
            page.keyboard.press("Space")
            page.keyboard.press("Digit1")
            expect(page.locator(".choices [aria-pressed=true]")).to_be_visible(timeout=SOON_MS)
    for key, dialog in (("Shift+Slash", ".key-help"), ("o", ".watch-dialog")):
        page.keyboard.press(key)
        expect(page.locator(dialog)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_be_hidden()


def held(cdp: CDPSession, room: RoomSite) -> dict[str, float]:
    """What is alive after the garbage is gone."""
    cdp.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
    agent = psutil.Process(room.agent.process.pid)
    every = [agent, *agent.children(recursive=True)]
    return {
        "heap_mb": metrics["JSHeapUsedSize"] / 1e6,
        "nodes": metrics["Nodes"],
        "listeners": metrics["JSEventListeners"],
        "agent_mb": sum(one.memory_info().rss for one in every) / 1e6,
    }


def test_page_and_agent_hold_no_more_after_many_acts_than_after_few(browser: Browser, room: RoomSite) -> None:
    with watched_page(browser, room.base_url, "/?lang=en") as page:
        expect(page.locator('.grid .tile[data-word="live"]')).to_have_count(9, timeout=SOON_MS)
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable")
        for _ in range(ROUNDS_BEFORE):
            a_round(page)
        before = held(cdp, room)
        for _ in range(ROUNDS):
            a_round(page)
        after = held(cdp, room)
        buffered: list[Any] = page.evaluate(BUFFERED_S)
    figures = f"{before} then {after}, buffered {buffered}"
    assert len(buffered) == 10, figures  # one player for each picture: none is left behind
    assert max(buffered) <= LONGEST_BUFFER_S, figures
    # A leaked tile would be 60 nodes and 5 listeners for each of 27 changes of the spot.
    assert after["nodes"] - before["nodes"] < 800, figures
    assert after["listeners"] - before["listeners"] < 60, figures
    assert after["heap_mb"] - before["heap_mb"] < 3.0, figures
    assert after["agent_mb"] - before["agent_mb"] < 60.0, figures
