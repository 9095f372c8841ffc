"""What a camera's clock says: the position on the true timeline turned into the timestamp that is sent. Pure.

A wrong frame rate changes the slope from a moment on, a clock jump adds a step; both keep the past as it was.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class StampClock:
    """``stamp = stamp_at_anchor + (position - anchor) * slope + jump``, all in 90 kHz ticks."""

    anchor_90k: int = 0
    stamp_at_anchor_90k: int = 0
    slope: float = 1.0
    jump_90k: int = 0

    def stamp(self, position_90k: int) -> int:
        """Return the timestamp (not yet reduced to 32 bits) of a picture at this position."""
        return self.stamp_at_anchor_90k + round((position_90k - self.anchor_90k) * self.slope) + self.jump_90k

    def with_slope(self, slope: float, *, from_90k: int) -> "StampClock":
        """Return the clock that runs at another rate from ``from_90k`` on, continuous there."""
        reached = self.stamp(from_90k) - self.jump_90k
        return replace(self, anchor_90k=from_90k, stamp_at_anchor_90k=reached, slope=slope)

    def with_jump(self, jump_s: float) -> "StampClock":
        """Return the clock set ``jump_s`` off the right time (0 sets it right again)."""
        return replace(self, jump_90k=round(jump_s * 90_000))
