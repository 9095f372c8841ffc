"""Tracks: one thing keeps one id through irregular intervals, weak looks and changing labels."""

from collections import Counter
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.kalman import BoxFilter
from edge_agent.core.sureness import has_travelled
from edge_agent.core.track_settings import TrackSettings
from edge_agent.core.tracks import Track, Tracker
from tests.support.seen import box_at, seen, times


def test_the_filter_learns_a_steady_speed_from_irregular_measurements() -> None:
    kalman = BoxFilter((0.0, 0.5), (0.1, 0.2), deviation=0.1, speed=1.0)
    at_s = 0.0
    for dt_s in (0.1, 0.4, 0.2, 0.05, 0.3, 0.2, 0.2, 0.3):
        at_s += dt_s
        kalman.predict(dt_s, 0.1)
        kalman.correct((0.5 * at_s, 0.5 - 0.1 * at_s), (0.1, 0.2), 0.005)
    assert kalman.x_velocity == pytest.approx(0.5, abs=0.03)
    assert kalman.y_velocity == pytest.approx(-0.1, abs=0.03)
    assert (kalman.width, kalman.height) == pytest.approx((0.1, 0.2))


def test_a_thing_keeps_its_id_at_irregular_intervals() -> None:
    tracker = Tracker()
    ids: set[int] = set()
    at_s = 0.0
    for gap in (0.2, 0.2, 0.6, 0.1, 0.5, 0.2, 0.9, 0.2):
        at_s += gap
        ids.update(track.track_id for track in tracker.step([seen("person", 0.1 + 0.05 * at_s)], at_s))
    assert len(ids) == 1


def test_two_that_cross_keep_their_ids() -> None:
    tracker = Tracker()
    left_id = right_id = 0
    for at_s in times(until_s=4.0):
        tracks = tracker.step([seen("person", 0.2 + 0.1 * at_s, 0.45), seen("person", 0.6 - 0.1 * at_s, 0.55)], at_s)
        by_place = sorted(tracks, key=lambda track: track.box.centre[1])
        if at_s == 0.0:
            left_id, right_id = by_place[0].track_id, by_place[1].track_id
    assert [track.track_id for track in by_place] == [left_id, right_id]


def test_a_weak_detection_continues_a_track_and_begins_none() -> None:
    tracker = Tracker()
    assert tracker.step([seen("person", 0.5, score=0.15)], 0.0) == ()
    tracker.step([seen("person", 0.5)], 0.2)
    (track,) = tracker.step([seen("person", 0.51, score=0.15)], 0.4)
    assert track.seen_now
    assert track.hits == 2


def test_a_sign_that_looks_like_a_person_is_never_believed_and_a_sure_person_who_stands_is() -> None:
    """Errors about a still thing are the same error in every picture: a hundred doubtful looks are one."""
    tracker = Tracker()
    for number in range(100):
        tracks = tracker.step([seen("person", 0.2, score=0.5), seen("person", 0.8, score=0.8)], number * 0.2)
    by_place = sorted(tracks, key=lambda track: track.box.left)
    assert [track.confirmed for track in by_place] == [False, True]
    assert by_place[0].hits == 100


def test_a_doubtful_person_is_believed_once_it_came_from_elsewhere() -> None:
    tracker = Tracker()
    believed = [
        tracker.step([seen("person", 0.2 + 0.01 * number, score=0.5)], number * 0.2)[0].confirmed
        for number in range(10)
    ]
    assert believed[0] is False
    assert believed[-1] is True


def test_a_sign_that_somebody_walked_past_is_doubted_again() -> None:
    """The one who passes lends it a few good looks; they do not make it a person for the rest of the day."""
    tracker = Tracker()
    believed: list[bool] = []
    for number in range(60):
        score = 0.8 if number < 5 else 0.5
        believed.append(tracker.step([seen("person", 0.2, score=score)], number * 0.2)[0].confirmed)
    assert believed[4] is True
    assert believed[-1] is False
    assert believed == sorted(believed[:5]) + sorted(believed[5:], reverse=True), "it changes its mind once"


def test_who_travelled_stays_believed_however_doubtful_they_look_then() -> None:
    tracker = Tracker()
    for number in range(60):
        (track,) = tracker.step([seen("person", 0.2 + 0.01 * min(number, 10), score=0.4)], number * 0.2)
    assert track.confirmed


