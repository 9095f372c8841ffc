"""From a stream's own timestamps to a continuous timeline and to the wall clock.

Owns the estimate of one connection's delay and the judgement whether a clock can be trusted. Arrival times wander with
the network and with buffers; timestamps come from the camera's encoder and are even. So the timestamps carry the time,
and arrivals only say where the timeline lies: no packet arrives before it was taken, hence the smallest difference
``arrival - timestamp`` of the last half minute is the best witness (minimum-delay estimation).
"""

from collections import deque
from fractions import Fraction
from statistics import median
from typing import Final, NamedTuple

from edge_agent.core.clock_drift import DriftWatch

MAX_SLEW: Final = 500e-6
"""Seconds of correction per second: above the drift of cheap quartz (100 ppm), below what shows in a clip."""
STEP_S: Final = 1.0
"""An estimate that is proven wrong by more than this is set at once instead of slewed for half an hour."""
JUMP_S: Final = 2.0
"""A timestamp so far ahead of what the elapsed time explains is a jump of the camera's clock."""
BACK_S: Final = 1.0
"""Timestamps that fall back by more than this: the camera's clock was set, or the film began again."""
SETTLE_S: Final = 5.0
"""After a beginning or a jump the estimate follows at once: servers first send what they had buffered."""
SUSPECT_S: Final = 60.0
"""How long after a step or jump a moment is marked as suspect."""
BUCKET_S: Final = 2.0
BUCKETS: Final = 15
FLOOR_ERROR_S: Final = 0.02
"""What encoding and the shortest way through the network cost at least; it cannot be seen from here."""
SETTLING_ERROR_S: Final = 0.5
PLAUSIBLE_US: Final = 1_704_067_200_000_000
"""2024-01-01: a wall clock before this was never set."""
USUAL_FRAME_S: Final = 0.04


class Moment(NamedTuple):
    """When a picture was taken."""

    captured_at: int
    """UTC microseconds."""
    time_error_ms: int
    clock_suspect: bool


class Placed(NamedTuple):
    """A packet's place on the continuous timeline, in ticks of the stream's time base.

    A tuple, because one is made for every packet of every camera: a frozen dataclass takes five times as long.
    """

    pts_ticks: int
    dts_ticks: int
    media_s: float
    jumped: bool
    """The camera's timestamps jumped here; the timeline goes on without the jump."""


