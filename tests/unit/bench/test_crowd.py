"""The generated crowd: the same for everybody who is judged by it, and true to what it says."""

from itertools import pairwise

from bench.crowd import generated_crowd
from bench.sightings import Sightings
from edge_agent.core.boxes import Box


def _crowd() -> Sightings:
    return generated_crowd(3, people=12, seconds=12.0, a_second=10.0)


def test_the_same_seed_gives_the_same_crowd_and_another_seed_another() -> None:
    assert _crowd() == _crowd()
    assert generated_crowd(4, people=12, seconds=12.0, a_second=10.0) != _crowd()


def test_nobody_is_true_twice_in_a_picture_and_most_are_found() -> None:
    crowd = _crowd()
    assert len(crowd.detections) == len(crowd.truth) == len(crowd.times) == 120
    true = found = 0
    for things, told in zip(crowd.truth, crowd.detections, strict=True):
        assert len({thing.number for thing in things}) == len(things)
        true += len(things)
        found += sum(any(thing.box.iou(detection.box) > 0.5 for detection in told) for thing in things)
    assert 0.6 < found / true < 1.0, "a model that misses nobody, or nearly all, judges no tracker"


def test_people_hide_each_other() -> None:
    """Somebody who is in the picture before and after is no truth for a while: a nearer one or the van hides them."""
    crowd = generated_crowd(0, people=20, seconds=30.0, a_second=10.0)
    pictures: dict[int, list[int]] = {}
    for number, things in enumerate(crowd.truth):
        for thing in things:
            pictures.setdefault(thing.number, []).append(number)
    gaps = [later - earlier for there in pictures.values() for earlier, later in pairwise(there)]
    assert max(gaps) > 3


def test_backwards_and_every_second_picture_keep_truth_and_detections_together() -> None:
    crowd = _crowd()
    back = crowd.backwards()
    assert back.truth[0] == crowd.truth[-1]
    assert back.detections[0] == crowd.detections[-1]
    assert back.times[0] == 0.0
    assert back.times == sorted(back.times)
    half = crowd.every(2)
    assert half.truth == crowd.truth[::2]
    assert half.a_second == 5.0
    assert all(isinstance(detection.box, Box) for told in half.detections for detection in told)
