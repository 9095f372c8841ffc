"""Who may use the desk: anybody on this machine, elsewhere only with the token; and no page of another site.

Pure checks and the ASGI layer that applies them to requests and WebSockets alike.
"""

import base64
import binascii
import ipaddress
import secrets
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from relay.web.faults import fault

OPEN_PATHS: Final = frozenset({"/", "/board", "/healthz", "/readyz"})
"""Answered without the token: they tell nothing about people or places. The page asks for the token itself."""
OPEN_BELOW: Final = "/static/"
LIVE_PROTOCOL: Final = "patrol.v1"
_BEARER_PROTOCOL: Final = "bearer."
MAX_BODY_BYTES: Final = 64 * 1024
# blob: a page shows the token when it fetches a picture, which an <img> cannot, and then shows what it fetched.
_POLICY: Final = (
    b"default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine is meant; a name other than localhost counts as reachable."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(header: str) -> str:
    """Return the host of a Host header without its port."""
    return urlsplit(f"//{header}").hostname or ""


def is_foreign(headers: Headers) -> bool:
    """Tell whether a page of another site sent this; a program that is no browser sends no Origin."""
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def shown_token(headers: Headers, protocols: Iterable[str]) -> str:
    """Return the token of the Authorization header, or of a WebSocket's subprotocols (a page sets no header there)."""
    scheme, _, shown = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return shown.strip()
    for protocol in protocols:
        if protocol.startswith(_BEARER_PROTOCOL):
            packed = protocol.removeprefix(_BEARER_PROTOCOL)
            try:
                return base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")
            except (binascii.Error, UnicodeDecodeError):
                return ""
    return ""


class Guard:
    """The outermost layer: refuses what may not pass and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, *, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        if refusal is None:
            await self._app(scope, receive, with_headers)
        elif scope["type"] == "websocket":
            await receive()  # the connect event; a close before the handshake is an HTTP 403 to the peer
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
        else:
            answer = fault(*refusal)
            if refusal[0] == 401:
                answer.headers["WWW-Authenticate"] = "Bearer"
            await answer(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        """Return status, code and sentence of a refusal, or None."""
        headers = Headers(scope=scope)
        if is_foreign(headers):
            return 403, "foreign_origin", "a page of another site may not use this relay; open the relay's own page"
        if self._token is None and not is_loopback(host_of(headers.get("host", ""))):
            # Without this a name that an attacker's DNS points at 127.0.0.1 could read everything from a browser.
            return 403, "foreign_origin", "this relay answers on localhost only; name web.host and web.token_file"
        path = scope["path"]
        if self._token is not None and path not in OPEN_PATHS and not path.startswith(OPEN_BELOW):
            shown = shown_token(headers, scope.get("subprotocols", ()))
            if not secrets.compare_digest(shown.encode(), self._token.encode()):
                return 401, "token_needed", "show the token of web.token_file as Authorization: Bearer TOKEN"
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            return self._body_refusal(headers)
        return None

    def _body_refusal(self, headers: Headers) -> tuple[int, str, str] | None:
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return 413, "too_long", f"send a body of at most {MAX_BODY_BYTES} bytes with its Content-Length"
        if not headers.get("content-type", "").startswith("application/json"):
            return 415, "not_json", "send the request as application/json"
        return None
