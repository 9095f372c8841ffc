"""The health page in a real browser: every claim of it, and not one sentence in the other language."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.room_site import CAMERAS, RoomSite
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240)]
SOON_MS = 40_000
ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}")
"""Three words in a row are a sentence; names and units are fewer."""


def card(page: Page, title: str, line: str) -> Locator:
    """Return what stands beside a line of a card."""
    found = page.locator(".card").filter(has=page.get_by_role("heading", name=title, exact=True))
    return found.locator("dt", has_text=re.compile(f"^{re.escape(line)}$")).locator("xpath=following-sibling::dd[1]")


def says(page: Page, title: str, line: str, text: str | re.Pattern[str]) -> None:
    expect(card(page, title, line)).to_have_text(text, timeout=SOON_MS)


def test_every_claim_of_the_page_is_there_and_true(browser: Browser, room: RoomSite) -> None:
    with watched_page(browser, room.base_url, "/health?lang=en") as page:
        expect(page.locator(".health tbody tr")).to_have_count(len(CAMERAS), timeout=SOON_MS)
        says(page, "Link to the relay", "State", "Relay connected")
        says(page, "Outbox", "Waiting", re.compile("."))
        says(page, "Disk", "Free", re.compile(r"[\d.]+ [MG]iB, of which 64\.0 MiB stay in reserve"))
        says(page, "Disk", "Can be written", "Yes")
        says(page, "Disk", "Evidence kept", re.compile(r"[\d.]+ MiB of at most 10\.0 GiB"))
        says(page, "Disk", "Will be kept for about", re.compile("."))
        says(page, "Disk", "Video in memory", re.compile("of every camera"))
        says(page, "Clock and program", "Apart from the relay's", "Same as the relay's")
        says(page, "Analysis and model", "Detector", "Motion alone")
        says(page, "Analysis and model", "Self-benchmark", re.compile("."))
        says(page, "What is wrong with the room", "Does its whole work", "Yes")
    for path in ("/healthz", "/readyz"):
        assert httpx.get(room.base_url + path).json() == {"ok": True, "reasons": []}
    metrics = httpx.get(room.base_url + "/metrics").text
    assert float(re.search(r"^patrol_room_disk_free_bytes ([\d.e+]+)$", metrics, re.MULTILINE)[1]) > 0  # type: ignore[index]


def test_no_reason_on_the_chinese_pages_is_in_english(browser: Browser, room: RoomSite) -> None:
    """Two cameras fail in two ways and the relay is away: what the program says of it stands in the page's language."""
    room.relay.stop()
    room.sim.begin_fault("park", "stall")
    room.sim.begin_fault("station", "refuse", "503")
    try:
        with watched_page(browser, room.base_url, "/health?lang=zh-CN") as page:
            for name in ("park", "station"):
                row = page.locator(".health tbody tr").filter(has_text=CAMERAS[name])
                expect(row).to_have_attribute("data-ill", "", timeout=SOON_MS)
            expect(page.locator(".health tbody")).to_contain_text("返回服务器错误；摄像机可能正在启动", timeout=SOON_MS)
            assert ENGLISH.findall(page.locator("body").inner_text()) == []
        with watched_page(browser, room.base_url, "/?lang=zh-CN") as page:
            expect(page.locator(".grid .tile")).to_have_count(9, timeout=SOON_MS)
            page.keyboard.press("Numpad1")
            expect(page.locator('.spot .tile[data-word="reconnecting"]')).to_have_count(1, timeout=SOON_MS)
            page.keyboard.press("o")
            expect(page.locator(".watch-dialog .matters li").first).to_be_visible(timeout=SOON_MS)
            assert ENGLISH.findall(page.locator("body").inner_text()) == []
    finally:
        room.sim.end_fault("park")
        room.sim.end_fault("station")
        room.relay.start()
