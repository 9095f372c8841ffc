"""Wrong way: so far, so straight and so fast against the arrow that is drawn for the zone."""

import math
from itertools import pairwise

import pytest

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.core.rules import WrongWay
from edge_agent.core.zones import Zone
from tests.support.rule_plays import Film, ended, play, raised
from tests.support.seen import EVERYWHERE, RIGHT_HALF

RIGHTWARD = ((0.1, 0.5), (0.9, 0.5))


def rule(*, zone: Zone = EVERYWHERE, **more: object) -> WrongWay:
    return WrongWay(name="ghost", category="wrong_way", zones=(zone,), way=RIGHTWARD, **more)  # type: ignore[arg-type]  # keywords of the test


def drives(*stops: tuple[float, float, float]) -> Film:
    """Return a car that goes straight from one (second, x, y) to the next; own size 0.08."""

    def film(at_s: float) -> list[Detection]:
        for (from_s, x1, y1), (to_s, x2, y2) in pairwise(stops):
            if from_s <= at_s < to_s:
                done = (at_s - from_s) / (to_s - from_s)
                place = (x1 + done * (x2 - x1), y1 + done * (y2 - y1))
                return [Detection("car", 0.8, Box.around(place, 0.1, 0.06))]
        return []

    return film


def test_against_the_way_alerts_and_along_it_does_not() -> None:
    (alert,) = raised(play(rule(), drives((0.0, 0.9, 0.5), (5.0, 0.2, 0.5)), until_s=6.0))
    assert (alert.rule, alert.label, alert.zone) == ("ghost", "car", "all")
    assert alert.start_s == pytest.approx(0.0, abs=0.5)
    assert alert.raised_s == pytest.approx(0.16 / 0.14, abs=0.4)  # two own sizes at 0.14 a second
    assert raised(play(rule(), drives((0.0, 0.1, 0.5), (5.0, 0.9, 0.5)), until_s=6.0)) == []


@pytest.mark.parametrize(
    ("degrees", "alerts"),
    [
        (180.0, 1),  # right against it
        (130.0, 1),  # 50 degrees off the opposite
        (110.0, 0),  # 70 degrees off: across
        (90.0, 0),
        (0.0, 0),
    ],
)
def test_only_about_the_opposite_direction_is_wrong(degrees: float, alerts: int) -> None:
    across, down = 0.7 * math.cos(math.radians(degrees)), 0.7 * math.sin(math.radians(degrees))
    film = drives((0.0, 0.5 - across / 2, 0.5 - down / 2), (5.0, 0.5 + across / 2, 0.5 + down / 2))
    assert len(raised(play(rule(tolerance_deg=60.0), film, until_s=6.0))) == alerts


def test_reversing_into_a_gap_is_no_wrong_way() -> None:
    """It passes the gap and comes back by one and a half of its own sizes."""
    film = drives((0.0, 0.1, 0.5), (3.0, 0.6, 0.5), (5.0, 0.48, 0.5), (9.0, 0.48, 0.45))
    assert raised(play(rule(), film, until_s=10.0)) == []


def test_who_turns_round_begins_where_they_turned() -> None:
    film = drives((0.0, 0.1, 0.5), (3.0, 0.6, 0.5), (6.0, 0.1, 0.5))
    (alert,) = raised(play(rule(), film, until_s=7.0))
    assert alert.start_s == pytest.approx(3.0, abs=0.4)


def test_who_waits_before_setting_out_backwards_is_not_taken_for_slow() -> None:
    film = drives((0.0, 0.1, 0.5), (3.0, 0.6, 0.5), (30.0, 0.6, 0.5), (33.0, 0.2, 0.5))
    (alert,) = raised(play(rule(), film, until_s=34.0))
    assert alert.start_s == pytest.approx(30.0, abs=0.5)


def test_what_creeps_back_is_pushed_or_drifts_and_does_not_alert() -> None:
    film = drives((0.0, 0.1, 0.5), (3.0, 0.6, 0.5), (43.0, 0.2, 0.5))
    assert raised(play(rule(speed=0.3), film, until_s=44.0)) == []
    assert len(raised(play(rule(speed=0.0), film, until_s=44.0))) == 1


def test_only_the_stretch_inside_the_zone_counts() -> None:
    """Of its whole way only 0.1 lies inside, not two own sizes."""
    film = drives((0.0, 0.6, 0.5), (4.0, 0.1, 0.5))
    assert raised(play(rule(zone=RIGHT_HALF), film, until_s=5.0)) == []
    film = drives((0.0, 0.9, 0.5), (6.0, 0.1, 0.5))
    (end,) = ended(play(rule(zone=RIGHT_HALF), film, until_s=7.0))
    assert end.end_s == pytest.approx(3.0, abs=0.5)


def test_a_parked_car_whose_box_trembles_goes_nowhere() -> None:
    def film(at_s: float) -> list[Detection]:
        tremble = 0.012 * math.sin(40 * at_s)
        return [Detection("car", 0.9, Box.around((0.5 + tremble, 0.5), 0.1, 0.06 + tremble))]

    assert raised(play(rule(), film, until_s=60.0)) == []


def test_people_may_walk_either_way() -> None:
    def film(at_s: float) -> list[Detection]:
        return [Detection("person", 0.9, Box.around((0.9 - 0.15 * at_s, 0.5), 0.05, 0.12))] if at_s < 5.0 else []

    assert raised(play(rule(), film, until_s=6.0)) == []
