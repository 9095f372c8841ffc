"""One lane per peer in front of the core: what it may send passes, a little more waits its turn, the rest is refused.

Keyed by public key, so that many connections with one key share one allowance. Owned by the gate's thread. Memory is
bounded: per lane and over all lanes; what a peer within its credit can have in flight fits its lane.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from patrol_wire.frames import Kind
from relay.core.budget import Allowance, Bucket, Conduct, beyond, full, level_at, spend, wait_s, within
from relay.core.field import GateRole

LANE_MESSAGES: Final = 272
"""A room has at most 256 records in flight, and some pings."""
LANE_BYTES: Final = 8 * 1024 * 1024
ALL_LANES_BYTES: Final = 64 * 1024 * 1024
TELL_EVERY_S: Final = 1.0
"""A peer that floods is told so this often: answers must not be a flood of their own."""
MESSAGE_COST: Final = 4
"""A message costs the core as much as some KiB of a longer one."""
OPENING_COST: Final = 20
"""Hello, sync and counts_hello make the core read the store; a peer repeats them five times a second at most."""
OPENING_KINDS: Final = frozenset({Kind.HELLO, Kind.SYNC, Kind.COUNTS_HELLO})
HANDSHAKES: Final = Allowance(per_s=2.0, burst=40.0)
"""Connections of one key; a handshake costs half a millisecond of CPU, and a socket tries again after 250 ms."""
IDLE_S: Final = 120.0
"""A lane that was not used for so long is forgotten when there is nothing to remember."""
LOST_CONNECTIONS: Final = Allowance(per_s=1 / 20, burst=3.0)
"""Ends of connections of one key that are nobody's business; beyond, its network or its frames are not sound."""

ALLOWANCES: Final[dict[GateRole, Allowance]] = {
    GateRole.ROOMS: Allowance(per_s=1_000.0, burst=1_200.0),
    GateRole.TERMINALS: Allowance(per_s=400.0, burst=1_200.0),
    GateRole.COUNTS: Allowance(per_s=100.0, burst=800.0),
    GateRole.MEDIA: Allowance(per_s=2_000.0, burst=8_000.0),
}
"""Points one peer may spend: 4 for each message, one for each KiB of it. A burst holds all that credit lets a room
have in flight; in the long run it is 200 single alerts a second, or 3,000 in full batches after an outage: a room of
a city has less in a day, and the relay does more than twice that, so its neighbours are served beside it. Of media it
is one for each message, because their own credit and pace bound the bytes."""


class Admitted(StrEnum):
    """What becomes of a message."""

    PASSES = "passes"
    WAITS = "waits"
    """It lies in its lane and is handed out by ``due``."""
    REFUSED = "refused"
    CUT = "cut"
    """Refused, and its peer is banned from now on."""


def cost_of(kind: int, frame_bytes: int) -> float:
    """Return the points a message costs, more when it makes the core read."""
    return MESSAGE_COST + 1 + frame_bytes // 1024 + (OPENING_COST if kind in OPENING_KINDS else 0)


@dataclass(slots=True)
class _Lane:
    bucket: Bucket
    used_s: float
    conduct: Conduct = field(default_factory=Conduct)
    waiting: deque[tuple[bytes, float]] = field(default_factory=deque)
    waiting_bytes: int = 0
    told_s: float = float("-inf")
    handshakes: Bucket | None = None
    lost: Bucket | None = None


