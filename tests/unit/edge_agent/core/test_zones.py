"""Zones and lines: what is inside, what crossed, which way."""

import pytest

from edge_agent.core.zones import LEAVE_MARGIN, Line, Zone, polygon_problem

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))


@pytest.mark.parametrize(
    ("polygon", "word"),
    [
        (((0.1, 0.1), (0.2, 0.2)), "fewer than three"),
        (((0.1, 0.1), (0.2, 0.2), (0.1, 0.1)), "fewer than three"),  # closed by repeating the first corner
        (((0.1, 0.1), (1.2, 0.1), (0.5, 0.5)), "outside the picture"),
        (((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)), "crosses itself"),
        (((0.1, 0.1), (0.5, 0.5), (0.9, 0.9)), "encloses nothing"),
        (((0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.5, 0.1)), "visits a corner twice"),
    ],
)
def test_an_impossible_polygon_is_refused_with_its_reason(polygon: tuple[tuple[float, float], ...], word: str) -> None:
    assert word in (polygon_problem(polygon) or "")


def test_a_square_is_fine_closed_or_open() -> None:
    assert polygon_problem(SQUARE) is None
    assert polygon_problem((*SQUARE, SQUARE[0])) is None


def test_a_thing_trembling_on_the_edge_stays_inside() -> None:
    zone = Zone(name="z", polygon=SQUARE)
    just_out = (0.8 + LEAVE_MARGIN / 2, 0.5)
    assert not zone.contains(just_out)
    assert zone.still_contains(just_out)
    assert not zone.still_contains((0.8 + 2 * LEAVE_MARGIN, 0.5))


@pytest.mark.parametrize("points", [((0.5, 0.0), (0.5, 1.0)), ((0.5, 1.0), (0.5, 0.0)), ((0.4, 0.9), (0.6, 0.1))])
def test_left_of_a_steep_line_is_left_however_it_was_drawn(points: tuple[tuple[float, float], ...]) -> None:
    line = Line(name="l", points=(points[0], points[1]))
    assert line.side((0.1, 0.5)) < 0.0 < line.side((0.9, 0.5))


@pytest.mark.parametrize("points", [((0.0, 0.5), (1.0, 0.5)), ((1.0, 0.5), (0.0, 0.5))])
def test_above_a_flat_line_counts_as_its_left(points: tuple[tuple[float, float], ...]) -> None:
    line = Line(name="l", points=(points[0], points[1]))
    assert line.side((0.5, 0.1)) < 0.0 < line.side((0.5, 0.9))


def test_passing_beyond_the_end_of_a_line_crosses_nothing() -> None:
    line = Line(name="l", points=((0.5, 0.4), (0.5, 0.6)))
    assert line.crossed((0.4, 0.5), (0.6, 0.5)) == pytest.approx(0.5)
    assert line.crossed((0.4, 0.9), (0.6, 0.9)) is None
