"""Canvases: a region as the model wants it, and the way from its pixels back to shares of the picture."""

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.core.boxes import Box
from edge_agent.detect.canvas import CanvasForm, CanvasGeometry, canvas_of
from edge_agent.detect.detector import WHOLE_PICTURE
from edge_agent.detect.picture import Picture

LETTERBOX = CanvasForm(size=(416, 416), colour="bgr", fit="letterbox", fill=114)
STRETCH = CanvasForm(size=(352, 352), colour="rgb", fit="stretch")


def picture_of(bgr: npt.NDArray[np.uint8], pixel_format: str = "yuv420p") -> Picture:
    return Picture.of(av.VideoFrame.from_ndarray(bgr, format="bgr24").reformat(format=pixel_format))


def plain(width: int, height: int, bgr: tuple[int, int, int], pixel_format: str = "yuv420p") -> Picture:
    return picture_of(np.full((height, width, 3), bgr, dtype=np.uint8), pixel_format)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p"])
@pytest.mark.parametrize("size", [(1920, 1080), (640, 480), (160, 120), (321, 241)])
def test_a_letterboxed_canvas_holds_the_picture_top_left_and_grey_below(
    size: tuple[int, int], pixel_format: str
) -> None:
    """Shrunk, nearly as it is, and enlarged: each takes a way of its own."""
    canvas, geometry = canvas_of(plain(*size, (40, 120, 200), pixel_format), WHOLE_PICTURE, LETTERBOX)
    assert canvas.shape == (416, 416, 3)
    assert canvas.flags["C_CONTIGUOUS"]
    rows = round(size[1] * geometry.scale[1])
    assert np.abs(canvas[: rows - 1].astype(int) - (40, 120, 200)).max() <= 4
    assert (canvas[rows:] == 114).all()


def test_a_stretched_canvas_is_filled_and_has_the_models_colour_order() -> None:
    canvas, geometry = canvas_of(plain(640, 480, (40, 120, 200)), WHOLE_PICTURE, STRETCH)
    assert np.abs(canvas.astype(int) - (200, 120, 40)).max() <= 4
    assert geometry.scale == (352 / 640, 352 / 480)


@pytest.mark.parametrize("form", [LETTERBOX, STRETCH])
@pytest.mark.parametrize("size", [(1280, 720), (500, 400), (200, 120)])
def test_a_spot_seen_on_the_canvas_is_put_where_it_is_in_the_picture(form: CanvasForm, size: tuple[int, int]) -> None:
    """A white block in the dark, its edges read off the canvas: to a pixel and a half of the picture or canvas."""
    wide, high = size
    bgr = np.zeros((high, wide, 3), dtype=np.uint8)
    block = Box(0.6, 0.5, 0.7, 0.7)
    bgr[round(block.top * high) : round(block.bottom * high), round(block.left * wide) : round(block.right * wide)] = (
        255
    )
    canvas, geometry = canvas_of(picture_of(bgr), Box(0.4, 0.3, 0.9, 1.0), form)
    bright = canvas[..., 1] > 128
    if form.fit == "letterbox":  # what is filled is no part of the picture
        bright[round((geometry.region[3] - geometry.region[1]) * geometry.scale[1]) :] = False
    rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    placed = geometry.placed(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    assert placed is not None
    within_x, within_y = (1.5 * max(1.0, 1.0 / scale) for scale in geometry.scale)
    assert abs(placed[0].left - block.left) * wide <= within_x
    assert abs(placed[0].right - block.right) * wide <= within_x
    assert abs(placed[0].top - block.top) * high <= within_y
    assert abs(placed[0].bottom - block.bottom) * high <= within_y


GEOMETRY = CanvasGeometry(picture_size=(1000, 500), region=(200, 0, 600, 400), scale=(0.5, 0.5))


@pytest.mark.parametrize(
    ("box", "expected", "cut"),
    [
        ((50, 50, 100, 100), Box(0.3, 0.2, 0.4, 0.4), False),
        ((0, 50, 100, 100), Box(0.2, 0.2, 0.4, 0.4), True),  # reaches the left edge of the region
        ((50, 0, 100, 100), Box(0.3, 0.0, 0.4, 0.4), False),  # the picture itself ends here: nothing is cut off
        ((50, 50, 250, 100), Box(0.3, 0.2, 0.6, 0.4), True),  # beyond the right edge: clipped
        ((50, 50, 100, 300), Box(0.3, 0.2, 0.4, 0.8), True),
    ],
)
def test_a_box_is_placed_clipped_and_known_to_be_cut(
    box: tuple[float, float, float, float], expected: Box, cut: bool
) -> None:
    placed = GEOMETRY.placed(*box)
    assert placed is not None
    assert tuple(round(side, 9) for side in (placed[0].left, placed[0].top, placed[0].right, placed[0].bottom)) == (
        expected.left,
        expected.top,
        expected.right,
        expected.bottom,
    )
    assert placed[1] is cut


@pytest.mark.parametrize("box", [(-40, 0, -10, 50), (300, 300, 400, 400), (50, 50, 50.1, 100)])
def test_what_lies_outside_or_has_no_size_is_not_placed(box: tuple[float, float, float, float]) -> None:
    assert GEOMETRY.placed(*box) is None


@given(
    st.integers(2, 2000),
    st.integers(2, 2000),
    st.tuples(*[st.floats(0, 1)] * 4),
    st.tuples(*[st.floats(-50, 500)] * 4),
    st.sampled_from([LETTERBOX, STRETCH]),
)
@settings(deadline=None)
def test_every_region_gives_a_whole_canvas_and_boxes_inside_the_picture(
    wide: int,
    high: int,
    corners: tuple[float, float, float, float],
    seen: tuple[float, float, float, float],
    form: CanvasForm,
) -> None:
    """Whatever the region: tiny pictures, odd sides, empty boxes."""
    region = Box(min(corners[::2]), min(corners[1::2]), max(corners[::2]), max(corners[1::2]))
    half = np.full(((high + 1) // 2, (wide + 1) // 2), 128, dtype=np.uint8)
    picture = Picture(luma=np.zeros((high, wide), dtype=np.uint8), u=half, v=half, full_range=False)
    canvas, geometry = canvas_of(picture, region, form)
    assert canvas.shape == (form.size[1], form.size[0], 3)
    placed = geometry.placed(*seen)
    assert placed is None or (placed[0] == placed[0].clip() and placed[0].area > 0.0)
