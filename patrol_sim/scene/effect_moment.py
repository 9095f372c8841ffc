"""What an effect knows about the picture it acts on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from patrol_sim.scene.street import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectMoment:
    """One picture within the span of an effect."""

    over: float
    """How much of the span is over, 0-1."""
    into_s: float
    """Seconds since the span began."""
    for_s: float
    """How long the span is."""
    strength: float
    """1 for the usual; grows and falls where the span has a ramp."""
    fresh: np.random.Generator
    """Other numbers in every picture."""
    lasting_seed: tuple[int, int]
    """The same in every picture of the span."""

    def lasting(self) -> np.random.Generator:
        """Return a generator that gives the same numbers in every picture of the span: which hand covers the lens."""
        return np.random.default_rng(self.lasting_seed)

    def swell(self, share: float) -> float:
        """Return 0 at both ends of the span and 1 in the middle, rising and falling within ``share`` of it."""
        way = min(1.0, min(self.over, 1.0 - self.over) / share)
        return way * way * (3.0 - 2.0 * way)


Effect = Callable[[Picture, EffectMoment], Picture]
"""Takes a picture (height, width, 3) in BGR and returns the picture to use; it may write into the one it got."""
