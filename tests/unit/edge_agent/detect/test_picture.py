"""Pictures: planes as views, crops in the right colours."""

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edge_agent.core.boxes import Box
from edge_agent.detect.picture import Picture


def colours(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Return soft colour ramps, so that halved chroma costs little."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack((60 + 120 * x / width, 200 - 120 * y / height, np.full_like(x, 90)), axis=2).astype(np.uint8)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "nv12", "yuv422p", "rgb24"])
def test_a_crop_has_the_colours_ffmpeg_gives(pixel_format: str) -> None:
    frame = av.VideoFrame.from_ndarray(colours(320, 240), format="bgr24").reformat(format=pixel_format)
    expected = frame.to_ndarray(format="bgr24")
    crop = Picture.of(frame).crop(Box(0.25, 0.25, 0.75, 0.75))
    assert crop.shape == (120, 160, 3)
    difference = np.abs(crop.astype(int) - expected[60:180, 80:240].astype(int))
    assert difference.mean() < 3.0


@pytest.mark.parametrize("size", [(321, 241), (320, 241), (321, 240)])
def test_odd_sizes_lose_no_row_and_no_column(size: tuple[int, int]) -> None:
    frame = av.VideoFrame.from_ndarray(colours(*size), format="bgr24").reformat(format="yuv420p")
    assert Picture.of(frame).crop().shape == (size[1], size[0], 3)


def test_luma_is_a_view_of_the_decoders_own_plane() -> None:
    frame = av.VideoFrame.from_ndarray(colours(320, 240), format="bgr24").reformat(format="yuv420p")
    luma = Picture.of(frame).luma
    plane = np.frombuffer(memoryview(frame.planes[0]), dtype=np.uint8)
    assert np.shares_memory(luma, plane)


@pytest.mark.parametrize("box", [Box(0.999, 0.999, 1.0, 1.0), Box(-1.0, -1.0, -0.5, -0.5), Box(0.5, 0.5, 0.5, 0.5)])
def test_even_an_empty_box_gives_a_crop_inside_the_picture(box: Box) -> None:
    frame = av.VideoFrame.from_ndarray(colours(320, 240), format="bgr24").reformat(format="yuv420p")
    crop = Picture.of(frame).crop(box)
    assert min(crop.shape[:2]) >= 2


@pytest.mark.parametrize("size", [(80, 60), (416, 312)])
def test_a_crop_can_be_had_at_another_size_and_in_the_other_colour_order(size: tuple[int, int]) -> None:
    frame = av.VideoFrame.from_ndarray(colours(320, 240), format="bgr24").reformat(format="yuv420p")
    crop = Picture.of(frame).crop(Box(0.25, 0.25, 0.75, 0.75), size=size, colour="rgb")
    expected = cv2.resize(colours(320, 240)[60:180, 80:240, ::-1], size)
    assert np.abs(crop.astype(int) - expected.astype(int)).mean() < 3.0
