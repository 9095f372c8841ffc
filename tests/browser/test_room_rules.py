"""The technician's page in a real browser over a real agent: by mouse, by keys alone, and what it says of trouble."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_accessibility import violations
from tests.support.drawing_site import PIN, SQUARE, TECHNICIAN, DrawingSite, running_site, street_cameras, write_room
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240)]
SOON_MS = 40_000
REFUSED = ("403", "409")
"""A browser's console tells every answer of this kind; the page tells it in words."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrawingSite]:
    folder = tmp_path_factory.mktemp("room")
    with street_cameras() as sim, running_site(folder, write_room(folder, sim)) as running:
        running.sign_on()
        yield running


@pytest.fixture
def fresh(site: DrawingSite) -> DrawingSite:
    """Whatever a test before has drawn, the file's rules are in force."""
    for camera in ("gate", "yard"):
        drawn = site.drawn(camera)
        body = {"version": 0, "on_version": drawn["version"], "reason": "next test"}
        body["confirmed_masks"] = len(drawn["drawing"]["mask"])
        site.post(f"/drawings/{camera}/restore", body)
        assert site.drawn(camera)["drawing"]["mask"] == []
    return site


def sign_on(page: Page) -> None:
    page.locator("input[name=name]").fill(TECHNICIAN)
    page.locator("input[name=pin]").fill(PIN)
    page.keyboard.press("Enter")
    expect(page.locator("technician-bar [data-act=sign-off]")).to_be_visible(timeout=SOON_MS)


def opened(page: Page) -> None:
    expect(page.locator('.editor .tile[data-word="live"]')).to_be_visible(timeout=SOON_MS)


def saving(page: Page) -> Locator:
    return page.locator("save-form [role=status]")


def test_a_rule_is_drawn_with_the_mouse_tried_and_saved(browser: Browser, fresh: DrawingSite) -> None:
    with watched_page(browser, fresh.base_url, "/rules?lang=en") as page:
        page.get_by_role("link", name="后院").click()
        sign_on(page)
        opened(page)
        page.locator("[data-draw=zone]").click()
        canvas = page.locator(".canvas")
        frame = canvas.bounding_box()
        assert frame is not None
        for x, y in ((0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)):
            canvas.click(position={"x": frame["width"] * x, "y": frame["height"] * y})
        page.keyboard.press("Enter")
        expect(page.locator(".shapes li[data-part=zone]")).to_have_count(1)
        expect(page.locator(".corner")).to_have_count(4)

        # A corner is dragged; the numbers beside the picture go along.
        corner = page.locator(".corner").nth(2)
        corner.hover()
        page.mouse.down()
        canvas.hover(position={"x": frame["width"] * 0.9, "y": frame["height"] * 0.95})
        page.mouse.up()
        expect(page.locator(".corners li").nth(2).locator("input[data-axis=x]")).to_have_value("90.0")

        # A rule about it says at once what it makes of the camera, and tells nobody else.
        page.locator("select[name=kind]").select_option("intrusion")
        page.locator("[data-act=add-rule]").click()
        expect(page.locator("preview-list [data-phase=live]")).to_be_visible(timeout=SOON_MS)
        expect(page.locator(".told li").first).to_contain_text("intrusion-1", timeout=SOON_MS)
        expect(page.locator(".canvas .drawing .thing").first).to_be_attached(timeout=SOON_MS)

        page.locator("[data-act=what-if]").click()
        row = page.locator(".what-if-result tr[data-rule='intrusion-1']")
        expect(row).to_contain_text("no rule", timeout=SOON_MS)
        expect(page.locator(".what-if-result .warn").first).to_contain_text("of the last hour")
        assert fresh.drawn("yard")["drawing"]["rule"] == []

        page.locator("input[name=reason]").fill("burglars come over the wall")
        page.locator("[data-act=save]").click()
        expect(saving(page)).to_contain_text("is in force on this camera", timeout=SOON_MS)
        expect(page.locator("change-list li").first).to_contain_text("burglars come over the wall")
        expect(page.locator("nav.cameras li").nth(1)).to_contain_text(
            "zones 1, lines 0, masks 0, rules 1", timeout=SOON_MS
        )
    (rule,) = fresh.drawn("yard")["drawing"]["rule"]
    assert (rule["kind"], rule["zone"]) == ("intrusion", "zone-1")


