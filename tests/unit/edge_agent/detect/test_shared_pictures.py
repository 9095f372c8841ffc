"""A picture put into shared memory is the picture that is seen there."""

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.detect.picture import Picture
from edge_agent.detect.shared_pictures import PictureLayout, SharedPictures

SLOTS = 2


@pytest.fixture(scope="module")
def shared() -> SharedPictures:
    return SharedPictures.make(slots=SLOTS)


def frame_of(width: int, height: int, seed: int, *, pixel_format: str = "yuv420p") -> av.VideoFrame:
    frame = av.VideoFrame(width, height, pixel_format)
    generator = np.random.default_rng(seed)
    for plane in frame.planes:
        plane.update(generator.integers(0, 256, plane.buffer_size, dtype=np.uint8).tobytes())
    return frame


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(2, 200), height=st.integers(2, 150), slot=st.integers(0, SLOTS - 1), seed=st.integers(0, 2**16)
)
def test_all_three_planes_arrive_whatever_the_size(
    shared: SharedPictures, width: int, height: int, slot: int, seed: int
) -> None:
    frame = frame_of(width, height, seed)
    layout = shared.put(slot, frame, colour=True)
    assert layout is not None
    seen, truth = shared.view(slot, layout), Picture.of(frame)
    assert (seen.width, seen.height, seen.full_range) == (width, height, False)
    for mine, theirs in ((seen.luma, truth.luma), (seen.u, truth.u), (seen.v, truth.v)):
        assert np.array_equal(mine, theirs)


def test_slots_do_not_touch_each_other(shared: SharedPictures) -> None:
    layouts = [shared.put(slot, frame_of(64, 48, slot), colour=True) for slot in range(SLOTS)]
    for slot, layout in enumerate(layouts):
        assert layout is not None
        assert np.array_equal(shared.view(slot, layout).luma, Picture.of(frame_of(64, 48, slot)).luma)


def test_without_colour_only_luma_travels(shared: SharedPictures) -> None:
    layout = shared.put(0, frame_of(64, 48, 3), colour=False)
    assert layout is not None
    assert layout.line_sizes[1:] == (0, 0)
    assert shared.view(0, layout).u.size == 0


def test_the_full_range_of_jpeg_is_told(shared: SharedPictures) -> None:
    layout = shared.put(0, frame_of(64, 48, 3, pixel_format="yuvj420p"), colour=True)
    assert layout is not None
    assert layout.full_range


def test_a_picture_larger_than_a_slot_is_refused(shared: SharedPictures) -> None:
    assert shared.put(0, av.VideoFrame(8192, 5600, "yuv420p"), colour=True) is None


@pytest.mark.parametrize("line_size", [32, 16_384])
def test_a_layout_that_leads_outside_of_the_slot_is_a_defect(shared: SharedPictures, line_size: int) -> None:
    layout = PictureLayout(width=64, height=8_192, line_sizes=(line_size, 0, 0), full_range=False)
    with pytest.raises(ValueError, match="does not fit"):
        shared.view(0, layout)
