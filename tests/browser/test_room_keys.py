"""The keyboard of the room's pages: listed, changed, switched off, and enough for everything."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, expect

from patrol_web.bundling import KIT
from tests.support.room_site import CAMERAS, RoomSite
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240)]
SOON_MS = 40_000


@pytest.fixture
def wall(browser: Browser, room: RoomSite) -> Iterator[Page]:
    with watched_page(browser, room.base_url, "/?lang=en") as page:
        expect(page.locator(".grid .tile")).to_have_count(9, timeout=SOON_MS)
        yield page


def change(page: Page, action: str, key: str) -> None:
    page.keyboard.press("Shift+Slash")
    page.locator(f'.key-help [data-action="{action}"]').click()
    page.keyboard.press(key)


def test_a_key_is_changed_kept_and_never_given_twice(wall: Page) -> None:
    change(wall, "tour", "y")
    expect(wall.locator(".key-help .said")).to_have_text("Changed: Tour")
    wall.get_by_role("button", name="Close").click()
    wall.reload()
    expect(wall.locator(".wall-head")).to_contain_text("Y Tour", timeout=SOON_MS)
    change(wall, "freeze", "y")
    expect(wall.locator(".key-help .said")).to_have_text("This key is already for: Tour. Not changed.")
    wall.get_by_role("button", name="Back to the usual keys").click()
    wall.get_by_role("button", name="Close").click()
    expect(wall.locator(".wall-head")).to_contain_text("T Tour")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_list_names_every_action_with_its_keys(browser: Browser, room: RoomSite, language: str) -> None:
    """The actions stand in keys.ts; what a key does is said in words, in the page's language."""
    source = (KIT / "ts" / "room" / "keys.ts").read_text(encoding="utf-8")
    actions = re.findall(r'"(\w+)"', source.split("export const ACTIONS = [")[1].split("] as const")[0])
    with watched_page(browser, room.base_url, f"/?lang={language}") as page:
        expect(page.locator(".grid .tile")).to_have_count(9, timeout=SOON_MS)
        page.keyboard.press("Shift+Slash")
        expect(page.locator(".key-help li")).to_have_count(len(actions))
        for action in actions:
            line = page.locator(".key-help li", has=page.locator(f'[data-action="{action}"]'))
            expect(line.locator("kbd").first).not_to_be_empty()
            expect(line.get_by_role("button")).not_to_have_attribute("aria-label", re.compile(rf"[:：]\s*{action}$"))


def test_keys_are_letters_in_every_text_field_and_a_composition_is_left_alone(wall: Page) -> None:
    """The note's field stands on the wall itself, and pinyin is spelt there with the keys that act elsewhere."""
    wall.keyboard.press("Numpad5")
    wall.keyboard.press("Space")
    flags = wall.locator('.flag[data-phase="stored"]')
    expect(flags.first.locator('[data-act="note"]')).to_be_visible(timeout=SOON_MS)
    newest = flags.first.get_attribute("data-flag")
    wall.keyboard.press("m")
    field = wall.locator(".flag-note")
    expect(field).to_be_focused(timeout=SOON_MS)
    cdp = wall.context.new_cdp_session(wall)
    cdp.send("Input.imeSetComposition", {"text": "hong yi", "selectionStart": 7, "selectionEnd": 7})
    for key in ("Space", "Numpad7", "q", "Digit4", "t", "Shift+Slash"):
        wall.keyboard.press(key)
    expect(wall.locator(".spot .tile-name")).to_have_text(CAMERAS["bridge"])
    expect(wall.locator(".key-help")).to_be_hidden()
    expect(flags.first).to_have_attribute("data-flag", str(newest))
    expect(flags.first.locator(".kind")).to_have_text("Unclassified")
    cdp.send("Input.insertText", {"text": "红衣"})
    expect(field).to_have_value(re.compile("^红衣"))
    field.press("Escape")
    expect(field).to_have_count(0)


def test_switched_off_no_key_acts(wall: Page) -> None:
    wall.keyboard.press("Shift+Slash")
    wall.locator("#keys-enabled").uncheck()
    wall.get_by_role("button", name="Close").click()
    before = _flags(wall)  # the room's own: the page shows those of the tests before this one when it has heard of them
    wall.keyboard.press("Numpad5")
    wall.keyboard.press("Space")
    expect(wall.locator(".spot .tile-name")).to_have_text(CAMERAS["gate"])
    expect(wall.locator(".flag")).to_have_count(len(before))
    assert _flags(wall) == before


def _flags(page: Page) -> set[str]:
    alerts = page.request.get(urljoin(page.url, "/api/v1/state")).json()["alerts"]
    return {each["alert_id"] for each in alerts if each["source"] == "flag"}


def test_a_button_that_was_clicked_does_not_swallow_the_next_flag(wall: Page) -> None:
    wall.get_by_role("button", name=CAMERAS["park"], exact=True).click()
    expect(wall.locator(".spot .tile-name")).to_have_text(CAMERAS["park"])
    wall.keyboard.press("Space")
    expect(wall.locator(".flag").first.locator("strong")).to_have_text(CAMERAS["park"], timeout=SOON_MS)


CLOSED_AND_AT_ONCE = """() => {
  const close = document.querySelector("dialog.watch-dialog[open] > .choices button");
  close.focus();
  close.click();
  const held = document.activeElement;
  held.dispatchEvent(new KeyboardEvent("keydown", { code: "Space", bubbles: true, cancelable: true }));
  return held === close;
}"""


def test_a_flag_pressed_in_the_moment_a_dialog_closes_is_not_lost(wall: Page) -> None:
    """A button of a closed dialog has the focus until the browser draws its next picture: late on a busy machine."""
    wall.keyboard.press("Numpad5")
    newest = wall.locator('.flag[data-phase="stored"]').first
    before = newest.get_attribute("data-flag") if newest.count() > 0 else ""
    wall.keyboard.press("o")
    expect(wall.locator("input.operator")).to_be_focused(timeout=SOON_MS)
    assert wall.evaluate(CLOSED_AND_AT_ONCE), "the closed dialog still has the focus"
    expect(newest).not_to_have_attribute("data-flag", before or "", timeout=SOON_MS)
    expect(newest.locator("strong")).to_have_text(CAMERAS["bridge"])


ALL_CONTROLS = """() => [...document.querySelectorAll("a[href], button, input, [tabindex='0']")]
  .filter((one) => one.checkVisibility() && one.closest("dialog:not([open])") === null).length"""


LOOK_AT_FOCUS = """() => {
  const held = document.activeElement;
  window.reached.add(held);
  if (held !== document.body && getComputedStyle(held).outlineStyle === "none") window.unseen.push(held.outerHTML);
}"""


@pytest.mark.parametrize("path", ["/", "/health"])
def test_the_tab_key_reaches_every_control_and_is_never_caught(browser: Browser, room: RoomSite, path: str) -> None:
    with watched_page(browser, room.base_url, f"{path}?lang=en") as page:
        expect(page.locator(".tile, .health table").first).to_be_visible(timeout=SOON_MS)
        controls = page.evaluate(ALL_CONTROLS)
        assert controls > 3
        page.evaluate("window.reached = new Set(); window.unseen = []")
        for _ in range(controls + 6):  # suggestions may come meanwhile
            page.keyboard.press("Tab")
            page.evaluate(LOOK_AT_FOCUS)
        assert page.evaluate("window.reached.size") >= controls
        assert page.evaluate("window.unseen") == []
