"""Motion that comes to nothing makes its place doubtful, for minutes and for that place alone."""

from math import isclose

import pytest

from edge_agent.core.boxes import Box
from edge_agent.core.clutter import Clutter
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.tracks import Track, Tracker

TREE = Box(0.80, 0.10, 0.84, 0.16)
STREET = Box(0.10, 0.70, 0.14, 0.80)


def leaves(clutter: Clutter, *, times: int, every_s: float, seen: int = 2, pictures: int = 4) -> float:
    for number in range(times):
        clutter.came_to_nothing(TREE, seen=seen, pictures=pictures, at_s=number * every_s)
    return times * every_s


def test_where_nothing_came_to_nothing_two_pictures_after_the_first_are_proof_and_one_is_not() -> None:
    clutter = Clutter()
    leaves(clutter, times=20, every_s=2.0)
    for nothing, place, at_s in ((clutter, STREET, 40.0), (Clutter(), TREE, 0.0)):
        picture = nothing.proof(place, at_s, seen=True)
        assert picture < nothing.needed(place, at_s) < 2.0 * picture


def test_each_picture_without_it_asks_for_about_one_more() -> None:
    """Whoever walks is seen in nearly all of them, the first leaves of a storm in every second or third."""
    needed: dict[str, int] = {}
    for shown in ("", ".", ".."):
        tracker = Tracker()
        pictures = "M" + shown + "M" * 9
        for number, seen in enumerate(pictures):
            box = Box(0.10 + 0.013 * number, 0.70, 0.14 + 0.013 * number, 0.76)
            (track,) = tracker.step([moving(box)] if seen == "M" else [], 0.2 * number)
            if track.confirmed:
                needed[shown] = pictures[: number + 1].count("M")
                break
    assert needed == {"": 3, ".": 4, "..": 5}


def test_the_more_comes_to_nothing_the_more_proof_is_needed_and_the_less_a_picture_proves() -> None:
    seldom, often = Clutter(), Clutter()
    leaves(seldom, times=3, every_s=20.0)
    leaves(often, times=30, every_s=2.0)
    assert often.needed(TREE, 60.0) > seldom.needed(TREE, 60.0) > 0.0
    assert 0.0 < often.proof(TREE, 60.0, seen=True) < seldom.proof(TREE, 60.0, seen=True)
    assert often.proof(TREE, 60.0, seen=True) < Clutter().proof(STREET, 60.0, seen=True)


def test_not_being_seen_is_a_proof_against_a_thing() -> None:
    clutter = Clutter()
    now_s = leaves(clutter, times=30, every_s=2.0)
    assert clutter.proof(TREE, now_s, seen=False) < 0.0
    assert clutter.proof(STREET, now_s, seen=False) < 0.0


def test_a_storm_that_is_over_is_forgotten_within_minutes() -> None:
    clutter = Clutter()
    over_s = leaves(clutter, times=60, every_s=1.0)
    needed = [clutter.needed(TREE, over_s + minutes * 60.0) for minutes in range(60)]
    assert needed == sorted(needed, reverse=True)
    assert needed[-1] == pytest.approx(Clutter().needed(TREE, 0.0))


def test_false_starts_that_are_always_seen_still_let_a_thing_be_believed_in_the_end() -> None:
    clutter = Clutter()
    now_s = leaves(clutter, times=200, every_s=0.5, seen=30, pictures=30)
    assert clutter.proof(TREE, now_s, seen=True) > 0.0


def test_what_began_in_a_cell_is_read_from_every_cell_its_box_touches() -> None:
    clutter = Clutter()
    wide = Box(0.0, 0.0, 0.4, 0.3)
    clutter.came_to_nothing(wide, seen=1, pictures=2, at_s=0.0)
    places = [Box.around((x, y), 0.02, 0.02) for x in (0.05, 0.35) for y in (0.05, 0.25)]
    first, *others = (clutter.needed(place, 0.0) for place in places)
    assert first > 0.0
    assert all(isclose(first, other) for other in others)


def moving(box: Box) -> Detection:
    return Detection(MOVING_OBJECT, 0.9, box)


def a_branch(tracker: Tracker, at_s: float) -> tuple[list[Track], float]:
    """Swing one branch: five pictures in which it travels by its own size, then a second and a half of nothing."""
    believed: list[Track] = []
    for picture in range(5):
        box = Box(0.80 + 0.012 * picture, 0.10, 0.84 + 0.012 * picture, 0.16)
        believed += [track for track in tracker.step([moving(box)] if picture != 2 else [], at_s) if track.confirmed]
        at_s += 0.2
    for _ in range(8):
        tracker.step([], at_s)
        at_s += 0.2
    return believed, at_s


def flicker(tracker: Tracker, at_s: float, times: int) -> float:
    """Leaves: one picture each, and gone."""
    for _ in range(times):
        tracker.step([moving(TREE)], at_s)
        for _ in range(7):
            at_s += 0.2
            tracker.step([], at_s)
        at_s += 0.2
    return at_s


def test_a_branch_among_leaves_is_not_believed_for_what_would_be_enough_elsewhere() -> None:
    believed, _ = a_branch(Tracker(), 0.0)
    assert believed, "nothing ever came to nothing here"
    tracker = Tracker()
    believed, at_s = a_branch(tracker, flicker(tracker, 0.0, times=10))
    assert not believed
    believed, _ = a_branch(tracker, at_s)
    assert not believed


def test_who_walks_on_is_believed_among_leaves_too_and_elsewhere_as_soon_as_ever() -> None:
    def pictures_until_believed(tracker: Tracker, at_s: float, y: float) -> int:
        for picture in range(40):
            box = Box(0.60 + 0.012 * picture, y, 0.64 + 0.012 * picture, y + 0.1)
            if any(track.confirmed for track in tracker.step([moving(box)], at_s + 0.2 * picture)):
                return picture + 1
        raise AssertionError("never believed")

    usual = pictures_until_believed(Tracker(), 0.0, 0.7)
    tracker = Tracker()
    at_s = flicker(tracker, 0.0, times=20)
    assert pictures_until_believed(tracker, at_s, 0.7) == usual
    assert pictures_until_believed(tracker, at_s + 20.0, 0.08) < 12


def test_a_stream_that_begins_anew_knows_nothing_of_its_places() -> None:
    tracker = Tracker()
    flicker(tracker, 1_000.0, times=20)
    believed, _ = a_branch(tracker, 0.0)
    assert believed
