"""The heartbeat's own thread turns the day: at midnight in the city, after a restart, and when a report was refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from edge_agent.app.health_watch import HealthWatch
from edge_agent.app.heartbeat import Heartbeat, HeartbeatPlan
from edge_agent.core.outbox import OutboxLimits
from edge_agent.evidence.store import MediaStore
from edge_agent.link.relay_link import LinkState
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.outbox.store import Outbox
from edge_agent.settings.toml_file import parse_settings
from patrol_wire.codec import decode_record, encode_record
from patrol_wire.ids import Stream
from patrol_wire.records import Attestation, RoomHealth
from tests.support.manual_clock import ManualClock
from tests.support.records import some_alert
from tests.support.waiting import wait_until

EVENING_US = 1_790_006_399_000_000
"""The 21st of September 2026, one second before midnight in Shanghai."""
ROOM = '[room]\nname = "room"\n[[camera]]\nname = "gate"\nurl = "rtsp://127.0.0.1:1/gate"\n'


@contextmanager
def beating(outbox: Outbox, folder: Path, clock: ManualClock) -> Iterator[Heartbeat]:
    """Run the heartbeat of a room without cameras or relay."""
    link = LinkState(phase="open", endpoint="", reason="", since_us=0, clock_offset_s=0.0)
    metrics = RoomMetrics()
    media = MediaStore(folder / "media", limit_bytes=10_000_000, reserve_bytes=0)
    watch = HealthWatch(
        parse_settings(ROOM, source="test"),
        cameras={},
        outbox=outbox,
        media=media,
        link_state=lambda: link,
        disk_waits_s=lambda: 0.0,
        clock=clock,
        metrics=metrics,
    )
    plan = HeartbeatPlan(
        test_alert_every_s=0.0,
        time_zone=ZoneInfo("Asia/Shanghai"),
        agent_version="test",
        free_bytes=lambda: 1,
        clock_offset_s=lambda: 0.0,
        evidence_max_age_s=0.0,
        holds_evidence=False,
        relay_takes_media=lambda: False,
    )
    heartbeat = Heartbeat(plan, cameras={}, outbox=outbox, media=media, health=watch, clock=clock, metrics=metrics)
    heartbeat.start()
    try:
        yield heartbeat
    finally:
        heartbeat.stop()


def looked(heartbeat: Heartbeat) -> None:
    """Wait until it has looked once more, with the time as it is now."""
    rounds = heartbeat.rounds
    wait_until(lambda: heartbeat.rounds >= rounds + 2, within_s=10, what="the heartbeat has looked")


def attested(outbox: Outbox) -> list[tuple[str, int, int, dict[str, int]]]:
    bodies = [decode_record(record.body) for record in outbox.unsettled(Stream.REPORTS, 0, 1_000)]
    return [(body.day, body.first_seq, body.last_seq, body.alerts) for body in bodies if isinstance(body, Attestation)]


def test_the_day_is_attested_at_midnight_in_the_city_and_once(tmp_path: Path) -> None:
    clock = ManualClock(now_us=EVENING_US)
    outbox = Outbox(tmp_path / "outbox.sqlite3", node="room", clock=clock)
    with beating(outbox, tmp_path, clock) as heartbeat:
        looked(heartbeat)
        outbox.put(some_alert(1))
        assert attested(outbox) == []
        clock.advance(61.0)
        looked(heartbeat)
        assert attested(outbox) == [("2026-09-21", 1, 1, {"intrusion": 1})]
        clock.advance(3_600.0)
        looked(heartbeat)
        assert len(attested(outbox)) == 1
    outbox.close()


def test_a_room_that_was_off_for_days_attests_the_day_it_left_open(tmp_path: Path) -> None:
    clock = ManualClock(now_us=EVENING_US)
    for days in (0, 3):
        clock.advance(days * 86_400.0)
        outbox = Outbox(tmp_path / "outbox.sqlite3", node="room", clock=clock)
        with beating(outbox, tmp_path, clock) as heartbeat:
            looked(heartbeat)
            if days == 0:
                outbox.put(some_alert(1))
            found = attested(outbox)
        outbox.close()
    assert found == [("2026-09-21", 1, 1, {"intrusion": 1})]


def test_an_attestation_that_found_no_room_is_tried_again(tmp_path: Path) -> None:
    clock = ManualClock(now_us=EVENING_US)
    size = len(encode_record(some_alert(1)))
    outbox = Outbox(tmp_path / "outbox.sqlite3", node="room", clock=clock, limits=OutboxLimits(max_bytes=2 * size + 5))
    with beating(outbox, tmp_path, clock) as heartbeat:
        looked(heartbeat)
        seq = outbox.put(some_alert(1)).seq
        outbox.put(some_alert(2))  # the reports give way; nothing more fits
        clock.advance(61.0)
        looked(heartbeat)
        assert attested(outbox) == []
        outbox.settle(Stream.ALERTS, stored=seq + 1, final=seq + 1)
        clock.advance(61.0)
        looked(heartbeat)
        assert attested(outbox) == [("2026-09-21", 1, 2, {"intrusion": 2})]
        reports = [decode_record(record.body) for record in outbox.unsettled(Stream.REPORTS, 0, 1_000)]
        assert any(isinstance(body, RoomHealth) for body in reports)
    outbox.close()
