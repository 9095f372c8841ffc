"""Who is analysed next: the newest frame of each camera, cameras in turn, one camera never twice at once."""

import threading
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.app.frame_slots import MOST_KEPT, MOST_KEPT_IN_ALL, FrameSlots


def test_the_newest_frame_of_a_camera_wins() -> None:
    slots: FrameSlots[int] = FrameSlots()
    assert slots.offer("gate", 1) == 0
    assert slots.offer("gate", 2) == 1
    assert slots.take(within_s=0) == ("gate", 2)
    assert slots.replaced("gate") == 1


def test_a_busy_camera_is_not_given_to_a_second_worker() -> None:
    slots: FrameSlots[int] = FrameSlots()
    slots.offer("gate", 1)
    assert slots.take(within_s=0) == ("gate", 1)
    slots.offer("gate", 2)
    assert slots.take(within_s=0) is None
    slots.done("gate")
    assert slots.take(within_s=0) == ("gate", 2)


def test_a_quick_camera_does_not_starve_the_others() -> None:
    slots: FrameSlots[int] = FrameSlots()
    for camera in ("quick", "slow"):
        slots.offer(camera, 1)
    assert slots.take(within_s=0) == ("quick", 1)
    slots.offer("quick", 2)
    slots.done("quick")
    assert slots.take(within_s=0) == ("slow", 1)


def test_a_waiting_worker_wakes_for_a_frame() -> None:
    slots: FrameSlots[int] = FrameSlots()
    taken: list[tuple[str, int] | None] = []
    worker = threading.Thread(target=lambda: taken.append(slots.take(within_s=5.0)))
    worker.start()
    slots.offer("gate", 7)
    worker.join(timeout=5.0)
    assert taken == [("gate", 7)]


def test_a_replay_is_kept_in_order_before_the_live_frame() -> None:
    """What happened first is what tells when the event began; the frame waiting before it is older still."""
    slots: FrameSlots[int] = FrameSlots()
    slots.offer("gate", 1)
    for number in (2, 3, 4):
        assert slots.offer("gate", number, replayed=True) == 0
    assert slots.offer("gate", 5) == 0
    assert slots.offer("gate", 6) == 1
    assert drain(slots) == [1, 2, 3, 4, 6]
    assert slots.replaced("gate") == 1


def test_a_replay_takes_turns_with_other_cameras() -> None:
    slots: FrameSlots[int] = FrameSlots()
    for number in range(3):
        slots.offer("woken", number, replayed=True)
    slots.offer("other", 9)
    order = []
    while (taken := slots.take(within_s=0)) is not None:
        order.append(taken)
        slots.done(taken[0])
    assert order == [("woken", 0), ("other", 9), ("woken", 1), ("woken", 2)]


def test_a_replay_that_is_too_long_is_thinned_and_counted_and_keeps_its_ends() -> None:
    slots: FrameSlots[int] = FrameSlots()
    dropped = sum(slots.offer("gate", number, replayed=True) for number in range(MOST_KEPT + 1))
    kept = drain(slots)
    assert (kept[0], kept[-1], len(kept) + dropped) == (0, MOST_KEPT, MOST_KEPT + 1)
    assert kept == sorted(kept)
    assert max(later - earlier for earlier, later in pairwise(kept)) == 2
    assert slots.replaced("gate") == dropped > 0


def test_a_room_that_wakes_all_at_once_is_bounded() -> None:
    slots: FrameSlots[int] = FrameSlots()
    dropped = 0
    for number in range(MOST_KEPT):
        for camera in range(10):
            dropped += slots.offer(f"camera-{camera}", number, replayed=True)
    kept = drain(slots)
    assert len(kept) <= MOST_KEPT_IN_ALL + 10
    assert len(kept) + dropped == 10 * MOST_KEPT
    slots.offer("camera-1", 1, replayed=True)
    assert drain(slots) == [1], "what was taken no longer counts"


def drain(slots: FrameSlots[int]) -> list[int]:
    frames: list[int] = []
    while (taken := slots.take(within_s=0)) is not None:
        frames.append(taken[1])
        slots.done(taken[0])
    return frames


@given(st.lists(st.tuples(st.sampled_from(["offer", "replay", "take", "done"]), st.sampled_from("abc")), max_size=60))
def test_frames_of_a_camera_come_in_order_and_never_two_at_once(acts: list[tuple[str, str]]) -> None:
    slots: FrameSlots[int] = FrameSlots()
    busy: set[str] = set()
    last = dict.fromkeys("abc", -1)
    for number, (act, camera) in enumerate(acts):
        if act in ("offer", "replay"):
            slots.offer(camera, number, replayed=act == "replay")
        elif act == "take":
            taken = slots.take(within_s=0)
            if taken is not None:
                assert taken[0] not in busy
                assert taken[1] > last[taken[0]]
                last[taken[0]] = taken[1]
                busy.add(taken[0])
        elif camera in busy:
            slots.done(camera)
            busy.discard(camera)
