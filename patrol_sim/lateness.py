"""When a picture leaves a camera whose network stutters: stretches of flow and stretches in which all is held. Pure."""

import math
import random
from typing import Final

_LEAST_FLOW_S: Final = 0.2
_MOST_FLOW_S: Final = 2.0


class Lateness:
    """Holds pictures for random times of up to ``most_s``, in order, and then lets them go in a burst.

    Asked about due times that only grow.
    """

    def __init__(self, most_s: float, dice: random.Random, *, begin_s: float) -> None:
        self._most_s = most_s
        self._dice = dice
        self._hold_s = (begin_s, begin_s)
        self._over = False
        self._next_hold()

    def leaves_s(self, due_s: float) -> float:
        """Return when a picture that is due then leaves: at once, or when the hold it falls into ends."""
        while due_s >= self._hold_s[1]:
            self._next_hold()
        return self._hold_s[1] if due_s >= self._hold_s[0] else due_s

    def release(self, now_s: float) -> None:
        """Let what is held leave now, and hold nothing more."""
        self._over = True
        self._hold_s = (self._hold_s[0], min(self._hold_s[1], now_s))

    def _next_hold(self) -> None:
        if self._over:
            self._hold_s = (math.inf, math.inf)
            return
        begin_s = self._hold_s[1] + self._dice.uniform(_LEAST_FLOW_S, _MOST_FLOW_S)
        self._hold_s = (begin_s, begin_s + self._dice.uniform(0.1, 1.0) * self._most_s)
