"""What reminds an operator, in a real browser: a rest that is due, put off and taken; a round that nobody has made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.agent_process import AgentProcess
from tests.support.small_wall import small_wall
from tests.support.waiting import wait_until
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(500)]
SOON_MS = 90_000
WATCH = "[watch]\nrest_after_min = 0.05\n"
"""Three seconds: the same reminder as after twenty minutes."""


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    with small_wall(tmp_path, further=WATCH) as running:
        yield running


@pytest.fixture
def wall(browser: Browser, agent: AgentProcess) -> Iterator[Page]:
    base_url = str(agent.http.base_url).rstrip("/")
    with watched_page(browser, base_url, "/?lang=zh-CN") as page:
        expect(page.locator(".grid .tile")).to_have_count(1, timeout=SOON_MS)
        page.keyboard.press("o")
        expect(page.locator("input.operator")).to_be_focused(timeout=SOON_MS)
        page.keyboard.type("li.wei")
        page.keyboard.press("Enter")
        expect(page.locator(".watch-dialog")).to_be_hidden(timeout=SOON_MS)
        yield page


def logged(agent: AgentProcess) -> list[str]:
    return [line["entry"] for line in agent.http.get("/api/v1/watch").json()["log"]]


def test_a_rest_is_asked_for_put_off_and_taken_and_asked_for_again(wall: Page, agent: AgentProcess) -> None:
    rest = wall.locator("watch-bar .rest")
    expect(rest).to_have_text("已连续看屏较久，建议休息或换看其他画面。", timeout=SOON_MS)
    wall.keyboard.press("l")
    expect(rest).to_have_count(0)
    wall.reload()  # at the desk of whoever comes next it is asked for again
    expect(rest).to_be_visible(timeout=SOON_MS)
    assert "rested" not in logged(agent)
    wall.keyboard.press("b")
    wait_until(lambda: "rested" in logged(agent), within_s=20, what="the rest stands in the log")
    expect(rest).to_be_visible(timeout=SOON_MS)  # three seconds later
    assert logged(agent).count("rested") == 1


def test_a_round_that_nobody_made_is_due_until_it_is_made(wall: Page, agent: AgentProcess) -> None:
    due = wall.locator("watch-bar .round-due")
    expect(due).to_contain_text("出入口", timeout=SOON_MS)
    wall.keyboard.press("r")
    expect(wall.locator("watch-bar .round")).to_be_visible(timeout=SOON_MS)
    expect(due).to_have_count(0)
    expect(wall.locator('.spot .tile[data-word="live"]')).to_have_count(1, timeout=SOON_MS)
    wall.keyboard.press("n")
    wait_until(lambda: "round" in logged(agent), within_s=20, what="the round stands in the log")
    expect(due).to_contain_text("出入口", timeout=SOON_MS)  # and the next one, three seconds later
