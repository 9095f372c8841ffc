"""Words and a voice note after a flag, in a real browser: by key, kept over faults, never in the next flag's way."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from patrol_wire.ids import Stream
from patrol_wire.records import FlagChange, MediaManifest
from tests.support.room_site import RoomSite
from tests.support.waiting import wait_until
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240)]
SOON_MS = 40_000


@pytest.fixture
def wall(browser: Browser, room: RoomSite) -> Iterator[Page]:
    with watched_page(browser, room.base_url, "/?lang=en", allowed=("ERR_INTERNET_DISCONNECTED",)) as page:
        expect(page.locator(".grid .tile")).to_have_count(9, timeout=SOON_MS)
        yield page
    assert room.relay.faults == []


def flagged(page: Page) -> str:
    """Flag the spot; return the flag's id once it is stored."""
    before = page.locator(".flag").first
    known = before.get_attribute("data-flag") if before.count() else ""
    page.keyboard.press("Space")
    newest = page.locator(f'.flag[data-phase="stored"]:not([data-flag="{known}"])').first
    expect(newest.locator('[data-act="note"]')).to_be_visible(timeout=SOON_MS)
    return str(newest.get_attribute("data-flag"))


def row(page: Page, alert_id: str) -> Locator:
    return page.locator(f'.flag[data-flag="{alert_id}"]')


def in_the_room(room: RoomSite, alert_id: str) -> dict[str, Any]:
    return next(alert for alert in room.agent.state()["alerts"] if alert["alert_id"] == alert_id)


def spoken(room: RoomSite, alert_id: str) -> bool:
    return int(in_the_room(room, alert_id)["voice_ms"]) > 0


def told_words(room: RoomSite) -> list[str]:
    return [one.note for one in room.relay.records[Stream.ALERTS] if isinstance(one, FlagChange) and one.note]


def test_words_are_written_after_the_flag_and_do_not_hold_up_the_next_one(wall: Page, room: RoomSite) -> None:
    alert_id = flagged(wall)
    wall.keyboard.press("m")
    field = row(wall, alert_id).locator("input.flag-note")
    expect(field).to_be_focused(timeout=SOON_MS)
    wall.keyboard.type("red coat, ")
    wall.locator(".flag-button").click()  # somebody else falls; keys are letters in a field, the button is not
    expect(wall.locator(".flag").first).not_to_have_attribute("data-flag", alert_id, timeout=SOON_MS)
    expect(field).to_have_value("red coat, ")
    field.press("End")
    wall.keyboard.type("ran to the metro")
    field.press("Enter")
    expect(row(wall, alert_id).locator(".flag-words")).to_have_text("red coat, ran to the metro", timeout=SOON_MS)
    expect(row(wall, alert_id).locator(".said")).to_have_text("Note stored")
    assert in_the_room(room, alert_id)["note"] == "red coat, ran to the metro"
    wait_until(lambda: "red coat, ran to the metro" in told_words(room), within_s=20, what="the relay has the words")


def test_words_that_could_not_be_stored_stay_in_the_field(wall: Page) -> None:
    alert_id = flagged(wall)
    wall.keyboard.press("m")
    field = row(wall, alert_id).locator("input.flag-note")
    field.fill("blue van")
    wall.context.set_offline(True)
    field.press("Enter")
    expect(row(wall, alert_id).locator(".said")).to_contain_text("Note not stored", timeout=SOON_MS)
    expect(field).to_have_value("blue van")
    wall.context.set_offline(False)
    field.press("Enter")
    expect(row(wall, alert_id).locator(".flag-words")).to_have_text("blue van", timeout=SOON_MS)


def test_a_voice_note_is_recorded_stored_by_its_hash_and_played(wall: Page, room: RoomSite) -> None:
    wall.context.grant_permissions(["microphone"])
    alert_id = flagged(wall)
    wall.keyboard.press("v")
    expect(row(wall, alert_id).locator(".recording")).to_contain_text(re.compile(r"Recording [1-9]"), timeout=SOON_MS)
    wall.keyboard.press("Space")  # a flag waits for nobody who speaks
    expect(wall.locator(".flag").first).not_to_have_attribute("data-flag", alert_id, timeout=SOON_MS)
    wall.keyboard.press("v")
    play = row(wall, alert_id).locator('[data-act="play"]')
    expect(play).to_be_visible(timeout=SOON_MS)
    wait_until(partial(spoken, room, alert_id), within_s=10, what="the room's state knows of it")
    play.click()
    audio = row(wall, alert_id).locator("audio")
    wait_until(
        lambda: audio.evaluate("one => one.readyState >= HTMLMediaElement.HAVE_METADATA"), within_s=10, what="it plays"
    )
    announced = [one for one in room.relay.records[Stream.MEDIA] if isinstance(one, MediaManifest)]
    assert [one.alert_id for one in announced if one.media_type == "audio/webm"].count(alert_id) == 1


def test_what_was_said_is_thrown_away_on_demand(wall: Page, room: RoomSite) -> None:
    wall.context.grant_permissions(["microphone"])
    alert_id = flagged(wall)
    wall.keyboard.press("v")
    expect(row(wall, alert_id).locator(".recording")).to_be_visible(timeout=SOON_MS)
    row(wall, alert_id).locator('[data-act="discard"]').click()
    expect(row(wall, alert_id).locator(".recording")).to_have_count(0)
    expect(row(wall, alert_id).locator('[data-act="voice"]')).to_have_text("V Voice note")
    assert not spoken(room, alert_id)


def test_without_a_microphone_the_page_says_so_and_flags_all_the_same(wall: Page, room: RoomSite) -> None:
    alert_id = flagged(wall)
    wall.keyboard.press("v")
    expect(row(wall, alert_id).locator(".alarm")).to_contain_text(
        "was not allowed to use the microphone", timeout=SOON_MS
    )
    another = flagged(wall)
    assert another != alert_id
    assert in_the_room(room, another)["standing"] == "pressed"


def test_a_browser_without_a_secure_page_says_what_to_do(browser: Browser, room: RoomSite) -> None:
    """What a console by plain HTTP under a name of its own gives to its pages."""

    def bare(page: Page) -> None:
        page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")

    with watched_page(browser, room.base_url, "/?lang=zh-CN", before=bare) as page:
        expect(page.locator(".grid .tile")).to_have_count(9, timeout=SOON_MS)
        alert_id = flagged(page)
        page.keyboard.press("v")
        expect(row(page, alert_id).locator(".alarm")).to_contain_text("请改用文字说明", timeout=SOON_MS)