def _ids_kept(settings: TrackSettings, *, slow: float, fps: float) -> bool:
    """Whether two keep their ids when one overtakes the other and the detector sees one wide box meanwhile."""
    tracker = Tracker(settings)
    before: list[int] = []
    after: list[int] = []
    for at_s in times(until_s=6.0, fps=fps):
        places = (0.5 + 0.1 * (at_s - 3.0), 0.5 + slow * (at_s - 3.0))
        if abs(places[0] - places[1]) > 0.07:
            tracks = tracker.step([seen("person", place) for place in places], at_s)
            after = [min(tracks, key=partial(_far, place)).track_id for place in places]
            before = before or after
        else:
            both = box_at(places[0]).union(box_at(places[1]))
            tracker.step([Detection("person", 0.8, both)], at_s)
    return before == after


def _far(x: float, track: Track) -> float:
    return abs(track.box.centre[0] - x)


@pytest.mark.parametrize("fps", [5.0, 10.0])
@pytest.mark.parametrize("slow", [0.0, 0.03])
def test_who_overtakes_another_in_one_box_for_a_while_stays_who_they_were(slow: float, fps: float) -> None:
    """A box too wide for either says little of where either is: both go on as they went before."""
    assert _ids_kept(TrackSettings(), slow=slow, fps=fps)
    assert not _ids_kept(TrackSettings(misfit=0.0, contested=1.0), slow=slow, fps=fps)


def test_who_walks_behind_a_van_for_two_and_a_half_seconds_is_the_same() -> None:
    tracker = Tracker()
    ids: set[int] = set()
    for at_s in times(until_s=8.0):
        hidden = 3.0 < at_s < 5.5
        tracks = tracker.step([] if hidden else [seen("person", 0.1 + 0.1 * at_s)], at_s)
        ids.update(track.track_id for track in tracks)
    assert len(ids) == 1


def test_a_weak_detection_wakes_nobody_who_was_lost_for_seconds() -> None:
    tracker = Tracker()
    for at_s in times(until_s=2.0):
        tracker.step([seen("person", 0.2 + 0.05 * at_s)], at_s)
    (track,) = tracker.step([seen("person", 0.2 + 0.05 * 4.5, score=0.2)], 4.5)
    assert not track.seen_now


def test_a_weak_detection_does_not_keep_a_sign_alive() -> None:
    tracker = Tracker(TrackSettings(lost_after_s=2.0))
    for number in range(5):
        tracker.step([seen("person", 0.5, score=0.5)], number * 0.2)
    assert not any(tracker.step([seen("person", 0.5, score=0.2)], 0.8 + number * 0.2) for number in range(11, 15))


def test_who_reappears_takes_nothing_from_who_never_left() -> None:
    """Two walk in a row; the first is hidden. The second, at the first one's predicted place, stays itself."""
    tracker = Tracker()
    for at_s in times(until_s=2.0):
        tracks = tracker.step([seen("person", 0.3 + 0.05 * at_s), seen("person", 0.22 + 0.05 * at_s)], at_s)
    second_id = min(tracks, key=lambda track: track.box.left).track_id
    for number in range(1, 8):
        at_s = 2.0 + number * 0.2
        # The second one hurries: after 0.6 s it is where the hidden one is expected.
        tracks = tracker.step([seen("person", 0.32 + 0.05 * number * 0.2 + 0.02 * min(number, 4))], at_s)
        assert [track.track_id for track in tracks if track.seen_now] == [second_id]


def test_a_track_is_believed_after_the_hits_it_takes() -> None:
    tracker = Tracker(TrackSettings(confirm_hits=3))
    believed = [tracker.step([seen("person", 0.5)], number * 0.2)[0].confirmed for number in range(4)]
    assert believed == [False, False, True, True]


def test_a_lost_track_ends_after_its_time_and_not_before() -> None:
    tracker = Tracker(TrackSettings(lost_after_s=2.0))
    for number in range(5):
        tracker.step([seen("person", 0.5)], number * 0.2)
    assert len(tracker.step([], 2.7)) == 1
    assert tracker.step([], 2.81) == ()


