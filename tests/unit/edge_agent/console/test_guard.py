"""Who may open a WebSocket of the room: this machine, or whoever shows the token; never a page of another site."""

import asyncio
import base64
from typing import Any

import pytest

from edge_agent.console.guard import Guard

TOKEN = "a-token-of-some-length"
BEARER = "bearer." + base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("=")


def passes(token: str | None, headers: dict[str, str], protocols: tuple[str, ...] = ()) -> bool:
    passed: list[bool] = []
    sent: list[Any] = []

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        passed.append(True)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": list(protocols),
    }
    asyncio.run(Guard(app, token=token)(scope, receive, send))
    assert bool(passed) is not bool(sent)  # passed on or closed, never both
    return bool(passed)


@pytest.mark.parametrize(
    ("token", "headers", "protocols", "may"),
    [
        (None, {"host": "127.0.0.1:7780"}, (), True),
        (None, {"host": "localhost:7780", "origin": "http://localhost:7780"}, (), True),
        (None, {"host": "127.0.0.1:7780", "origin": "http://elsewhere.example"}, (), False),
        (None, {"host": "rebound.example", "origin": "http://rebound.example"}, (), False),  # a name of an attacker's
        (TOKEN, {"host": "room:7780"}, (), False),
        (TOKEN, {"host": "room:7780", "authorization": f"Bearer {TOKEN}"}, (), True),
        (TOKEN, {"host": "room:7780", "authorization": "Bearer wrong"}, (), False),
        (TOKEN, {"host": "room:7780", "origin": "http://room:7780"}, ("patrol.v1", BEARER), True),
        (TOKEN, {"host": "room:7780"}, ("patrol.v1", "bearer.%%%"), False),
        (TOKEN, {"host": "room:7780", "origin": "http://elsewhere.example"}, (BEARER,), False),
    ],
)
def test_a_socket_passes_with_the_token_and_from_its_own_page_only(
    token: str | None, headers: dict[str, str], protocols: tuple[str, ...], may: bool
) -> None:
    assert passes(token, headers, protocols) is may
