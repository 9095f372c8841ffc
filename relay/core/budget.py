"""How much one peer may send, and what becomes of one that sends more: token buckets and bans, with time as a value.

A bucket fills at ``per_s`` up to ``burst``. A peer that runs out is paced, not refused: its messages wait in its own
lane (relay/gate/lanes.py). One that fills its lane too, which no peer within its credit can, is refused, and after
REFUSED_BEFORE_CUT refusals it is cut and kept out, each time for twice as long.
"""

from dataclasses import dataclass, replace
from typing import Final

from msgspec import Struct

REFUSED_BEFORE_CUT: Final = 256
"""Messages beyond everything a peer may send; a peer that was merely unlucky stops long before."""
FIRST_BAN_S: Final = 5.0
LONGEST_BAN_S: Final = 300.0
FORGIVEN_AFTER_S: Final = 600.0
"""Good behaviour after a ban that makes the next one short again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may be spent: ``per_s`` in the long run, ``burst`` at once."""

    per_s: float
    burst: float


class Bucket(Struct, frozen=True, gc=False):
    """What was left at a moment; a new one for each message of a peer."""

    level: float
    at_s: float


def full(allowance: Allowance, now_s: float) -> Bucket:
    """Return a bucket nobody has spent from."""
    return Bucket(allowance.burst, now_s)


def level_at(bucket: Bucket, allowance: Allowance, now_s: float) -> float:
    """Return what is left at a moment; a clock that went back takes nothing away."""
    return min(allowance.burst, bucket.level + max(0.0, now_s - bucket.at_s) * allowance.per_s)


def spend(bucket: Bucket, allowance: Allowance, cost: float, now_s: float) -> tuple[Bucket, bool]:
    """Take ``cost`` when there is so much (what costs more than a whole burst takes that); False: nothing is taken."""
    left = level_at(bucket, allowance, now_s) - min(cost, allowance.burst)
    if left < 0.0:
        return bucket, False
    return Bucket(left, now_s), True


def wait_s(bucket: Bucket, allowance: Allowance, cost: float, now_s: float) -> float:
    """Return how long until ``cost`` can be spent."""
    missing = min(cost, allowance.burst) - level_at(bucket, allowance, now_s)
    return max(0.0, missing / allowance.per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How a peer has behaved."""

    refused: int = 0
    """Messages refused since it was last within its allowance."""
    bans: int = 0
    banned_until_s: float = 0.0


def within(conduct: Conduct, now_s: float) -> Conduct:
    """The peer sent something it may send."""
    if conduct.bans and now_s - conduct.banned_until_s > FORGIVEN_AFTER_S:
        return Conduct()
    return replace(conduct, refused=0) if conduct.refused else conduct


def beyond(conduct: Conduct, now_s: float) -> tuple[Conduct, float]:
    """The peer sent something that even its lane has no room for; return how long it is banned, 0.0 for not yet."""
    refused = conduct.refused + 1
    if refused < REFUSED_BEFORE_CUT:
        return replace(conduct, refused=refused), 0.0
    bans = 1 if now_s - conduct.banned_until_s > FORGIVEN_AFTER_S else conduct.bans + 1
    ban_s = min(FIRST_BAN_S * 2.0 ** (bans - 1), LONGEST_BAN_S)
    return Conduct(bans=bans, banned_until_s=now_s + ban_s), ban_s
