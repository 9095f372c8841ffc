"""Attempts: what one try to send over a channel came to, and whether and when it is tried again.

Pure: the share of the back-off (a random number from 0 to 1) and the moment are arguments.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relay.core.notifications import NotificationEvent
from relay.core.policy import MICROS

LONGEST_RETRY_AFTER_S: Final = 3_600.0
"""A receiver that asks for more is asked again after this: its clock, or its Retry-After, may be wrong."""


class Verdict(StrEnum):
    """What the other side made of one attempt."""

    DELIVERED = "delivered"
    """The receiver itself has it."""
    ACCEPTED = "accepted"
    """A server on the way has taken it; whether it arrives, nobody says."""
    REFUSED_FOR_NOW = "refused_for_now"
    """Not taken, for a reason that passes: it is tried again."""
    REFUSED_FOR_GOOD = "refused_for_good"
    """Not taken, for a reason that only a person mends."""
    GONE = "gone"
    """The address is no more: it is struck out, and not tried again."""


EVENTS: Final = {
    Verdict.DELIVERED: NotificationEvent.DELIVER,
    Verdict.ACCEPTED: NotificationEvent.SEND,
    Verdict.REFUSED_FOR_NOW: NotificationEvent.FAIL_FOR_NOW,
    Verdict.REFUSED_FOR_GOOD: NotificationEvent.FAIL_FOR_GOOD,
    Verdict.GONE: NotificationEvent.FAIL_FOR_GOOD,
}
"""What a verdict means to the notification."""
TAKEN: Final = frozenset({Verdict.DELIVERED, Verdict.ACCEPTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one attempt came to. ``reason`` is one sentence for people; ``receipt`` what the other side calls it."""

    verdict: Verdict
    reason: str
    receipt: str = ""
    retry_after_s: float | None = None
    """What the receiver asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Exponential back-off with full jitter between attempts: none hammers, and no two stay in step."""

    first_s: float = 2.0
    longest_s: float = 300.0


def of_http(code: int, text: str, retry_after: str | None, *, taken: Verdict) -> Answered:
    """Class an HTTP answer: 2xx ``taken``; 408, 425, 429 and 5xx pass; 410 is gone; any other is for good."""
    reason = f"HTTP {code}" + (f": {' '.join(text.split())[:200]}" if text.strip() and not 200 <= code < 300 else "")
    wait_s = retry_after_s(retry_after) if code in (429, 503) else None
    if 200 <= code < 300:
        verdict = taken
    elif code in (408, 425, 429) or code >= 500:
        verdict = Verdict.REFUSED_FOR_NOW
    elif code == 410:
        verdict = Verdict.GONE
    else:
        verdict = Verdict.REFUSED_FOR_GOOD
    return Answered(verdict=verdict, reason=reason, retry_after_s=wait_s)


def retry_after_s(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110 §10.2.3), None for none; a date is read by the caller."""
    text = (header or "").strip()
    return min(float(text), LONGEST_RETRY_AFTER_S) if text.isascii() and text.isdigit() else None


def pause_s(failures: int, share: float, policy: RetryPolicy) -> float:
    """Return the wait after so many failures (1 or more): a share of min(longest, first × 2^(failures − 1))."""
    return share * min(policy.longest_s, policy.first_s * 2.0 ** min(failures - 1, 30))


def next_try_us(failures: int, answered: Answered, share: float, now_us: int, policy: RetryPolicy) -> int:
    """Return when to try again; never before the receiver's own Retry-After."""
    wait_s = pause_s(failures, share, policy)
    if answered.retry_after_s is not None:
        wait_s += answered.retry_after_s
    return now_us + max(1, int(wait_s * MICROS))
