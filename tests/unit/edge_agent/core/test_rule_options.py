"""What all kinds of rules have in common: when they are armed, how large, where, how sure, and how grave in time."""

from datetime import datetime, timedelta

import pytest

from edge_agent.core.alerts import AlertEnded, AlertRaised
from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.core.rules import Crowd, Intrusion, LineCrossing, Loitering, Sizes, Stage
from edge_agent.core.schedules import schedule_of
from edge_agent.core.zones import Direction, Zone
from patrol_wire.ids import Severity
from tests.support.rule_plays import Film, ended, play, raised
from tests.support.seen import EVERYWHERE, MIDDLE, RIGHT_HALF, seen, walk

NIGHT = schedule_of(["daily 22:00-06:00"])
LEFT_THIRD = Zone(name="left", polygon=((0.0, 0.0), (0.3, 0.0), (0.3, 1.0), (0.0, 1.0)))


def clock(first: str, *, at_s: float) -> datetime:
    return datetime.fromisoformat(first) + timedelta(seconds=at_s)


def intrusion(**more: object) -> Intrusion:
    return Intrusion(name="in", category="intrusion", labels=("person",), zones=(EVERYWHERE,), **more)  # type: ignore[arg-type]  # keywords of the test


def stands(x: float, *, from_s: float = 0.0, until_s: float = float("inf")) -> Film:
    """Somebody whom the model is sure of stands in one place."""
    return lambda at_s: [seen("person", x)] if from_s <= at_s <= until_s else []


# --- schedule ----------------------------------------------------------------------------------------------------


def test_a_rule_sees_nothing_outside_its_windows() -> None:
    walker = walk("person", from_s=1.0, to_s=5.0, start=0.1, speed=0.1)
    rule = intrusion(schedule=NIGHT)
    assert raised(play(rule, walker, until_s=8.0, local=lambda s: clock("2026-11-02T21:00:00", at_s=s))) == []
    assert len(raised(play(rule, walker, until_s=8.0, local=lambda s: clock("2026-11-02T23:00:00", at_s=s)))) == 1


def test_without_a_clock_every_rule_is_armed() -> None:
    """A film without a known time is judged as if its windows were open; the command line says so."""
    walker = walk("person", from_s=1.0, to_s=5.0, start=0.1, speed=0.1)
    assert len(raised(play(intrusion(schedule=NIGHT), walker, until_s=8.0))) == 1


def test_an_open_alert_ends_when_the_window_closes() -> None:
    walker = walk("person", from_s=0.0, to_s=8.0, start=0.1, speed=0.1)
    changes = play(intrusion(schedule=NIGHT), walker, until_s=9.0, local=lambda s: clock("2026-11-03T05:59:56", at_s=s))
    (end,) = ended(changes)
    assert end.end_s == pytest.approx(3.8)  # the last picture before 06:00:00
    assert len(raised(changes)) == 1


def test_who_is_inside_when_the_window_opens_intrudes_from_then_on() -> None:
    walker = walk("person", from_s=0.0, to_s=8.0, start=0.1, speed=0.1)
    (alert,) = raised(
        play(intrusion(schedule=NIGHT), walker, until_s=9.0, local=lambda s: clock("2026-11-02T21:59:56", at_s=s))
    )
    assert alert.start_s == pytest.approx(4.0)


def test_a_dwell_begins_when_the_window_opens() -> None:
    """Who waited for the bus before ten is not a loiterer at ten."""
    rule = Loitering(name="stay", category="loitering", zones=(EVERYWHERE,), dwell_s=10.0, schedule=NIGHT)
    (alert,) = raised(play(rule, stands(0.5), until_s=30.0, local=lambda s: clock("2026-11-02T21:59:45", at_s=s)))
    assert (alert.start_s, alert.raised_s) == pytest.approx((15.0, 25.0))


# --- size --------------------------------------------------------------------------------------------------------


def block(height: float, *, width: float = 0.06) -> Film:
    """Somebody of a size who walks through the picture."""
    return lambda at_s: [Detection("person", 0.8, Box.around((0.1 + 0.1 * at_s, 0.5), width, height))]


@pytest.mark.parametrize(
    ("sizes", "height", "alerts"),
    [
        (Sizes(min_height=0.10), 0.12, 1),
        (Sizes(min_height=0.10), 0.09, 0),
        (Sizes(max_height=0.10), 0.12, 0),
        (Sizes(max_height=0.10), 0.09, 1),
        (Sizes(min_area=0.006), 0.12, 1),  # 0.06 × 0.12 = 0.0072
        (Sizes(min_area=0.008), 0.12, 0),
        (Sizes(max_area=0.006), 0.12, 0),
        (Sizes(max_area=0.008), 0.12, 1),
    ],
)
def test_only_things_of_the_wanted_size_count(sizes: Sizes, height: float, alerts: int) -> None:
    assert len(raised(play(intrusion(sizes=sizes), block(height), until_s=6.0))) == alerts


