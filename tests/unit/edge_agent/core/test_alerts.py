"""Alerts: one for one thing, for every thing one, and none for what stood there all along."""

from dataclasses import replace

import pytest

from edge_agent.core.alerts import (
    TRANSITIONS,
    AlertBook,
    AlertChange,
    AlertState,
    AlertStep,
    AlertUpdated,
    step,
)
from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.rules import Crowd, Intrusion, LineCrossing, Loitering
from edge_agent.core.tracks import Tracker
from edge_agent.core.zones import Direction
from tests.support.rule_plays import ended, play, raised
from tests.support.seen import EVERYWHERE, MIDDLE, RIGHT_HALF, seen, walk


def intrusion(**more: object) -> Intrusion:
    labels = {"labels": ("person", "bicycle"), **more}
    return Intrusion(name="in", category="intrusion", zones=(EVERYWHERE,), **labels)  # type: ignore[arg-type]  # keywords of the test


def crossing(direction: Direction = Direction.BOTH) -> LineCrossing:
    return LineCrossing(name="over", category="line", line=MIDDLE, direction=direction)


def test_a_walker_alerts_once_from_first_to_last_sight() -> None:
    changes = play(intrusion(), walk("person", from_s=1.0, to_s=5.0, start=0.1, speed=0.1), until_s=10.0)
    (alert,) = raised(changes)
    assert alert.start_s == pytest.approx(1.0)
    (end,) = ended(changes)
    assert end.key == alert.key
    assert end.end_s == pytest.approx(5.0)


def test_two_riders_five_seconds_apart_on_the_same_way_both_alert() -> None:
    changes = play(
        intrusion(cool_down_s=30.0),
        walk("bicycle", from_s=1.0, to_s=4.0, start=0.1, speed=0.25),
        walk("bicycle", from_s=6.0, to_s=9.0, start=0.1, speed=0.25),
        until_s=14.0,
    )
    assert [alert.start_s for alert in raised(changes)] == pytest.approx([1.0, 6.0])


def test_one_coming_out_of_the_door_where_another_went_in_alerts() -> None:
    changes = play(
        intrusion(),
        walk("person", from_s=0.0, to_s=3.0, start=0.2, speed=0.1),
        walk("person", from_s=6.0, to_s=9.0, start=0.5, speed=-0.1),
        until_s=12.0,
    )
    assert len(raised(changes)) == 2


def test_a_broken_track_is_the_same_alert() -> None:
    """The person hides behind a post for longer than a track lives, and comes out where one would expect."""
    changes = play(
        intrusion(),
        walk("person", from_s=0.0, to_s=2.0, start=0.1, speed=0.1),
        walk("person", from_s=3.6, to_s=6.0, start=0.46, speed=0.1),
        until_s=9.0,
    )
    assert len(raised(changes)) == 1


