"""Which tracks keep their camera fully awake."""

from edge_agent.core.attention import STANDS_AFTER_S, Attention
from edge_agent.core.boxes import Box
from edge_agent.core.tracks import Track

HERE = Box(0.4, 0.4, 0.5, 0.6)
THERE = Box(0.5, 0.4, 0.6, 0.6)


def track(box: Box, *, track_id: int = 1, seen_now: bool = True, confirmed: bool = True) -> Track:
    return Track(
        track_id=track_id,
        label="person",
        score=0.9,
        box=box,
        velocity=(0.0, 0.0),
        first_s=0.0,
        last_s=0.0,
        first_box=HERE,
        hits=5,
        confirmed=confirmed,
        travelled=False,
        seen_now=seen_now,
        detection_score=0.9,
    )


def test_without_tracks_no_picture_more_is_wanted() -> None:
    assert not Attention().wanted([], 1.0)


def test_a_new_track_is_followed_even_before_it_is_believed() -> None:
    """Three pictures make it believed; at one picture in two seconds it would never get them."""
    assert Attention().wanted([track(HERE, confirmed=False)], 1.0)


def test_what_has_stood_for_long_no_longer_keeps_the_camera_awake() -> None:
    attention = Attention()
    assert attention.wanted([track(HERE)], 0.0)
    assert attention.wanted([track(HERE)], STANDS_AFTER_S - 0.2)
    assert not attention.wanted([track(HERE)], STANDS_AFTER_S)


def test_what_moves_on_keeps_it_awake_from_then() -> None:
    attention = Attention()
    attention.wanted([track(HERE)], 0.0)
    attention.wanted([track(THERE)], 15.0)
    assert attention.wanted([track(THERE)], 15.0 + STANDS_AFTER_S - 0.2)
    assert not attention.wanted([track(THERE)], 15.0 + STANDS_AFTER_S)


def test_a_box_that_trembles_or_is_only_predicted_has_not_moved() -> None:
    attention = Attention()
    attention.wanted([track(HERE)], 0.0)
    attention.wanted([track(Box(0.405, 0.4, 0.505, 0.6))], 10.0)
    attention.wanted([track(THERE, seen_now=False)], 15.0)
    assert not attention.wanted([track(HERE)], STANDS_AFTER_S)


def test_one_walker_among_parked_cars_is_enough() -> None:
    attention = Attention()
    attention.wanted([track(HERE)], 0.0)
    assert attention.wanted([track(HERE), track(THERE, track_id=2)], 60.0)
    assert not attention.wanted([track(HERE)], 60.2)
