"""What surrounds the queue of a duty officer: the hand-over, the auditor, planned works, moving, long histories."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from patrol_wire.ids import NodeName, Severity, UnitId
from patrol_wire.records import ShiftEntry
from relay.core.rosters import Shift
from tests.support.desk_site import DeskSite
from tests.support.small_city import small_city
from tests.support.waiting import wait_until
from tests.support.watched_page import watched_page

pytestmark = pytest.mark.chromium


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with DeskSite(tmp_path) as started:
        yield started


def test_a_shift_is_handed_over_by_keyboard_and_taken_back(browser: Browser, site: DeskSite) -> None:
    for area in (0, 1):
        site.alert(area + 1, area=area, severity=Severity.HIGH)
    with watched_page(browser, site.base_url, "/") as page:
        expect(page.locator(".row")).to_have_count(2)
        for row in (0, 1):
            page.locator(".row").nth(row).focus()
            page.keyboard.press("a")
            expect(page.locator(".row").nth(row).locator(".said")).to_have_text("已接手，已存档")
        page.keyboard.press("h")
        expect(page.locator("#hand-over-note")).to_have_text("将移交 2 起：")
        expect(page.locator("#hand-over-list li")).to_have_count(2)
        expect(page.locator("#hand-over-from")).to_have_value("duty-officer")
        expect(page.locator("#hand-over-to")).to_be_focused()
        page.keyboard.type("wang")
        page.keyboard.press("Enter")
        expect(page.locator("#hand-over-said")).to_have_text("已把 2 起从 duty-officer 移交 wang，已存档")
        expect(page.locator("#owners li")).to_have_text(["wang名下未结 2 起"])
        owners = {each["owner"] for each in site.client.get("/api/v1/incidents").json()["incidents"]}
        assert owners == {"wang"}
        page.locator("#hand-over-undo").click()
        expect(page.locator("#hand-over-said")).to_have_text("已把 2 起从 wang 移交 duty-officer，已存档")
        expect(page.locator("#owners li")).to_have_text(["duty-officer名下未结 2 起"])


def test_what_stays_is_told_with_its_reason(browser: Browser, site: DeskSite) -> None:
    for area in (0, 1):
        site.alert(area + 1, area=area)
    ids = [each["incident_id"] for each in site.client.get("/api/v1/incidents").json()["incidents"]]
    acts = [f"/api/v1/incidents/{incident_id}/acts" for incident_id in ids]
    for act in acts:
        site.client.post(act, json={"act": "acknowledge", "actor": "li"})
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        page.locator("#hand-over-open").click()
        page.locator("#hand-over-from").select_option("li")
        expect(page.locator("#hand-over-list li")).to_have_count(2)
        site.client.post(acts[0], json={"act": "acknowledge", "actor": "zhao"})
        page.locator("#hand-over-to").fill("wang")
        page.locator("#hand-over-give").click()
        expect(page.locator("#hand-over-said")).to_contain_text("1 handed over from li to wang, stored")
        expect(page.locator("#hand-over-said li")).to_contain_text("zhao has it by now")


def test_the_auditors_last_look_stands_on_the_desk(browser: Browser, site: DeskSite) -> None:
    site.alert(1, severity=Severity.CRITICAL)
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        expect(page.locator("#audit")).to_have_attribute("data-audit", "unknown")
        expect(page.locator("#audit")).to_contain_text("nothing is proved yet")
        site.auditor.look()
        page.reload()
        expect(page.locator("#audit")).to_have_attribute("data-audit", "good")
        expect(page.locator("#audit")).to_contain_text("severe incidents open 1, with a timer and nobody yet 1")


def test_only_a_wait_makes_the_auditors_line_stale_not_an_hour_put_forward(browser: Browser, site: DeskSite) -> None:
    """A played day cuts its pauses out of the hour, and a machine's hour may be set: the auditor looks all the same."""
    site.auditor.look()
    site.clock.ahead_s = 3_600.0
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        expect(page.locator("#audit")).to_have_attribute("data-audit", "good")
        site.clock.waited_s = 600.0
        page.reload()
        expect(page.locator("#audit")).to_have_attribute("data-audit", "unknown")
        expect(page.locator("#audit")).to_contain_text("10 min ago")


def test_a_maintenance_window_begins_later_in_the_citys_time(browser: Browser, site: DeskSite) -> None:
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        expect(page.locator("#silences-note")).to_have_text("No silence holds now.")
        page.keyboard.press("s")
        expect(page.locator("#silence-begins")).to_be_hidden()
        page.locator("#silence-kind").select_option("maintenance")
        page.locator("#silence-camera").fill("gate")
        page.locator("#silence-reason").fill("new cable")
        page.locator("#silence-begins").fill("2020-01-01T08:00")
        expect(page.locator("#silence-set")).to_be_enabled()
        page.locator("#silence-set").click()
        expect(page.locator("#silence-fault")).to_contain_text("That is past")
        page.locator("#silence-begins").fill("2090-01-01T08:00")
        page.locator("#silence-set").click()
        line = page.locator(".silence")
        expect(line).to_contain_text("Maintenance window")
        expect(line).to_contain_text(re.compile("from 01/01, 08:00:00 until 01/01, 09:00:00"))
    (window,) = site.client.get("/api/v1/silences").json()["silences"]
    assert (window["begins_at"], window["active"]) == ("2090-01-01T00:00:00Z", False), "08:00 in Shanghai"