def test_the_label_is_the_majority_by_score_and_motion_yields_to_a_name() -> None:
    tracker = Tracker()
    tracker.step([Detection(MOVING_OBJECT, 0.9, box_at(0.5))], 0.0)
    tracker.step([seen("truck", 0.5, score=0.3)], 0.2)
    (track,) = tracker.step([seen("car", 0.5, score=0.8)], 0.4)
    assert track.label == "car"
    (track,) = tracker.step([Detection(MOVING_OBJECT, 0.9, box_at(0.5))], 0.6)
    assert track.label == "car"


def test_trembling_motion_is_never_believed_and_travelling_motion_is() -> None:
    leaves, walker = Tracker(), Tracker()
    trembling: tuple[Track, ...] = ()
    walking: tuple[Track, ...] = ()
    for number in range(20):
        at_s = number * 0.2
        trembling = leaves.step([Detection(MOVING_OBJECT, 0.6, box_at(0.5 + 0.01 * (number % 2)))], at_s)
        walking = walker.step([Detection(MOVING_OBJECT, 0.6, box_at(0.2 + 0.02 * number))], at_s)
    assert not trembling[0].confirmed
    assert walking[0].confirmed


def test_a_still_difference_begins_no_track() -> None:
    assert Tracker().step([Detection(MOVING_OBJECT, 0.0, box_at(0.5))], 0.0) == ()


def test_time_that_goes_back_begins_anew() -> None:
    tracker = Tracker()
    tracker.step([seen("person", 0.5)], 10.0)
    (track,) = tracker.step([seen("person", 0.5)], 1.0)
    assert track.hits == 1


@pytest.mark.parametrize(
    ("first", "now", "came"),
    [
        (Box(0.4, 0.4, 0.5, 0.6), Box(0.6, 0.4, 0.7, 0.6), True),  # moved as a whole
        (Box(0.4, 0.4, 0.5, 0.6), Box(0.3, 0.3, 0.6, 0.7), False),  # only grew
        (Box(0.0, 0.4, 0.05, 0.6), Box(0.0, 0.4, 0.2, 0.6), True),  # comes in at the picture's edge
        (Box(0.0, 0.4, 0.1, 0.6), Box(0.05, 0.4, 0.15, 0.6), False),  # has left the edge, by less than half its size
        (Box(0.0, 0.4, 0.1, 0.6), Box(0.08, 0.4, 0.18, 0.6), True),  # has left the edge
        (Box(0.03, 0.62, 0.09, 1.0), Box(0.03, 0.76, 0.08, 1.0), False),  # a post: now the whole, now its foot
        (Box(0.03, 0.76, 0.08, 1.0), Box(0.03, 0.62, 0.09, 1.0), False),  # and the other way round
        (Box(0.4, 0.4, 0.41, 0.41), Box(0.41, 0.4, 0.42, 0.41), False),  # too little to be anything
    ],
)
def test_travelling_means_both_sides_go_the_same_way(first: Box, now: Box, came: bool) -> None:
    assert has_travelled(first, now, 0.5) is came


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(min_value=0.0, max_value=3.0),
            st.lists(st.tuples(st.sampled_from(["person", "car", MOVING_OBJECT]), st.floats(0, 1), st.floats(0, 1))),
        ),
        max_size=20,
    )
)
def test_whatever_is_seen_ids_are_unique_and_never_come_back(
    steps: list[tuple[float, list[tuple[str, float, float]]]],
) -> None:
    """Each detection goes to at most one track, and a track takes at most one of a step, in order of time."""
    tracker = Tracker()
    last_s: dict[int, float] = {}
    ended: set[int] = set()
    alive: set[int] = set()
    at_s = 0.0
    for gap, things in steps:
        at_s += gap
        given = [Detection(label, score, box_at(x)) for label, score, x in things]
        tracks = tracker.step(given, at_s)
        taken = Counter(track.box for track in tracks if track.seen_now)
        if at_s - gap < at_s:  # of two pictures of one moment the second sees what the first saw
            assert taken <= Counter(detection.box for detection in given)
        assert all(track.last_s >= last_s.get(track.track_id, track.first_s) for track in tracks)
        last_s = {track.track_id: track.last_s for track in tracks}
        now = {track.track_id for track in tracks}
        assert len(now) == len(tracks)
        assert not now & ended
        ended |= alive - now
        alive = now
