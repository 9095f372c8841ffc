"""What a duty officer decides on the live page, by keyboard, over the real web, writer and store."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from patrol_wire.ids import Severity, UnitId, Verdict
from patrol_wire.records import FlagChange, Judgement
from relay.core.forces import Force, ForceRule
from relay.core.rosters import Shift
from relay.ops.clock import MachineClock
from tests.support.desk_site import DeskSite
from tests.support.small_city import small_city
from tests.support.watched_page import watched_page

pytestmark = pytest.mark.chromium
ASKED = re.compile("已请(.+)接单，已存档；先前询问的 2 个单元收到撤回")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with DeskSite(tmp_path) as started:
        yield started


def incident_of(site: DeskSite, area: int) -> dict[str, object]:
    """Return the newest incident of an area as the relay has it."""
    states = ["new", "acknowledged", "dispatched", "on_scene", "cancelled", "closed"]
    answer = site.client.get("/api/v1/incidents", params={"area": f"a{area}", "state": states, "order": "newest"})
    return dict(answer.json()["incidents"][0])


def asked_units(site: DeskSite, area: int) -> dict[str, str]:
    """What became of the latest offer to each unit."""
    dispatches = incident_of(site, area)["dispatches"]
    assert isinstance(dispatches, list)
    return {each["unit_id"]: each["state"] for each in dispatches}


def unfolded(page: Page, row: int = 0) -> None:
    for _ in range(row + 1):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".candidate").first).to_be_visible()


def test_the_roster_s_holes_are_shown_those_of_now_in_the_header(browser: Browser, tmp_path: Path) -> None:
    """Both units of beat 0 have one shift a week, on a day that is neither today, yesterday nor tomorrow."""
    city = small_city()
    today = datetime.fromtimestamp(MachineClock().now_us() / 1e6, city.zone).weekday()
    units = (UnitId("unit-0-near"), UnitId("unit-0-far"))
    shift = Shift(shift_id="s", unit_ids=units, days=((today + 3) % 7,), from_min=8 * 60, to_min=16 * 60)
    with (
        DeskSite(tmp_path, city=replace(city, shifts=(shift,))) as site,
        watched_page(browser, site.base_url, "/") as page,
    ):
        expect(page.locator("#holes-now")).to_have_text("1 个巡区此刻无人当班")
        hole = page.locator('.hole[data-beat="b0"]')
        expect(hole).to_contain_text("此刻无人")
        expect(hole).to_contain_text(re.compile("周[一二三四五六日] (00|16):00 至 周[一二三四五六日] (08|24):00"))
        expect(page.locator(".hole")).to_have_count(1)


def test_a_unit_is_sent_by_its_number_and_recalled(browser: Browser, site: DeskSite) -> None:
    site.alert(1, severity=Severity.HIGH)
    with watched_page(browser, site.base_url, "/") as page:
        row = page.locator(".row")
        expect(row).to_have_count(1)
        page.keyboard.press("j")
        page.keyboard.press("3")  # nobody has seen who 3 is: that unfolds and sends nobody
        third = page.locator(".candidate").nth(2)
        expect(third.locator(".why")).to_have_text("本镇，距驻点 0 米")
        assert set(asked_units(site, 0)) == {"unit-0-near", "unit-0-far"}
        page.keyboard.press("3")
        expect(row.locator(".said")).to_have_text(ASKED)
        assert asked_units(site, 0) == {"unit-0-near": "recalled", "unit-0-far": "recalled", "police-0": "offered"}
        # The number stays with its unit, which cannot be asked twice.
        expect(third).to_have_attribute("aria-disabled", "true")
        expect(third).to_have_attribute("data-unit", "police-0")
        page.keyboard.press("3")
        expect(row.locator(".said")).to_have_text("3 号目前不可派。")
        page.keyboard.press("r")
        expect(page.locator(".act-form label").first).to_contain_text("待接单")
        page.keyboard.press("Enter")
        expect(row.locator(".said")).to_have_text("已召回并告知该单元，已存档")
        assert asked_units(site, 0)["police-0"] == "recalled"
        expect(row).to_be_focused()


def test_what_a_room_did_and_why_a_force_is_not_sent_stand_in_the_page_s_words(
    browser: Browser, tmp_path: Path
) -> None:
    """A dismissed suggestion's reason is a word of the room's page, and families are words of a file."""
    rule = ForceRule(force=Force.COMMUNITY_PATROL, families=frozenset({"violence"}))
    with (
        DeskSite(tmp_path, city=replace(small_city(areas=5), forces=(rule,))) as site,
        watched_page(browser, site.base_url, "/") as page,
    ):
        for number, reason in enumerate(("animal", "", "风吹树动; 无人")):
            alert = site.alert(number + 1, area=number, direct=False)
            verdict = Judgement(
                alert_id=alert.alert_id,
                verdict=Verdict.DISMISSED,
                operator="li.wei",
                judged_at=MachineClock().now_us(),
                reason=reason,
            )
            site.put(verdict, area=number)
        flag = site.flag(4, area=3, category="flying")
        late_us = MachineClock().now_us() + 3_600_000_000
        site.alert(6, area=4, category="brawl", started_at=late_us, raised_at=late_us)
        told = FlagChange(
            alert_id=flag.alert_id, operator="li.wei", changed_at=MachineClock().now_us(), category="brawl"
        )
        site.put(told, area=3)
        site.alert(5, area=4)
        rows = page.locator(".row")
        expect(rows).to_have_count(6)
        for area, said in ((0, "动物"), (1, "视频室判为不属实"), (2, "风吹树动; 无人"), (3, "视频员选定类别")):
            row = rows.filter(has_text=f"Area {area}")
            row.get_by_role("button", name="详情").click()
            expect(row.locator(".timeline")).to_contain_text(said)
        flagged = rows.filter(has_text="Area 3")
        expect(flagged.locator(".timeline")).to_contain_text("本系统没有类别“flying”，按未分类处理")
        early = rows.filter(has_text="Area 4").filter(has_text="斗殴")
        early.get_by_role("button", name="详情").click()
        expect(early.locator(".timeline")).to_contain_text(re.compile("比中继快 3[56]\\d\\d 秒，以收到时间为准"))
        walked = rows.filter(has_text="Area 4").filter(has_text="入侵")
        walked.get_by_role("button", name="详情").click()
        passed = walked.locator("details.passed")
        passed.locator("summary").click()
        expect(passed).to_contain_text("社区巡逻队不派往此类事件（入侵、越线、徘徊）")


def test_two_that_are_one_are_merged_and_the_merge_undone(browser: Browser, site: DeskSite) -> None:
    for area in (0, 1, 2):
        site.alert(area + 1, area=area)
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        expect(page.locator(".row")).to_have_count(3)
        unfolded(page)
        expect(page.locator(".timeline li").first).to_be_visible()
        page.keyboard.press("m")
        page.keyboard.press("Escape")
        expect(page.locator(".act-form")).to_have_count(0)
        page.keyboard.press("m")
        page.keyboard.press("j")
        chosen = page.locator(".act-form li").nth(1)
        expect(chosen.locator("input")).to_be_checked()
        expect(chosen).to_contain_text("Area 2")
        page.keyboard.press("Enter")
        first = page.locator(".row").first
        expect(first.locator(".said")).to_have_text("Merged, stored (U undoes it)")
        expect(first.locator(".state")).to_have_text("Cancelled")
        assert (incident_of(site, 0)["merged_into"], incident_of(site, 2)["alert_count"]) == (
            incident_of(site, 2)["incident_id"],
            2,
        )
        expect(first).to_be_focused()
        page.keyboard.press("u")
        expect(first.locator(".said")).to_have_text("Split off as a new incident, yours")
        assert (incident_of(site, 0)["owner"], incident_of(site, 2)["alert_count"]) == ("duty-officer", 1)


def test_it_is_made_graver_then_finished_and_reopened(browser: Browser, site: DeskSite) -> None:
    site.alert(1)
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        expect(page.locator(".row")).to_have_count(1)
        said = page.locator(".row .said")
        page.keyboard.press("j")
        page.keyboard.press("c")
        page.keyboard.press("Enter")
        expect(said).to_have_text("Changed, stored")
        expect(page.locator(".row .severity-word")).to_have_text("Critical")
        page.keyboard.press("o")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(said).to_have_text("Finished: Nothing found, stored (U reopens it)")
        assert incident_of(site, 0)["state"] == "closed"
        expect(page.locator(".row .state")).to_have_text("Closed")
        page.keyboard.press("u")
        expect(said).to_have_text("Open again, yours")
        assert incident_of(site, 0)["owner"] == "duty-officer"


def test_a_silence_shows_what_it_covers_before_it_is_set_and_is_ended(browser: Browser, site: DeskSite) -> None:
    site.alert(1)
    with watched_page(browser, site.base_url, "/?lang=en") as page:
        expect(page.locator("#silences-note")).to_have_text("No silence holds now.")
        expect(page.locator("#budget")).to_have_attribute("data-budget", "within")
        unfolded(page)
        page.keyboard.press("s")
        expect(page.locator("#silence-preview")).to_contain_text("machine alerts 1 ")
        for field in ("node", "category"):
            page.locator(f"#silence-{field}").select_option("")
        page.locator("#silence-camera").fill("")
        expect(page.locator("#silence-set")).to_be_disabled()
        expect(page.locator("#silence-preview")).to_have_text("Name at least one: nobody silences the whole city.")
        page.locator("#silence-camera").fill("gate")
        page.locator("#silence-reason").fill("works at the gate")
        page.locator("#silence-set").click()
        line = page.locator(".silence")
        expect(line).to_contain_text("camera gate")
        expect(line).to_contain_text("works at the gate")
        expect(line).to_contain_text("by duty-officer")
        line.get_by_role("button").press("Enter")
        expect(page.locator("#silences-said")).to_contain_text("Press again to end it")
        line.get_by_role("button").press("Enter")
        expect(line).to_have_count(0)
        expect(page.locator("#silences-said")).to_have_text("Ended; machine alerts page again.")
