"""Crowds: a number, and how much of the zone it would cover."""

import pytest

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.core.rules import Crowd
from edge_agent.core.zones import Zone
from tests.support.rule_plays import Film, play, raised
from tests.support.seen import EVERYWHERE

QUARTER = Zone(name="quarter", polygon=((0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0)))
"""A quarter of the picture."""


def people(count: int, *, height: float, apart: float = 0.11) -> Film:
    """Return a row of upright people who stand in the quarter; an eighth of their height wide for each eighth."""
    width = 0.42 * height

    def film(at_s: float) -> list[Detection]:
        return [
            Detection("person", 0.8, Box.around((0.06 + apart * (n % 4), 0.75 + 0.1 * (n // 4)), width, height))
            for n in range(count)
        ]

    return film


@pytest.mark.parametrize(
    ("count", "height", "density", "alerts"),
    [
        # each covers 0.42 · h² of the picture; the zone is 0.25 of it
        (4, 0.2, 0.25, 1),  # 4 × 0.0168 / 0.25 = 0.27
        (4, 0.2, 0.30, 0),
        (8, 0.2, 0.50, 1),  # 0.54
        (8, 0.1, 0.25, 0),  # the same number half as large: the same zone seen from farther away, a quarter as dense
        (8, 0.1, 0.0, 1),  # without a density the number alone counts
        (3, 0.2, 0.0, 0),
    ],
)
def test_a_crowd_needs_its_number_and_its_density(count: int, height: float, density: float, alerts: int) -> None:
    rule = Crowd(name="many", category="crowd", zones=(QUARTER,), count=4, hold_s=2.0, density=density)
    assert len(raised(play(rule, people(count, height=height), until_s=6.0))) == alerts


def test_one_giant_box_does_not_make_a_crowd_dense() -> None:
    """Two people merged into one box, or somebody right before the lens: the median does not move."""

    def film(at_s: float) -> list[Detection]:
        giant = Detection("person", 0.8, Box(0.05, 0.1, 0.45, 0.9))
        return [*people(4, height=0.1)(at_s), giant]

    rule = Crowd(name="many", category="crowd", zones=(EVERYWHERE,), count=5, hold_s=2.0, density=0.2)
    assert raised(play(rule, film, until_s=6.0)) == []


@pytest.mark.parametrize(("grace_s", "alerts"), [(2.0, 1), (0.2, 2)])
def test_a_crowd_short_of_its_number_for_less_than_its_grace_is_the_same(grace_s: float, alerts: int) -> None:
    rule = Crowd(
        name="many",
        category="crowd",
        zones=(QUARTER,),
        count=4,
        hold_s=1.0,
        grace_s=grace_s,
        linger_s=0.2,
        cool_down_s=0.0,
    )
    three = people(3, height=0.2)

    def film(at_s: float) -> list[Detection]:
        away = Detection("person", 0.8, Box.around((0.53 if 4.0 <= at_s <= 5.4 else 0.49, 0.75), 0.084, 0.2))
        return [*three(at_s), away]

    assert len(raised(play(rule, film, until_s=12.0))) == alerts
