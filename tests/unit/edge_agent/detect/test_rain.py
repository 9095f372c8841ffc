"""Rain in the difference of a picture: specks that are never where they were, and what is left when they are out."""

import numpy as np
import numpy.typing as npt
import pytest

from edge_agent.detect.rain import Rain, without_drops

Plane = npt.NDArray[np.uint8]
SHAPE = (144, 176)


def drops(seed: int, *, many: int = 90) -> Plane:
    """Return 255 in drops: one column wide, six rows high, each picture of a shower elsewhere."""
    plane = np.zeros(SHAPE, np.uint8)
    dice = np.random.default_rng(seed)
    for row, column in zip(dice.integers(0, 138, many), dice.integers(0, 176, many), strict=True):
        plane[row : row + 6, column] = 255
    return plane


def rains(rain: Rain, strong: Plane, at_s: float) -> bool:
    return rain.falls(strong, int(np.count_nonzero(strong)), at_s)


def test_specks_that_are_elsewhere_in_the_next_picture_are_rain_at_once() -> None:
    rain = Rain()
    assert [rains(rain, drops(number), number / 5) for number in range(4)] == [True] * 4


def test_wires_that_tremble_about_where_they_are_are_no_rain() -> None:
    """Most specks are where specks were; after the first picture, in which nobody can tell."""
    rain, wires = Rain(), drops(1, many=250)
    said = [rains(rain, np.asarray(wires | drops(10 + number, many=80)), number / 5) for number in range(4)]
    assert said[1:] == [False] * 3


def test_a_lorry_is_no_rain_however_much_of_the_picture_it_changes() -> None:
    rain = Rain()
    for number in range(4):
        strong = np.zeros(SHAPE, np.uint8)
        strong[40:120, 10 + 20 * number : 90 + 20 * number] = 255
        assert not rains(rain, strong, number / 5)


@pytest.mark.parametrize(("pause_s", "goes_on"), [(0.2, True), (5.0, False)])
def test_less_is_enough_while_it_rains(pause_s: float, goes_on: bool) -> None:
    """A shower that thins out is one still; as few specks after dry seconds are not."""
    rain = Rain()
    assert rains(rain, drops(1), 0.0)
    assert rains(rain, drops(2, many=25), pause_s) is goes_on


def test_what_is_as_wide_as_somebody_far_away_stays_in_the_difference_and_drops_do_not() -> None:
    street = np.full(SHAPE, 90, np.uint8)
    picture = street.copy()
    picture[60:90, 80:85] = 30
    picture[drops(3) != 0] = 200
    difference = np.asarray(np.abs(picture.astype(int) - street), np.uint8)
    Rain.dry(difference, picture, street)
    assert np.count_nonzero(difference[60:90, 80:85] > 14) > 0.8 * 30 * 5
    beside = difference.copy()
    beside[60:90, 76:89] = 0
    assert np.count_nonzero(beside > 14) < 0.05 * np.count_nonzero(drops(3))


def test_two_equal_pictures_differ_in_nothing() -> None:
    assert not without_drops(drops(1), drops(1)).any()
