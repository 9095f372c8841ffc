"""Guards the console's WebSockets: the token, and no page of another site.

A browser sends no header of the page's own with a WebSocket, so the token may come as a subprotocol
``bearer.BASE64URL`` beside ``patrol.v1``, as at the relay. HTTP requests are guarded by ``console.app``.
"""

import base64
import binascii
import secrets
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from edge_agent.console.access import foreign

SOCKET_PROTOCOL: Final = "patrol.v1"
_BEARER: Final = "bearer."
_POLICY_VIOLATION: Final = 1008


class SocketGuard:
    """An ASGI layer that refuses WebSockets which may not pass; everything else goes through untouched."""

    def __init__(self, app: ASGIApp, *, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        refusal = self._refusal(scope) if scope["type"] == "websocket" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        await receive()  # the connect event; a close before the handshake is an HTTP 403 to the peer
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal})

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        refusal = foreign(self._token, headers)
        if refusal:
            return refusal
        if self._token is None:
            return None
        shown = shown_token(headers, scope.get("subprotocols", ()))
        fits = secrets.compare_digest(shown.encode(), self._token.encode())
        return None if fits else "show the token of console.token_file"


def shown_token(headers: Headers, protocols: Iterable[str]) -> str:
    """Return the token of the Authorization header, or of the subprotocols; empty when none is shown."""
    scheme, _, shown = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return shown.strip()
    packed = next((one.removeprefix(_BEARER) for one in protocols if one.startswith(_BEARER)), "")
    try:
        return base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
