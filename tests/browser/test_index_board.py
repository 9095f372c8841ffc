"""The index board in a real browser: levels in words, colour and pattern, and never fresh when it is not."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from patrol_wire.ids import Measure
from patrol_wire.records import Place
from relay.core.levels import LevelRule
from relay.store.city_files import IndexRule
from tests.browser.test_live_page import opened
from tests.support.desk_site import DeskSite
from tests.support.small_city import centre_of

pytestmark = pytest.mark.chromium
RULE = IndexRule(
    measure=Measure.REPORTED, weight={}, rule=LevelRule(blue_from=1.0, orange_from=2.0, red_from=3.0, slack=0.0)
)
PATTERN = "(chip) => getComputedStyle(chip, '::before').backgroundImage"
COLOUR = "(chip) => getComputedStyle(chip, '::before').backgroundColor"


def chips(page: Page) -> dict[str, tuple[str, str, str]]:
    """Return word, pattern and colour by area."""
    found = {}
    for row in page.locator("#rows tr").all():
        chip = row.locator(".standing")
        found[row.locator("th").inner_text()] = (chip.inner_text(), chip.evaluate(PATTERN), chip.evaluate(COLOUR))
    return found


def test_levels_are_words_colours_and_patterns_and_stale_ones_are_grey_and_hatched(
    browser: Browser, tmp_path: Path
) -> None:
    with DeskSite(tmp_path, index=RULE) as site:
        for number, area in enumerate((0, 0, 0, 1, 1, 2)):
            lon, lat = centre_of(area)
            site.flag(number, area=area, camera=f"camera-{number}", place=Place(lon=lon + 0.004 * number, lat=lat))

        def with_clock(page: Page) -> None:
            page.clock.install()

        refused = ("ERR_CONNECTION_REFUSED", "Failed to fetch")
        with opened(browser, site, "/board?lang=en", allowed=refused, before=with_clock) as page:
            expect(page.locator("#rows tr")).to_have_count(4)
            by_area = chips(page)
            assert sorted(word for word, _, _ in by_area.values()) == [
                "Blue · watch",
                "Cannot be told",
                "Orange · warning",
                "Red · grave",
            ], "an area without incidents that nobody watched to the end is never green"
            patterns = {pattern for _, pattern, _ in by_area.values()}
            assert len(patterns) == len({colour for _, _, colour in by_area.values()}) == 4
            first = page.locator("#rows .standing").first
            assert first.inner_text() == "Red · grave", "the gravest stands first"
            expect(page.locator("#board-note")).to_contain_text("Areas: 4, incomplete: 4")
            expect(page.locator("#rows tr").last.locator("td").last).to_contain_text("Incomplete days (")
            site.stop_web()
            page.clock.run_for(45_000)
            expect(page.locator("#stale")).to_contain_text("Out of date since")
            hatched = {(pattern, colour) for _, pattern, colour in chips(page).values()}
            assert len(hatched) == 1


def test_the_board_is_complete_in_chinese_and_says_why_it_shows_nothing(browser: Browser, tmp_path: Path) -> None:
    with DeskSite(tmp_path) as site, opened(browser, site, "/board", allowed=("404",)) as page:
        expect(page.locator("h1")).to_have_text("辖区安全指数")
        expect(page.locator("#legend")).to_contain_text("无法判定")
        expect(page.locator("#stale")).to_contain_text("数据自 未读取过 起未更新")