class MediaClock:
    """The time of one camera over all its connections; deterministic in what it is told."""

    def __init__(self) -> None:
        self._tick_s = 1.0 / 90_000
        """A float: Fractions cost more than all else done per packet, and 2^53 ticks of 90 kHz are 3,000 years."""
        self._shift_ticks = 0
        self._last_dts: int | None = None
        self._last_arrived_s = 0.0
        self._frame_s = USUAL_FRAME_S
        self._newest_s = 0.0
        self._buckets: deque[tuple[int, float]] = deque(maxlen=BUCKETS)
        self._best_s = 0.0
        """Least delay of all buckets."""
        self._spread: float | None = None
        """How far the usual best delay lies above the best; None while it has to be worked out."""
        self._estimate_s: float | None = None
        self._settled_at_s = 0.0
        self._suspect_until_s = float("-inf")
        self._wall_offset_us: int | None = None
        self._begun = False
        self._anchored = False
        self._is_guessed = False
        self._drift = DriftWatch()
        self.jumps = 0
        """Jumps of the camera's timestamps."""
        self.jumped_at_s: float | None = None
        """Instant of the last one."""
        self.wall_steps = 0
        """Steps of this machine's wall clock."""

    def begin(self, *, tick_s: Fraction, start_ticks: int | None, at_s: float) -> None:
        """Tell that a connection begins at instant ``at_s``.

        The first one starts the timeline at 0, at ``start_ticks`` if the container names it; a later one goes on where
        the timeline would be by now.
        """
        if self._begun:
            self._newest_s += max(self._frame_s, at_s - self._last_arrived_s)
        self._begun = True
        self._tick_s = float(tick_s)
        self._last_dts = None
        self._is_guessed = False
        self._last_arrived_s = at_s
        self._shift_ticks = 0 if start_ticks is None else round(self._newest_s / self._tick_s) - start_ticks
        self._anchored = start_ticks is not None
        self._forget_delay(at_s)

    def restart(self, *, start_ticks: int | None) -> None:
        """Tell that a film begins again: its start follows the newest packet after one frame's time."""
        self._last_dts = None
        self._is_guessed = False
        self._newest_s += self._frame_s
        self._shift_ticks = 0 if start_ticks is None else round(self._newest_s / self._tick_s) - start_ticks
        self._anchored = start_ticks is not None

    def place(self, *, pts: int | None, dts: int | None, arrived_s: float, wall_us: int) -> Placed:
        """Return where a packet lies, and learn from its arrival at the instant and wall time given.

        Packets must come in decoding order; a missing timestamp is taken from the other one or from the frame rate.
        """
        stamp = dts if dts is not None else pts
        if stamp is None:
            self._is_guessed |= self._last_dts is None and not self._anchored
            stamp = self._guess()
        elif self._is_guessed:
            self._tie(stamp, arrived_s)
        jumped = self._follow(stamp, arrived_s)
        shown = (pts if pts is not None else stamp) + self._shift_ticks
        media_s = shown * self._tick_s
        self._newest_s = max(self._newest_s, media_s) if not jumped else media_s
        self._last_dts = stamp
        self._watch_wall(arrived_s, wall_us)
        self._learn(arrived_s - media_s, arrived_s)
        self._last_arrived_s = arrived_s
        return Placed(pts_ticks=shown, dts_ticks=stamp + self._shift_ticks, media_s=media_s, jumped=jumped)

    def moment(self, media_s: float) -> Moment:
        """Return when the picture at ``media_s`` was taken; only after at least one packet was placed."""
        if self._estimate_s is None or self._wall_offset_us is None:
            raise ValueError("no packet has been placed yet")
        taken_s = media_s + self._estimate_s
        error_s = FLOOR_ERROR_S + abs(self._best_s - self._estimate_s) + self._spread_s()
        if self._last_arrived_s < self._settled_at_s:
            error_s += SETTLING_ERROR_S
        captured_at = round(taken_s * 1_000_000) + self._wall_offset_us
        return Moment(
            captured_at=captured_at,
            time_error_ms=round(error_s * 1_000),
            clock_suspect=self._last_arrived_s < self._suspect_until_s or captured_at < PLAUSIBLE_US,
        )

    def instant_of(self, media_s: float) -> float | None:
        """Return the instant (monotonic seconds) of a place on the timeline; None before the first packet.

        This, ``media_at`` and ``wall_us`` read single values only, so any thread may ask.
        """
        return None if self._estimate_s is None else media_s + self._estimate_s

    def media_at(self, instant_s: float) -> float | None:
        """Return the place on the timeline of an instant; None before the first packet.

        Two streams of one camera have a timeline each; the instant joins them as well as their delays are alike.
        """
        return None if self._estimate_s is None else instant_s - self._estimate_s

    def wall_us(self, media_s: float) -> int | None:
        """Return the UTC microseconds of a place on the timeline; None before the first packet."""
        estimate_s, offset_us = self._estimate_s, self._wall_offset_us
        if estimate_s is None or offset_us is None:
            return None
        return max(0, round((media_s + estimate_s) * 1_000_000) + offset_us)

    @property
    def drift(self) -> float | None:
        """Seconds the camera's clock loses per second (negative: gains); None when it keeps pace, or too new to say."""
        return self._drift.rate

    @property
    def newest_s(self) -> float:
        """The latest place on the timeline that was given out."""
        return self._newest_s

    def _guess(self) -> int:
        if self._last_dts is None:
            return round(self._newest_s / self._tick_s) - self._shift_ticks
        return self._last_dts + max(1, round(self._frame_s / self._tick_s))

    def _follow(self, stamp: int, arrived_s: float) -> bool:
        """Adjust the shift so that ``stamp`` continues the timeline; return whether the camera's clock jumped."""
        if self._last_dts is None:
            if not self._anchored:
                self._shift_ticks = round(self._newest_s / self._tick_s) - stamp
                self._anchored = True
            return False
        gap_s = (stamp - self._last_dts) * self._tick_s
        waited_s = arrived_s - self._last_arrived_s
        early_s = self._estimate_s is not None and (
            arrived_s - (stamp + self._shift_ticks) * self._tick_s < self._estimate_s - JUMP_S
        )
        if gap_s < -BACK_S or (gap_s > waited_s + JUMP_S and early_s):
            self._shift_ticks += self._last_dts + max(1, round(self._usual_gap(waited_s) / self._tick_s)) - stamp
            self._suspect_until_s = arrived_s + SUSPECT_S
            self.jumps += 1
            self.jumped_at_s = arrived_s
            self._drift.forget()
            return True
        if 0.0 < gap_s < 1.0:
            self._frame_s = gap_s
        return False

    def _tie(self, stamp: int, arrived_s: float) -> None:
        """Continue the timeline with a connection's first timestamp: the packets before it had none."""
        if self._last_dts is not None:
            usual_ticks = max(1, round(self._usual_gap(arrived_s - self._last_arrived_s) / self._tick_s))
            self._shift_ticks += self._last_dts + usual_ticks - stamp
            self._last_dts = stamp - usual_ticks
        self._is_guessed = False

    def _usual_gap(self, waited_s: float) -> float:
        return max(self._frame_s, waited_s)

    def _forget_delay(self, at_s: float) -> None:
        self._buckets.clear()
        self._spread = None
        self._estimate_s = None
        self._settled_at_s = at_s + SETTLE_S
        self._drift.forget()

    def _learn(self, delay_s: float, arrived_s: float) -> None:
        bucket = int(arrived_s // BUCKET_S)
        if self._buckets and self._buckets[-1][0] == bucket:
            if delay_s < self._buckets[-1][1]:
                self._spread = None
                self._buckets[-1] = (bucket, delay_s)
                self._best_s = min(self._best_s, delay_s)
        else:
            self._spread = None
            self._buckets.append((bucket, delay_s))
            while self._buckets[0][0] <= bucket - BUCKETS:
                self._buckets.popleft()
            self._best_s = min(best_s for _, best_s in self._buckets)
        if arrived_s >= self._settled_at_s:
            self._drift.note(self._best_s, arrived_s)
        if self._estimate_s is None or arrived_s < self._settled_at_s or abs(self._best_s - self._estimate_s) > STEP_S:
            self._estimate_s = self._best_s
            return
        room_s = MAX_SLEW * max(0.0, arrived_s - self._last_arrived_s)
        self._estimate_s += min(room_s, max(-room_s, self._best_s - self._estimate_s))

    def _spread_s(self) -> float:
        """Return how far the usual best delay lies above the best: large when the network jitters."""
        if self._spread is None:
            self._spread = median(delay_s for _, delay_s in self._buckets) - self._best_s
        return self._spread

    def _watch_wall(self, arrived_s: float, wall_us: int) -> None:
        offset_us = wall_us - round(arrived_s * 1_000_000)
        if self._wall_offset_us is not None:
            tolerated_us = 250_000 + 1_000 * max(0.0, arrived_s - self._last_arrived_s)
            if abs(offset_us - self._wall_offset_us) > tolerated_us:
                self._suspect_until_s = arrived_s + SUSPECT_S
                self.wall_steps += 1
        self._wall_offset_us = offset_us
