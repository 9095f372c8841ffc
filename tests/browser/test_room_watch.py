"""The watch in a real browser over a real agent: from sign-on through a round to the hand-over, by keyboard alone."""

from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from patrol_wire.ids import Stream
from patrol_wire.records import ShiftEntry
from tests.support.room_site import CAMERAS, RoomSite
from tests.support.waiting import wait_until
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240)]
SOON_MS = 40_000


@pytest.fixture
def wall(browser: Browser, room: RoomSite) -> Iterator[Page]:
    with watched_page(browser, room.base_url, "/?lang=en") as page:
        expect(page.locator('.spot .tile[data-word="live"]')).to_have_count(1, timeout=SOON_MS)
        yield page


def bar(page: Page) -> Locator:
    return page.locator("watch-bar")


def said(page: Page) -> Locator:
    return page.locator("watch-bar .said")


def sign_on(page: Page, operator: str) -> None:
    """Only with keys, as everything here."""
    page.keyboard.press("o")
    expect(page.locator("input.operator")).to_be_focused()
    page.keyboard.type(operator)
    page.keyboard.press("Enter")
    expect(page.locator(".watch-dialog")).to_be_hidden(timeout=SOON_MS)


def lines_at_the_relay(room: RoomSite, operator: str) -> list[ShiftEntry]:
    found = [record for record in room.relay.records[Stream.REPORTS] if isinstance(record, ShiftEntry)]
    return [entry for entry in found if entry.operator == operator]


def has_flagged(room: RoomSite, operator: str) -> bool:
    return operator in {alert["operator"] for alert in room.agent.state()["alerts"]}


def looks_at(page: Page, camera: str) -> None:
    expect(page.locator(".spot .tile-name")).to_have_text(CAMERAS[camera], timeout=SOON_MS)
    expect(page.locator('.spot .tile[data-word="live"]')).to_have_count(1, timeout=SOON_MS)


def test_a_watch_goes_from_sign_on_through_a_round_to_the_next_operator(wall: Page, room: RoomSite) -> None:
    sign_on(wall, "li.wei")
    expect(bar(wall)).to_contain_text("li.wei, on watch", timeout=SOON_MS)

    # A round through the two cameras of the second set: the wall goes along, and each is attested with one key.
    wall.keyboard.press("]")
    wall.keyboard.press("r")
    looks_at(wall, "gate")
    expect(bar(wall)).to_contain_text("0 of 2 seen (0 %)")
    wall.keyboard.press("n")
    looks_at(wall, "station")
    expect(bar(wall)).to_contain_text("1 of 2 seen (50 %)")
    wall.keyboard.press("Space")
    expect(wall.locator(".flag").first).to_have_attribute("data-phase", "stored", timeout=SOON_MS)
    wall.keyboard.press("n")
    expect(said(wall)).to_have_text("Round 出入口 stored: coverage 100 %", timeout=SOON_MS)

    # The hand-over, with a note; whoever comes signs on at this desk and takes over in one go.
    wall.keyboard.press("h")
    wall.locator(".note-field").focus()
    wall.keyboard.type("watch the gate")
    wall.keyboard.press("Enter")
    expect(wall.locator(".sign-on")).to_contain_text("Note: watch the gate", timeout=SOON_MS)
    expect(wall.locator(".matters")).to_contain_text("Flag without outcome")
    wall.keyboard.press("Escape")
    sign_on(wall, "wang.fang")
    expect(bar(wall)).to_contain_text("wang.fang, on watch", timeout=SOON_MS)
    expect(said(wall)).to_contain_text("wang.fang took over from li.wei, stored.")

    # Whoever has signed on is the operator of the flags.
    wall.keyboard.press("Space")
    for operator in ("li.wei", "wang.fang"):
        wait_until(partial(has_flagged, room, operator), within_s=20, what=f"a flag of {operator}")
    wait_until(lambda: len(lines_at_the_relay(room, "li.wei")) == 4, within_s=20, what="the relay has the shift log")
    lines = lines_at_the_relay(room, "li.wei")
    assert [line.entry for line in lines] == ["sign_on", "round", "hand_over_offered", "handed_over"]
    assert (lines[1].figures["seen"], lines[1].figures["nothing_to_report"]) == (2, 0), "a flag was pressed on the way"
    assert (lines[2].note, lines[3].subject, lines[3].figures["rounds"]) == ("watch the gate", "wang.fang", 1)


def test_a_camera_without_a_live_picture_is_a_gap_that_the_round_names(wall: Page, room: RoomSite) -> None:
    sign_on(wall, "zhao")
    room.sim.begin_fault("station", "refuse", "503")
    try:
        wall.keyboard.press("]")
        wall.keyboard.press("r")
        looks_at(wall, "gate")
        wall.keyboard.press("n")  # quicker than the answer to the key before: it counts all the same
        expect(wall.locator(".spot .tile-name")).to_have_text(CAMERAS["station"], timeout=SOON_MS)
        expect(wall.locator('.spot .tile[data-word="reconnecting"]')).to_have_count(1, timeout=SOON_MS)
        wall.keyboard.press("n")
        expect(wall.locator(".round-gaps")).to_have_text(f"Not seen: {CAMERAS['station']}.")
        wall.keyboard.press("r")
        expect(said(wall)).to_have_text(
            f"Round 出入口 stored: coverage 50 %, not seen: {CAMERAS['station']}", timeout=SOON_MS
        )
    finally:
        room.sim.end_fault("station")
    # Left without a hand-over: asked once more, then its figures are told.
    wall.keyboard.press("o")
    wall.locator(".sign-off").focus()
    wall.keyboard.press("Enter")
    wall.locator(".sign-off").focus()
    wall.keyboard.press("Enter")
    expect(wall.locator("shift-figures")).to_contain_text("Coverage of the rounds", timeout=SOON_MS)
    expect(said(wall)).to_have_text("zhao signed off, stored")
    expect(wall.locator("shift-log li").first).to_contain_text("signed off", timeout=SOON_MS)


def test_an_operator_at_another_desk_takes_over_with_one_key(wall: Page, browser: Browser, room: RoomSite) -> None:
    sign_on(wall, "sun")
    wall.keyboard.press("h")
    wall.locator(".hand-over button").focus()
    wall.keyboard.press("Enter")
    expect(bar(wall)).to_contain_text("handing over", timeout=SOON_MS)
    with watched_page(browser, room.base_url, "/?lang=zh-CN") as other:
        expect(bar(other)).to_contain_text("sun 请求交班", timeout=SOON_MS)
        other.keyboard.press("o")
        other.keyboard.type("qian")
        other.locator('.sign-on button[value="alone"]').focus()
        other.keyboard.press("Enter")
        expect(other.locator(".watch-dialog")).to_be_hidden(timeout=SOON_MS)
        other.keyboard.press("h")
        expect(said(other)).to_contain_text("qian 已接 sun 的班", timeout=SOON_MS)
    expect(said(wall)).to_have_text("The shift of sun has ended", timeout=SOON_MS)
    expect(bar(wall)).to_contain_text("Sign on")
