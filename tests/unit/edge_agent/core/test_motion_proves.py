"""What only differs from the background and does not move proves nothing: it is not believed, and nothing is told of it
that is about coming and going. What legitimately stands is told of as ever.

The storms are what the tracker was given in three drawn thunderstorms in which nobody was.
"""

from itertools import pairwise

import pytest

from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.rules import AnyRule, Intrusion, LineCrossing, Loitering, StoppedVehicle, WrongWay
from edge_agent.core.tracks import Tracker
from tests.support.rule_plays import Film, play, raised
from tests.support.seen import EVERYWHERE, MIDDLE, RIGHT_HALF, box_at

PAVEMENT = {
    22.0: (0.69, Box(0.55, 0.93, 0.62, 0.99)),
    22.6: (0.0, Box(0.57, 0.93, 0.65, 0.99)),
    23.0: (0.0, Box(0.55, 0.89, 0.68, 0.99)),
    23.2: (0.0, Box(0.54, 0.91, 0.68, 0.99)),
    23.4: (0.0, Box(0.65, 0.92, 0.74, 0.99)),
    23.6: (0.0, Box(0.65, 0.90, 0.76, 0.99)),
    24.4: (0.80, Box(0.74, 0.92, 0.83, 0.99)),
}
"""A patch of pavement at the edge of a cloud's shadow in the rain: how much of it moves, and its box."""
BUSH = {
    37.8: (0.53, Box(0.38, 0.68, 0.43, 0.77)),
    38.2: (0.0, Box(0.39, 0.69, 0.47, 0.84)),
    39.0: (0.0, Box(0.49, 0.87, 0.63, 0.99)),
    39.2: (0.0, Box(0.48, 0.70, 0.61, 0.89)),
    39.6: (0.62, Box(0.60, 0.90, 0.69, 0.99)),
}
"""The next: it ended beyond the line."""
GUST = {
    21.8: (0.60, Box(0.50, 0.61, 0.56, 0.67)),
    22.6: (0.42, Box(0.48, 0.65, 0.53, 0.69)),
    22.8: (0.0, Box(0.47, 0.60, 0.56, 0.72)),
    23.2: (0.52, Box(0.52, 0.59, 0.64, 0.69)),
    23.4: (0.0, Box(0.59, 0.63, 0.71, 0.72)),
    23.6: (0.46, Box(0.48, 0.58, 0.64, 0.70)),
    23.8: (0.51, Box(0.49, 0.58, 0.71, 0.70)),
    24.0: (0.64, Box(0.61, 0.62, 0.68, 0.71)),
}
"""In another's first wind: it moved often enough, and lay elsewhere in between without moving."""


def storm(pictures: dict[float, tuple[float, Box]]) -> Film:
    def film(at_s: float) -> list[Detection]:
        found = pictures.get(round(at_s, 1))
        return [] if found is None else [Detection(MOVING_OBJECT, *found)]

    return film


def goes(*stops: tuple[float, float], moves_until_s: float = float("inf")) -> Film:
    """Return motion that goes from one (second, x) to the next; its box moves no more after ``moves_until_s``."""

    def film(at_s: float) -> list[Detection]:
        for (from_s, x1), (to_s, x2) in pairwise(stops):
            if from_s <= at_s <= to_s:
                x = x1 + (at_s - from_s) / (to_s - from_s) * (x2 - x1)
                return [Detection(MOVING_OBJECT, 0.6 if at_s <= moves_until_s else 0.0, box_at(x))]
        return []

    return film


def both(*films: Film) -> Film:
    return lambda at_s: [detection for film in films for detection in film(at_s)]


def intrusion(**more: object) -> Intrusion:
    return Intrusion(name="in", category="intrusion", zones=(EVERYWHERE,), **more)  # type: ignore[arg-type]  # keywords of the test


def crossing(**more: object) -> LineCrossing:
    return LineCrossing(name="over", category="line", line=MIDDLE, **more)  # type: ignore[arg-type]  # as above


def wrong_way() -> WrongWay:
    return WrongWay(name="ghost", category="wrong_way", zones=(EVERYWHERE,), way=((0.9, 0.5), (0.1, 0.5)))


@pytest.mark.parametrize("pictures", [PAVEMENT, BUSH, GUST])
@pytest.mark.parametrize("rule", [intrusion(), crossing(), wrong_way()])
def test_a_thing_of_the_storm_is_nothing(pictures: dict[float, tuple[float, Box]], rule: AnyRule) -> None:
    assert raised(play(rule, storm(pictures), until_s=45.0)) == []


def test_however_long_it_stands_only_pictures_in_which_it_moves_make_it_believed() -> None:
    tracker = Tracker()
    believed: list[bool] = []
    for number, moves in enumerate([1, 1, *[0] * 20, 1, 1, 1, 1, 1]):
        x = 0.20 + 0.03 * number if number < 2 else 0.23 + 0.02 * max(0, number - 21)
        (track,) = tracker.step([Detection(MOVING_OBJECT, 0.6 * moves, box_at(x))], 0.2 * number)
        believed.append(track.confirmed)
    assert not any(believed[:22])
    assert believed[-1]


