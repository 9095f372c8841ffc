"""Which looks take place when there are too many: by importance, by age, and never without an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.boxes import Box
from edge_agent.core.looks import LookKind, LookQueue, LookRate, LookWish, QueuedLook, ShedReason, by_rank

HERE = Box(0.1, 0.1, 0.4, 0.4)


def queued(look_id: int, kind: LookKind, asked_s: float = 0.0) -> QueuedLook:
    return QueuedLook(look_id=look_id, camera=look_id, kind=kind, asked_s=asked_s)


def test_new_motion_goes_before_tracks_and_those_before_the_beat_of_the_whole_picture() -> None:
    queue = LookQueue(most=10)
    for number, kind in enumerate(reversed(LookKind)):
        queue.put(queued(number, kind))
    taken = [queue.next() for _ in LookKind]
    assert [look.kind for look in taken if look is not None] == list(LookKind)
    assert queue.next() is None


def test_among_equals_the_oldest_goes_first() -> None:
    queue = LookQueue(most=10)
    queue.put(queued(1, LookKind.MOVING, asked_s=2.0))
    queue.put(queued(2, LookKind.MOVING, asked_s=1.0))
    first = queue.next()
    assert first is not None
    assert first.look_id == 2


def test_a_full_queue_sheds_its_least_important_look_even_when_that_is_the_new_one() -> None:
    queue = LookQueue(most=2)
    assert queue.put(queued(1, LookKind.WHOLE_PICTURE)) == ()
    assert queue.put(queued(2, LookKind.NEW_MOTION)) == ()
    (shed,) = queue.put(queued(3, LookKind.UNVERIFIED))
    assert (shed.look.look_id, shed.reason) == (1, ShedReason.CROWDED)
    (shed,) = queue.put(queued(4, LookKind.WHOLE_PICTURE))
    assert shed.look.look_id == 4


def test_a_look_that_waited_too_long_is_shed_and_told() -> None:
    queue = LookQueue(most=5)
    queue.put(queued(1, LookKind.NEW_MOTION, asked_s=0.0))
    queue.put(queued(2, LookKind.MOVING, asked_s=0.9))
    (shed,) = queue.shed_late(1.0, patience_s=0.5)
    assert (shed.look.look_id, shed.reason) == (1, ShedReason.LATE)
    assert len(queue) == 1


@given(
    most=st.integers(1, 5),
    steps=st.lists(st.tuples(st.sampled_from(["put", "next", "late"]), st.sampled_from(LookKind)), max_size=60),
)
def test_every_look_is_answered_exactly_once(most: int, steps: list[tuple[str, LookKind]]) -> None:
    """A picture waits for its looks: one that vanished would stop its camera for ever."""
    queue = LookQueue(most=most)
    put: list[int] = []
    answered: list[int] = []
    for number, (step, kind) in enumerate(steps):
        match step:
            case "put":
                put.append(number)
                answered += [shed.look.look_id for shed in queue.put(queued(number, kind, asked_s=float(number)))]
            case "next":
                look = queue.next()
                answered += [] if look is None else [look.look_id]
            case _:
                answered += [shed.look.look_id for shed in queue.shed_late(float(number), patience_s=3.0)]
        assert len(queue) <= most
    answered += [shed.look.look_id for shed in queue.clear(ShedReason.LOST)]
    assert sorted(answered) == put


def test_the_whole_picture_goes_first_only_when_it_is_overdue() -> None:
    """What stands still must not be forgotten for as long as something moves."""
    whole = LookWish(kind=LookKind.WHOLE_PICTURE, region=HERE)
    new = LookWish(kind=LookKind.NEW_MOTION, region=HERE)
    assert by_rank([whole, new]) == [new, whole]
    assert by_rank([new, whole], whole_overdue=True) == [whole, new]


@pytest.mark.parametrize(("per_s", "expected"), [(1.0, 10), (2.0, 20), (0.5, 5), (0.0, 50)])
def test_a_camera_gets_its_looks_per_second_and_no_more(per_s: float, expected: int) -> None:
    rate = LookRate(per_s)
    granted = sum(rate.take(1, number / 5) for number in range(50))
    assert granted == pytest.approx(expected, abs=2)


def test_unused_looks_are_not_saved_for_longer_than_a_second() -> None:
    rate = LookRate(2.0)
    assert rate.take(9, 0.0) == 2
    assert rate.take(9, 100.0) == 2


def test_media_time_that_goes_back_begins_a_new_count() -> None:
    rate = LookRate(1.0)
    assert rate.take(1, 500.0) == 1
    assert rate.take(1, 0.0) == 1
