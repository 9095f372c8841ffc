"""A place pointed on the city's own outlines for a camera that has none, and the flag that carries it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from edge_agent.outbox.store import FILE_NAME
from patrol_wire.codec import decode_record
from patrol_wire.records import Flag, FlagChange, Place, RecordBody
from tests.browser.test_accessibility import violations
from tests.support.drawing_site import DrawingSite, running_site, street_cameras, write_room
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]
SOON_MS = 40_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrawingSite]:
    folder = tmp_path_factory.mktemp("room")
    with street_cameras() as sim:
        room = write_room(folder, sim)
        placed = room.read_text("utf-8").replace('name = "yard"\n', 'name = "yard"\nplace = [121.47, 31.23]\n')
        room.write_text(placed, "utf-8")
        with running_site(folder, room) as running:
            yield running


def stored(site: DrawingSite) -> list[RecordBody]:
    """The records in the room's outbox, in order."""
    with closing(sqlite3.connect(f"file:{site.folder}/state/{FILE_NAME}?mode=ro", uri=True)) as outbox:
        return [decode_record(body) for (body,) in outbox.execute("SELECT body FROM record ORDER BY seq")]


def flags(site: DrawingSite) -> list[Flag]:
    """The flags among them."""
    return [body for body in stored(site) if isinstance(body, Flag)]


def added_places(site: DrawingSite) -> list[tuple[str, Place | None]]:
    """What was said of stored flags, in order."""
    return [(body.alert_id, body.place) for body in stored(site) if isinstance(body, FlagChange)]


def flagged(page: Page, count: int) -> None:
    page.keyboard.press("Space")
    expect(page.locator('.flag[data-phase="stored"]')).to_have_count(count, timeout=SOON_MS)


def opened(page: Page) -> None:
    expect(page.locator('.spot .tile[data-word="live"]')).to_have_count(1, timeout=SOON_MS)
    page.keyboard.press("g")
    expect(page.locator(".place-map path.place-area").first).to_be_visible(timeout=SOON_MS)


def test_a_place_is_pointed_by_keys_alone_and_goes_with_the_flags_from_then_on(
    browser: Browser, site: DrawingSite
) -> None:
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        expect(page.locator(".spot-bar")).to_contain_text("has no place", timeout=SOON_MS)
        opened(page)
        expect(page.locator(".place-map path.place-area")).to_have_count(235)
        expect(page.locator(".place-map path.place-camera")).to_have_count(1)
        page.locator("select[name=area]").select_option("t01-c01")
        page.locator("[data-act=middle]").focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-act=use]")).to_be_enabled()
        longitude = page.locator("input[name=lon]")
        assert 121.34 < float(longitude.input_value()) < 121.36, "the middle of the area that was chosen"
        where = page.locator(".place-where")
        chosen = page.locator("select[name=area] option:checked").inner_text()
        expect(where).to_have_text(f"It lies in {chosen}.")
        latitude = page.locator("input[name=lat]")
        there = latitude.input_value()
        latitude.fill("13.25")
        latitude.press("Tab")
        expect(where).to_contain_text("outside every area of this map")
        latitude.fill(there)
        latitude.press("Tab")
        expect(where).to_have_text(f"It lies in {chosen}.")
        page.locator("[data-act=use]").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".spot-bar")).to_contain_text("name the pointed place")
        page.locator("body").press("Space")
        expect(page.locator('.flag[data-phase="stored"]')).to_have_count(1, timeout=SOON_MS)
    (flag,) = flags(site)
    assert flag.place is not None
    assert 121.34 < flag.place.lon < 121.36
    assert 31.25 < flag.place.lat < 31.27


def test_a_place_is_pointed_with_the_mouse_and_forgotten_again(browser: Browser, site: DrawingSite) -> None:
    before = len(flags(site))
    with watched_page(browser, site.base_url, "/?lang=zh-CN") as page:
        opened(page)
        page.locator(".place-map").click(position={"x": 200, "y": 150})
        expect(page.locator("path.place-pointed")).to_be_visible()
        page.locator("[data-act=use]").click()
        expect(page.locator(".spot-bar")).to_contain_text("所指地点")
        flagged(page, before + 1)
        page.keyboard.press("g")
        page.locator("[data-act=none]").click()
        expect(page.locator(".spot-bar")).to_contain_text("没有位置")
        flagged(page, before + 2)
    pointed, bare = flags(site)[before:]
    assert pointed.place is not None
    assert bare.place is None


def test_a_stored_flag_is_given_its_place_by_keys_alone_and_another_one_after_that(
    browser: Browser, site: DrawingSite
) -> None:
    """Pointed for the flag alone: the next flag of that camera names no place."""
    before = len(flags(site))
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        expect(page.locator('.spot .tile[data-word="live"]')).to_have_count(1, timeout=SOON_MS)
        page.keyboard.press("Space")
        page.keyboard.press("Shift+G")  # quicker than the answer to the key before: it counts all the same
        flag = page.locator(".flag").first
        expect(flag.locator("[data-act=point]")).to_have_text("⇧ G Point its place", timeout=SOON_MS)
        expect(page.locator(".place-map path.place-area").first).to_be_visible(timeout=SOON_MS)
        expect(page.locator("[data-act=none]")).to_have_count(0)
        page.locator("[data-act=middle]").focus()
        page.keyboard.press("Enter")
        page.locator("input[name=lon]").fill("121.47")
        page.locator("input[name=lat]").fill("31.23")
        page.locator("input[name=lat]").press("Tab")
        page.locator("[data-act=use]").focus()
        page.keyboard.press("Enter")
        expect(flag.locator(".flag-place [role=status]")).to_have_text("Place stored; it follows the flag.")
        expect(flag).to_contain_text("at 121.47, 31.23")
        expect(flag.locator("[data-act=point]")).to_have_text("Change its place")
        assert violations(page) == []

        flag.locator("[data-act=point]").click()
        page.locator("input[name=lon]").fill("121.48")
        page.locator("input[name=lon]").press("Tab")
        page.locator("[data-act=use]").click()
        expect(flag).to_contain_text("at 121.48, 31.23")
        flagged(page, before + 2)
        page.keyboard.press("Backspace")
        expect(page.locator('.flag[data-phase="withdrawn"] [data-act=point]')).to_have_count(0)
    pointed, bare = flags(site)[before:]
    assert (pointed.place, bare.place) == (None, None)
    assert added_places(site)[:2] == [
        (pointed.alert_id, Place(lon=121.47, lat=31.23)),
        (pointed.alert_id, Place(lon=121.48, lat=31.23)),
    ]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_map_breaks_no_rule_of_access(browser: Browser, site: DrawingSite, language: str) -> None:
    with watched_page(browser, site.base_url, f"/?lang={language}") as page:
        opened(page)
        assert violations(page) == []