def test_everything_goes_by_keys_alone(browser: Browser, fresh: DrawingSite) -> None:
    with watched_page(browser, fresh.base_url, "/rules?lang=en#yard") as page:
        page.locator("input[name=name]").focus()
        page.keyboard.type(TECHNICIAN)
        page.keyboard.press("Tab")
        page.keyboard.type(PIN)
        page.keyboard.press("Enter")
        expect(page.locator("[data-draw=mask]")).to_be_visible(timeout=SOON_MS)
        opened(page)

        page.locator("[data-draw=mask]").focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-act=finish]")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".corner").first).to_be_focused()
        for _ in range(5):
            page.keyboard.press("ArrowLeft")
        page.keyboard.press("Shift+ArrowUp")
        first = page.locator(".corners li").first
        expect(first.locator("input[data-axis=x]")).to_have_value("25.0")
        expect(first.locator("input[data-axis=y]")).to_have_value("29.9")
        page.keyboard.press("Insert")
        expect(page.locator(".corner")).to_have_count(5)
        page.keyboard.press("Delete")
        expect(page.locator(".corner")).to_have_count(4)
        page.keyboard.press("Control+z")
        expect(page.locator(".corner")).to_have_count(5)
        page.keyboard.press("Control+z")
        expect(page.locator(".corner")).to_have_count(4)

        page.locator("input[name=reason]").focus()
        page.keyboard.type("a window of the neighbours")
        expect(page.locator("[data-act=save]")).to_be_enabled(timeout=SOON_MS)
        page.keyboard.press("Enter")
        expect(saving(page)).to_contain_text("is in force on this camera", timeout=SOON_MS)
        assert len(fresh.drawn("yard")["drawing"]["mask"]) == 1


def test_a_mask_goes_with_a_second_word_and_comes_back_by_keys_alone(browser: Browser, fresh: DrawingSite) -> None:
    drawn = fresh.save(
        "yard", {"mask": [{"polygon": SQUARE}]}, on_version=fresh.version("yard"), reason="a window of the neighbours"
    )
    with watched_page(browser, fresh.base_url, "/rules?lang=en#yard") as page:
        opened(page)
        sign_on(page)
        page.locator(".shapes li[data-part=mask] .shape-pick").focus()
        page.keyboard.press("Enter")
        page.locator("[data-act=remove-shape]").focus()
        page.keyboard.press("Enter")
        expect(page.locator("input[name=masks]")).to_be_visible(timeout=SOON_MS)
        page.locator("input[name=reason]").focus()
        page.keyboard.type("no window any more")
        expect(page.locator("[data-act=save]")).to_be_disabled()
        page.locator("input[name=masks]").focus()
        page.keyboard.press("Space")
        page.locator("[data-act=save]").focus()
        page.keyboard.press("Enter")
        expect(page.locator("change-list li").first).to_contain_text("Masks taken away: 1", timeout=SOON_MS)
        assert fresh.drawn("yard")["drawing"]["mask"] == []
        before = page.locator(f"change-list li[data-version='{drawn['version']}']")
        before.locator("[data-act=bring-back]").focus()
        page.keyboard.press("Enter")
        expect(saving(page)).to_contain_text("to be looked at", timeout=SOON_MS)
        page.locator("input[name=reason]").focus()
        page.keyboard.type("it is there again")
        expect(page.locator("[data-act=save]")).to_be_enabled(timeout=SOON_MS)
        page.keyboard.press("Enter")
        expect(page.locator("change-list li").first).to_contain_text("brought back version", timeout=SOON_MS)
    assert len(fresh.drawn("yard")["drawing"]["mask"]) == 1


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_saved(browser: Browser, fresh: DrawingSite) -> None:
    with watched_page(browser, fresh.base_url, "/rules?lang=zh-CN#gate") as page:
        opened(page)
        sign_on(page)
        page.locator(".rule-pick").click()
        page.locator("#rule-0-min_height").fill("1")
        page.locator("#rule-0-schedule").fill("sometimes")
        page.locator("#rule-0-cool_down_s").click()
        field = page.locator("#rule-0-schedule")
        expect(field).to_have_attribute("aria-invalid", "true", timeout=SOON_MS)
        expect(page.locator("#rule-0-schedule-wrong")).to_contain_text("时段无法识别")
        expect(page.locator(".problems li")).to_have_count(1)
        page.locator("#rule-0-schedule").fill("mon-fri 20:00-06:00")
        page.locator("#rule-0-cool_down_s").click()
        expect(page.locator("#rule-0-min_height-wrong")).to_contain_text("没有目标符合", timeout=SOON_MS)
        expect(page.locator("[data-act=save]")).to_be_disabled()
        page.locator("[data-act=discard]").click()
        expect(page.locator(".problems")).to_have_count(0, timeout=SOON_MS)


