"""The live view over HTTP: `/api/v1/cameras/{camera}/` `live` (WebSocket), `still` and `look-back`."""

import asyncio
from threading import BoundedSemaphore
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response, WebSocket
from starlette.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect

from edge_agent.console.guard import SOCKET_PROTOCOL
from edge_agent.console.live_parts import LiveCamera, LookBack, NoLookBack
from edge_agent.console.live_room import LiveFullError, LiveRoom
from edge_agent.console.live_viewer import LiveViewer
from edge_agent.console.routes import RefusedError
from edge_agent.console.shapes import Fault
from edge_agent.core.live_choice import Quality

SEND_WITHIN_S: Final = 10.0
"""A page that takes nothing for so long is closed; it may come back."""
TRY_AGAIN_LATER: Final = 1013
"""Close codes (IANA WebSocket registry)."""
CUT_AT_ONCE: Final = 2
"""Films cut at once: encoding one takes a core for seconds."""
_READ_BYTES: Final = 64 * 1024
NO_SUCH_CAMERA: Final = 4404
"""Ours (4000-4999 are private): as HTTP 404."""


def live_routes(live: LiveRoom) -> APIRouter:
    """Return the routes of the live view."""
    router = APIRouter(prefix="/api/v1", tags=["live"])

    @router.websocket("/cameras/{camera}/live")
    async def watch(socket: WebSocket, camera: str, quality: Annotated[Quality, Query()] = Quality.TILE) -> None:
        """Send a camera's picture as fragmented MP4 until the page goes (docs/design/live-view.md)."""
        await accept(socket)
        found = live.cameras.get(camera)
        if found is None:
            await socket.close(NO_SUCH_CAMERA, "this room has no such camera; name one of GET /api/v1/state")
            return
        try:
            async with live.viewer(found, quality) as viewer:
                await _serve(socket, viewer, live)
        except LiveFullError as error:
            await socket.close(TRY_AGAIN_LATER, str(error))

    @router.get(
        "/cameras/{camera}/still",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}, 404: {"model": Fault}, 503: {"model": Fault}},
    )
    async def read_still(camera: str) -> Response:
        """Show the camera's newest picture as JPEG, privacy masks burnt in; `Captured-At` is UTC microseconds."""
        found = _camera(live, camera)
        still = await live.still(found)
        if still is None:
            raise RefusedError(503, f"camera {camera} has given no picture yet; its state says why")
        return Response(
            still.jpeg,
            media_type="image/jpeg",
            headers={"Cache-Control": "no-store", "Captured-At": str(still.captured_us)},
        )

    cutting = BoundedSemaphore(CUT_AT_ONCE)

    @router.get(
        "/cameras/{camera}/look-back",
        response_class=Response,
        responses={200: {"content": {"video/mp4": {}}}, 404: {"model": Fault}, 503: {"model": Fault}},
    )
    def look_back(camera: str, seconds: Annotated[int, Query(ge=1, le=60)] = 30) -> Response:
        """Show a camera's last seconds as an MP4, privacy masks burnt in.

        `Captured-From` and `Captured-Until` are UTC microseconds; it may begin earlier (at a keyframe) or later (when
        less is kept) than asked for.
        """
        found = _camera(live, camera)
        if not cutting.acquire(blocking=False):
            raise RefusedError(503, f"{CUT_AT_ONCE} films are being cut in this room; try again in a few seconds")
        try:
            made = found.look_back(seconds)
        finally:
            cutting.release()
        if isinstance(made, NoLookBack):
            raise RefusedError(503 if made.is_passing else 404, made.sentence)
        return _film(made)

    return router


def _camera(live: LiveRoom, name: str) -> LiveCamera:
    found = live.cameras.get(name)
    if found is None:
        raise RefusedError(404, f"this room has no camera {name!r}; name one of GET /api/v1/state")
    return found


def _film(made: LookBack) -> Response:
    """Return the file as an answer; it has no name any more when the first byte goes, so nothing stays behind."""
    file = made.path.open("rb")
    size = made.path.stat().st_size
    made.path.unlink()
    headers = {
        "Cache-Control": "no-store",
        "Content-Length": str(size),
        "Captured-From": str(made.from_us),
        "Captured-Until": str(made.until_us),
    }
    return StreamingResponse(iter(lambda: file.read(_READ_BYTES), b""), media_type="video/mp4", headers=headers)


async def accept(socket: WebSocket) -> None:
    """Accept a page's socket, naming the protocol where the page offered it: a browser insists on that."""
    offered = socket.scope.get("subprotocols", [])
    await socket.accept(subprotocol=SOCKET_PROTOCOL if SOCKET_PROTOCOL in offered else None)


async def _serve(socket: WebSocket, viewer: LiveViewer, live: LiveRoom) -> None:
    """Send until the page is gone or takes nothing."""
    sending = asyncio.create_task(_send(socket, viewer, live))
    listening = asyncio.create_task(listen(socket))
    tasks = (sending, listening)
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if sending in done and not sending.cancelled() and isinstance(sending.exception(), TimeoutError):
        live.figures.lost.labels("viewer_hangs").inc()
        await socket.close(TRY_AGAIN_LATER, "the page takes nothing; it may come back")


async def _send(socket: WebSocket, viewer: LiveViewer, live: LiveRoom) -> None:
    while True:
        for message in await viewer.next_messages():
            async with asyncio.timeout(SEND_WITHIN_S):
                if isinstance(message, bytes):
                    await socket.send_bytes(message)
                    live.figures.sent.inc(len(message))
                else:
                    await socket.send_text(message)


async def listen(socket: WebSocket) -> None:
    """Notice that the page goes; what it says means nothing here."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError):  # KeyError: bytes instead of text
        return