def test_what_was_large_enough_stays_so_while_its_box_trembles() -> None:
    def film(at_s: float) -> list[Detection]:
        high = 0.105 if at_s < 1.0 else 0.09
        return [Detection("person", 0.8, Box.around((0.1 + 0.05 * at_s, 0.5), 0.06, high))]

    changes = play(intrusion(sizes=Sizes(min_height=0.1)), film, until_s=10.0)
    assert len(raised(changes)) == 1
    assert ended(changes)[0].end_s == pytest.approx(10.0)


def test_what_becomes_too_small_for_a_moment_is_the_same_alert() -> None:
    """Half hidden behind a post for less than the linger."""

    def film(at_s: float) -> list[Detection]:
        high = 0.06 if 3.0 <= at_s <= 3.5 else 0.12
        return [Detection("person", 0.8, Box.around((0.1 + 0.05 * at_s, 0.5), 0.06, high))]

    changes = play(intrusion(sizes=Sizes(min_height=0.1), cool_down_s=0.0), film, until_s=8.0)
    assert len(raised(changes)) == 1
    assert ended(changes)[0].end_s == pytest.approx(8.0)


# --- where -------------------------------------------------------------------------------------------------------


def test_a_rule_with_two_zones_names_the_one_where_it_happens() -> None:
    rule = Intrusion(name="in", category="intrusion", labels=("person",), zones=(LEFT_THIRD, RIGHT_HALF))
    (alert,) = raised(play(rule, walk("person", from_s=0.0, to_s=3.0, start=0.95, speed=-0.1), until_s=4.0))
    assert alert.zone == "right"


def test_a_dwell_goes_on_from_one_zone_of_a_rule_into_another() -> None:
    touching = Zone(name="middle", polygon=((0.3, 0.0), (0.5, 0.0), (0.5, 1.0), (0.3, 1.0)))
    rule = Loitering(name="stay", category="loitering", zones=(touching, RIGHT_HALF), dwell_s=8.0)
    walker = walk("person", from_s=0.0, to_s=10.0, start=0.32, speed=0.03)
    (alert,) = raised(play(rule, walker, until_s=11.0))
    assert alert.start_s == pytest.approx(0.0)
    assert alert.zone == "right"


def test_each_zone_has_a_crowd_of_its_own() -> None:
    rule = Crowd(name="many", category="crowd", zones=(LEFT_THIRD, RIGHT_HALF), count=2, hold_s=1.0)
    two_and_one = [stands(0.6), stands(0.8), stands(0.1)]
    (alert,) = raised(play(rule, *two_and_one, until_s=5.0))
    assert alert.zone == "right"
    both = raised(play(rule, *two_and_one, stands(0.2), until_s=5.0))
    assert sorted(alert.zone for alert in both) == ["left", "right"]


@pytest.mark.parametrize(("margin", "alerts"), [(0.01, 2), (0.06, 1)])
def test_a_thing_leaves_when_it_is_outside_by_the_margin(margin: float, alerts: int) -> None:
    """Someone goes out by 0.04 for three seconds and comes in again."""

    def film(at_s: float) -> list[Detection]:
        way = min(at_s, 5.0) - max(0.0, min(at_s - 8.0, 2.0))
        return [seen("person", 0.96 - 0.1 * way)]

    rule = Intrusion(
        name="in", category="c", labels=("person",), zones=(RIGHT_HALF,), leave_margin=margin, cool_down_s=0.0
    )
    assert len(raised(play(rule, film, until_s=12.0))) == alerts


@pytest.mark.parametrize(("linger_s", "alerts"), [(1.0, 2), (4.0, 1)])
def test_a_condition_that_fails_for_less_than_the_linger_is_the_same_alert(linger_s: float, alerts: int) -> None:
    def film(at_s: float) -> list[Detection]:
        way = min(at_s, 5.5) - max(0.0, min(at_s - 6.5, 2.0))
        return [seen("person", 0.96 - 0.1 * way)]

    rule = Intrusion(
        name="in", category="c", labels=("person",), zones=(RIGHT_HALF,), linger_s=linger_s, cool_down_s=0.0
    )
    assert len(raised(play(rule, film, until_s=12.0))) == alerts


# --- stages ------------------------------------------------------------------------------------------------------

GROWING = Loitering(
    name="stay",
    category="loitering",
    severity=Severity.LOW,
    zones=(EVERYWHERE,),
    dwell_s=5.0,
    stages=(Stage(after_s=12.0, severity=Severity.NORMAL), Stage(after_s=20.0, severity=Severity.CRITICAL)),
)


def test_who_stays_is_raised_again_graver_as_the_same_thing() -> None:
    changes = play(GROWING, stands(0.5), until_s=30.0)
    alerts = raised(changes)
    assert [alert.severity for alert in alerts] == [Severity.LOW, Severity.NORMAL, Severity.CRITICAL]
    assert [alert.raised_s for alert in alerts] == pytest.approx([5.0, 12.0, 20.0])
    assert [alert.start_s for alert in alerts] == pytest.approx([0.0, 0.0, 0.0])
    assert [alert.clip_from_s for alert in alerts] == pytest.approx([0.0, 12.0, 20.0])
    assert [alert.stage for alert in alerts] == [0, 1, 2]
    assert len({alert.key for alert in alerts}) == 3


