"""Stopped vehicles: what came and stands, by its place and not by its track, and not in a queue."""

import pytest

from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.rules import StoppedVehicle
from edge_agent.core.still_places import StillPlace
from edge_agent.core.zones import Zone
from tests.support.rule_plays import Film, ended, play, raised
from tests.support.seen import EVERYWHERE, RIGHT_HALF


def rule(*, zone: Zone = EVERYWHERE, **more: object) -> StoppedVehicle:
    fixed = {"stop_s": 10.0} | more
    return StoppedVehicle(name="halt", category="stopped_vehicle", zones=(zone,), **fixed)  # type: ignore[arg-type]  # keywords of the test


def arrives(
    x: float, *, at_s: float = 3.0, goes_s: float = float("inf"), y: float = 0.5, seen_until_s: float = float("inf")
) -> Film:
    """Return a car that comes from the left edge, stands at ``x`` from ``at_s`` to ``goes_s``, and drives on."""

    def film(now_s: float) -> list[Detection]:
        if now_s > seen_until_s:
            return []
        left = min(1.0, max(0.0, now_s - at_s + 3.0) / 3.0)
        place = 0.05 + left * (x - 0.05) + max(0.0, now_s - goes_s) * 0.15
        return [Detection("car", 0.8, Box.around((place, y), 0.1, 0.06))] if place < 1.0 else []

    return film


def test_who_stands_too_long_alerts_with_the_moment_of_the_stop() -> None:
    changes = play(rule(), arrives(0.5, goes_s=20.0), until_s=30.0)
    (alert,) = raised(changes)
    assert (alert.rule, alert.label, alert.zone) == ("halt", "car", "all")
    assert alert.start_s == pytest.approx(3.0, abs=0.5)
    assert alert.raised_s == pytest.approx(13.0, abs=0.5)
    (end,) = ended(changes)
    assert end.end_s == pytest.approx(20.0, abs=0.6)


def test_who_drives_on_in_time_does_not_alert() -> None:
    assert raised(play(rule(), arrives(0.5, goes_s=12.0), until_s=30.0)) == []


def test_what_stood_there_in_the_first_picture_never_stopped() -> None:
    def parked(at_s: float) -> list[Detection]:
        return [Detection("car", 0.9, Box.around((0.5, 0.5), 0.1, 0.06))]

    assert raised(play(rule(), parked, until_s=60.0)) == []


def test_what_stood_there_all_along_has_not_stopped_when_it_drives_off() -> None:
    def leaves(at_s: float) -> list[Detection]:
        x = 0.4 + 0.1 * max(0.0, at_s - 20.0)
        return [Detection("car", 0.9, Box.around((x, 0.5), 0.1, 0.06))] if x < 1.0 else []

    assert raised(play(rule(), leaves, until_s=40.0)) == []


def test_only_what_stands_in_the_zone_counts() -> None:
    assert raised(play(rule(zone=RIGHT_HALF), arrives(0.3), until_s=30.0)) == []
    assert len(raised(play(rule(zone=RIGHT_HALF), arrives(0.7), until_s=30.0))) == 1


def test_a_lorry_that_hides_it_for_a_moment_does_not_restart_the_stop() -> None:
    def film(at_s: float) -> list[Detection]:
        return [] if 7.0 <= at_s <= 10.5 else arrives(0.5)(at_s)

    (alert,) = raised(play(rule(grace_s=5.0), film, until_s=30.0))
    assert alert.raised_s == pytest.approx(13.0, abs=0.5)
    # With less grace it is a new stop, of a track that was not seen to come.
    assert raised(play(rule(grace_s=1.0), film, until_s=30.0)) == []


def test_a_wrong_box_for_a_moment_does_not_restart_the_stop() -> None:
    def film(at_s: float) -> list[Detection]:
        if 6.0 <= at_s <= 7.0:
            return [Detection("car", 0.8, Box.around((0.54, 0.46), 0.2, 0.14))]  # with the lorry in front of it
        return arrives(0.5)(at_s)

    (alert,) = raised(play(rule(), film, until_s=30.0))
    assert alert.raised_s == pytest.approx(13.0, abs=0.5)


def test_motion_loses_what_stands_and_the_still_place_keeps_the_stop() -> None:
    """Motion takes a standing car for background after a while; its place still looks unlike the empty road."""

    def film(at_s: float) -> list[Detection]:
        found = arrives(0.5, goes_s=40.0)(at_s)
        if 8.0 <= at_s <= 40.0:
            return []
        return [Detection(MOVING_OBJECT, 0.8 if at_s < 3.0 or at_s > 40.0 else 0.0, d.box) for d in found]

    place = StillPlace(number=1, box=Box.around((0.51, 0.5), 0.09, 0.06), since_s=3.0)
    still = lambda at_s: (place,) if 8.0 <= at_s <= 42.0 else ()  # noqa: E731 - a film of places
    changes = play(rule(stop_s=20.0), film, until_s=60.0, still=still)
    (alert,) = raised(changes)
    assert alert.raised_s == pytest.approx(23.0, abs=0.5)
    assert 39.8 <= ended(changes)[0].end_s <= 42.2  # it drives on at 40, its place is empty at 42
    assert raised(play(rule(stop_s=20.0), film, until_s=60.0)) == []


def test_passing_traffic_does_not_add_up_to_a_stop() -> None:
    """One car after another is where the one before it was lost sight of."""

    def film(at_s: float) -> list[Detection]:
        way = at_s % 3.0
        return [Detection("car", 0.8, Box.around((0.1 + 0.3 * way, 0.5), 0.2, 0.12))] if way < 2.4 else []

    assert raised(play(rule(stop_s=5.0, queue=0), film, until_s=60.0)) == []


# --- queues ------------------------------------------------------------------------------------------------------


def queue(*, goes_s: float) -> list[Film]:
    return [arrives(0.7 - 0.13 * n, at_s=3.0 + n, goes_s=goes_s + n) for n in range(3)]


def test_three_in_a_row_queue() -> None:
    assert raised(play(rule(queue=2), *queue(goes_s=30.0), until_s=45.0)) == []


def test_without_queues_every_stop_counts() -> None:
    assert len(raised(play(rule(queue=0), *queue(goes_s=30.0), until_s=45.0))) == 3


def test_who_stays_behind_when_the_queue_drives_on_has_stopped_from_then_on() -> None:
    """The time in the queue does not count: its last one is about to drive on."""
    first, second, last = queue(goes_s=15.0)
    stays = arrives(0.7 - 0.26, at_s=5.0)
    (alert,) = raised(play(rule(queue=2), first, second, stays, until_s=45.0))
    assert alert.raised_s == pytest.approx(27.5, abs=1.0)
    assert raised(play(rule(queue=2), first, second, last, until_s=45.0)) == []


def test_cars_parked_beside_the_zone_are_no_queue() -> None:
    """Who stops in the second row beside the parked ones has stopped."""
    kerb = Zone(name="road", polygon=((0.0, 0.4), (1.0, 0.4), (1.0, 0.6), (0.0, 0.6)))

    def parked(at_s: float) -> list[Detection]:
        return [Detection("car", 0.9, Box.around((x, 0.64), 0.1, 0.06)) for x in (0.38, 0.5, 0.62)]

    assert len(raised(play(rule(zone=kerb, queue=2), parked, arrives(0.5), until_s=30.0))) == 1


def test_far_away_neighbours_are_no_queue() -> None:
    films = [arrives(0.2, y=0.2), arrives(0.5, y=0.5), arrives(0.8, y=0.8)]
    assert len(raised(play(rule(queue=2), *films, until_s=30.0))) == 3
