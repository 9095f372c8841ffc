"""Where a camera is in its loop, and with which picture a session may begin. Pure: the event loop's time comes in.

A tick is the number of an access unit since the loop's first lap; ticks only grow. A unit is due ``delay`` after its
decoding time, so that no picture leaves before the moment it shows (B-frames are decoded early).
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from patrol_sim.media.loop import AccessUnit, MediaLoop

WAIT_AT_MOST_90K: Final = 2 * 90_000
"""``auto`` waits this long for a keyframe, else it starts with the GOP so far."""


class Join(StrEnum):
    """With which picture a session begins."""

    AUTO = "auto"
    """Wait for the next keyframe when it is near, else burst."""
    WAIT = "wait"
    """Wait for the next keyframe, as plain cameras do."""
    BURST = "burst"
    """Send the GOP so far at once, as restreamers do: a picture at once, its first timestamps in the past."""


class JoinPlan(NamedTuple):
    """Send the ticks from ``first`` on; those before ``now`` at once."""

    first: int
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A loop that began at ``began_s``: position 0 of lap 0 was due then."""

    loop: MediaLoop
    delay_90k: int
    began_s: float

    def unit(self, tick: int) -> AccessUnit:
        """Return the access unit of a tick."""
        return self.loop.access_units[tick % len(self.loop.access_units)]

    def _lap_90k(self, tick: int) -> int:
        return tick // len(self.loop.access_units) * self.loop.duration_90k

    def shown_90k(self, tick: int) -> int:
        """Return the position at which the tick's picture is shown."""
        return self._lap_90k(tick) + self.unit(tick).pts_90k

    def due_90k(self, tick: int) -> int:
        """Return the position at which the tick is sent."""
        return self._lap_90k(tick) + self.unit(tick).dts_90k + self.delay_90k

    def due_s(self, tick: int) -> float:
        """Return the event loop's time at which the tick is sent."""
        return self.began_s + self.due_90k(tick) / 90_000

    def position_90k(self, now_s: float) -> int:
        """Return how far the timeline is."""
        return round((now_s - self.began_s) * 90_000)

    def next_tick(self, now_s: float) -> int:
        """Return the first tick that is not yet due."""
        units = len(self.loop.access_units)
        lap = math.floor((self.position_90k(now_s) - self.delay_90k) / self.loop.duration_90k)
        low, high = max(0, (lap - 1) * units), max(0, (lap + 2) * units)
        while low < high:
            middle = (low + high) // 2
            if self.due_s(middle) < now_s:
                low = middle + 1
            else:
                high = middle
        return low

    def key_not_after(self, tick: int) -> int:
        """Return the tick of the last keyframe at or before ``tick``."""
        units = len(self.loop.access_units)
        return tick // units * units + self.loop.key_at_or_before(tick % units)

    def key_not_before(self, tick: int) -> int:
        """Return the tick of the next keyframe at or after ``tick``."""
        units = len(self.loop.access_units)
        found = self.loop.key_at_or_after(tick % units)
        return (tick // units + 1) * units if found is None else tick // units * units + found


def begin_timeline(loop: MediaLoop, *, offset_s: float, now_s: float) -> Timeline:
    """Return the timeline that is at ``offset_s`` of the loop now.

    The offset decides the phase of the keyframes, too: cameras of a street do not send theirs in the same moment, and
    whoever watches them must not be judged by a burst that no street has.
    """
    delay_90k = max(unit.pts_90k - unit.dts_90k for unit in loop.access_units)
    timeline = Timeline(loop=loop, delay_90k=delay_90k, began_s=0.0)
    first_90k = timeline.due_90k(0)
    offset_90k = round(offset_s * 90_000) % loop.duration_90k
    return Timeline(loop=loop, delay_90k=delay_90k, began_s=now_s - (first_90k + offset_90k) / 90_000)


def switch_timeline(timeline: Timeline, wanted: MediaLoop, *, tick: int) -> tuple[Timeline, int] | None:
    """Return the timeline of ``wanted`` and its tick to send in place of ``tick``; None while no keyframe fits.

    Both loops show the same pictures at the same times; every lap of both has the same length.
    """
    other = begin_timeline(wanted, offset_s=0.0, now_s=0.0)
    other = Timeline(loop=wanted, delay_90k=other.delay_90k, began_s=timeline.began_s)
    frame_90k = round(90_000 / wanted.fps)
    newest_90k = max(timeline.shown_90k(t) for t in range(max(0, tick - 16), tick)) if tick else -frame_90k
    lap = tick // len(timeline.loop.access_units)
    for index in wanted.key_indexes:
        key = lap * len(wanted.access_units) + index
        if newest_90k < other.shown_90k(key) <= newest_90k + frame_90k * 3 // 2:
            return other, key
    return None


def plan_join(timeline: Timeline, *, now_tick: int, join: Join, not_before: int = 0) -> JoinPlan:
    """Return where a session begins; ``not_before`` is the first tick that it has not had yet."""
    next_key = timeline.key_not_before(now_tick)
    if next_key == now_tick or join is Join.WAIT:
        return JoinPlan(next_key, now_tick)
    near = timeline.due_90k(next_key) - timeline.due_90k(now_tick) <= WAIT_AT_MOST_90K
    if join is Join.AUTO and near:
        return JoinPlan(next_key, now_tick)
    return JoinPlan(max(timeline.key_not_after(now_tick), not_before), now_tick)
