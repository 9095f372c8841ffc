"""Snapshots: a JPEG of the picture, with the masks and the box."""

import cv2
import numpy as np
from av.video.frame import VideoFrame

from edge_agent.core.boxes import Box
from edge_agent.evidence.masks import FULL_RANGE, Mask, MaskBurner
from edge_agent.evidence.snapshot import BOX_BGR, QUALITY, encode_snapshot

NO_MASKS = MaskBurner(())


def gray(width: int = 320, height: int = 240) -> VideoFrame:
    flat = np.full((height, width, 3), 128, dtype=np.uint8)
    return VideoFrame.from_ndarray(flat, format="bgr24").reformat(format="yuv420p")


def decoded(jpeg: bytes) -> "np.typing.NDArray[np.uint8]":
    picture = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, dtype=np.uint8)


def test_a_snapshot_is_a_jpeg_of_the_pictures_size_and_brightness() -> None:
    jpeg = encode_snapshot(gray(), burner=NO_MASKS)
    assert jpeg[:3] == b"\xff\xd8\xff"
    picture = decoded(jpeg)
    assert picture.shape == (240, 320, 3)
    assert abs(float(picture.mean()) - 128) < 6  # the colour conversion rounds


def test_the_box_is_drawn_where_it_was_seen_and_nowhere_without_asking() -> None:
    box = Box(left=0.25, top=0.25, right=0.75, bottom=0.75)
    marked = decoded(encode_snapshot(gray(), burner=NO_MASKS, box=box))
    assert np.abs(marked[60, 100:220].astype(int) - BOX_BGR).mean() < 40
    plain = decoded(encode_snapshot(gray(), burner=NO_MASKS))
    assert np.abs(plain[60, 100:220].astype(int) - 128).max() < 8


def test_masks_are_black_in_the_snapshot() -> None:
    burner = MaskBurner((Mask(polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))),))
    picture = decoded(encode_snapshot(gray(), burner=burner))
    assert picture[:, :150].max() < 12
    assert picture[:, 176:].min() > 116


def test_what_converts_pictures_carries_nothing_over_from_one_to_the_next() -> None:
    """Sizes, formats and ranges of brightness in turn through one thread, each as if it were the first."""
    dice = np.random.default_rng(5)
    pictures: list[VideoFrame] = []
    for width, height, name in ((320, 240, "yuv420p"), (320, 240, "yuvj420p"), (352, 288, "yuv420p"), (64, 48, "gray")):
        noise = dice.integers(0, 255, (height, width, 3), dtype=np.uint8)
        pictures.append(VideoFrame.from_ndarray(noise, format="bgr24").reformat(format=name))
    full = pictures[0].reformat(format="yuv420p")
    full.color_range = FULL_RANGE
    for picture in [*pictures, full, pictures[0], pictures[1], full]:
        fresh = np.ascontiguousarray(picture.to_ndarray(format="bgr24"), dtype=np.uint8)
        expected = cv2.imencode(".jpg", fresh, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
        assert encode_snapshot(picture, burner=NO_MASKS) == expected
