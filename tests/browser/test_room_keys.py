"""The keyboard of the room's pages: listed, changed, switched off, and enough for everything."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

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


def test_switched_off_no_key_acts(wall: Page) -> None:
    wall.keyboard.press("Shift+Slash")
    wall.locator("#keys-enabled").uncheck()
    wall.get_by_role("button", name="Close").click()
    before = wall.locator(".flag").count()
    wall.keyboard.press("Numpad5")
    wall.keyboard.press("Space")
    expect(wall.locator(".spot .tile-name")).to_have_text(CAMERAS["gate"])
    expect(wall.locator(".flag")).to_have_count(before)


def test_a_button_that_was_clicked_does_not_swallow_the_next_flag(wall: Page) -> None:
    wall.get_by_role("button", name=CAMERAS["park"], exact=True).click()
    expect(wall.locator(".spot .tile-name")).to_have_text(CAMERAS["park"])
    wall.keyboard.press("Space")
    expect(wall.locator(".flag").first.locator("strong")).to_have_text(CAMERAS["park"], timeout=SOON_MS)


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