def test_one_thing_has_one_open_alert() -> None:
    """The stage before ends in the same picture, before the next one is told."""
    open_keys: set[int] = set()
    for change in play(GROWING, stands(0.5), until_s=30.0):
        if isinstance(change, AlertRaised):
            open_keys.add(change.key)
        elif isinstance(change, AlertEnded):
            open_keys.remove(change.key)
        assert len(open_keys) <= 1
    assert open_keys == set()


def test_who_leaves_in_time_never_grows_grave() -> None:
    assert [alert.severity for alert in raised(play(GROWING, stands(0.5, until_s=11.0), until_s=30.0))] == [
        Severity.LOW
    ]


def test_a_track_that_breaks_does_not_begin_its_stages_anew() -> None:
    first, second = stands(0.5, until_s=8.0), stands(0.5, from_s=11.0)
    alerts = raised(play(GROWING, first, second, until_s=30.0))
    assert [alert.severity for alert in alerts] == [Severity.LOW, Severity.NORMAL, Severity.CRITICAL]


def test_a_crowd_and_an_intrusion_grow_grave_in_the_same_way() -> None:
    stages = (Stage(after_s=6.0, severity=Severity.HIGH),)
    many = Crowd(name="many", category="crowd", zones=(EVERYWHERE,), count=2, hold_s=1.0, stages=stages)
    assert [a.severity for a in raised(play(many, stands(0.3), stands(0.6), until_s=9.0))] == [
        Severity.NORMAL,
        Severity.HIGH,
    ]
    walker = walk("person", from_s=0.0, to_s=8.0, start=0.1, speed=0.1)
    assert [a.severity for a in raised(play(intrusion(stages=stages), walker, until_s=9.0))] == [
        Severity.NORMAL,
        Severity.HIGH,
    ]


# --- to and fro on a line ----------------------------------------------------------------------------------------


def over(**more: object) -> LineCrossing:
    return LineCrossing(name="over", category="line", line=MIDDLE, cool_down_s=0.0, **more)  # type: ignore[arg-type]  # keywords of the test


def steps_back(*, after_s: float) -> Film:
    """Somebody crosses the line at 3.5 s, and goes back over it so long after."""

    def film(at_s: float) -> list[Detection]:
        turned_s = 3.5 + after_s / 2
        way = at_s if at_s <= turned_s else 2 * turned_s - at_s
        return [seen("person", 0.15 + 0.1 * way)] if at_s < 2 * turned_s else []

    return film


@pytest.mark.parametrize(
    ("debounce_s", "after_s", "alerts"),
    [
        (0.0, 1.0, 2),  # told at once: there, and back
        (2.0, 1.0, 0),  # back within the debounce: nobody crossed
        (2.0, 3.0, 2),  # back later: both ways are crossings
    ],
)
def test_who_is_back_within_the_debounce_has_not_crossed(debounce_s: float, after_s: float, alerts: int) -> None:
    changes = play(over(debounce_s=debounce_s), steps_back(after_s=after_s), until_s=15.0)
    assert len(raised(changes)) == alerts


def test_a_crossing_is_told_after_the_debounce_with_its_own_moment() -> None:
    walker = walk("person", from_s=0.0, to_s=8.0, start=0.15, speed=0.1)
    (alert,) = raised(play(over(debounce_s=2.0), walker, until_s=10.0))
    assert alert.start_s == pytest.approx(3.5, abs=0.05)
    assert 5.4 <= alert.raised_s <= 5.8


def test_who_leaves_the_picture_within_the_debounce_has_crossed() -> None:
    walker = walk("person", from_s=0.0, to_s=4.0, start=0.15, speed=0.1)
    (alert,) = raised(play(over(debounce_s=30.0), walker, until_s=12.0))
    assert alert.start_s == pytest.approx(3.5, abs=0.05)


def test_coming_back_is_no_crossing_in_the_other_direction_either() -> None:
    rule = over(debounce_s=2.0, direction=Direction.RIGHT_TO_LEFT)
    assert raised(play(rule, steps_back(after_s=1.0), until_s=15.0)) == []
    assert len(raised(play(rule, steps_back(after_s=4.0), until_s=15.0))) == 1


@pytest.mark.parametrize(("beyond", "alerts"), [(0.005, 1), (0.2, 0)])
def test_a_thing_must_go_beyond_the_line_by_the_margin_or_be_seen_there_twice(beyond: float, alerts: int) -> None:
    """It is seen beyond the line in one picture only, 0.03 behind it."""

    def film(at_s: float) -> list[Detection]:
        return [seen("person", 0.13 + 0.1 * at_s)] if at_s <= 4.01 else []

    assert len(raised(play(over(beyond=beyond), film, until_s=8.0, fps=2.5))) == alerts
