"""Guards the console: the token, no page of another site, no body that is too long; and the headers on every answer.

One plain layer, because it stands in the way of every flag: each that wraps a request in tasks costs turns of the event
loop, which a busy room hands out slowly. A browser sends no header of the page's own with a
WebSocket, so the token may come as a subprotocol ``bearer.BASE64URL`` beside ``patrol.v1``, as at the relay.
"""

import base64
import binascii
import secrets
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_agent.console.access import OPEN_PATHS, admits, foreign
from edge_agent.console.faults import fault_answer
from edge_agent.console.pages import PAGE_HEADERS, is_page
from edge_agent.console.remark_routes import VOICE_SUFFIX
from edge_agent.evidence.voice import MOST_BYTES

SOCKET_PROTOCOL: Final = "patrol.v1"
_BEARER: Final = "bearer."
_POLICY_VIOLATION: Final = 1008
_MAX_BODY_BYTES: Final = 64 * 1024
_HEADERS: Final = [(name.lower().encode(), value.encode()) for name, value in PAGE_HEADERS.items()]
_Refused = tuple[int, str]


class Guard:
    """The outermost layer: refuses what may not pass, and puts the pages' headers on every answer."""

    def __init__(self, app: ASGIApp, *, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._socket_refusal(scope)
        if refusal:
            await receive()  # the connect event; a close before the handshake is an HTTP 403 to the peer
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal})
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, with_headers)
            return
        answer = fault_answer(*refusal)
        if refusal[0] == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
        await answer(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> _Refused | None:
        """Return why a request is not even looked at, None when it is.

        A page of another site open in the operator's browser must neither press flags nor read the room: its Origin
        tells it, a name rebound to this machine tells itself by Host, and it cannot send JSON unasked.
        """
        headers, path = Headers(scope=scope), scope["path"]
        elsewhere = foreign(self._token, headers)
        if elsewhere:
            return 403, elsewhere
        is_voice = path.endswith(VOICE_SUFFIX)
        most = MOST_BYTES if is_voice else _MAX_BODY_BYTES
        length = headers.get("content-length", "" if "transfer-encoding" in headers else "0")
        if not length.isdigit() or int(length) > most:
            return 413, f"send a body of at most {most} bytes with its Content-Length"
        is_open = path in OPEN_PATHS or is_page(path)
        if not is_open and not admits(self._token, headers.get("authorization", "")):
            return 401, "this console needs the token of console.token_file as Authorization: Bearer TOKEN"
        # The one body that is no JSON is judged where it is read; no form of another site can send its type either.
        is_json = headers.get("content-type", "").startswith("application/json")
        if scope["method"] == "POST" and not is_json and not is_voice:
            return 415, "send the request as application/json"
        return None

    def _socket_refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        elsewhere = foreign(self._token, headers)
        if elsewhere or self._token is None:
            return elsewhere
        shown = shown_token(headers, scope.get("subprotocols", ()))
        fits = secrets.compare_digest(shown.encode(), self._token.encode())
        return "" if fits else "show the token of console.token_file"


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
