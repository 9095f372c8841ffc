"""Whether a camera still shows what it should: black, covered, out of focus, or turned away.

Owns PictureWatch: when a picture is looked at, what is remembered, and what may be learned. How long a condition must
hold before anybody is told is ``core.camera_health``'s business; here every look counts for itself.
"""

import math
from dataclasses import dataclass
from typing import Final

from edge_agent.core.camera_health import HealthCondition
from edge_agent.core.picture_health import judge
from edge_agent.detect.camera_view import COLUMNS, ROWS, Glance, compare
from edge_agent.detect.picture import Picture

Conditions = frozenset[HealthCondition]

_BLACK: Final[Conditions] = frozenset({HealthCondition.BLACK})
_BLACK_LEVEL: Final = 16
"""Luma of black where white is 235; 0 in pictures of full range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """The patience of the watch; seconds are media seconds."""

    look_every_s: float = 2.0
    """Nobody is told before half a minute anyway."""
    first_view_s: float = 60.0
    """Nothing but darkness is told before the view is known for so long."""
    together: int = 3
    """So many looks are judged as one, by their mean: what moves, rain and noise are hardly in it."""
    view_s: float = 300.0
    """The view follows dusk and fog, which take longer than this, and not a hand, which does not."""
    focus_s: float = 3.0 * 3_600
    """What focus is judged by follows so slowly that dew on the glass is seen."""
    anew_after_s: float = 24.0 * 3_600
    """What a camera has shown for a day without a break is its view from then on, whatever it is."""
    pause_s: float = 30.0
    """Looks with a longer pause between them are not judged as one, and a longer pause teaches no more than this."""
    dark: float = 12.0
    """Grey levels above black that nothing in a black picture exceeds."""


@dataclass(slots=True, kw_only=True)
class _Past:
    """What the watch remembers of one camera at one shape."""

    shape: tuple[int, int]
    looked_s: float = float("-inf")
    begun_s: float = 0.0
    """When the view was first seen."""
    learned_s: float = 0.0
    view: Glance | None = None
    recent: Glance | None = None
    """The mean of the looks that are not judged yet."""
    looks: int = 0
    """How many those are."""
    other_since_s: float | None = None
    """Since when the pictures have not been as they should."""
    answer: Conditions | None = None


class PictureWatch:
    """The watch over one camera's pictures. One owner, pictures in order of media time."""

    def __init__(self, settings: WatchSettings | None = None) -> None:
        self._settings = settings or WatchSettings()
        self._past = _Past(shape=(0, 0))

    def look(self, picture: Picture, at_s: float) -> Conditions | None:
        """Return what the pictures show now, None while that cannot be told: nothing is known yet, or nothing is there.

        Most calls return the last answer at once; one every ``look_every_s`` takes about 0.1 ms. A picture of another
        shape, or a step back in time, begins anew; one of less than 72 × 96 is not judged.
        """
        past, shape = self._past, (picture.height, picture.width)
        if shape != past.shape or at_s < past.looked_s:
            past = self._past = _Past(shape=shape)
        elapsed_s = at_s - past.looked_s
        if elapsed_s < self._settings.look_every_s or shape[0] < ROWS or shape[1] < COLUMNS:
            return past.answer
        past.looked_s = at_s
        past.answer = self._judge(past, Glance.at(picture.luma), elapsed_s, is_full_range=picture.full_range)
        return past.answer

    def _judge(self, past: _Past, glance: Glance, elapsed_s: float, *, is_full_range: bool) -> Conditions | None:
        settings = self._settings
        if glance.brightest <= settings.dark + (0 if is_full_range else _BLACK_LEVEL):
            past.looks = 0  # what was seen in the light is not judged together with what is seen after the dark
            return _BLACK
        if past.view is None:
            self._begin(past, glance)
            return None
        recent = self._gather(past, glance, elapsed_s)
        if past.looks < settings.together:
            return None if past.answer == _BLACK else past.answer
        past.looks = 0
        if past.looked_s - past.begun_s < settings.first_view_s:
            self._learn(past, recent, fit=1.0)
            return None
        compared = compare(past.view, recent)
        seen = judge(compared)
        if not seen:
            past.other_since_s = None
            self._learn(past, recent, fit=1.0 if seen is None else compared.fit)
            return seen
        if past.other_since_s is None:
            past.other_since_s = past.looked_s
        elif past.looked_s - past.other_since_s >= settings.anew_after_s:
            self._begin(past, recent)
            return None
        return seen

    @staticmethod
    def _begin(past: _Past, glance: Glance) -> None:
        past.view, past.recent, past.looks = glance.copy(), glance.copy(), 0
        past.begun_s = past.learned_s = past.looked_s
        past.other_since_s = None

    def _gather(self, past: _Past, glance: Glance, elapsed_s: float) -> Glance:
        """Return the mean of the looks that are judged together, this one included."""
        past.looks = 1 if elapsed_s > self._settings.pause_s else past.looks + 1
        if past.recent is None or past.looks == 1:
            past.recent = glance.copy()
        else:
            past.recent.follow(glance, share=1.0 / past.looks, focus_share=1.0 / past.looks)
        return past.recent

    def _learn(self, past: _Past, recent: Glance, *, fit: float) -> None:
        """Let the view follow, at first as the plain mean of everything seen; what fits badly teaches little."""
        assert past.view is not None  # noqa: S101 - the caller has begun
        elapsed_s = min(past.looked_s - past.learned_s, self._settings.pause_s)
        known_s = past.looked_s - past.begun_s
        past.learned_s = past.looked_s
        at_first = elapsed_s / (known_s + self._settings.look_every_s)
        past.view.follow(
            recent,
            share=fit * fit * max(_share(elapsed_s, self._settings.view_s), at_first),
            focus_share=fit * fit * max(_share(elapsed_s, self._settings.focus_s), at_first),
        )


def _share(elapsed_s: float, time_constant_s: float) -> float:
    """Return the weight of what is new after ``elapsed_s`` in a mean that forgets with a time constant."""
    return 1.0 - math.exp(-elapsed_s / time_constant_s)
