"""Abandoned objects: whose a thing is, whether they are with it, and what is none."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from edge_agent.core.alerts import AlertBook
from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.rules import AbandonedObject, Sizes
from edge_agent.core.schedules import schedule_of
from edge_agent.core.still_places import StillPlace
from edge_agent.core.tracks import Tracker
from tests.support.rule_plays import Film, ended, play, raised
from tests.support.seen import EVERYWHERE, LEFT_HALF, RIGHT_HALF, times

BAG = Box(0.52, 0.54, 0.56, 0.60)
"""It lies beside somebody who stands at x 0.5 with their feet at 0.6."""
PUT_S = 5.0
Places = Callable[[float], Sequence[StillPlace]]


def rule(**more: object) -> AbandonedObject:
    fixed = {"zones": (EVERYWHERE,), "unattended_s": 10.0} | more
    return AbandonedObject(name="left", category="abandoned_object", **fixed)  # type: ignore[arg-type]  # keywords of the test


def body(x: float, *, height: float = 0.24, foot: float = 0.6) -> Box:
    return Box(x - 0.21 * height, foot - height, x + 0.21 * height, foot)


def goes(*stops: tuple[float, float], label: str = "person") -> Film:
    """Return somebody who is at each x at its second, and is seen from the first of them to the last."""

    def film(at_s: float) -> list[Detection]:
        for (from_s, x1), (to_s, x2) in pairwise(stops):
            if from_s <= at_s < to_s:
                return [Detection(label, 0.8, body(x1 + (at_s - from_s) / (to_s - from_s) * (x2 - x1)))]
        return []

    return film


OWNER = goes((1.0, -0.05), (PUT_S, 0.5), (8.0, 0.5), (14.0, -0.05))
"""Brings it, stays for three seconds and walks off the way they came; out of reach at about 10 s."""


def lies(box: Box = BAG, *, from_s: float = PUT_S, until_s: float = float("inf"), number: int = 1) -> Places:
    """Return a still place, told five seconds after the thing came to rest, as the finder does."""
    place = StillPlace(number=number, box=box, since_s=from_s)
    return lambda at_s: (place,) if from_s + 5.0 <= at_s <= until_s else ()


def test_what_its_owner_leaves_alone_alerts_after_the_grace() -> None:
    (alert,) = raised(play(rule(), OWNER, until_s=40.0, still=lies()))
    assert (alert.rule, alert.label, alert.zone) == ("left", "still_object", "all")
    assert alert.box == BAG
    assert 9.5 <= alert.start_s <= 12.5  # when its owner was last within reach
    assert alert.raised_s == pytest.approx(alert.start_s + 10.0, abs=0.3)
    assert alert.track_id < 0


def test_with_a_short_reach_a_thing_is_alone_from_when_it_was_put_down() -> None:
    """Its owner was never within reach: there is no earlier moment than that."""
    (alert,) = raised(play(rule(reach=0.1), OWNER, until_s=40.0, still=lies(Box(0.60, 0.54, 0.64, 0.60))))
    assert alert.start_s == pytest.approx(PUT_S)


def test_what_its_owner_stays_with_does_not_alert() -> None:
    stays = goes((1.0, -0.05), (PUT_S, 0.5), (80.0, 0.5))
    assert raised(play(rule(), stays, until_s=80.0, still=lies())) == []


def test_what_its_owner_fetches_in_time_does_not_alert() -> None:
    back = goes((16.0, -0.05), (19.0, 0.5), (22.0, 0.5), (26.0, -0.05))
    changes = play(rule(unattended_s=20.0), OWNER, back, until_s=60.0, still=lies(until_s=22.0))
    assert raised(changes) == []


def test_an_alert_ends_when_the_thing_is_taken_away() -> None:
    changes = play(rule(), OWNER, until_s=60.0, still=lies(until_s=40.0))
    (end,) = ended(changes)
    assert end.end_s == pytest.approx(43.0, abs=1.0)


def test_an_alert_ends_when_somebody_stays_with_it_and_passers_by_do_not_end_it() -> None:
    passing = [goes((26.0 + 4 * n, 1.05), (29.5 + 4 * n, -0.05)) for n in range(4)]
    (unmoved,) = ended(play(rule(), OWNER, *passing, until_s=60.0, still=lies()))
    assert unmoved.end_s == pytest.approx(60.0)
    back = goes((30.0, -0.05), (33.0, 0.48), (60.0, 0.48))
    (end,) = ended(play(rule(), OWNER, back, until_s=60.0, still=lies()))
    assert end.end_s == pytest.approx(37.0, abs=1.5)  # within reach from about 32 s on, and five seconds there


def test_who_walks_by_while_it_lies_there_does_not_restart_the_grace() -> None:
    passing = [goes((10.0 + 3 * n, 1.05), (13.0 + 3 * n, -0.05)) for n in range(6)]
    (alert,) = raised(play(rule(unattended_s=15.0), OWNER, *passing, until_s=60.0, still=lies()))
    assert alert.raised_s < 28.0


# --- what is no left thing ---------------------------------------------------------------------------------------


def test_a_thing_that_nobody_put_down_is_none() -> None:
    """A patch of light, or what the wind brought: nobody was there."""
    assert raised(play(rule(), until_s=40.0, still=lies())) == []
    assert len(raised(play(rule(needs_owner=False), until_s=40.0, still=lies()))) == 1


def test_who_passes_at_another_time_is_no_owner() -> None:
    early = goes((1.0, -0.05), (6.0, 1.05))
    assert raised(play(rule(), early, until_s=60.0, still=lies(from_s=20.0))) == []


def test_somebody_who_stands_still_is_no_thing() -> None:
    """Motion takes them for background after a while; what still differs then is as large as they were."""
    stands = goes((1.0, -0.05), (PUT_S, 0.5), (17.0, 0.5), label=MOVING_OBJECT)
    assert raised(play(rule(), stands, until_s=90.0, still=lies(body(0.5)))) == []


def test_a_part_of_somebody_who_stands_still_is_no_thing() -> None:
    """Only their legs differ from the ground. Their track ended where they stand: they never walked away."""
    stands = goes((1.0, -0.05), (PUT_S, 0.5), (17.0, 0.5), label=MOVING_OBJECT)
    assert raised(play(rule(), stands, until_s=90.0, still=lies(Box(0.47, 0.50, 0.53, 0.60)))) == []


def test_a_car_that_parks_is_no_thing_and_its_driver_no_owner_of_it() -> None:
    def parks(at_s: float) -> list[Detection]:
        x = min(0.5, 0.1 * at_s)
        return (
            [Detection(MOVING_OBJECT, 0.8 if at_s < 5.0 else 0.0, Box.around((x, 0.5), 0.3, 0.2))] if at_s < 17 else []
        )

    driver = goes((8.0, 0.66), (14.0, 1.05), label=MOVING_OBJECT)
    assert raised(play(rule(), parks, driver, until_s=60.0, still=lies(Box(0.35, 0.4, 0.65, 0.6)))) == []


def test_what_lay_under_a_car_that_drives_off_was_not_put_down() -> None:
    """A white line appears where it stood; somebody passes by just then."""

    def leaves(at_s: float) -> list[Detection]:
        x = 0.5 + 0.12 * max(0.0, at_s - 4.0)
        return [Detection(MOVING_OBJECT, 0.8, Box.around((x, 0.5), 0.3, 0.2))] if 4.0 <= at_s < 8.5 else []

    passing = goes((1.0, -0.05), (9.0, 1.05), label=MOVING_OBJECT)
    line = Box(0.45, 0.56, 0.52, 0.58)
    assert raised(play(rule(), leaves, passing, until_s=60.0, still=lies(line, from_s=6.0))) == []


def test_a_place_is_not_judged_while_somebody_stands_before_it() -> None:
    """They are what differs; when they go on, the finder tells what is left of it."""
    waits = goes((1.0, -0.05), (PUT_S, 0.54), (30.0, 0.54), (36.0, 1.05))
    assert raised(play(rule(), waits, until_s=60.0, still=lies(until_s=31.0))) == []


@pytest.mark.parametrize(
    ("more", "alerts"),
    [
        ({"zones": (RIGHT_HALF,)}, 1),
        ({"zones": (LEFT_HALF,)}, 0),  # it lies outside
        ({"sizes": Sizes(min_area=0.002)}, 1),  # 0.04 × 0.06 = 0.0024; its owner's size does not matter
        ({"sizes": Sizes(min_area=0.004)}, 0),
        ({"fixtures": (RIGHT_HALF,)}, 0),  # things are put there all day
        ({"fixtures": (LEFT_HALF,)}, 1),
        ({"labels": ("suitcase",)}, 0),  # only what a model names
    ],
)
def test_what_counts_is_the_rules_choice(more: dict[str, object], alerts: int) -> None:
    assert len(raised(play(rule(**more), OWNER, until_s=40.0, still=lies()))) == alerts


# --- a person's word, schedules, models --------------------------------------------------------------------------


def test_what_a_person_calls_a_fixture_ends_and_is_not_raised_again() -> None:
    tracker, book = Tracker(), AlertBook([replace(rule(), cool_down_s=0.0)])
    keys: list[int] = []
    for at_s in times(until_s=90.0):
        changes = book.step(tracker.step(OWNER(at_s), at_s), at_s, still=lies()(at_s))
        for alert in raised(changes):
            keys.append(alert.key)
            (end,) = book.dismiss_as_fixture(alert.key)
            assert end.key == alert.key
            assert book.dismiss_as_fixture(alert.key) == ()
    assert len(keys) == 1
    assert book.close() == ()


def test_what_was_put_down_before_the_window_opens_is_known_when_it_does() -> None:
    """Who put a thing down cannot be learnt later."""
    opens = datetime.fromisoformat("2026-11-02T21:59:30")
    armed = rule(schedule=schedule_of(["daily 22:00-06:00"]))
    (alert,) = raised(play(armed, OWNER, until_s=60.0, still=lies(), local=lambda s: opens + timedelta(seconds=s)))
    assert alert.raised_s == pytest.approx(30.0, abs=0.3)


def carried(label: str) -> Film:
    """A named thing that is carried in beside its owner, and stays where it was put."""

    def film(at_s: float) -> list[Detection]:
        x = min(0.5, -0.05 + 0.1375 * max(0.0, at_s - 1.0)) + 0.04
        return [Detection(label, 0.7, Box.around((x, 0.57), 0.04, 0.06))] if at_s >= 1.4 else []

    return film


def test_what_a_model_names_needs_no_still_place() -> None:
    (alert,) = raised(play(rule(), OWNER, carried("suitcase"), until_s=40.0))
    assert (alert.label, alert.score) == ("suitcase", 0.7)


def test_a_model_that_misses_it_for_a_moment_has_not_taken_it_away() -> None:
    named = carried("suitcase")
    flickers = lambda at_s: named(at_s) if at_s < 9.0 or int(at_s / 2) % 2 else []  # noqa: E731 - a film
    assert len(raised(play(rule(), OWNER, flickers, until_s=40.0, still=lies()))) == 1


def test_named_luggage_that_is_carried_on_is_not_left() -> None:
    def rolls(at_s: float) -> list[Detection]:
        x = -0.05 + 0.06 * at_s
        person = Detection("person", 0.8, body(x))
        return [person, Detection("suitcase", 0.7, Box.around((x + 0.05, 0.57), 0.04, 0.06))] if x < 1.0 else []

    assert raised(play(rule(), rolls, until_s=40.0)) == []


def test_a_bin_that_a_model_takes_for_a_suitcase_was_always_there() -> None:
    def stands(at_s: float) -> list[Detection]:
        return [Detection("suitcase", 0.9, BAG)] if int(at_s / 7) % 2 else []

    assert raised(play(rule(), OWNER, stands, until_s=60.0)) == []


# --- tracks break ------------------------------------------------------------------------------------------------


def test_an_owner_whose_track_breaks_beside_the_thing_is_still_its_owner() -> None:
    """The new track begins beside it and stays: nobody left."""
    first = goes((1.0, -0.05), (PUT_S, 0.5), (9.0, 0.5))
    second = goes((9.6, 0.40), (60.0, 0.40))
    assert raised(play(rule(), first, second, until_s=60.0, still=lies())) == []


def test_an_owner_whose_track_breaks_while_walking_off_has_left() -> None:
    first = goes((1.0, -0.05), (PUT_S, 0.5), (7.0, 0.5), (8.0, 0.42))
    second = goes((9.0, 0.34), (13.0, -0.05))
    (alert,) = raised(play(rule(), first, second, until_s=60.0, still=lies()))
    assert alert.raised_s < 24.0


def test_a_track_of_motion_that_stays_with_the_thing_is_not_its_owner() -> None:
    """Motion sees owner and bag as one, and the track goes on with the bag; the owner gets a new one."""

    def together(at_s: float) -> list[Detection]:
        if at_s < 8.0:
            return [Detection(MOVING_OBJECT, 0.8, d.box.union(BAG) if at_s >= PUT_S else d.box) for d in OWNER(at_s)]
        return [Detection(MOVING_OBJECT, 0.0, BAG)] if at_s < 20.0 else []

    walks_off = goes((8.0, 0.44), (13.0, -0.05), label=MOVING_OBJECT)
    assert len(raised(play(rule(), together, walks_off, until_s=60.0, still=lies(from_s=PUT_S)))) == 1