def test_an_incident_is_renamed_to_any_kind_and_moved_to_any_area(browser: Browser, site: DeskSite) -> None:
    """Also to kinds and areas that no incident on the page has."""
    site.alert(1)
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        expect(page.locator(".row")).to_have_count(1)
        expect(page.locator("body")).to_have_attribute("data-choices", "read")
        said = page.locator(".row .said")
        page.keyboard.press("j")
        page.keyboard.press("c")
        page.get_by_label("斗殴").check()
        page.keyboard.press("Enter")
        expect(said).to_have_text("Changed, stored")
        page.keyboard.press("v")
        page.locator(".picker").select_option("a3")
        page.locator(".act-form button.act").click()
        expect(said).to_have_text("Moved, stored")
        expect(page.locator(".row .place")).to_contain_text("Area 3")
    (incident,) = site.client.get("/api/v1/incidents").json()["incidents"]
    assert (incident["category"], incident["area_id"]) == ("brawl", "a3")


def test_what_a_long_history_leaves_out_is_said_and_shown_when_asked_for(browser: Browser, site: DeskSite) -> None:
    for number in range(203):
        site.alert(number, camera="gate")
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        expect(page.locator(".row")).to_have_count(1)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.locator(".left-out")).to_contain_text("Not shown: alerts 3, lines 0.")
        page.locator(".left-out button").click()
        expect(page.locator(".left-out")).to_have_count(0)
        expect(page.locator('.timeline li[data-kind="alert"]')).to_have_count(203)


def test_beats_with_the_same_holes_stand_together_and_a_daily_one_is_said_once(
    browser: Browser, tmp_path: Path
) -> None:
    """Beats 0 and 1 are empty each night from 22:00 to 06:00, beat 2 on Sundays only, beat 3 never."""
    city = small_city()

    def shift(name: str, beats: tuple[int, ...], days: range, begin_h: int, end_h: int) -> Shift:
        units = tuple(UnitId(f"unit-{beat}-{place}") for beat in beats for place in ("near", "far"))
        return Shift(shift_id=name, unit_ids=units, days=tuple(days), from_min=begin_h * 60, to_min=end_h * 60)

    shifts = (shift("day", (0, 1), range(7), 6, 22), shift("week", (2,), range(6), 0, 24))
    with (
        DeskSite(tmp_path, city=replace(city, shifts=shifts)) as site,
        watched_page(browser, site.base_url, "/?lang=en") as page,
    ):
        expect(page.locator(".hole")).to_have_count(2)
        nights = page.locator('.hole[data-beat="b0"]')
        expect(nights.locator("strong")).to_have_text("Beat 0 and Beat 1")
        expect(nights).to_contain_text("each day 22:00 to 06:00")
        expect(page.locator('.hole[data-beat="b2"]')).to_contain_text("Sun 00:00 to Sun 24:00")


def test_rooms_that_nobody_watches_are_named_and_counted_in_the_header(browser: Browser, tmp_path: Path) -> None:
    """Rooms 0 and 1 are to be watched around the clock; in room 0 somebody has signed on, in room 1 signed off."""
    nodes = (NodeName("room-0"), NodeName("room-1"))
    always = Shift(shift_id="video", unit_ids=(), days=tuple(range(7)), from_min=0, to_min=1440, nodes=nodes)
    with DeskSite(tmp_path, city=replace(small_city(), shifts=(always,))) as site:
        for area, entries in ((0, ("sign_on",)), (1, ("sign_on", "sign_off"))):
            shift_id = site.new_id()
            for entry in entries:
                said = ShiftEntry(operator="li", entry=entry, at=site.clock.now_us(), shift_id=shift_id)
                site.put(said, area=area)
        board = f"{site.base_url}/api/v1/watch"
        wait_until(
            lambda: site.client.get(board).json()["unwatched_now"] == 1, within_s=20.0, what="both rooms are online"
        )
        with watched_page(browser, site.base_url, "/") as page:
            expect(page.locator("#unwatched-now")).to_have_text("1 个视频室此刻无人值守")
            expect(page.locator("#unwatched .hole")).to_have_count(1)
            expect(page.locator('#unwatched [data-room="room-1"]')).to_contain_text("Room 1")
            expect(page.locator("#unwatched-note")).to_have_text("此刻应值守 2 个：有人 1，无人 1，失联 0。")
