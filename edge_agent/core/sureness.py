"""What a followed thing is, and whether that is believed.

Owns Sureness, the evidence about one thing, and ``has_travelled``. Errors of a model about a moving thing are nearly
independent, those about a still one are the same error in every picture: so a thing is believed because it travelled,
for good, or because the model is sure of it on average, as long as it is.
"""

from typing import Final

from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.track_settings import TrackSettings

_EDGE: Final = 0.01
_MOST_DOUBT: Final = 2.0
"""So many times the first doubt is the most that not being seen adds up to."""
_LEAST_TRAVEL: Final = 0.02
"""Share of the picture below which nothing counts as travelled, however small it is."""
_SAME_PLACE: Final = 0.5
"""Overlap with what moved last from which on something that stands is the same: bodies keep it, what light, rain and
wind change beside each other seldom does."""


def has_travelled(first: Box, now: Box, share: float) -> bool:
    """Whether a thing came along by this share of its first size: both sides of its box went the same way.

    A box that only grows or shrinks did not travel. Of what the picture's edge cuts off only one side is seen, and a
    post of which now the whole is boxed and now the foot moves that side as well: it counts from the first box's whole
    length on, which who comes in soon exceeds.
    """
    across = _shift(first.left, now.left, first.right, now.right)
    upright = _shift(first.top, now.top, first.bottom, now.bottom)
    return (
        max(across, upright) >= max(_LEAST_TRAVEL, share * (first.width + first.height) / 2)
        or _shift_at_edge(first.left, now.left, first.right, now.right) >= max(_LEAST_TRAVEL, first.width)
        or _shift_at_edge(first.top, now.top, first.bottom, now.bottom) >= max(_LEAST_TRAVEL, first.height)
    )


def _shift(low: float, low_now: float, high: float, high_now: float) -> float:
    """Return how far an interval went as a whole; at the picture's edge it went so far at least."""
    by_low, by_high = low_now - low, high_now - high
    return min(abs(by_low), abs(by_high)) if by_low * by_high > 0.0 else 0.0


def _shift_at_edge(low: float, low_now: float, high: float, high_now: float) -> float:
    """Return how far the side went that is seen, where the picture's edge hides the other; 0 elsewhere."""
    if min(low, low_now) <= _EDGE:
        return abs(high_now - high)
    return abs(low_now - low) if max(high, high_now) >= 1.0 - _EDGE else 0.0


class Sureness:
    """The evidence about one thing; its one owner adds every detection of it, the first included."""

    __slots__ = (
        "_astray",
        "_first_box",
        "_first_s",
        "_looks",
        "_most_doubt",
        "_moved",
        "_moved_box",
        "_score_sum",
        "_settings",
        "_weights",
        "believed",
        "best_score",
        "confirmed",
        "doubt",
        "hits",
        "label",
        "travelled",
        "trusted",
    )

    def __init__(self, detection: Detection, at_s: float, settings: TrackSettings, *, doubt: float = 0.0) -> None:
        self._settings = settings
        self._first_s = at_s
        self._first_box = self._moved_box = detection.box
        """Where its way begins, and where it was seen moving last."""
        self._astray = False
        """Whether what does not move now lies elsewhere than what moved."""
        self._weights: dict[str, float] = {}
        self._score_sum = 0.0
        self._looks = 0
        self._moved = 0
        """Pictures in which it was seen, but for those in which it only differed from the background."""
        self.hits = 0
        self.best_score = 0.0
        self.label = MOVING_OBJECT
        self.travelled = False
        self.trusted = False
        """Whether it came from elsewhere or the model is sure of it on average: no sign that looks like a person."""
        self.confirmed = False
        self.believed = False
        """Whether it was confirmed at any time."""
        self._most_doubt = _MOST_DOUBT * doubt
        self.doubt = doubt
        """The proof that is missing while no model has named it (``core.clutter``)."""
        self.add(detection, at_s)

    @property
    def named(self) -> bool:
        """Whether a model ever named it."""
        return self._looks > 0

    @property
    def known(self) -> bool:
        """Whether it was seen often enough to be waited for when it is hidden."""
        return self.confirmed or (self._looks > 0 and self.hits >= self._settings.confirm_hits)

    def add(self, detection: Detection, at_s: float) -> None:
        """Take in one more detection of the thing and judge anew."""
        self.hits += 1
        self._moved += detection.score > 0.0
        if detection.label != MOVING_OBJECT:
            self._vote(detection.label, detection.score)
        settings = self._settings
        if not self.travelled:
            self._travel(detection)
        mean = self._score_sum / self._looks if self._looks else 0.0
        self.trusted = self.travelled or mean >= settings.still_score
        if self.confirmed:
            self.confirmed = self.travelled or mean >= settings.still_score - settings.still_slack
        elif (self.hits if self._looks > 0 else self._moved) >= settings.confirm_hits:
            long_enough = self._looks > 0 or at_s - self._first_s >= settings.motion_only_after_s
            self.confirmed = self.trusted and long_enough and (self._looks > 0 or self.doubt <= 0.0)
        self.believed = self.believed or self.confirmed

    def _travel(self, detection: Detection) -> None:
        """Measure its way, from box to box in which it moved or was named.

        Of what differs from the background but does not move (score 0) nobody knows which of its edges are its own. If
        it lies elsewhere than what moved there last, that is another thing, since nothing goes without moving: the way
        begins anew with the next box.
        """
        if detection.score <= 0.0:
            self._astray = self._astray or (self._looks == 0 and self._moved_box.iou(detection.box) < _SAME_PLACE)
        elif self._astray:
            self._astray, self._first_box, self._moved_box = False, detection.box, detection.box
        else:
            self.travelled = has_travelled(self._first_box, detection.box, self._settings.motion_travel)
            self._moved_box = detection.box

    def weigh(self, proof: float) -> None:
        """Take so much off the doubt, or add to it below 0: nothing adds up for ever against who stood still."""
        self.doubt = min(self._most_doubt, self.doubt - proof)

    def _vote(self, label: str, score: float) -> None:
        self._score_sum += score
        self._looks += 1
        self.best_score = max(self.best_score, score)
        weights = self._weights
        weights[label] = weights.get(label, 0.0) + score * score
        self.label = label if len(weights) == 1 else max(weights, key=weights.__getitem__)
