"""Which masks hold while a technician changes them: a new one at once, a gone one for the pictures it hid."""

from edge_agent.app.camera_masks import CameraMasks
from edge_agent.evidence.masks import Mask
from tests.support.manual_clock import ManualClock

WINDOW = Mask(polygon=((0.1, 0.1), (0.2, 0.1), (0.2, 0.2)))
DOOR = Mask(polygon=((0.5, 0.5), (0.6, 0.5), (0.6, 0.9)))


def test_a_new_mask_holds_at_once_and_for_what_was_before() -> None:
    masks = CameraMasks([WINDOW], clock=ManualClock())
    masks.change([WINDOW, DOOR], kept_s=60.0)
    assert masks.live() == masks.evidence() == (WINDOW, DOOR)
    assert masks.version == 1


def test_a_mask_that_is_gone_still_hides_the_pictures_of_its_time() -> None:
    clock = ManualClock()
    masks = CameraMasks([WINDOW, DOOR], clock=clock)
    masks.change([DOOR], kept_s=60.0)
    assert masks.live() == (DOOR,)
    assert masks.evidence() == (DOOR, WINDOW)
    clock.advance(59.0)
    assert masks.evidence() == (DOOR, WINDOW)
    clock.advance(2.0)
    assert masks.evidence() == (DOOR,)


def test_a_mask_that_comes_back_is_there_once() -> None:
    masks = CameraMasks([WINDOW], clock=ManualClock())
    masks.change([], kept_s=60.0)
    masks.change([WINDOW], kept_s=60.0)
    assert masks.live() == masks.evidence() == (WINDOW,)