class PeerLanes:
    """See the module; ``allowance`` None: everything passes."""

    def __init__(self, allowance: Allowance | None) -> None:
        self._allowance = allowance
        self._lanes: dict[str, _Lane] = {}
        self._queued: dict[str, None] = {}
        """Keys with something waiting, whose turn is next first."""
        self.waiting_bytes = 0

    def __len__(self) -> int:
        """How many peers are remembered."""
        return len(self._lanes)

    def admit(self, public_key: str, packed: bytes, *, cost: float, now_s: float) -> Admitted:
        """Decide about a message for the core; order within a peer is kept."""
        if self._allowance is None:
            return Admitted.PASSES
        lane = self._lane(public_key, now_s)
        if not lane.waiting:
            lane.bucket, paid = spend(lane.bucket, self._allowance, cost, now_s)
            if paid:
                lane.conduct = within(lane.conduct, now_s)
                return Admitted.PASSES
        if (
            len(lane.waiting) >= LANE_MESSAGES
            or lane.waiting_bytes + len(packed) > LANE_BYTES
            or self.waiting_bytes + len(packed) > ALL_LANES_BYTES
        ):
            return self._beyond(public_key, lane, now_s)
        lane.waiting.append((packed, cost))
        lane.waiting_bytes += len(packed)
        self.waiting_bytes += len(packed)
        self._queued[public_key] = None
        return Admitted.WAITS

    def charge(self, public_key: str, *, cost: float, now_s: float) -> Admitted:
        """Let a peer pay for a message the gate refuses; PASSES: it may be answered. Rubbish never waits."""
        if self._allowance is None:
            return Admitted.PASSES
        lane = self._lane(public_key, now_s)
        lane.bucket, paid = spend(lane.bucket, self._allowance, cost, now_s)
        return Admitted.PASSES if paid else self._beyond(public_key, lane, now_s)

    def due(self, now_s: float) -> Iterator[bytes]:
        """Hand out what may go now, one of each peer in turn; stop the iteration when the core takes no more."""
        allowance = self._allowance
        while allowance is not None:
            moved = False
            for public_key in tuple(self._queued):
                lane = self._lanes[public_key]
                packed, cost = lane.waiting[0]
                lane.bucket, paid = spend(lane.bucket, allowance, cost, now_s)
                if not paid:
                    continue
                lane.waiting.popleft()
                self._shrink(lane, len(packed))
                if not lane.waiting:
                    del self._queued[public_key]
                moved = True
                yield packed
            if not moved:
                return

    def next_due_s(self, now_s: float) -> float | None:
        """Return how long until something may go; None when nothing waits."""
        if self._allowance is None or not self._queued:
            return None
        lanes = [self._lanes[public_key] for public_key in self._queued]
        return min(wait_s(lane.bucket, self._allowance, lane.waiting[0][1], now_s) for lane in lanes)

    def may_tell(self, public_key: str, now_s: float) -> bool:
        """Tell whether a peer that floods is to be answered now."""
        lane = self._lane(public_key, now_s)
        if now_s - lane.told_s < TELL_EVERY_S:
            return False
        lane.told_s = now_s
        return True

    def banned_for_s(self, public_key: str, now_s: float) -> float:
        """Return how much longer a peer is kept out; 0.0 for not at all."""
        lane = self._lanes.get(public_key)
        return max(0.0, lane.conduct.banned_until_s - now_s) if lane is not None else 0.0

    def may_enter(self, public_key: str, now_s: float) -> bool:
        """Decide about one more connection of a known key."""
        if self._allowance is None:
            return True
        if self.banned_for_s(public_key, now_s):
            return False
        lane = self._lane(public_key, now_s)
        bucket = lane.handshakes if lane.handshakes is not None else full(HANDSHAKES, now_s)
        lane.handshakes, may = spend(bucket, HANDSHAKES, 1.0, now_s)
        return may

    def lost_too_often(self, public_key: str, now_s: float) -> bool:
        """A connection of this peer ended; tell whether that is worth a word."""
        lane = self._lane(public_key, now_s)
        bucket = lane.lost if lane.lost is not None else full(LOST_CONNECTIONS, now_s)
        lane.lost, fine = spend(bucket, LOST_CONNECTIONS, 1.0, now_s)
        return not fine

    def drop(self, public_key: str) -> int:
        """Throw away what waits of a peer (its key was revoked, or it is cut); return how much that was."""
        lane = self._lanes.get(public_key)
        if lane is None:
            return 0
        dropped = len(lane.waiting)
        lane.waiting.clear()
        self._shrink(lane, lane.waiting_bytes)
        self._queued.pop(public_key, None)
        return dropped

    def forget_idle(self, now_s: float) -> None:
        """Forget who has nothing waiting, a full bucket and no ban to remember."""
        if self._allowance is None:
            return
        for public_key, lane in tuple(self._lanes.items()):
            if now_s - lane.used_s <= IDLE_S or lane.waiting:  # nearly all, four times a second
                continue
            rested = level_at(lane.bucket, self._allowance, now_s) >= self._allowance.burst
            if rested and not within(lane.conduct, now_s).bans:
                del self._lanes[public_key]

    def _lane(self, public_key: str, now_s: float) -> _Lane:
        lane = self._lanes.get(public_key)
        if lane is None:
            allowance = self._allowance if self._allowance is not None else HANDSHAKES
            lane = self._lanes[public_key] = _Lane(full(allowance, now_s), now_s)
        lane.used_s = now_s
        return lane

    def _beyond(self, public_key: str, lane: _Lane, now_s: float) -> Admitted:
        lane.conduct, ban_s = beyond(lane.conduct, now_s)
        if not ban_s:
            return Admitted.REFUSED
        self.drop(public_key)
        return Admitted.CUT

    def _shrink(self, lane: _Lane, by_bytes: int) -> None:
        lane.waiting_bytes -= by_bytes
        self.waiting_bytes -= by_bytes
