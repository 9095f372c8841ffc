"""A bound on bytes per second, as a bucket of tokens. Pure: the moment is an argument."""

from dataclasses import dataclass, replace
from typing import Final

BURST_S: Final = 0.25
"""What may come at once after a pause, in seconds' worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """``per_s`` 0 means no bound."""

    per_s: float
    tokens: float = 0.0
    at_s: float | None = None
    """When the tokens were counted last; None before the first time."""

    @property
    def allows(self) -> bool:
        """Tell whether something may go now; it may take the bucket below zero, which the next ones wait for."""
        return self.per_s <= 0 or self.tokens > 0


def refilled(pace: Pace, now_s: float) -> Pace:
    """Return the pace with what has come in since the last look; full at the first."""
    most = pace.per_s * BURST_S
    if pace.at_s is None:
        return replace(pace, tokens=most, at_s=now_s)
    return replace(pace, tokens=min(most, pace.tokens + (now_s - pace.at_s) * pace.per_s), at_s=now_s)


def spent(pace: Pace, amount: float) -> Pace:
    """Return the pace after something went."""
    return replace(pace, tokens=pace.tokens - amount) if pace.per_s > 0 else pace
