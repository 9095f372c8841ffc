"""The webhook channel: JSON by HTTP POST, signed so that the receiver knows who sent it and when.

``Patrol-Signature: t=SECONDS,v1=HEX`` with HEX = HMAC-SHA256(secret, "SECONDS." + body). A receiver refuses what is
signed more than 300 s ago (replay), and takes an ``Idempotency-Key`` it knows as told already.
"""

import hmac
from typing import Any, Final

import msgspec

from relay.core.attempts import Answered, Verdict
from relay.core.notices import LANGUAGES, Notice, headline, text
from relay.notify.http_answers import ask, new_client
from relay.notify.wall_time import utc_of
from relay.ops.clock import Clock

REPLAY_WINDOW_S: Final = 300
SIGNATURE: Final = "Patrol-Signature"
KEY: Final = "Idempotency-Key"
_VERSION: Final = 1


class WebhookSender:
    """Sends to one URL; ``secret`` is what both sides know."""

    def __init__(self, *, url: str, secret: bytes, timeout_s: float, clock: Clock) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._client = new_client(timeout_s)

    async def send(self, notice: Notice) -> Answered:
        """Post the notice; 2xx means that the receiver has it."""
        body = msgspec.json.encode(document(notice))
        signed_s = int(self._clock.now_us() / 1e6)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "video-patrol-relay",
            KEY: notice.key,
            SIGNATURE: f"t={signed_s},v1={signature(self._secret, signed_s, body)}",
        }
        request = self._client.build_request("POST", self._url, content=body, headers=headers)
        return await ask(self._client, request, self._clock, taken=Verdict.DELIVERED)

    async def close(self) -> None:
        """Close kept connections."""
        await self._client.aclose()


def signature(secret: bytes, signed_s: int, body: bytes) -> str:
    """Return the hex of the signature over time and body."""
    return hmac.digest(secret, f"{signed_s}.".encode() + body, "sha256").hex()


def is_authentic(header: str, secret: bytes, body: bytes, *, now_s: float) -> bool:
    """Tell whether a receiver should believe a request: for receivers in Python, and what the guide describes."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    if not parts.get("t", "").isdigit() or abs(now_s - int(parts["t"])) > REPLAY_WINDOW_S:
        return False
    return hmac.compare_digest(parts.get("v1", ""), signature(secret, int(parts["t"]), body))


def document(notice: Notice) -> dict[str, Any]:
    """Return what is sent; fields are added, never renamed or removed."""
    incident = notice.incident
    return {
        "version": _VERSION,
        "key": notice.key,
        "attempt": notice.attempt,
        "occasion": notice.occasion.value,
        "test": notice.test,
        "receiver": notice.receiver,
        "reason": notice.reason,
        "planned_at": utc_of(notice.planned_us).isoformat(),
        "headline": {language: headline(notice, language) for language in LANGUAGES},
        "text": {language: text(notice, language) for language in LANGUAGES},
        "incident": {
            "incident_id": incident.incident_id,
            "revision": incident.revision,
            "state": incident.state.value,
            "category": incident.category,
            "severity": incident.severity.value,
            "area_id": incident.area_id,
            "place": {"lon": incident.lon, "lat": incident.lat},
            "room": incident.node,
            "camera": incident.camera,
            "verified": incident.verified,
            "first_alert_at": utc_of(incident.first_alert_us).isoformat(),
            "opened_at": utc_of(incident.opened_us).isoformat(),
            "updated_at": utc_of(incident.updated_us).isoformat(),
            "notify_until": utc_of(incident.notify_until_us).isoformat(),
            "outcome": incident.outcome.value if incident.outcome is not None else None,
            "owner": incident.owner,
            "escalation_level": incident.escalation_level,
        },
    }
