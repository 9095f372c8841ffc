"""The demo city's grids: each community cut into grids of level two, each of those into grids of level three.

A piece is halved across its longer side, again and again, each time by the share of grids that each half gets; so
grids have like sizes, no gaps and no overlaps. One grid of level three has one grid worker.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import shapely
from shapely.geometry import Polygon

WORKERS: Final = 7_000
GROUP: Final = 6
"""Grids of level three in one of level two, about."""
_DECIMALS: Final = 7
"""A centimetre: a corner on a neighbour's long side moves off it by less."""
_STEPS: Final = 24

Place = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPlot:
    """One grid's ground; ``number`` counts from 1 within its parent."""

    number: int
    ring: tuple[Place, ...]
    middle: Place
    parts: tuple["GridPlot", ...] = ()


def shares(sizes: Sequence[float], total: int, *, least: int) -> list[int]:
    """Deal ``total`` out by size, each at least ``least``; what rounding leaves goes to the largest remainders."""
    free = total - least * len(sizes)
    exact = [free * size / sum(sizes) for size in sizes]
    dealt = [least + int(each) for each in exact]
    order = sorted(range(len(sizes)), key=lambda i: (int(exact[i]) - exact[i], i))
    for i in order[: total - sum(dealt)]:
        dealt[i] += 1
    return dealt


def plan_grids(ring: Sequence[Place], workers: int) -> tuple[GridPlot, ...]:
    """Return the grids of a community with so many of level three in all."""
    groups = max(1, round(workers / GROUP))
    found = []
    cut = list(_cut(Polygon(ring), groups))
    for number, (piece, count) in enumerate(zip(cut, shares([p.area for p in cut], workers, least=1), strict=True), 1):
        parts = tuple(_plot(nth, part) for nth, part in enumerate(_cut(piece, count), 1))
        found.append(_plot(number, piece, parts))
    return tuple(found)


def _plot(number: int, piece: Polygon, parts: tuple[GridPlot, ...] = ()) -> GridPlot:
    middle = piece.representative_point()
    return GridPlot(
        number=number,
        ring=tuple(_place(x, y) for x, y in shapely.orient_polygons(piece).exterior.coords),
        middle=_place(middle.x, middle.y),
        parts=parts,
    )


def _cut(piece: Polygon, count: int) -> Iterator[Polygon]:
    if count == 1:
        yield piece
        return
    first = count // 2
    for half, its in zip(_halves(piece, first / count), (first, count - first), strict=True):
        yield from _cut(half, its)


def _halves(piece: Polygon, share: float) -> tuple[Polygon, Polygon]:
    """Cut across the longer side (a degree of latitude is the longer one) so that the first has ``share``."""
    left, bottom, right, top = piece.bounds
    upright = (right - left) * 0.85 > top - bottom
    for across in (upright, not upright):
        low, high = (left, right) if across else (bottom, top)
        for _ in range(_STEPS):
            at = (low + high) / 2
            first = _side(piece, at, upright=across, near=True)
            low, high = (at, high) if first.area < share * piece.area else (low, at)
        at = round((low + high) / 2, _DECIMALS)
        halves = (_side(piece, at, upright=across, near=True), _side(piece, at, upright=across, near=False))
        if all(isinstance(half, Polygon) and half.area > 0 for half in halves):
            return halves
    raise RuntimeError("a cut leaves a piece in parts; choose another seed")


def _side(piece: Polygon, at: float, *, upright: bool, near: bool) -> Polygon:
    left, bottom, right, top = piece.bounds
    if upright:
        window = (left, bottom, at, top) if near else (at, bottom, right, top)
    else:
        window = (left, bottom, right, at) if near else (left, at, right, top)
    return piece.intersection(shapely.box(*window))


def _place(x: float, y: float) -> Place:
    return (round(x, _DECIMALS), round(y, _DECIMALS))
