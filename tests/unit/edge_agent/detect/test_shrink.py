"""The small picture: its shape, and that every value stands for the mean of its place."""

import numpy as np
import pytest

from edge_agent.detect.shrink import shrunk


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((576, 704), (144, 176)),  # halved twice
        ((1080, 1920), (144, 256)),  # halved twice, then averaged
        ((575, 703), (144, 176)),  # odd: averaged at once
        ((96, 128), (96, 128)),  # small enough
    ],
)
def test_the_shape_is_kept_and_so_is_the_brightness_of_each_place(
    size: tuple[int, int], small: tuple[int, int]
) -> None:
    ramp = np.linspace(0, 255, size[1])[None, :].repeat(size[0], axis=0).astype(np.uint8)
    found = shrunk(ramp, 144)
    assert found.shape == small
    expected = np.linspace(0, 255, small[1])
    assert np.abs(found.astype(float) - expected[None, :]).max() < 3.0


def test_a_view_with_padded_rows_is_read_without_its_padding() -> None:
    """A decoder's rows are longer than the picture; what lies behind them is anything."""
    padded = np.full((576, 768), 255, dtype=np.uint8)
    padded[:, :704] = 10
    assert shrunk(padded[:, :704], 144).max() == 10
