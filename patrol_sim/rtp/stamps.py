"""What a camera's clock says: the position on the true timeline turned into the timestamp that is sent. Pure.

A wrong frame rate changes the slope from a moment on, a clock that drifts too, a clock jump adds a step; all keep the
past as it was.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class StampClock:
    """``stamp = stamp_at_anchor + (position - anchor) * slope * (1 + drift) + jump``, all in 90 kHz ticks.

    The wall clock of the camera is ahead of the true time by the jump and by what the drift has gathered.
    """

    anchor_90k: int = 0
    stamp_at_anchor_90k: int = 0
    slope: float = 1.0
    drift: float = 0.0
    ahead_at_anchor_s: float = 0.0
    jump_90k: int = 0

    def stamp(self, position_90k: int) -> int:
        """Return the timestamp (not yet reduced to 32 bits) of a picture at this position."""
        run = round((position_90k - self.anchor_90k) * self.slope * (1.0 + self.drift))
        return self.stamp_at_anchor_90k + run + self.jump_90k

    def ahead_s(self, position_90k: int) -> float:
        """Return how far the camera's wall clock is ahead of the true time at this position."""
        gathered_s = (position_90k - self.anchor_90k) / 90_000 * self.drift
        return self.ahead_at_anchor_s + gathered_s + self.jump_90k / 90_000

    def with_slope(self, slope: float, *, from_90k: int) -> "StampClock":
        """Return the clock that runs at another rate from ``from_90k`` on, continuous there."""
        return replace(self._anchored(from_90k), slope=slope)

    def with_drift(self, drift: float, *, from_90k: int) -> "StampClock":
        """Return the clock that runs fast by this share from ``from_90k`` on; without drift it is set right there.

        Timestamps are continuous either way: to set the clock of a camera does not touch its stream's timestamps.
        """
        anchored = replace(self._anchored(from_90k), drift=drift)
        return anchored if drift else replace(anchored, ahead_at_anchor_s=0.0)

    def with_jump(self, jump_s: float) -> "StampClock":
        """Return the clock set ``jump_s`` off the right time (0 sets it right again)."""
        return replace(self, jump_90k=round(jump_s * 90_000))

    def _anchored(self, at_90k: int) -> "StampClock":
        return replace(
            self,
            anchor_90k=at_90k,
            stamp_at_anchor_90k=self.stamp(at_90k) - self.jump_90k,
            ahead_at_anchor_s=self.ahead_s(at_90k) - self.jump_90k / 90_000,
        )
