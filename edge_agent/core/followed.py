"""One thing that is being followed: where it is expected, how it moves, and the evidence about it.

Owns Followed, a track's changing insides; only the tracker touches it. What is believed of it is ``sureness``'s.
"""

from math import log
from typing import Final

from edge_agent.core.association import Edges
from edge_agent.core.detections import MOVING_OBJECT, Detection, keeps_its_size
from edge_agent.core.kalman import BoxFilter
from edge_agent.core.sureness import Sureness
from edge_agent.core.track_settings import TrackSettings

_LEAST_SIDE: Final = 1e-3
_FIRST_SPEED: Final = 2.0
"""A new thing may move at so many own sizes per second either way."""
_ROUGH: Final = 2.0
"""Factor on the jitter of a box that only motion saw."""
_GONE: Final = 0.3
"""What is expected with less than this share inside the picture left it."""


class Followed:
    """A thing followed in the pictures of one camera."""

    __slots__ = (
        "_filter",
        "_last_label",
        "_predicted_to_s",
        "_settings",
        "_size",
        "box",
        "detection_score",
        "expected",
        "first_box",
        "first_s",
        "last_s",
        "moved",
        "pictures",
        "pictures_seen",
        "sure",
        "track_id",
    )

    def __init__(
        self, track_id: int, detection: Detection, at_s: float, settings: TrackSettings, *, doubt: float = 0.0
    ) -> None:
        box = detection.box
        self._settings = settings
        self.track_id = track_id
        self.first_s = self.last_s = self._predicted_to_s = at_s
        self.first_box = self.box = box
        self._size = max(_LEAST_SIDE, (box.width + box.height) / 2)
        """Mean of its sides; the unit in which it moves and trembles."""
        self.expected: Edges = (box.left, box.top, box.right, box.bottom)
        """Where it is expected in the picture of the present step."""
        self._last_label = detection.label
        """Boxes of different labels are of different sizes: a rider's and his bicycle's, motion with its shadow."""
        self.detection_score = detection.score
        self.sure = Sureness(detection, at_s, settings, doubt=doubt)
        self.pictures = 0
        """Pictures after its first."""
        self.pictures_seen = 0
        """Those until it was last seen."""
        self.moved = 0
        """Those in which it was seen moving."""
        self._filter = BoxFilter(
            box.centre,
            (box.width, box.height),
            deviation=settings.measurement * self._size,
            speed=_FIRST_SPEED * self._size,
        )

    @property
    def velocity(self) -> tuple[float, float]:
        """Shares of the picture per second."""
        return self._filter.x_velocity, self._filter.y_velocity

    def predict(self, at_s: float) -> None:
        """Expect it where it will be at a moment, not before the last one."""
        kalman = self._filter
        kalman.predict(at_s - self._predicted_to_s, self._settings.acceleration * self._size)
        self._predicted_to_s = at_s
        self.pictures += 1
        across = (kalman.width if kalman.width > _LEAST_SIDE else _LEAST_SIDE) / 2
        upright = (kalman.height if kalman.height > _LEAST_SIDE else _LEAST_SIDE) / 2
        self.expected = (kalman.x - across, kalman.y - upright, kalman.x + across, kalman.y + upright)

    def take(self, detection: Detection, at_s: float, *, contested: bool) -> None:
        """Go on with a detection; ``contested``: it may as well be of somebody who is hidden now."""
        box, kalman, settings = detection.box, self._filter, self._settings
        width, height = box.right - box.left, box.bottom - box.top
        jitter = settings.measurement * self._size
        if detection.label == MOVING_OBJECT:
            jitter *= _ROUGH
        elif keeps_its_size(detection.label) and detection.label == self._last_label:
            misfit = max(_misfit(width, kalman.width), _misfit(height, kalman.height))
            jitter *= (1.0 + settings.misfit * misfit) * (settings.contested if contested else 1.0)
        kalman.correct(box.centre, (width, height), jitter)
        self.box = box
        self._size = max(_LEAST_SIDE, (width + height) / 2)
        self.last_s = at_s
        self._last_label = detection.label
        self.detection_score = detection.score
        self.pictures_seen = self.pictures
        self.moved += detection.score > 0.0
        self.sure.add(detection, at_s)

    def over(self, at_s: float) -> bool:
        """Whether it is given up: unseen for too long, or expected outside the picture."""
        unseen_s = at_s - self.last_s
        if unseen_s <= 0.0:
            return False
        settings = self._settings
        if unseen_s >= (settings.lost_after_s if self.sure.known else settings.tentative_lost_after_s):
            return True
        left, top, right, bottom = self.expected
        inside = max(0.0, min(1.0, right) - max(0.0, left)) * max(0.0, min(1.0, bottom) - max(0.0, top))
        return inside < _GONE * (right - left) * (bottom - top)


def _misfit(side: float, expected: float) -> float:
    """Return how far a side is from the expected one: the absolute logarithm of their ratio."""
    return abs(
        log((side if side > _LEAST_SIDE else _LEAST_SIDE) / (expected if expected > _LEAST_SIDE else _LEAST_SIDE))
    )
