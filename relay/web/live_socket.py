"""The live feed's WebSocket: sends what the hub has for one page, until the page or the relay goes."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query, WebSocket
from sqlalchemy.exc import SQLAlchemyError
from starlette.websockets import WebSocketDisconnect

from relay.web.access import LIVE_PROTOCOL
from relay.web.live import FeedFullError, LiveHub, LivePage

SEND_WITHIN_S: Final = 10.0
TRY_AGAIN_LATER: Final = 1013
"""Close code (IANA WebSocket registry): come back and resume."""


def live_routes(hub: LiveHub) -> APIRouter:
    """Return the feed's only route."""
    router = APIRouter()

    @router.websocket("/api/v1/live")
    async def live(socket: WebSocket, after: Annotated[int | None, Query(ge=0)] = None) -> None:
        """Send a snapshot or what changed after a number, then everything as it happens."""
        offered = socket.scope.get("subprotocols", [])
        await socket.accept(subprotocol=LIVE_PROTOCOL if LIVE_PROTOCOL in offered else None)
        try:
            async with hub.page(after) as (page, first, reached):
                await _serve(socket, page, first, reached)
        except FeedFullError as error:
            await socket.close(TRY_AGAIN_LATER, str(error))
        except SQLAlchemyError:
            await socket.close(TRY_AGAIN_LATER, "the store cannot be read now")

    return router


async def _serve(socket: WebSocket, page: LivePage, first: list[str], reached: int) -> None:
    """Send until the page is gone or too slow."""
    sending = asyncio.create_task(_send(socket, page, first, reached))
    listening = asyncio.create_task(_listen(socket))
    slow = asyncio.create_task(page.slow.wait())
    tasks = (sending, listening, slow)
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if listening not in done:
            await socket.close(TRY_AGAIN_LATER, "the page reads too slowly; it resumes where it was")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send(socket: WebSocket, page: LivePage, first: list[str], reached: int) -> None:
    for text in first:
        await _send_one(socket, text)
    while True:
        sequence, text = await page.queue.get()
        if sequence >= reached:
            await _send_one(socket, text)


async def _send_one(socket: WebSocket, text: str) -> None:
    async with asyncio.timeout(SEND_WITHIN_S):
        await socket.send_text(text)


async def _listen(socket: WebSocket) -> None:
    """Notice that the page goes; what it says means nothing here."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError):  # KeyError: bytes instead of text
        return
