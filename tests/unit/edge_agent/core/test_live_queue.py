"""A viewer who reads too slowly loses pictures, never order, and never the room's memory."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.live_queue import WAITING_BYTES, WAITING_NOTES, LiveQueue, Waiting


def test_a_late_viewer_goes_on_with_the_next_keyframe_and_is_told_what_it_lost() -> None:
    queue: LiveQueue[str, int] = LiveQueue()
    queue.put_picture(0, size=10, is_keyframe=True, at_s=0.0)
    queue.put_picture(1, size=10, is_keyframe=False, at_s=0.1)
    queue.put_picture(2, size=10, is_keyframe=False, at_s=1.7)  # the first has waited too long
    assert queue.take() is None
    assert queue.take_lost() == 0  # more may be lost before the keyframe
    queue.put_picture(3, size=10, is_keyframe=False, at_s=1.8)
    queue.put_picture(4, size=10, is_keyframe=True, at_s=1.9)
    taken = queue.take()
    assert isinstance(taken, Waiting)
    assert taken.picture == 4
    assert queue.take_lost() == 4
    assert queue.dropped == 4


def test_pictures_before_the_first_keyframe_are_no_loss_of_a_slow_viewer_after_a_new_start() -> None:
    """A camera that came back begins with a keyframe; what was lost before belongs to the old stream."""
    queue: LiveQueue[str, int] = LiveQueue()
    queue.put_picture(0, size=10, is_keyframe=True, at_s=0.0)
    queue.begin()
    queue.put_picture(1, size=10, is_keyframe=True, at_s=0.1)
    assert queue.take_lost() == 0


def test_notes_survive_dropped_pictures_in_their_order() -> None:
    queue: LiveQueue[str, int] = LiveQueue()
    queue.put_note("start")
    queue.put_picture(0, size=10, is_keyframe=True, at_s=0.0)
    queue.put_note("stalled")
    queue.put_picture(1, size=10, is_keyframe=True, at_s=5.0)
    taken = [queue.take() for _ in range(3)]
    assert taken[:2] == ["start", "stalled"]
    assert isinstance(taken[2], Waiting)


@given(
    st.lists(st.tuples(st.integers(0, 3 * 1024 * 1024), st.booleans(), st.floats(0, 0.5), st.booleans()), max_size=200)
)
def test_what_waits_is_bounded_and_begins_with_a_keyframe(said: list[tuple[int, bool, float, bool]]) -> None:
    """Whatever arrives, read or not: bytes and messages stay under their bounds, and nothing undecodable is sent."""
    queue: LiveQueue[int, tuple[int, bool]] = LiveQueue()
    now_s, newest, taken = 0.0, -1, 0
    for number, (size, is_keyframe, pause_s, reads) in enumerate(said):
        now_s += pause_s
        queue.put_note(number)
        queue.put_picture((number, is_keyframe), size=size, is_keyframe=is_keyframe, at_s=now_s)
        assert queue.waiting_bytes <= WAITING_BYTES
        assert queue.waiting_notes <= WAITING_NOTES
        while reads and (one := queue.take()) is not None:
            if isinstance(one, Waiting):
                sequence, key = one.picture
                assert key or sequence == newest + 1  # nothing is missing between it and what it needs
                newest, taken = sequence, taken + 1
    left = 0
    while (one := queue.take()) is not None:
        left += isinstance(one, Waiting)
    assert taken + left + queue.dropped == len(said)
