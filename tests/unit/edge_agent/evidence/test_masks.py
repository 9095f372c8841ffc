"""Privacy masks: everything under them is black, nothing else is touched, the decoder's picture least of all."""

import numpy as np
import pytest
from av.video.frame import VideoFrame

from edge_agent.evidence.errors import EvidenceError
from edge_agent.evidence.masks import Mask, MaskBurner

LEFT_HALF = Mask(polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))


def bright(width: int = 64, height: int = 48, pixel_format: str = "yuv420p") -> VideoFrame:
    white = np.full((height, width, 3), 255, dtype=np.uint8)
    frame = VideoFrame.from_ndarray(white, format="rgb24").reformat(format=pixel_format)
    frame.pts = 42
    return frame


def rgb(frame: VideoFrame) -> "np.typing.NDArray[np.uint8]":
    return np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "yuv444p"])
@pytest.mark.parametrize(("width", "height"), [(64, 48), (63, 47), (1920, 1080)])
def test_the_masked_half_is_black_and_the_other_half_untouched(width: int, height: int, pixel_format: str) -> None:
    shown = rgb(MaskBurner((LEFT_HALF,))(bright(width, height, pixel_format)))
    assert shown.shape == (height, width, 3)
    assert shown[:, : width // 2].max() <= 4
    assert shown[:, width // 2 + 6 :].min() >= 250


def test_the_decoders_own_picture_is_not_written() -> None:
    """The detector reads it at the same time."""
    frame = bright()
    hidden = MaskBurner((LEFT_HALF,))(frame)
    assert rgb(frame).min() >= 250
    assert hidden.pts == 42


def test_without_masks_the_picture_is_passed_on_as_it_is() -> None:
    frame = bright()
    burner = MaskBurner(())
    assert burner(frame) is frame
    assert not burner


def test_masks_follow_a_change_of_the_picture_size() -> None:
    burner = MaskBurner((LEFT_HALF,))
    burner(bright(64, 48))
    assert rgb(burner(bright(320, 240)))[:, :160].max() <= 4


def test_no_colour_shines_through_the_edge_of_a_mask() -> None:
    """Chroma is kept for two by two samples; those on the edge belong to both sides."""
    red = np.zeros((48, 64, 3), dtype=np.uint8)
    red[..., 0] = 255
    frame = VideoFrame.from_ndarray(red, format="rgb24").reformat(format="yuv420p")
    mask = Mask(polygon=((0.0, 0.0), (0.33, 0.0), (0.33, 1.0), (0.0, 1.0)))
    shown = rgb(MaskBurner((mask,))(frame))
    assert shown[:, : round(0.33 * 64)].max() <= 8


def test_a_mask_with_two_corners_is_refused() -> None:
    with pytest.raises(EvidenceError, match="three corners"):
        Mask(polygon=((0.0, 0.0), (1.0, 1.0)))