def test_a_name_stays_when_only_motion_sees_the_thing_go_on() -> None:
    """The model named the car; the track broke, and the rest of the way only motion saw it."""
    rule = Intrusion(name="in", category="intrusion", zones=(EVERYWHERE,), labels=("person", MOVING_OBJECT))
    book = AlertBook([rule])
    tracks = [
        Tracker().step([seen("person", 0.1)], 0.0)[0],
        Tracker().step([Detection(MOVING_OBJECT, 0.8, seen("person", 0.5).box)], 0.0)[0],
    ]
    changes: list[AlertChange] = []
    for number in range(20):
        track = replace(
            tracks[number // 10],
            track_id=1 + number // 10,
            first_s=number // 10 * 2.0,
            first_box=seen("person", 0.2 + 0.2 * (number // 10)).box,
            box=seen("person", 0.2 + 0.02 * number).box,
            confirmed=True,
            travelled=True,
            velocity=(0.1, 0.0),
            last_s=number * 0.2,
        )
        changes.extend(book.step([track], number * 0.2))
    changes.extend(book.close())
    assert len(raised(changes)) == 1
    (end,) = ended(changes)
    assert end.label == "person"
    assert end.end_s == pytest.approx(3.8)


def test_what_flickers_in_its_place_alerts_once() -> None:
    """Someone comes, stands still and is found and lost again for a minute."""

    def film(at_s: float) -> list[Detection]:
        if at_s < 2.0:
            return [seen("person", 0.2 + 0.1 * at_s)]
        return [seen("person", 0.4)] if at_s < 3.0 or int(at_s) % 6 < 2 else []

    assert len(raised(play(intrusion(), film, until_s=60.0))) == 1


def test_a_rider_and_the_bicycle_are_one_alert() -> None:
    def film(at_s: float) -> list[Detection]:
        x = 0.1 + 0.1 * at_s
        return [
            Detection("person", 0.7, Box.around((x, 0.40), 0.04, 0.10)),
            Detection("bicycle", 0.6, Box.around((x, 0.48), 0.08, 0.08)),
        ]

    assert len(raised(play(intrusion(), film, until_s=6.0))) == 1


def rider(at_s: float, *, motorcycle_until_s: float, person_from_s: float) -> list[Detection]:
    """A rider from above: taken for a motorcycle first, then for two people."""
    x = 0.05 + 0.1 * at_s
    lower = "motorcycle" if at_s < motorcycle_until_s else "person"
    wheels = Detection(lower, 0.8, Box.around((x, 0.48), 0.08, 0.08))
    above = Detection("person", 0.7, Box.around((x, 0.40), 0.04, 0.10))
    return [wheels, above] if at_s >= person_from_s else [wheels]


@pytest.mark.parametrize(("min_frames", "start_s"), [(2, 2.0), (8, 0.0)])
def test_a_rider_is_told_once_though_the_motorcycle_is_taken_for_a_person_later(
    min_frames: int, start_s: float
) -> None:
    """The rule does not name motorcycles, so the rider's upper half is told, with the start of the lower one if the two
    have been together for a second by then."""
    changes = play(
        intrusion(min_frames=min_frames),
        lambda at_s: rider(at_s, motorcycle_until_s=5.0, person_from_s=2.0),
        until_s=9.0,
    )
    (alert,) = raised(changes)
    assert alert.start_s == pytest.approx(start_s)


def test_two_people_side_by_side_are_two_alerts() -> None:
    changes = play(
        intrusion(),
        walk("person", from_s=0.0, to_s=5.0, start=0.1, speed=0.1, y=0.4),
        walk("person", from_s=0.0, to_s=5.0, start=0.12, speed=0.1, y=0.5),
        until_s=6.0,
    )
    assert len(raised(changes)) == 2


def test_what_stood_there_all_along_does_not_intrude() -> None:
    assert play(intrusion(), lambda _: [seen("person", 0.5)], until_s=20.0) == []


def test_a_thing_of_another_label_does_not_alert() -> None:
    assert play(intrusion(), walk("dog", from_s=0.0, to_s=5.0, start=0.1, speed=0.1), until_s=6.0) == []


def test_fewer_pictures_than_asked_for_do_not_alert() -> None:
    film = walk("person", from_s=0.0, to_s=1.0, start=0.1, speed=0.2)  # six pictures
    assert len(raised(play(intrusion(min_frames=6), film, until_s=5.0))) == 1
    assert raised(play(intrusion(min_frames=7), film, until_s=5.0)) == []


def test_the_moment_of_a_crossing_lies_between_the_pictures() -> None:
    film = walk("person", from_s=0.0, to_s=6.0, start=0.13, speed=0.1)
    (alert,) = raised(play(crossing(), film, until_s=7.0, fps=2.0))
    assert alert.start_s == pytest.approx(3.7, abs=0.02)


@pytest.mark.parametrize(
    ("direction", "speed", "alerts"),
    [
        (Direction.LEFT_TO_RIGHT, 0.1, 1),
        (Direction.LEFT_TO_RIGHT, -0.1, 0),
        (Direction.RIGHT_TO_LEFT, -0.1, 1),
        (Direction.RIGHT_TO_LEFT, 0.1, 0),
        (Direction.BOTH, -0.1, 1),
    ],
)
def test_only_the_wanted_direction_counts(direction: Direction, speed: float, alerts: int) -> None:
    film = walk("person", from_s=0.0, to_s=6.0, start=0.5 - 3.0 * speed, speed=speed)
    assert len(raised(play(crossing(direction), film, until_s=7.0))) == alerts


def test_going_to_and_fro_on_the_line_counts_once() -> None:
    def film(at_s: float) -> list[Detection]:
        return [seen("person", min(0.5, 0.2 + 0.1 * at_s) + (0.012 if int(at_s * 5) % 2 else -0.012))]

    assert len(raised(play(crossing(), film, until_s=12.0))) == 1


def test_loitering_needs_the_dwell_and_forgives_a_short_step_out() -> None:
    rule = Loitering(name="stay", category="loitering", zones=(RIGHT_HALF,), dwell_s=10.0, grace_s=2.0)

    def film(at_s: float) -> list[Detection]:
        return [seen("person", 0.45 if 4.0 <= at_s <= 5.0 else 0.6)]

    (alert,) = raised(play(rule, film, until_s=15.0))
    assert alert.start_s == pytest.approx(0.0)
    assert alert.raised_s == pytest.approx(10.0)


def test_loitering_begins_anew_after_a_real_absence() -> None:
    rule = Loitering(name="stay", category="loitering", zones=(RIGHT_HALF,), dwell_s=10.0, grace_s=1.0)

    def film(at_s: float) -> list[Detection]:
        """Walks out of the zone after four seconds and comes back after seven."""
        return [seen("person", min(0.6, max(0.45, 0.6 - 0.25 * (at_s - 4.0), 0.45 + 0.25 * (at_s - 7.0))))]

    (alert,) = raised(play(rule, film, until_s=19.0))
    assert alert.start_s == pytest.approx(7.2, abs=0.21)


def test_a_crowd_alerts_once_it_held_and_not_again_for_one_who_is_hidden_a_moment() -> None:
    rule = Crowd(name="many", category="crowd", zones=(EVERYWHERE,), count=3, hold_s=2.0)

    def film(at_s: float) -> list[Detection]:
        people = [seen("person", 0.2), seen("person", 0.4), seen("person", 0.6)]
        return people[:2] if 5.0 <= at_s <= 5.6 else people

    (alert,) = raised(play(rule, film, until_s=12.0))
    assert alert.track_id == 0
    assert alert.raised_s == pytest.approx(2.4)
    assert alert.box.left == pytest.approx(0.17)
    assert alert.box.right == pytest.approx(0.63)


def test_two_are_no_crowd_of_three() -> None:
    rule = Crowd(name="many", category="crowd", zones=(EVERYWHERE,), count=3, hold_s=0.0)
    assert play(rule, lambda _: [seen("person", 0.2), seen("person", 0.4)], until_s=5.0) == []


def test_every_step_of_the_machine_is_in_its_table_or_an_error() -> None:
    for state in AlertState:
        for alert_step in AlertStep:
            if (state, alert_step) in TRANSITIONS:
                assert step(state, alert_step) is TRANSITIONS[state, alert_step]
            else:
                with pytest.raises(KeyError):
                    step(state, alert_step)


def test_what_only_differs_and_does_not_move_is_not_a_better_picture_every_time() -> None:
    """Motion scores a thing that stands still at 0; a snapshot for each picture of it would fill the disk."""
    rule = Loitering(name="stay", category="loitering", zones=(EVERYWHERE,), dwell_s=5.0)

    def film(at_s: float) -> list[Detection]:
        moves = at_s < 2.0
        box = seen("person", 0.2 + 0.1 * min(at_s, 2.0)).box
        return [Detection(MOVING_OBJECT, 0.8 if moves else 0.0, box)]

    changes = play(rule, film, until_s=20.0)
    assert len(raised(changes)) == 1
    assert [change for change in changes if isinstance(change, AlertUpdated)] == []