def test_an_emptied_number_is_the_usual_one_and_one_that_must_be_there_says_so(
    browser: Browser, fresh: DrawingSite
) -> None:
    """The number of a rule that is not set is told as the usual one; a corner without a number is none."""
    with watched_page(browser, fresh.base_url, "/rules?lang=en#gate") as page:
        opened(page)
        sign_on(page)
        page.locator(".rule-pick").click()
        set_in_file, left_out = page.locator("#rule-0-cool_down_s"), page.locator("#rule-0-min_frames")
        expect(page.locator("#rule-0-cool_down_s-usual")).to_have_text("usual: 30; empty the field to go back to it")
        expect(page.locator("#rule-0-min_frames-usual")).to_have_text("the usual value")
        set_in_file.fill("")
        left_out.fill("")
        page.locator("#rule-0-category").fill("")
        page.locator("#rule-0-labels").fill("")
        page.locator("#rule-0-name").click()
        for field, usual in (
            (set_in_file, "30"), (left_out, "3"), (page.locator("#rule-0-category"), "intrusion"),
            (page.locator("#rule-0-labels"), "person, moving_object"),
        ):  # fmt: skip
            expect(field).to_have_value(usual)
            expect(field).not_to_have_attribute("aria-invalid", "true")
        expect(page.locator("#rule-0-cool_down_s-usual")).to_have_text("the usual value")
        page.locator("input[name=reason]").fill("as usual again")
        expect(page.locator("[data-act=save]")).to_be_enabled(timeout=SOON_MS)
        page.locator("[data-act=save]").click()
        expect(saving(page)).to_contain_text("is in force on this camera", timeout=SOON_MS)
        (rule,) = fresh.drawn("gate")["drawing"]["rule"]
        assert (rule["cool_down_s"], rule["min_frames"], rule["category"]) == (30.0, 3, "intrusion")

        # What a browser cannot read is not an empty field.
        page.locator(".rule-pick").click()
        left_out.focus()
        page.keyboard.press("Control+a")
        page.keyboard.type("1e")
        page.keyboard.press("Tab")
        wrong = page.locator("#rule-0-min_frames-wrong")
        expect(wrong).to_have_text("is no number of the right kind.", timeout=SOON_MS)
        page.locator("#rule-0-stages").fill("critical")
        page.locator("#rule-0-name").click()
        expect(page.locator("#rule-0-stages-wrong")).to_have_text(
            "Line 1 needs seconds and a severity (low, normal, high, critical), like “120 critical”.", timeout=SOON_MS
        )
        page.locator("[data-act=discard]").click()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh-CN", "x 必须填写：0 至 100 的数（画面的百分比）。填写之前该点仍在 0.0。"),
        (
            "en",
            "x is needed: a number from 0 to 100, in per cent of the picture. Until then the corner stays at 0.0.",
        ),
    ],
)
def test_an_emptied_corner_says_what_is_needed_and_stays_where_it_is(
    browser: Browser, fresh: DrawingSite, language: str, told: str
) -> None:
    with watched_page(browser, fresh.base_url, f"/rules?lang={language}#gate") as page:
        opened(page)
        sign_on(page)
        page.locator(".shapes li[data-part=zone] .shape-pick").click()
        corner = page.locator(".corners li").first.locator("input[data-axis=x]")
        corner.fill("")
        page.keyboard.press("Tab")
        expect(page.locator(".corners [role=alert]")).to_have_text(told)
        expect(corner).to_have_attribute("aria-invalid", "true")
        assert violations(page) == []
        corner.fill("5")
        page.keyboard.press("Tab")
        expect(page.locator(".corners [role=alert]")).to_have_count(0)
        expect(corner).to_have_value("5.0")
        page.locator(".corners li").first.locator("input[data-axis=y]").fill("150")
        page.keyboard.press("Tab")
        expect(page.locator(".corners li").first.locator("input[data-axis=y]")).to_have_value("100.0")


