"""Who is analysed next: the newest frame of each camera, cameras in turn, one camera never twice at once."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.app.frame_slots import FrameSlots


def test_the_newest_frame_of_a_camera_wins() -> None:
    slots: FrameSlots[int] = FrameSlots()
    assert slots.offer("gate", 1) is False
    assert slots.offer("gate", 2) is True
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


@given(st.lists(st.tuples(st.sampled_from(["offer", "take", "done"]), st.sampled_from("abc")), max_size=60))
def test_frames_of_a_camera_come_in_order_and_never_two_at_once(acts: list[tuple[str, str]]) -> None:
    slots: FrameSlots[int] = FrameSlots()
    busy: set[str] = set()
    last = dict.fromkeys("abc", -1)
    for number, (act, camera) in enumerate(acts):
        if act == "offer":
            slots.offer(camera, number)
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