def test_who_creeps_and_stands_in_between_is_believed_once_the_way_is_long_enough() -> None:
    """A third of the width at a time, where it stood: the way is the sum of the steps."""
    tracker = Tracker()
    believed: list[bool] = []
    for number in range(32):  # a step counts as moving for still_s after it
        detection = Detection(MOVING_OBJECT, 0.6 if number % 8 < 4 else 0.0, box_at(0.2 + 0.02 * (number // 8)))
        (track,) = tracker.step([detection], 0.2 * number)
        believed.append(track.confirmed)
    assert not any(believed[:24])
    assert believed[-1]


def test_what_lies_elsewhere_without_having_moved_begins_its_way_anew() -> None:
    tracker = Tracker()
    for number, (moves, x) in enumerate([(1, 0.20), (0, 0.235), (1, 0.27), (1, 0.275), (1, 0.28)]):
        (track,) = tracker.step([Detection(MOVING_OBJECT, 0.6 * moves, box_at(x))], 0.2 * number)
    assert not track.travelled
    (track,) = tracker.step([Detection(MOVING_OBJECT, 0.6, box_at(0.33))], 1.0)
    assert track.confirmed, "further on by half its size from where it moved again"


def test_a_name_by_the_model_counts_whether_it_moves_or_not() -> None:
    tracker = Tracker()
    looks = [Detection("person", 0.8, box_at(0.5)), *[Detection(MOVING_OBJECT, 0.0, box_at(0.5))] * 2]
    believed = [tracker.step([look], 0.2 * number)[0].confirmed for number, look in enumerate(looks)]
    assert believed == [False, False, True]


JUMPS = both(goes((0.0, 0.1), (2.0, 0.4)), goes((2.2, 0.44), (2.4, 0.46), (2.6, 0.5), (3.0, 0.62), moves_until_s=2.0))
"""Somebody walks up to the middle; what differs there then reaches over it without moving."""


@pytest.mark.parametrize(
    "rule", [Intrusion(name="in", category="intrusion", zones=(RIGHT_HALF,), labels=(MOVING_OBJECT,)), crossing()]
)
def test_a_box_that_grows_over_the_line_without_moving_has_not_come(rule: AnyRule) -> None:
    assert raised(play(rule, JUMPS, until_s=3.0)) == []
    (alert,) = raised(play(rule, both(JUMPS, goes((3.2, 0.66), (5.0, 0.9))), until_s=6.0))
    assert alert.raised_s >= 3.2


def test_a_box_that_jumps_against_the_way_without_moving_goes_no_wrong_way() -> None:
    """Two own sizes within a second would be enough of it."""
    film = goes((0.0, 0.30), (1.0, 0.36), (2.0, 0.60), moves_until_s=1.0)
    assert raised(play(wrong_way(), film, until_s=2.0)) == []
    assert raised(play(wrong_way(), goes((0.0, 0.30), (1.0, 0.36), (2.0, 0.60)), until_s=2.0)) != []


def test_who_steps_over_the_line_and_stands_there_is_told_after_the_debounce() -> None:
    """The crossing was seen moving; that nobody came back needs no motion."""
    film = goes((0.0, 0.3), (2.4, 0.54), (8.0, 0.54), moves_until_s=2.8)
    (alert,) = raised(play(crossing(debounce_s=3.0), film, until_s=8.0))
    assert alert.start_s == pytest.approx(2.0, abs=0.3)
    assert alert.raised_s == pytest.approx(alert.start_s + 3.0, abs=0.3)


@pytest.mark.parametrize(
    "rule",
    [
        Loitering(name="stays", category="loitering", zones=(EVERYWHERE,), dwell_s=5.0),
        StoppedVehicle(name="stops", category="stop", zones=(EVERYWHERE,), stop_s=5.0),
    ],
)
def test_who_stays_is_told_while_standing(rule: AnyRule) -> None:
    (alert,) = raised(play(rule, goes((0.0, 0.2), (2.0, 0.5), (9.0, 0.5), moves_until_s=2.6), until_s=9.0))
    assert alert.raised_s > 2.6


def test_an_intrusion_waits_for_the_next_move_and_loses_no_time_of_its_beginning() -> None:
    """Three pictures in which it moved make it believed; the rule wants six, and it stands meanwhile."""
    film = both(goes((0.0, 0.2), (0.4, 0.26), (6.1, 0.26), moves_until_s=0.5), goes((6.2, 0.28), (8.0, 0.5)))
    (alert,) = raised(play(intrusion(min_frames=6), film, until_s=8.0))
    assert alert.start_s == 0.0
    assert alert.raised_s == pytest.approx(6.2)
