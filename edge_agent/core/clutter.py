"""Where motion comes to nothing, and how much proof a new thing needs there.

Leaves, rain and reflections begin to move, are seen now and then, and are gone: false starts. Where they are frequent
and last, three boxes prove nothing. So proof is counted as in a sequential test (Wald 1945; track scores after Sittler
1964): a thing is seen moving in a picture with the chance ``SEEN``, a false start with the chance that its place has
shown; each picture adds the logarithm of the ratio of what happened under both, and the thing is believed when false
starts with so much proof are rarer than ``ALLOWED_AN_HOUR``. Owns Clutter: what one camera's places have shown,
forgotten within minutes. Pure.
"""

from collections.abc import Iterator
from math import exp, log
from typing import Final

from edge_agent.core.boxes import Box

ALLOWED_AN_HOUR: Final = 0.05
"""False starts that may be believed, in one cell of the picture."""
SEEN: Final = 0.75
"""Chance that a thing that moves is seen moving in a picture."""
_COLUMNS: Final = 8
_ROWS: Final = 6
_FORGET_S: Final = 120.0
"""Time constant: a storm that is over is forgotten within minutes."""
_PICTURES_BEFORE: Final = 10.0
_SEEN_BEFORE: Final = 1.0
"""What a place is taken for that has shown little: a false start is seen in one of ten pictures."""
_ENDED_BEFORE: Final = 0.09
"""And so many of them lately, some three an hour: a storm's first ones come where nothing was before. Three moving
pictures running are proof enough then, and each in between in which it is not seen moving asks for about one more."""
_LEAST_GAIN: Final = 0.1
"""However long false starts last at a place, seeing something there again proves a little."""


class _Cell:
    """What one cell has shown, as of ``at_s``; all sums fade with the time constant."""

    __slots__ = ("at_s", "ended", "pictures", "seen")

    def __init__(self) -> None:
        self.at_s = 0.0
        self.ended = 0.0
        """False starts."""
        self.pictures = 0.0
        """Pictures after the first, until one picture after the last in which they were seen."""
        self.seen = 0.0
        """Those of them in which they were seen moving."""

    def fade(self, at_s: float) -> None:
        keeps = exp(-max(0.0, at_s - self.at_s) / _FORGET_S)
        self.ended *= keeps
        self.pictures *= keeps
        self.seen *= keeps
        self.at_s = at_s


class Clutter:
    """The false starts of one camera's picture; one owner."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], _Cell] = {}

    def came_to_nothing(self, box: Box, *, seen: int, pictures: int, at_s: float) -> None:
        """Take in that something never became a thing: seen moving in so many of so many pictures after its first."""
        for place in _places(box):
            cell = self._cells.setdefault(place, _Cell())
            cell.fade(at_s)
            cell.ended += 1.0
            cell.pictures += pictures + 1
            cell.seen += seen

    def needed(self, box: Box, at_s: float) -> float:
        """Return how much proof a thing that begins here needs."""
        cell = self._cells.get(_place(*box.centre))
        ended = _ENDED_BEFORE
        if cell is not None:
            cell.fade(at_s)
            ended += cell.ended
        return log(ended / _FORGET_S * 3_600.0 / ALLOWED_AN_HOUR)

    def proof(self, box: Box, at_s: float, *, seen: bool) -> float:
        """Return what it proves that a thing expected here is seen moving in a picture, or is not (below 0)."""
        cell = self._cells.get(_place(*box.centre))
        share = _SEEN_BEFORE / _PICTURES_BEFORE
        if cell is not None:
            cell.fade(at_s)
            share = (cell.seen + _SEEN_BEFORE) / (cell.pictures + _PICTURES_BEFORE)
        return max(_LEAST_GAIN, log(SEEN / share)) if seen else min(0.0, log((1.0 - SEEN) / (1.0 - share)))


def _places(box: Box) -> Iterator[tuple[int, int]]:
    """Yield the cells a box touches."""
    first_column, first_row = _place(box.left, box.top)
    last_column, last_row = _place(box.right, box.bottom)
    for row in range(first_row, last_row + 1):
        for column in range(first_column, last_column + 1):
            yield column, row


def _place(x: float, y: float) -> tuple[int, int]:
    return min(_COLUMNS - 1, max(0, int(x * _COLUMNS))), min(_ROWS - 1, max(0, int(y * _ROWS)))
