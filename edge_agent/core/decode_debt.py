"""How far the decoding of one camera is behind life, and when to ask less of it.

Owns DecodeDebt. A picture that costs more time than it lasts leaves a debt; a camera that pays late would be shown
later and later, until its connection breaks because nobody reads it. Pure: the time spent and the media time come in.
"""

from typing import Final

LIMIT_S: Final = 1.0
"""So much debt is more than a burst of packets or a replay leaves behind."""
FIRST_REST_S: Final = 20.0
"""Media seconds with keyframes only before everything is tried again."""
LONGEST_REST_S: Final = 320.0


class DecodeDebt:
    """The debt of one connection; one thread."""

    def __init__(self, *, spread: float = 0.0) -> None:
        """``spread`` 0-1 makes rests up to half as long again, so that a room of cameras does not try again at once."""
        self._factor = 1.0 + 0.5 * spread
        self._debt_s = 0.0
        self._last_s: float | None = None
        self._rest_s = FIRST_REST_S
        self._rests_until_s: float | None = None
        self._good_after_s = 0.0

    def spent(self, took_s: float, media_s: float) -> bool:
        """Take the time that everything up to media second ``media_s`` has taken since the last call.

        Returns whether only keyframes can be paid for. After a rest, each twice as long as the one before while it does
        not help, everything is tried again; a rest that helped is forgotten after as long a time without debt.
        """
        passed_s = 0.0 if self._last_s is None else max(0.0, media_s - self._last_s)
        self._last_s = media_s if self._last_s is None else max(media_s, self._last_s)
        self._debt_s = max(0.0, self._debt_s + took_s - passed_s)
        if self._rests_until_s is not None:
            if media_s < self._rests_until_s:
                return True
            self._rests_until_s = None
            self._debt_s = 0.0
            self._good_after_s = media_s + self._rest_s
            self._rest_s = min(LONGEST_REST_S, 2.0 * self._rest_s)
        elif self._rest_s > FIRST_REST_S and media_s >= self._good_after_s:
            self._rest_s = FIRST_REST_S
        if self._debt_s >= LIMIT_S:
            self.starved(media_s)
            return True
        return False

    def starved(self, media_s: float) -> None:
        """Take it that a packet was not decoded at all: nothing is right before the next keyframe, so a rest begins."""
        if self._rests_until_s is None:
            self._rests_until_s = media_s + self._factor * self._rest_s
