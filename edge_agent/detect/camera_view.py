"""The view of a camera: what its picture usually shows, as edges and brightness of 9 × 12 cells, and how one fits it.

Owns Glance (what one picture shows), CameraView (what was seen over time) and their comparison. Edges, because light
changes and edges stay; compared as patterns (a matched filter), because a pattern is found again at a tenth of its
contrast, in noise, fog and dusk. Sharpness is taken from the strongest edge of each cell, which neither noise nor a
small shift changes much.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.core.picture_health import PictureFit

Floats = npt.NDArray[np.float32]
Truths = npt.NDArray[np.bool_]
Plane = npt.NDArray[np.uint8]

ROWS: Final = 72
COLUMNS: Final = 96
CELL: Final = 8
"""The small picture is always 72 × 96, whatever the camera's shape: 9 × 12 cells of 8 × 8."""
CELLS: Final = (ROWS // CELL, COLUMNS // CELL)
SHARP_ROWS: Final = 240
"""Sharpness is looked for at not less than this many rows; more are halved away, which takes out noise, too."""
DETAIL: Final = 2.0
"""Least root mean square of a cell's edges, in grey levels per pixel of the small picture, to be detail of its own."""
STAYS: Final = 0.2
"""Edges that were there for less than this share of the time are what passed by, and no detail of the place: the mean
of the pattern keeps this share of the mean of its energy."""
SAME: Final = 0.4
"""Correlation of a cell's edges with those of the view from which on they are the same: what has nothing to do with
each other correlates by 0 ± 0.15 (64 pixels, edges two pixels wide)."""
TRACE: Final = 0.2
"""What is weaker, root mean square in grey levels, is rounding: its pattern proves nothing."""
FAINT: Final = 0.05
BEST: Final = 0.9
"""What shimmers through with less than this share of the contrast of the best cells is behind something."""
NOTHING: Final = 0.15
"""A cell with less than this share of its usual edge energy shows nothing."""
SHIFT_BELOW: Final = 0.6
"""A better place is looked for when fewer cells fit: it costs twice the rest."""
SHIFT_GAIN: Final = 0.1
STRONG: Final = 24.0
"""Least strength of a cell's sharpest edge, in grey levels, to judge focus by: beyond the noise of night."""
NEARLY_ALL: Final = 0.7
"""Focus is lost everywhere, or it is not the focus: the figure that so many cells stay below; a clock or name that is
drawn into the picture stays sharp."""
_TINY: Final = np.float32(1e-6)


@dataclass(slots=True, eq=False)
class Glance:
    """What one picture shows, or several on average; arrays are float32 in grey levels."""

    right: Floats
    """(72, 96): change of brightness towards the right, per pixel."""
    down: Floats
    """(72, 96): the same downwards."""
    bright: Floats
    """(9, 12): mean brightness of the cells."""
    energy: Floats
    """(9, 12): mean square of the cells' edges."""
    coarse: Floats
    """(9, 12): its root; what focus is judged by, so it follows more slowly."""
    fine: Floats
    """(9, 12): each cell's strongest difference over two pixels of a row, at SHARP_ROWS rows or more."""
    brightest: float
    """Of the small picture without its first and last row of cells, where clocks and names are drawn in."""

    @classmethod
    def at(cls, luma: Plane) -> "Glance":
        """Look at a luma plane of shape (height, width), at least 72 × 96."""
        sharp = _halved(luma, SHARP_ROWS)
        small = cv2.resize(_halved(sharp, ROWS), (COLUMNS, ROWS), interpolation=cv2.INTER_LINEAR)
        right, down = (np.asarray(side, dtype=np.float32) / np.float32(8) for side in cv2.spatialGradient(small))
        energy = _cells(right * right + down * down)
        return cls(
            right=right,
            down=down,
            bright=_cells(np.asarray(small, dtype=np.float32)),
            energy=energy,
            coarse=np.sqrt(energy),
            fine=_strongest(sharp),
            brightest=float(small[CELL:-CELL].max()),
        )

    def copy(self) -> "Glance":
        """Return one that can be changed by itself."""
        return Glance(
            right=self.right.copy(),
            down=self.down.copy(),
            bright=self.bright.copy(),
            energy=self.energy.copy(),
            coarse=self.coarse.copy(),
            fine=self.fine.copy(),
            brightest=self.brightest,
        )

    def follow(self, other: "Glance", *, share: float, focus_share: float) -> None:
        """Move towards another glance, 0 not at all, 1 all the way; ``focus_share`` is for coarse and fine edges."""
        for mean, new, weight in (
            (self.right, other.right, share),
            (self.down, other.down, share),
            (self.bright, other.bright, share),
            (self.energy, other.energy, share),
            (self.coarse, other.coarse, focus_share),
            (self.fine, other.fine, focus_share),
        ):
            cv2.accumulateWeighted(new, mean, weight)


def compare(view: Glance, now: Glance) -> PictureFit:
    """Return how what is seen now fits the view."""
    energy = _cells(view.right * view.right + view.down * view.down)
    detail = energy >= np.maximum(np.float32(DETAIL * DETAIL), np.float32(STAYS) * view.energy)
    cells = int(np.count_nonzero(detail))
    place = _Place.of(view, now, energy, detail)
    fit_here = fit = _share(place.same & detail, cells)
    shift = (0.0, 0.0)
    if fit_here < SHIFT_BELOW and cells:
        down, right = _best_shift(view, now)
        moved = _Place.of(view, _rolled(now, down, right), energy, detail)
        fit_there = _share(moved.same & detail, cells)
        if fit_there >= fit_here + SHIFT_GAIN:
            place, fit, shift = moved, fit_there, (right / COLUMNS, down / ROWS)
    same = place.same & detail
    strong = view.fine >= np.float32(STRONG)
    view_spread, now_spread = float(view.bright.std()), float(now.bright.std())
    return PictureFit(
        cells=cells,
        fit=fit,
        fit_here=fit_here,
        shift=shift,
        flat=_share(detail & ~place.same & (place.energy < np.float32(NOTHING) * energy), cells),
        gain=_rank(place.gain, same, 0.5),
        fine=_rank(now.fine / (view.fine + _TINY), strong, NEARLY_ALL),
        coarse=_rank(now.coarse / (view.coarse + _TINY), strong, NEARLY_ALL),
        large_alike=_correlation(view.bright, now.bright, view_spread * now_spread),
        large_contrast=now_spread / max(view_spread, 1e-3),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """How the edges seen now fit those of the view at one place; all of shape (9, 12)."""

    same: Truths
    gain: Floats
    """Contrast of the view's own pattern in what is seen now."""
    energy: Floats

    @classmethod
    def of(cls, view: Glance, now: Glance, view_energy: Floats, detail: Truths) -> "_Place":
        together = _cells(view.right * now.right + view.down * now.down)
        energy = _cells(now.right * now.right + now.down * now.down)
        gain = together / (view_energy + _TINY)
        alike = together >= np.float32(SAME) * np.sqrt(view_energy * (energy + np.float32(TRACE * TRACE)))
        return cls(same=alike & (gain >= FAINT * _rank(gain, detail, BEST)), gain=gain, energy=energy)


def _best_shift(view: Glance, now: Glance) -> tuple[int, int]:
    """Return by how many pixels down and to the right the view lies best on what is seen now.

    Cross-correlation of the two edge fields, as complex numbers, by way of their Fourier transforms.
    """
    of_view = np.fft.fft2(view.right + 1j * view.down)
    of_now = np.fft.fft2(now.right + 1j * now.down)
    down, right = divmod(int(np.fft.ifft2(np.conj(of_view) * of_now).real.argmax()), COLUMNS)
    return (down - ROWS if down > ROWS // 2 else down), (right - COLUMNS if right > COLUMNS // 2 else right)


def _rolled(glance: Glance, down: int, right: int) -> Glance:
    moved = glance.copy()
    moved.right = np.roll(glance.right, (-down, -right), axis=(0, 1))
    moved.down = np.roll(glance.down, (-down, -right), axis=(0, 1))
    return moved


def _halved(plane: Plane, rows: int) -> Plane:
    """Halve while at least ``rows`` rows and their share of columns remain: OpenCV has a quick path for halving."""
    while plane.shape[0] >= 2 * rows and plane.shape[0] % 2 == plane.shape[1] % 2 == 0:
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = np.asarray(cv2.resize(plane, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return plane


def _strongest(plane: Plane) -> Floats:
    """Return each cell's strongest difference over two pixels, from 8 rows of every cell."""
    high, wide = plane.shape
    rows = plane[(np.arange(ROWS) * high + high // 2) // ROWS]
    columns = (wide - 2) // CELLS[1] * CELLS[1]
    steps = cv2.absdiff(rows[:, 2 : 2 + columns], rows[:, :columns])
    cells = np.asarray(steps, dtype=np.uint8).reshape(CELLS[0], CELL, CELLS[1], -1)
    return np.asarray(cells.max(axis=1).max(axis=2), dtype=np.float32)


def _cells(values: Floats) -> Floats:
    """Return the mean of each cell: (72, 96) → (9, 12)."""
    return np.asarray(cv2.resize(values, (CELLS[1], CELLS[0]), interpolation=cv2.INTER_AREA), dtype=np.float32)


def _share(which: Truths, cells: int) -> float:
    return int(np.count_nonzero(which)) / cells if cells else 0.0


def _rank(values: Floats, which: Truths, rank: float) -> float:
    """Return the value that a share of the chosen cells stays below; 1 (the usual) when there are none."""
    chosen = np.sort(values[which])
    return float(chosen[int(rank * (chosen.size - 1))]) if chosen.size else 1.0


def _correlation(one: Floats, other: Floats, spreads: float) -> float:
    if spreads < 1e-3:
        return 0.0
    return float(np.vdot(one - one.mean(), other - other.mean())) / (one.size * spreads)
