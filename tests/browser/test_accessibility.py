"""Every page by axe-core's rules of WCAG 2.2 AA: both languages, both themes, both widths of a desk's screen."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from patrol_web.bundling import KIT
from tests.support.desk_site import DeskSite
from tests.support.room_site import RoomSite
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]
AXE = KIT / "node_modules" / "axe-core" / "axe.min.js"
RULES = """async () => (await axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
})).violations.map((one) => ({ rule: one.id, where: one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 4) }))"""
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LANGUAGES = ("zh-CN", "en")
SOON_MS = 40_000


def violations(page: Page) -> list[Any]:
    """What axe finds in both themes at both widths, which need no new page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[Any] = []
    for theme in THEMES:
        # A colour that is still on its way to another theme is neither.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width in (1366, 1920):
            page.set_viewport_size({"width": width, "height": 1080 if width == 1920 else 768})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            found += [(theme, width, one) for one in page.evaluate(RULES)]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("path", "ready"),
    [("/", ".spot .tile[data-word='live']"), ("/health", ".health table"), ("/gallery", ".health table")],
)
def test_a_page_of_the_room_breaks_no_rule(
    browser: Browser, room: RoomSite, path: str, ready: str, language: str
) -> None:
    with watched_page(browser, room.base_url, f"{path}?lang={language}") as page:
        expect(page.locator(ready).first).to_be_visible(timeout=SOON_MS)
        if path == "/":
            page.keyboard.press("Space")
            expect(page.locator(".flag").first).to_have_attribute("data-phase", "stored", timeout=SOON_MS)
            page.keyboard.press("m")
            expect(page.locator(".flag-note")).to_be_focused(timeout=SOON_MS)
        assert violations(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_keys_breaks_no_rule(browser: Browser, room: RoomSite, language: str) -> None:
    with watched_page(browser, room.base_url, f"/?lang={language}") as page:
        expect(page.locator(".grid .tile")).to_have_count(9, timeout=SOON_MS)
        page.keyboard.press("Shift+Slash")
        expect(page.locator(".key-help")).to_be_visible()
        assert violations(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_watch_breaks_no_rule(browser: Browser, room: RoomSite, language: str) -> None:
    with watched_page(browser, room.base_url, f"/?lang={language}") as page:
        expect(page.locator(".grid .tile")).to_have_count(9, timeout=SOON_MS)
        page.keyboard.press("o")
        expect(page.locator(".watch-dialog form.sign-on")).to_be_visible(timeout=SOON_MS)
        assert violations(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_duty_desk_breaks_no_rule(browser: Browser, tmp_path: Path, language: str) -> None:
    with DeskSite(tmp_path) as site:
        site.flag(1, note="东门口有人打架")
        with watched_page(browser, site.base_url, f"/?lang={language}") as page:
            expect(page.locator(".row")).to_have_count(1, timeout=SOON_MS)
            page.keyboard.press("j")
            page.keyboard.press("o")
            expect(page.locator(".act-form")).to_be_visible()
            expect(page.locator(".candidate").first).to_be_visible()
            assert violations(page) == []
            page.keyboard.press("Escape")
            page.keyboard.press("s")
            expect(page.locator("#silence-set")).to_be_enabled()
            assert violations(page) == []


def test_a_narrow_screen_shows_the_wall_without_scrolling_sideways(browser: Browser, room: RoomSite) -> None:
    """WCAG 1.4.10: 320 CSS pixels, which is also a desk's screen at 400 %."""
    for path in ("/", "/health"):
        with watched_page(browser, room.base_url, f"{path}?lang=en", width=320) as page:
            expect(page.locator(".tile, .health table").first).to_be_visible(timeout=SOON_MS)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
