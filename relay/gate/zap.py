"""The gate's ZAP 1.0 handler (ZeroMQ RFC 27): which CURVE keys are admitted, and as whom.

`decide` is pure; `ZapSocket` is the thin part in the gate's own loop. It must be bound before any ROUTER is, and
with ZAP_ENFORCE_DOMAIN a gate whose handler is gone admits nobody. ZAP runs at the handshake only: what happens to a
key that is revoked later is decided message by message in `relay.gate.admission`.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import zmq
from zmq.utils import z85

from patrol_wire.keys import KeyState
from relay.gate.peers import PeerTable

ZAP_ENDPOINT: Final = "inproc://zeromq.zap.01"
KEY_PROPERTY: Final = "X-Key"
"""Message property that carries the peer's public key (Z85) beside User-Id."""

_VERSION: Final = b"1.0"
_KEY_BYTES: Final = 32
_CURVE_REQUEST_FRAMES: Final = 7


class Answer(StrEnum):
    """What became of a handshake; also the name of its counter."""

    KNOWN = "zap_known"
    PENDING = "zap_pending"
    REVOKED = "zap_revoked"
    HELD_OFF = "zap_held_off"
    """A known key that was cut for flooding, or that connects too often; it may come back later."""
    MALFORMED = "zap_malformed"


class Verdict(NamedTuple):
    """The frames of the reply and what to count."""

    reply: tuple[bytes, ...]
    answer: Answer
    public_key: str


def _property(name: str, text: str) -> bytes:
    """Encode one metadata property (RFC 23 §metadata): length u8, name, length u32, value."""
    value = text.encode()
    return bytes((len(name),)) + name.encode() + len(value).to_bytes(4, "big") + value


def _reply(
    request_id: bytes, code: bytes, text: bytes, *, user_id: bytes = b"", metadata: bytes = b""
) -> tuple[bytes, ...]:
    return (_VERSION, request_id, code, text, user_id, metadata)


MayEnter = Callable[[str], bool]
"""Decides about one more connection of a known public key."""


def _always(_public_key: str) -> bool:
    return True


def decide(request: Sequence[bytes], table: PeerTable, *, domain: str, may_enter: MayEnter = _always) -> Verdict:
    """Answer one ZAP request.

    200 and ``role:node`` for a known key; 300 for one that is pending, not listed, or may not enter now, so that the
    peer tries again and is let in once somebody approves it; 400 for a revoked key, for another domain or mechanism,
    and for what is no ZAP request at all.
    """
    request_id = request[1] if len(request) > 1 else b""
    if len(request) != _CURVE_REQUEST_FRAMES or request[0] != _VERSION or len(request[6]) != _KEY_BYTES:
        return Verdict(_reply(request_id, b"400", b"not a CURVE request of ZAP 1.0"), Answer.MALFORMED, "")
    if request[5] != b"CURVE" or request[2] != domain.encode():
        return Verdict(_reply(request_id, b"400", b"wrong mechanism or domain"), Answer.MALFORMED, "")
    public_key = z85.encode(request[6]).decode("ascii")
    peer = table.get(public_key)
    if peer is None or peer.state is KeyState.PENDING:
        return Verdict(_reply(request_id, b"300", b"not approved yet"), Answer.PENDING, public_key)
    if peer.state is KeyState.REVOKED:
        return Verdict(_reply(request_id, b"400", b"revoked"), Answer.REVOKED, public_key)
    if not may_enter(public_key):
        return Verdict(_reply(request_id, b"300", b"not now"), Answer.HELD_OFF, public_key)
    admitted = _reply(
        request_id, b"200", b"OK", user_id=peer.user_id.encode(), metadata=_property(KEY_PROPERTY, public_key)
    )
    return Verdict(admitted, Answer.KNOWN, public_key)


class ZapSocket:
    """The REP socket libzmq asks; lives in the context of the ROUTER it guards."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", *, domain: str) -> None:
        self.socket = context.socket(zmq.REP)
        self.socket.linger = 0
        self.socket.bind(ZAP_ENDPOINT)
        self._domain = domain

    def answer_waiting(
        self, table: PeerTable, told: Callable[[Verdict], None], *, limit: int, may_enter: MayEnter = _always
    ) -> None:
        """Answer up to ``limit`` waiting handshakes and tell each outcome; never blocks."""
        for _ in range(limit):
            try:
                request = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            verdict = decide(request, table, domain=self._domain, may_enter=may_enter)
            self.socket.send_multipart(verdict.reply)
            told(verdict)

    def close(self) -> None:
        """Stop answering: from now on nobody new is admitted."""
        self.socket.close(linger=0)
