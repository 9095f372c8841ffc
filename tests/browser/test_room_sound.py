"""Tones in a real browser: what sounds, what does not, off and the volume remembered, and blocked said in words."""

from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.room_site import RoomSite
from tests.support.waiting import wait_until
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240)]
SOON_MS = 40_000
LISTEN = """
  window.notes = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    window.notes.push(this.frequency.value);
    return start.call(this, at);
  };
"""
WALL = "/api/v1/wall"
BLOCKED = "The AudioContext was not allowed to start"
"""What Chromium says of it; the page says it to people."""


def listening(page: Page) -> None:
    page.add_init_script(LISTEN)


def begun(page: Page, asked: list[str]) -> None:
    """Return when the page has asked for sound, which it does just before it asks for the wall.

    Each look of a test counts as a gesture: one that came before would allow what must be refused.
    """
    if not any(WALL in url for url in asked):
        page.wait_for_event("request", lambda request: WALL in request.url)


def notes(page: Page) -> list[float]:
    return list(page.evaluate("window.notes"))


def open_suggestions(room: RoomSite) -> list[dict[str, Any]]:
    alerts: list[dict[str, Any]] = room.agent.state()["alerts"]
    return [one for one in alerts if one["source"] == "machine" and one["standing"] == "open"]


def shown(page: Page) -> set[str]:
    """Return what the page holds as open; of many it draws those around the chosen one."""
    return set(page.locator("suggestion-list").evaluate("(list) => list.alerts.map((one) => one.alert_id)"))


def newer(room: RoomSite, known: set[str]) -> bool:
    return any(one["alert_id"] not in known for one in open_suggestions(room))


def test_a_new_suggestion_sounds_once_a_key_was_pressed_and_what_is_off_stays_off(
    browser: Browser, room: RoomSite
) -> None:
    asked: list[str] = []

    def watch(page: Page) -> None:
        listening(page)
        page.on("request", lambda request: asked.append(request.url))

    with watched_page(browser, room.base_url, "/?lang=en", before=watch, allowed=(BLOCKED,)) as page:
        begun(page, asked)
        expect(page.locator(".suggestion").first).to_be_visible(timeout=SOON_MS)
        control = page.locator("sound-control")
        expect(control.locator("button")).to_have_attribute("data-sound", "blocked")
        expect(control).to_contain_text("The browser allows sound after any key or click.")
        assert notes(page) == []  # what was there before the page was opened is no news
        page.keyboard.press("Numpad5")
        expect(control.locator("button")).to_have_text("U Sound on", timeout=SOON_MS)
        wait_until(lambda: len(notes(page)) >= 2, within_s=60, what="the next suggestion sounds")
        assert notes(page)[:2] == [587, 740]
        expect(control.locator(".caption")).to_have_text("♪ New suggestion")

        page.keyboard.press("u")
        expect(control.locator("button")).to_have_text("U Sound off")
        before, known = len(notes(page)), {one["alert_id"] for one in open_suggestions(room)} | shown(page)
        wait_until(partial(newer, room, known), within_s=60, what="another suggestion")
        wait_until(lambda: bool(shown(page) - known), within_s=40, what="the page shows it")
        assert len(notes(page)) == before
        page.reload()
        expect(control.locator("button")).to_have_text("U Sound off", timeout=SOON_MS)
        control.locator("button").click()
        expect(control.locator("button")).to_have_text("U Sound on")


def test_the_volume_is_a_slider_for_keys_and_is_remembered(browser: Browser, room: RoomSite) -> None:
    with watched_page(browser, room.base_url, "/?lang=zh-CN", before=listening, allowed=(BLOCKED,)) as page:
        slider = page.get_by_label("音量")
        expect(slider).to_have_value("40", timeout=SOON_MS)
        slider.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        expect(slider).to_have_value("55")
        wait_until(lambda: notes(page), within_s=10, what="the new volume is heard")
        page.reload()
        expect(slider).to_have_value("55", timeout=SOON_MS)
