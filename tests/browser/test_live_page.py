"""The live page in a real browser over the real web, writer and store: what a duty officer sees and does."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from patrol_wire.ids import CommandId, Outcome, Severity, Step, UnitId
from relay.core.commands import MediaDropped, UnitDuty
from relay.core.dispatches import Answer
from relay.store import changes
from relay.store import engine as store_engine
from tests.support.desk_site import DeskSite
from tests.support.stores import accept_inserts, fail_inserts, store_url_of
from tests.support.waiting import wait_until
from tests.support.watched_page import watched_page

pytestmark = pytest.mark.chromium
SOON_MS = 5_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with DeskSite(tmp_path) as started:
        yield started


def opened(
    browser: Browser,
    site: DeskSite,
    path: str = "/",
    *,
    width: int = 1366,
    allowed: tuple[str, ...] = (),
    before: Callable[[Page], None] | None = None,
) -> AbstractContextManager[Page]:
    """Open a page of the desk; every fault of it fails the test."""
    return watched_page(browser, site.base_url, path, width=width, allowed=allowed, before=before)


def press(site: DeskSite, *steps: Step) -> None:
    """Let the first unit that was asked for the first incident press its buttons."""
    with site.reader.begin() as connection:
        incident = changes.queue(connection, limit=1)[0]
        dispatch = changes.dispatches_of(connection, [incident.incident_id])[incident.incident_id][0]
    for step in steps:
        outcome = Outcome.CONFIRMED if step is Step.CLEAR else None
        assert site.step(dispatch.unit_id, dispatch.dispatch_id, step, outcome).answer is Answer.DONE


def test_an_alert_appears_without_reloading_and_follows_its_unit_to_the_end(browser: Browser, site: DeskSite) -> None:
    with opened(browser, site) as page:
        expect(page.locator("#queue-note")).to_have_text("目前没有未结事件。")
        expect(page.locator("#link")).to_have_text("实时")
        site.alert(1, severity=Severity.HIGH)
        row = page.locator(".row")
        expect(row).to_have_count(1, timeout=SOON_MS)
        expect(row.locator(".row-title")).to_have_text("入侵")
        expect(row.locator(".severity")).to_have_text("Ⅱ紧急")
        expect(row.locator(".state")).to_have_text("新")
        expect(row.locator(".source")).to_have_text("机器提示")
        expect(row.locator(".verified")).to_have_text("待核实")
        expect(row.locator(".unit").first).to_contain_text("待接单")
        expect(page.locator("#queue-note")).to_be_hidden()
        press(site, Step.ACCEPT)
        expect(row.locator(".state")).to_have_text("已派单")
        expect(row.locator(".unit").first.locator(".step")).to_have_count(2)
        press(site, Step.EN_ROUTE, Step.ON_SCENE)
        expect(row.locator(".state")).to_have_text("已到场")
        press(site, Step.CLEAR)
        expect(row.locator(".state")).to_have_text("已关闭")
        expect(row.locator(".outcome")).to_have_text("属实")
        expect(row.locator(".unit").first.locator(".step")).to_have_count(5)


def test_the_page_is_complete_in_english(browser: Browser, site: DeskSite) -> None:
    site.flag(1, area=1)
    with opened(browser, site, "/?lang=en") as page:
        row = page.locator(".row")
        expect(row.locator(".severity")).to_have_text("ⅠCritical")
        expect(row.locator(".source")).to_have_text("Operator's flag")
        expect(row.locator(".verified")).to_have_text("Verified")
        expect(page.locator("#link")).to_have_text("Live")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        row.get_by_role("button", name="Details").click()
        expect(row.locator(".timeline li").first).to_contain_text("Operator's flag")
        page.get_by_role("link", name="中文").click()
        expect(page.locator(".row .source")).to_have_text("人工标记")


def test_nobody_s_incidents_stand_first_then_the_graver_ones(browser: Browser, site: DeskSite) -> None:
    site.alert(1, area=0, severity=Severity.CRITICAL)
    press(site, Step.ACCEPT)
    site.alert(2, area=1, severity=Severity.LOW)
    site.alert(3, area=2, severity=Severity.HIGH)
    with opened(browser, site, "/?lang=en") as page:
        words = page.locator(".row .severity-word")
        expect(words).to_have_text(["High", "Low", "Critical"])


def test_acknowledging_shows_what_the_relay_stored(browser: Browser, site: DeskSite) -> None:
    site.alert(1)
    with opened(browser, site, "/?lang=en") as page:
        page.locator("#desk-name").fill("li.wei")
        page.get_by_role("button", name="Acknowledge", exact=True).click()
        row = page.locator(".row")
        expect(row.locator(".said")).to_have_text("Yours, stored")
        expect(row.locator(".state")).to_have_text("Acknowledged")
        expect(row).to_contain_text("Owner li.wei")
        expect(page.get_by_role("button", name="Acknowledge", exact=True)).to_have_count(0)
    with site.reader.begin() as connection:
        (incident,) = changes.queue(connection)
    assert (incident.owner, incident.state.value) == ("li.wei", "acknowledged")


def test_the_tiles_count_and_filter_and_the_address_keeps_the_choice(browser: Browser, site: DeskSite) -> None:
    site.alert(1, area=0)
    press(site, Step.ACCEPT)
    site.alert(2, area=1)
    site.alert(3, area=2)
    with opened(browser, site, "/?lang=en") as page:
        expect(page.locator('.filter[data-state="new"] strong')).to_have_text("2")
        expect(page.locator('.filter[data-state="dispatched"] strong')).to_have_text("1")
        page.locator('.filter[data-state="dispatched"]').click()
        expect(page.locator(".row")).to_have_count(1)
        page.reload()
        expect(page.locator(".row")).to_have_count(1)
        expect(page.locator('.filter[data-state="dispatched"]')).to_have_attribute("aria-pressed", "true")
        page.locator('.filter[data-state="on_scene"]').click()
        expect(page.locator("#queue-note")).to_have_text("No incident is in this state.")
        page.locator('.filter[data-state="all"]').click()
        expect(page.locator(".row")).to_have_count(3)


def test_a_lost_connection_is_said_and_mended_without_the_person(browser: Browser, site: DeskSite) -> None:
    """What is shown while the relay is away must never pass for the present."""
    site.alert(1)
    gone = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "WebSocket")
    with opened(browser, site, "/?lang=en", allowed=gone) as page:
        expect(page.locator(".row")).to_have_count(1)
        site.stop_web()
        expect(page.locator("#link")).to_have_text("Connection lost", timeout=10_000)
        expect(page.locator("#stale")).to_contain_text("Data stale since")
        expect(page.locator(".row")).to_have_count(1)
        site.alert(2, area=1)
        site.start_web()
        expect(page.locator(".row")).to_have_count(2, timeout=20_000)
        expect(page.locator("#link")).to_have_text("Live")
        expect(page.locator("#stale")).to_be_hidden()


def test_a_relay_that_says_nothing_is_not_trusted_though_its_socket_is_open(browser: Browser, site: DeskSite) -> None:
    """An open socket proves nothing about the relay behind it."""
    passing = [True]

    def between(page_side: WebSocketRoute) -> None:
        relay_side = page_side.connect_to_server()
        relay_side.on_message(lambda message: page_side.send(message) if passing[0] else None)

    def route(page: Page) -> None:
        page.route_web_socket("**/api/v1/live", between)

    site.alert(1)
    with opened(browser, site, "/?lang=en", before=route) as page:
        expect(page.locator("#link")).to_have_text("Live")
        passing[0] = False
        expect(page.locator("#link")).to_have_text("Connection lost", timeout=12_000)
        expect(page.locator("#stale")).to_contain_text("Data stale since")
        passing[0] = True
        expect(page.locator("#link")).to_have_text("Live", timeout=12_000)


@pytest.mark.parametrize(
    ("language", "says"), [("en", "can store nothing: no space"), ("zh-CN", "中继无法存储：no space")]
)
def test_a_store_that_takes_nothing_is_said_on_the_page(
    browser: Browser, site: DeskSite, tmp_path: Path, language: str, says: str
) -> None:
    saboteur = store_engine.writer_engine(store_url_of(tmp_path))
    with opened(browser, site, f"/?lang={language}") as page:
        with saboteur.begin() as connection:
            fail_inserts(connection, "command")
        duty = UnitDuty(command_id=CommandId(site.new_id()), actor="wang", unit_id=UnitId("police-0"), on_duty=False)
        answer = site.writer.submit(duty)
        expect(page.locator("#stale")).to_contain_text(says, timeout=SOON_MS)
        with saboteur.begin() as connection:
            accept_inserts(connection, "command")
        saboteur.dispose()
        expect(page.locator("#stale")).to_be_hidden(timeout=SOON_MS)
        assert answer.result(timeout=5).answer is Answer.DONE


FORGET = """async () => {
  const { Queue } = await import("/static/bundle/desk/queue.js");
  const found = await (await fetch("/api/v1/incidents?state=closed")).json();
  const queue = new Queue(() => {});
  queue.replace(found.incidents);
  const rows = () => document.querySelectorAll(".row .state").length;
  const ended = Date.parse(found.incidents[0].updated_at);
  queue.tick(ended + 599_000);
  const before = rows();
  queue.tick(ended + 601_000);
  return [found.incidents.length, before - rows()];
}"""


def test_what_was_finished_ten_minutes_ago_leaves_the_page(browser: Browser, site: DeskSite) -> None:
    """A page that stays open for weeks must not grow."""
    site.alert(1)
    press(site, Step.ACCEPT, Step.CLEAR)
    with opened(browser, site, "/?lang=en") as page:
        expect(page.locator(".row")).to_have_count(1)
        assert page.evaluate(FORGET) == [1, 1]


def test_nothing_moves_under_the_hand(browser: Browser, site: DeskSite) -> None:
    site.alert(1, area=0, severity=Severity.NORMAL)
    with opened(browser, site, "/?lang=en") as page:
        row = page.locator(".row")
        row.hover()
        site.alert(2, area=1, severity=Severity.CRITICAL)
        expect(page.locator("#waiting")).to_have_text("1 new, show them")
        expect(row).to_have_count(1)
        page.locator("#waiting").hover()  # and rests there: the button stays, and so does what lies below it
        site.alert(3, area=2, severity=Severity.HIGH)
        expect(page.locator("#waiting")).to_have_text("2 new, show them")
        page.wait_for_timeout(1_000)
        expect(row).to_have_count(1)
        page.locator("#waiting").click()
        expect(page.locator(".row .severity-word")).to_have_text(["Critical", "High", "Normal"])
        expect(page.locator("#waiting")).to_be_hidden()


def test_the_list_catches_up_when_the_hand_has_left_it(browser: Browser, site: DeskSite) -> None:
    site.alert(1, area=0, severity=Severity.NORMAL)
    with opened(browser, site, "/?lang=en") as page:
        page.locator(".row").hover()
        site.alert(2, area=1, severity=Severity.CRITICAL)
        expect(page.locator("#waiting")).to_have_text("1 new, show them")
        page.mouse.move(2, 2)
        expect(page.locator(".row .severity-word")).to_have_text(["Critical", "Normal"])
        expect(page.locator("#waiting")).to_be_hidden()


def test_everything_works_by_keyboard(browser: Browser, site: DeskSite) -> None:
    site.alert(1, area=0, severity=Severity.HIGH)
    site.alert(2, area=1, severity=Severity.LOW)
    with opened(browser, site, "/?lang=en") as page:
        expect(page.locator(".row")).to_have_count(2)
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.locator(".row").nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".row").nth(1).locator(".timeline li").first).to_be_visible()
        page.keyboard.press("a")
        expect(page.locator(".row").nth(1).locator(".said")).to_have_text("Yours, stored")
        page.keyboard.press("Shift+Slash")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()
        # A letter typed into a field is a letter.
        page.locator("#desk-name").fill("")
        page.locator("#desk-name").press_sequentially("jo")
        expect(page.locator("#desk-name")).to_have_value("jo")
        expect(page.locator("#desk-name")).to_be_focused()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_phone_s_width_shows_all_without_scrolling_sideways(browser: Browser, site: DeskSite, language: str) -> None:
    """WCAG 1.4.10: 320 CSS pixels, which is also a desk's screen at 400 %."""
    site.flag(1, note="东门口有人打架 " * 8)
    press(site, Step.ACCEPT, Step.EN_ROUTE, Step.ON_SCENE)
    with opened(browser, site, f"/?lang={language}", width=320) as page:
        expect(page.locator(".row")).to_have_count(1)
        page.locator(".row").get_by_role("button").last.click()
        expect(page.locator(".timeline li").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_room_is_shown_with_its_presence(browser: Browser, site: DeskSite) -> None:
    site.alert(1, area=2)
    with opened(browser, site, "/?lang=en") as page:
        room = page.locator('.room[data-node="room-2"]')
        expect(room).to_contain_text("Online", timeout=15_000)
        expect(page.locator('.presence[data-presence="never"] strong')).to_have_text("3")


def test_with_a_token_the_page_asks_for_it_and_shows_nothing_before(browser: Browser, tmp_path: Path) -> None:
    with (
        DeskSite(tmp_path, token="correct-horse") as site,
        opened(browser, site, "/?lang=en", allowed=("401", "403", "WebSocket")) as page,
    ):
        site.alert(1)
        dialog = page.locator("#token")
        expect(dialog).to_be_visible(timeout=10_000)
        expect(page.locator(".row")).to_have_count(0)
        # The second is what an input method makes of a token.
        for wrong in ("wrong", "正确"):
            page.locator("#token-field").fill(wrong)
            page.get_by_role("button", name="Enter").click()
            expect(page.locator("#token-wrong")).to_be_visible(timeout=10_000)
            expect(page.locator("#token-field")).to_have_value("")
        page.locator("#token-field").fill("correct-horse")
        page.get_by_role("button", name="Enter").click()
        expect(page.locator(".row")).to_have_count(1, timeout=10_000)
        expect(dialog).to_be_hidden()


# --- pictures -------------------------------------------------------------------------------------------------


def some_jpeg() -> bytes:
    """A picture of a street that is none: sky, road, and somebody."""
    picture = np.zeros((270, 480, 3), dtype=np.uint8)
    picture[:120], picture[120:] = (200, 170, 120), (90, 90, 90)
    cv2.rectangle(picture, (220, 90), (260, 200), (40, 200, 255), 3)
    encoded, jpeg = cv2.imencode(".jpg", picture)
    assert encoded
    return bytes(jpeg.tobytes())


def shown_width(page: Page) -> int:
    return int(page.locator(".media img").evaluate("element => element.complete ? element.naturalWidth : 0"))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_an_alert_s_picture_appears_by_itself_when_it_arrives(browser: Browser, site: DeskSite, language: str) -> None:
    alert = site.alert(1)
    site.announce(alert.alert_id, some_jpeg())
    with opened(browser, site, f"/?lang={language}") as page:
        page.locator(".row").get_by_role("button", name="Details" if language == "en" else "详情").click()
        awaited = page.locator(".media-absent")
        expect(awaited).to_have_text("Still in the video room" if language == "en" else "尚在视频室")
        site.store_media(some_jpeg())
        picture = page.locator(".media img")
        expect(picture).to_be_visible(timeout=SOON_MS)
        expect(picture).to_have_attribute("alt", re.compile("gate"))
        wait_until(lambda: shown_width(page) == 480, within_s=5.0, what="the picture is shown")


def test_with_a_token_the_picture_is_shown_too(browser: Browser, tmp_path: Path) -> None:
    """An <img> cannot show a token; the page fetches the picture and shows what it fetched."""
    with DeskSite(tmp_path, token="a-token-of-sixteen-or-more") as site:
        alert = site.alert(1)
        site.announce(alert.alert_id, some_jpeg())
        site.store_media(some_jpeg())
        with opened(browser, site, "/?lang=en", allowed=("401", "403", "WebSocket")) as page:
            expect(page.locator("#token")).to_be_visible(timeout=10_000)
            page.locator("#token-field").fill("a-token-of-sixteen-or-more")
            page.get_by_role("button", name="Enter").click()
            page.locator(".row").get_by_role("button", name="Details").click()
            expect(page.locator(".media img")).to_be_visible(timeout=SOON_MS)
            wait_until(lambda: shown_width(page) == 480, within_s=5.0, what="the picture is shown")


def test_what_went_to_make_room_is_said(browser: Browser, site: DeskSite) -> None:
    alert = site.alert(1)
    sha256 = site.announce(alert.alert_id, some_jpeg())
    site.store_media(some_jpeg())
    site.writer.submit(MediaDropped(sha256s=(sha256,), reason="space")).result(5.0)
    with opened(browser, site, "/?lang=en") as page:
        page.locator(".row").get_by_role("button", name="Details").click()
        expect(page.locator(".media-absent")).to_have_text("No longer kept")
