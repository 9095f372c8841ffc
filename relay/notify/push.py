"""The push channel: wakes a unit's phone through its browser's push service (RFC 8030), so that it reads its mailbox.

A 201 says that the push service took it, never that the phone has it: the ladder goes on until the terminal confirms
the offer. The payload is a wake-up with one line of text; everything else the phone fetches.
"""

import asyncio
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from patrol_wire.ids import Severity
from relay.core.attempts import Answered, Verdict
from relay.core.notices import LANGUAGES, Notice, headline
from relay.notify.http_answers import ask, new_client
from relay.notify.push_message import PushKeyError, encrypt, vapid
from relay.ops.clock import Clock
from relay.store import push_subscriptions
from relay.store.push_subscriptions import Subscription

_URGENT: Final = frozenset({Severity.CRITICAL, Severity.HIGH})
_LONGEST_LINE: Final = 300
_VERSION: Final = 1


class PushSender:
    """Sends to one subscription an attempt; ``hosts`` are the push services that a subscription may name."""

    def __init__(
        self,
        *,
        key: ec.EllipticCurvePrivateKey,
        subject: str,
        ttl_s: int,
        hosts: Sequence[str],
        timeout_s: float,
        reader: Engine,
        clock: Clock,
    ) -> None:
        self._key = key
        self._subject = subject
        self._ttl_s = ttl_s
        self._hosts = tuple(hosts)
        self._reader = reader
        self._clock = clock
        self._client = new_client(timeout_s)

    async def send(self, notice: Notice) -> Answered:
        """Give one wake-up to the push service."""
        try:
            subscription = await asyncio.to_thread(self._subscription, notice.target)
        except SQLAlchemyError as error:
            return Answered(verdict=Verdict.REFUSED_FOR_NOW, reason=f"the store does not answer ({error})"[:500])
        if subscription is None:
            return Answered(verdict=Verdict.REFUSED_FOR_GOOD, reason="it was unsubscribed")
        if not is_push_service(subscription.endpoint, self._hosts):
            return Answered(verdict=Verdict.GONE, reason="its push service is not in channels.push.hosts")
        try:
            body = encrypt(payload(notice), p256dh=subscription.p256dh, auth=subscription.auth)
        except PushKeyError as error:
            return Answered(verdict=Verdict.GONE, reason=str(error))
        now_s = self._clock.now_us() // 1_000_000
        headers = {
            "TTL": str(self._ttl(notice)),
            "Urgency": "high" if notice.incident.severity in _URGENT else "normal",
            "Topic": topic(notice),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": vapid(self._key, subscription.endpoint, subject=self._subject, now_s=now_s),
        }
        request = self._client.build_request("POST", subscription.endpoint, content=body, headers=headers)
        answered = await ask(self._client, request, self._clock, taken=Verdict.ACCEPTED)
        if answered.reason.startswith("HTTP 404"):  # RFC 8030 §7.3: an expired subscription
            return Answered(verdict=Verdict.GONE, reason=answered.reason)
        return answered

    async def close(self) -> None:
        """Close kept connections."""
        await self._client.aclose()

    def _subscription(self, subscription_id: str) -> Subscription | None:
        with self._reader.connect() as connection:
            return push_subscriptions.live(connection, subscription_id)

    def _ttl(self, notice: Notice) -> int:
        """Return how long it is worth keeping: an offer that nobody may answer any more wakes nobody."""
        if notice.answer_by_us is None:
            return self._ttl_s
        left_s = (notice.answer_by_us - self._clock.now_us()) // 1_000_000
        return int(max(1, min(self._ttl_s, left_s)))


def payload(notice: Notice) -> bytes:
    """Return what the phone is told: that it must look, and one line to show meanwhile."""
    return msgspec.json.encode(
        {
            "version": _VERSION,
            "wake": "sync",
            "key": notice.key,
            "test": notice.test,
            "dispatch_id": notice.dispatch_id,
            "text": {language: headline(notice, language)[:_LONGEST_LINE] for language in LANGUAGES},
        }
    )


def topic(notice: Notice) -> str:
    """Return what a later wake-up for the same replaces: at most 32 letters of base64url (RFC 8030 §5.4)."""
    return (notice.dispatch_id or notice.incident.incident_id).replace("-", "")[:32]


def is_push_service(endpoint: str, hosts: Sequence[str]) -> bool:
    """Tell whether an endpoint is one the relay may be sent to: a subscription is what somebody else typed.

    ``*.example`` means every host below; http is for a named loopback address alone.
    """
    try:
        parts = urlsplit(endpoint)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    if parts.username is not None or not host:
        return False
    named = any(host == each or (each.startswith("*.") and host.endswith(each[1:])) for each in hosts)
    return named and (parts.scheme == "https" or (parts.scheme == "http" and host in ("127.0.0.1", "localhost", "::1")))
