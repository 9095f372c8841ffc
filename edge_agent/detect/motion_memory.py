"""The small picture's past, pixel by pixel: the background, how far it usually strays, and since when it is still.

Owns MotionMemory. Arrays are uint8 wherever a grey level is all there is to keep: OpenCV takes 2 µs for a pass over
144 rows of them, NumPy 20 over as many floats.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.detect.light import Light
from edge_agent.detect.rain import without_drops

Plane = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Window = tuple[slice, slice]

TICKS_PER_S: Final = 10.0
"""Stillness is counted in tenths of a second, up to 25.5."""
_MOST_STRAY: Final = 4.0
"""A difference teaches the usual deviation as this many thresholds at most."""
_NEARLY: Final = 0.7
"""Pixels beside one that differs belong to it from this share of what is needed on: a grey shirt on a grey road."""
_REVIEW_S: Final = 1.0
"""What follows from the usual deviation is worked out so often; that itself takes half a minute to change."""


class MotionMemory:
    """One shape for its life; ``at_s`` goes forwards."""

    def __init__(self, small: Plane, at_s: float, *, still_s: float, threshold: float, noise_factor: float) -> None:
        self.background = small.copy()
        self._exact = small.astype(np.float32)
        """The background with the fractions that learning needs."""
        self.level = float(cv2.mean(small)[0])
        """Mean of the background."""
        self._threshold, self._noise_factor = threshold, noise_factor
        self._deviation = np.full(small.shape, 1.0, dtype=np.float32)
        """Usual distance from the background."""
        self.needed, self.nearly, self._tremble = (np.empty_like(small) for _ in range(3))
        """What a difference must exceed, beside a larger one or not, and what is no change from picture to picture."""
        self._reviewed_s = at_s
        self._review()
        self._previous = self._previous_sharp = small
        """The picture before, in the background's light; smoothed, and as it was."""
        self.still = np.full(small.shape, min(255, round(still_s * TICKS_PER_S)), dtype=np.uint8)
        """Ticks since the pixel last changed from one picture to the next."""
        self._ticked_s = at_s
        self._step = np.empty_like(small)

    def tick(self, small: Plane, sharp: Plane, at_s: float, *, raining: bool) -> None:
        """Take the step from the picture before: which pixels changed, and for how long the others have not.

        Both in the background's light; ``sharp`` is not smoothed and is compared while it rains.
        """
        ticks = int((at_s - self._ticked_s) * TICKS_PER_S + 1e-6)
        self._ticked_s = at_s if ticks > 255 else self._ticked_s + ticks / TICKS_PER_S
        step = self._step
        if raining:
            step = without_drops(sharp, self._previous_sharp)
        else:
            cv2.absdiff(small, self._previous, dst=step)
        self._previous, self._previous_sharp = small, sharp
        if ticks:
            cv2.add(self.still, float(min(255, ticks)), dst=self.still)  # type: ignore[call-overload]  # a scalar is allowed
        cv2.bitwise_and(self.still, cv2.compare(step, self._tremble, cv2.CMP_LE, dst=self._step), dst=self.still)

    def changed(self) -> Plane:
        """Return 255 where the picture changed from the one before."""
        return np.asarray(cv2.bitwise_not(self._step), dtype=np.uint8)

    def stray(self, difference: Plane, at_s: float, rate: float) -> None:
        """Let the usual deviation follow how far the picture is from the background."""
        bounded = cv2.min(difference, _MOST_STRAY * self._threshold)  # type: ignore[call-overload]  # as above
        cv2.accumulateWeighted(bounded, self._deviation, rate)
        if at_s - self._reviewed_s >= _REVIEW_S:
            self._reviewed_s = at_s
            self._review()

    def _review(self) -> None:
        usual = cv2.convertScaleAbs(self._deviation)
        cv2.max(usual, self._threshold / 2, dst=self._tremble)  # type: ignore[call-overload]  # as above
        cv2.convertScaleAbs(self._deviation, dst=self.needed, alpha=self._noise_factor)
        cv2.max(self.needed, self._threshold, dst=self.needed)  # type: ignore[call-overload]  # as above
        cv2.convertScaleAbs(self.needed, dst=self.nearly, alpha=_NEARLY)

    def learn(self, small: Plane, differs: Plane | None, rate: float) -> None:
        """Let the background follow where nothing differs."""
        cv2.accumulateWeighted(small, self._exact, rate, mask=None if differs is None else cv2.bitwise_not(differs))
        self._round()

    def absorb(self, small: Plane, differs: Plane, after_s: float) -> None:
        """Take in what differs and has stood still for so long."""
        stands = cv2.compare(self.still, after_s * TICKS_PER_S, cv2.CMP_GT)  # type: ignore[call-overload]  # as above
        cv2.bitwise_and(stands, differs, dst=stands)
        if cv2.countNonZero(stands):
            self.take(small, np.asarray(stands, dtype=np.uint8), (slice(None), slice(None)))

    def relight(self, light: Light) -> None:
        """Bring all that is remembered into another light."""
        np.clip(self._exact * np.float32(light.gain) + np.float32(light.offset), 0.0, 255.0, out=self._exact)
        self._previous, self._previous_sharp = light.seen_in(self._previous), light.seen_in(self._previous_sharp)
        self._round()

    def take(self, part: Plane, which: Plane, place: Window) -> None:
        """Make the pixels of a place background as they are in ``part``, where ``which`` is not 0."""
        cv2.copyTo(part, which, dst=self.background[place])
        cv2.copyTo(part.astype(np.float32), which, dst=self._exact[place])

    def _round(self) -> None:
        cv2.convertScaleAbs(self._exact, dst=self.background)
        self.level = float(cv2.mean(self.background)[0])
