"""Whether a camera's clock runs at another speed than ours, from how the delay of its packets grows or shrinks.

Owns DriftWatch. A network delays packets for a while and lets them go again; a clock that runs wrong goes on and on.
So drift is believed only when the delay moved the same way in both halves of a stretch of time.
"""

from collections import deque
from typing import Final

POINT_EVERY_S: Final = 10.0
HALVES: Final = (1, 6, 30, 90)
"""Half a stretch in points: 10 s finds a rate that is declared wrong, 15 minutes finds 500 ppm."""
LEAST_S: Final = 0.25
"""The delay must move by so much in each half: beyond what the smallest delay of some seconds wanders by."""
LEAST_RATE: Final = 500e-6
"""Cheap quartz is wrong by 100 ppm, and the media clock follows up to 500 ppm smoothly (``media_clock.MAX_SLEW``)."""


class DriftWatch:
    """One connection of one camera. Deterministic in what it is told; ``rate`` may be read by any thread."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=2 * HALVES[-1] + 1)
        self.rate: float | None = None
        """Seconds that the camera's clock loses per second of ours (negative: gains); None when it keeps pace."""

    def forget(self) -> None:
        """Begin anew: a new connection, or the camera's clock was set."""
        self._points.clear()
        self.rate = None

    def note(self, delay_s: float, at_s: float) -> None:
        """Take the smallest delay of the last seconds at an instant; may be called with every packet."""
        if not self._points or at_s - self._points[-1][0] >= POINT_EVERY_S:
            self._points.append((at_s, delay_s))
            self.rate = self._found()

    def _found(self) -> float | None:
        points = self._points
        for half in HALVES:
            if len(points) < 2 * half + 1:
                return None
            (begin_s, first_s), (_, middle_s), (end_s, last_s) = points[-1 - 2 * half], points[-1 - half], points[-1]
            halves = (middle_s - first_s, last_s - middle_s)
            rate = (last_s - first_s) / (end_s - begin_s)
            if min(map(abs, halves)) >= LEAST_S and halves[0] * halves[1] > 0.0 and abs(rate) >= LEAST_RATE:
                return rate
        return None