def test_the_later_of_two_technicians_keeps_the_draft_and_is_told_who_was_first(
    browser: Browser, fresh: DrawingSite
) -> None:
    with watched_page(browser, fresh.base_url, "/rules?lang=en#yard", allowed=REFUSED) as page:
        opened(page)
        sign_on(page)
        page.locator("[data-draw=line]").click()
        page.keyboard.press("Enter")
        expect(page.locator(".shapes li[data-part=line]")).to_have_count(1)
        line = {"line": [{"name": "other", "points": [[0.1, 0.1], [0.9, 0.9]]}]}
        fresh.save("yard", line, on_version=fresh.version("yard"), reason="was faster")
        page.locator("input[name=reason]").fill("my own line")
        page.locator("[data-act=save]").click()
        told = page.locator("save-form [role=alert]")
        expect(told).to_contain_text(f"{TECHNICIAN} has saved version", timeout=SOON_MS)
        expect(page.locator(".shapes li[data-part=line]")).to_contain_text("line-1")
        page.locator("[data-act=go-on]").click()
        expect(page.locator("[data-act=save]")).to_be_enabled(timeout=SOON_MS)
        page.locator("[data-act=save]").click()
        expect(saving(page)).to_contain_text("is in force on this camera", timeout=SOON_MS)
    assert [one["name"] for one in fresh.drawn("yard")["drawing"]["line"]] == ["line-1"]


def test_who_is_no_technician_looks_and_changes_nothing(browser: Browser, fresh: DrawingSite) -> None:
    with watched_page(browser, fresh.base_url, "/rules?lang=en#gate", allowed=REFUSED) as page:
        opened(page)
        expect(page.locator(".shapes")).to_contain_text("street")
        expect(page.locator("[data-draw=zone]")).to_have_count(0)
        expect(page.locator("save-form")).to_have_count(0)
        expect(page.locator("[data-act=what-if]")).to_be_disabled()
        page.locator("input[name=name]").fill(TECHNICIAN)
        page.locator("input[name=pin]").fill("not the PIN")
        page.keyboard.press("Enter")
        expect(page.locator("technician-bar [role=alert]")).to_have_text(
            "name and PIN do not fit together", timeout=SOON_MS
        )
        expect(page.locator("save-form")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_breaks_no_rule_of_access(browser: Browser, fresh: DrawingSite, language: str) -> None:
    with watched_page(browser, fresh.base_url, f"/rules?lang={language}#gate") as page:
        opened(page)
        assert violations(page) == []
        sign_on(page)
        page.locator(".rule-pick").click()
        page.locator(".shapes li[data-part=zone] .shape-pick").click()
        page.locator("[data-act=remove-shape]").click()
        expect(page.locator(".problems li")).to_have_count(1, timeout=SOON_MS)
        assert violations(page) == []


def test_a_narrow_screen_shows_the_page_without_scrolling_sideways(browser: Browser, fresh: DrawingSite) -> None:
    with watched_page(browser, fresh.base_url, "/rules?lang=en#gate", width=320, height=640) as page:
        opened(page)
        sign_on(page)
        page.locator(".rule-pick").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
