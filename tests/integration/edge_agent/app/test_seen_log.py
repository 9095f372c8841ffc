"""What is kept of what was seen is enough to judge it again, lasts an hour, and hurts nobody when it cannot be kept."""

from datetime import UTC
from pathlib import Path

from edge_agent.app.seen_log import KEPT_MINUTES, SeenLog
from edge_agent.core.replay import RuleReplay
from edge_agent.core.schedules import local_time
from edge_agent.detect.picture_seen import MINUTE_US, packed_seen, pictures_since, read_seen
from edge_agent.detect.room_rules import rules_of
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.settings.toml_file import parse_settings
from tests.support.analysed import CAMERA, analysed, pictures
from tests.support.manual_clock import ManualClock

NOW_US = 1_700_000_000_000_000


def picture(at_us: int) -> bytes:
    return packed_seen(captured_at=at_us, media_s=at_us / 1e6, session=1, labels=(), tracks=(), still=None)


def lost(metrics: RoomMetrics, reason: str) -> float:
    labels = {"kind": "seen", "reason": reason}
    return metrics.registry.get_sample_value("patrol_room_lost_total", labels) or 0.0


def test_a_replay_tells_the_very_alerts_that_the_analysis_told() -> None:
    settings = parse_settings(CAMERA.format(name="gate"), source="room.toml")
    with analysed(settings) as running:
        for number, shown in enumerate(pictures()):
            running.show("gate", number, shown)
        seen, told = [read_seen(one) for _, one in running.seen], running.raised("gate")
    replay = RuleReplay(rules_of(settings.cameras[0]))
    for one in seen:
        local = local_time(one.captured_at, UTC)
        replay.take(
            one.tracks, still=one.still or (), at_s=one.media_s, wall_s=one.media_s, session=one.session, local=local
        )
    assert told
    assert [(one.rule, one.start_s, one.thing) for one in replay.alerts] == [
        (one.rule, one.start_s, one.track_id) for one in told
    ]


def test_the_last_hour_is_kept_over_a_restart_and_no_more(tmp_path: Path) -> None:
    clock = ManualClock(now_us=NOW_US)
    for _ in range(2):
        log = SeenLog(tmp_path, ["gate"], clock=clock, metrics=RoomMetrics())
        log.start()
        log.keep("gate", picture(clock.now_us()))
        log.stop()
        clock.advance(60.0)
    assert [one.captured_at for one in pictures_since(tmp_path / "gate", 0)] == [NOW_US, NOW_US + MINUTE_US]
    assert [one.captured_at for one in pictures_since(tmp_path / "gate", NOW_US + 1)] == [NOW_US + MINUTE_US]
    clock.advance((KEPT_MINUTES - 2) * 60.0)
    log.forget()
    assert [one.captured_at for one in pictures_since(tmp_path / "gate", 0)] == [NOW_US + MINUTE_US]


def test_what_a_power_cut_left_half_is_left_out(tmp_path: Path) -> None:
    log = SeenLog(tmp_path, ["gate"], clock=ManualClock(now_us=NOW_US), metrics=RoomMetrics())
    for number in range(3):
        log.keep("gate", picture(NOW_US + number))
        log.write()
    (file,) = (tmp_path / "gate").iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    assert [one.captured_at for one in pictures_since(tmp_path / "gate", 0)] == [NOW_US, NOW_US + 1]


def test_a_disk_that_refuses_is_counted_and_the_newest_pictures_stay(tmp_path: Path) -> None:
    metrics = RoomMetrics()
    (tmp_path / "seen").write_text("a file where the folder should be")
    log = SeenLog(tmp_path / "seen", ["gate"], clock=ManualClock(now_us=NOW_US), metrics=metrics)
    log.keep("gate", picture(NOW_US))
    log.write()
    assert lost(metrics, "disk") == 1
    assert [number for number, _ in log.newest("gate", after=0)] == [1]
    assert log.newest("gate", after=1) == []


def test_the_last_writing_before_a_stop_ends_no_thread_with_its_fault(tmp_path: Path) -> None:
    """A disk that refuses is counted as lost; whatever else goes wrong (here a name no system takes), as a fault."""
    metrics = RoomMetrics()
    (tmp_path / "seen").write_text("a file where the folder should be")
    for folder in (tmp_path / "seen", tmp_path / "no\0name"):
        log = SeenLog(folder, ["gate"], clock=ManualClock(now_us=NOW_US), metrics=metrics)
        log.start()
        log.keep("gate", picture(NOW_US))
        log.stop()
    assert lost(metrics, "disk") == 1
    assert metrics.registry.get_sample_value("patrol_room_faults_total", {"part": "seen"}) == 1
