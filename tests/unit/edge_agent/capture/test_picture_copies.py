"""A copy is the picture, whoever had its memory before, and nobody else's while somebody looks at it."""

from fractions import Fraction

import numpy as np
import pytest
from av.video.frame import VideoFrame

from edge_agent.capture.picture_copies import KEPT, PictureCopies
from edge_agent.evidence.masks import FULL_RANGE


def picture(seed: int, *, width: int = 70, height: int = 48, name: str = "yuv420p") -> VideoFrame:
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    made = VideoFrame.from_ndarray(noise, format="bgr24").reformat(format=name)
    made.pts, made.time_base = seed, Fraction(1, 90_000)
    return made


def shows(one: VideoFrame, other: VideoFrame) -> bool:
    return one.pts == other.pts and bool((one.to_ndarray() == other.to_ndarray()).all())


def test_memory_that_was_given_back_is_written_over() -> None:
    copies = PictureCopies()
    first = copies.of(picture(1))
    assert shows(first, picture(1))
    copies.give_back(first)
    second = copies.of(picture(2))
    assert second is first
    assert shows(second, picture(2))


def test_two_copies_at_once_have_nothing_in_common() -> None:
    copies = PictureCopies()
    one, other = copies.of(picture(1)), copies.of(picture(2))
    assert shows(one, picture(1))
    assert shows(other, picture(2))


@pytest.mark.parametrize("change", [{"width": 72}, {"height": 50}, {"name": "yuvj420p"}])
def test_a_picture_of_another_shape_gets_memory_of_its_own(change: dict[str, object]) -> None:
    copies = PictureCopies()
    first = copies.of(picture(1))
    copies.give_back(first)
    other = picture(2, **change)  # type: ignore[arg-type]  # keywords of the test
    second = copies.of(other)
    assert second is not first
    assert shows(second, other)


def test_the_range_of_brightness_is_that_of_the_picture_and_not_of_the_one_before() -> None:
    copies = PictureCopies()
    full = picture(1)
    full.color_range = FULL_RANGE
    first = copies.of(full)
    assert first.color_range == FULL_RANGE
    copies.give_back(first)
    assert copies.of(picture(2)).color_range == picture(2).color_range != FULL_RANGE


def test_only_so_much_is_kept() -> None:
    copies = PictureCopies()
    lent = [copies.of(picture(number)) for number in range(KEPT + 3)]
    for one in lent:
        copies.give_back(one)
    again = [copies.of(picture(number)) for number in range(KEPT + 3)]
    assert sum(any(one is before for before in lent) for one in again) == KEPT
