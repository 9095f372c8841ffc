"""A room whose relay was away for a day, scaled by what has gathered: it works on, says how much waits,
and drains in order when the relay is back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from edge_agent.ops.clock import SystemClock
from edge_agent.outbox.store import FILE_NAME, Outbox
from patrol_wire.ids import Stream
from patrol_wire.records import Flag, RecordBody, RoomHealth
from tests.support.records import BEGIN_US, some_alert, some_flag, some_report
from tests.support.relay_peer import RelayPeer
from tests.support.small_wall import small_wall
from tests.support.waiting import wait_until
from tests.support.watched_page import watched_page

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(500)]
SOON_MS = 60_000
ALERTS, FLAGS, REPORTS = 3_000, 120, 1_440
"""A busy room's day: an alert each half minute, a flag each twelve, a report each minute."""
TOGETHER = 240


def a_day_gathers(state: Path) -> list[RecordBody]:
    """Fill the outbox as the agent does while the relay is away; return stream A in its order."""
    state.mkdir(parents=True)
    alerts: list[RecordBody] = []
    for number in range(ALERTS):
        alerts.append(some_alert(number))
        if number % (ALERTS // FLAGS) == 0:
            alerts.append(some_flag(100_000 + number))
    every: list[RecordBody] = [*alerts, *(some_report(number) for number in range(REPORTS))]
    outbox = Outbox(state / FILE_NAME, node="room-a", clock=SystemClock())
    for begin in range(0, len(every), TOGETHER):
        outbox.put_together([(body,) for body in every[begin : begin + TOGETHER]])
    outbox.close()
    return alerts


def test_a_day_without_the_relay_waits_and_then_goes_out_in_order(browser: Browser, tmp_path: Path) -> None:
    gathered = a_day_gathers(tmp_path / "state")
    peer = RelayPeer()
    peer.start()
    peer.stop()  # its address is known, nobody answers there
    try:
        with small_wall(tmp_path, peer=peer) as agent:
            base_url = str(agent.http.base_url).rstrip("/")
            with watched_page(browser, base_url, "/?lang=zh-CN") as page:
                expect(page.locator(".queued")).to_have_text(re.compile(rf"^待发 {len(gathered)} 条$"), timeout=SOON_MS)
                expect(page.locator('.spot .tile[data-word="live"]')).to_have_count(1, timeout=SOON_MS)
                page.keyboard.press("Space")
                expect(page.locator(".flag .ladder").first).to_contain_text(
                    f"待发（{len(gathered) + 1}）", timeout=SOON_MS
                )
                alert_id = page.locator(".flag").first.get_attribute("data-flag")
                peer.start()
                expect(page.locator(".queued")).to_have_count(0, timeout=SOON_MS)
                expect(page.locator(".flag .ladder").first).to_have_text("已存 → 已送达", timeout=SOON_MS)
            waiting = agent.state()["outbox"]["pending"]
            assert waiting["a"] == 0
            wait_until(lambda: agent.state()["outbox"]["pending"]["b"] == 0, within_s=60, what="the reports drain")
    finally:
        peer.stop()
    assert peer.records[Stream.ALERTS][: len(gathered)] == gathered
    flags = [one.alert_id for one in peer.records[Stream.ALERTS][len(gathered) :] if isinstance(one, Flag)]
    assert flags == [alert_id]
    told = [one for one in peer.records[Stream.REPORTS] if isinstance(one, RoomHealth) and one.at < BEGIN_US + REPORTS]
    assert told == [some_report(number) for number in range(REPORTS)]
    assert peer.faults == []
