"""Judging again what was seen: sessions are apart, holes count for nothing, schedules are read."""

from datetime import datetime, timedelta

from edge_agent.core.boxes import Box
from edge_agent.core.replay import RuleReplay
from edge_agent.core.rules import Intrusion
from edge_agent.core.schedules import schedule_of
from edge_agent.core.tracks import Track
from edge_agent.core.zones import Zone

EVERYWHERE = Zone(name="all", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
WALL_S = 1_700_000_000.0
MORNING = datetime(2026, 11, 2, 8, 59, 30)  # noqa: DTZ001 - the wall of no place; a Monday


def rule(**keys: object) -> Intrusion:
    return Intrusion(name="in", category="intrusion", zones=(EVERYWHERE,), cool_down_s=5.0, **keys)  # type: ignore[arg-type]


def track(at_s: float) -> Track:
    box = Box(0.4, 0.4, 0.5, 0.6)
    return Track(
        track_id=1, label="person", score=0.9, box=box, velocity=(0.1, 0.0), first_s=0.0, last_s=at_s, first_box=box,
        hits=9, confirmed=True, travelled=True, seen_now=True, detection_score=0.9,
    )  # fmt: skip


def play(replay: RuleReplay, start_s: float, seconds: float, *, session: int = 1, media_from_s: float = 0.0) -> None:
    for number in range(int(seconds * 5)):
        at_s = media_from_s + number / 5
        replay.take(
            [track(at_s)],
            still=(),
            at_s=at_s,
            wall_s=WALL_S + start_s + number / 5,
            session=session,
            local=MORNING + timedelta(seconds=start_s + number / 5),
        )


def test_one_thing_is_told_once_with_the_clocks_time() -> None:
    replay = RuleReplay([rule()])
    play(replay, 0.0, 10.0)
    replay.close()
    (told,) = replay.alerts
    assert (told.rule, told.label, told.zone) == ("in", "person", "all")
    assert told.start_s == WALL_S
    assert told.end_s == WALL_S + 9.8
    assert round(replay.seen_s, 1) == 9.8


def test_another_session_is_another_thing_and_the_time_between_was_not_seen() -> None:
    replay = RuleReplay([rule()])
    play(replay, 0.0, 4.0)
    play(replay, 1000.0, 4.0, session=2)
    replay.close()
    assert [one.start_s - WALL_S for one in replay.alerts] == [0.0, 1000.0]
    assert round(replay.seen_s, 1) == 7.6


def test_a_camera_that_came_back_leaves_a_hole_and_not_an_hour() -> None:
    replay = RuleReplay([rule()])
    play(replay, 0.0, 2.0)
    play(replay, 600.0, 2.0, media_from_s=600.0)
    assert round(replay.seen_s, 1) == 3.6


def test_a_rule_is_armed_by_the_clock_of_its_time() -> None:
    scheduled = rule(schedule=schedule_of(["mon-fri 09:00-10:00"]))
    replay = RuleReplay([scheduled])
    play(replay, 0.0, 60.0)
    replay.close()
    assert round(replay.exposures["in"].armed_s, 1) == 30.0
    (told,) = replay.alerts
    assert told.start_s == WALL_S + 30.0, "who is inside when the window opens intrudes from then on"
