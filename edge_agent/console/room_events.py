"""The room's state as it changes, for pages that show it: one reader for all of them, the newest state for each.

Lives on the console's event loop. Policy for a page that reads too slowly: it gets the newest state and none of those
between, because each message is whole.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from fastapi import APIRouter, WebSocket

from edge_agent.console.live_socket import SEND_WITHIN_S, TRY_AGAIN_LATER, accept, listen
from edge_agent.console.room import Room

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.25
"""Between two looks at the state: what changes is told within this time, at most four times a second."""
PING_S: Final = 2.0
"""A page that hears nothing for twice this shows its data as stale."""
MAX_PAGES: Final = 64
_FIGURES: Final[dict[str, Any]] = {
    "room": {"now", "clock_offset_s"},
    "disk": True,
    "cameras": {"__all__": {"fps", "age_s", "analysed", "skipped", "packets", "corrupt", "left_out"}},
    "detector": {"picture_ms", "look_ms", "looks", "looks_shed"},
    "outbox": {"oldest_age_s"},
    "link": {"round_trip_ms"},
    "media": {"oldest_age_s", "sent_bytes"},
}
"""What changes without anything having happened; it goes along, and by itself with every ping."""


class EventPage:
    """One connected page: the newest state it has not been sent, and whether a ping is due."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._state = ""
        self._ping = ""

    def put(self, *, state: str = "", ping: str = "") -> None:
        """Replace what waits."""
        self._state = state or self._state
        self._ping = ping or self._ping
        self._wake.set()

    async def next_message(self) -> str:
        """Wait for a message and return it, a state before a ping."""
        await self._wake.wait()
        if self._state:
            message, self._state = self._state, ""
        else:
            message, self._ping = self._ping, ""
        if not self._state and not self._ping:
            self._wake.clear()
        return message


class RoomEvents:
    """All pages that follow the room's state."""

    def __init__(self, room: Room, *, instant: Callable[[], float]) -> None:
        self._room = room
        self._instant = instant
        self._pages: set[EventPage] = set()
        self._looking: asyncio.Task[None] | None = None
        self._sequence = 0
        self._told = ""
        self._newest = ""
        self._failing = False

    @asynccontextmanager
    async def page(self) -> AsyncIterator[EventPage]:
        """Follow the state from now on; the page has it at once."""
        page = EventPage()
        self._pages.add(page)
        if self._looking is None:
            self._newest = self._told = ""
            self._looking = asyncio.create_task(self._look(), name="room-events")
        elif self._newest:
            page.put(state=self._newest)
        try:
            yield page
        finally:
            self._pages.discard(page)
            if not self._pages and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    @property
    def is_full(self) -> bool:
        """Whether as many pages follow as the room serves."""
        return len(self._pages) >= MAX_PAGES

    async def _look(self) -> None:
        ping_due_s = self._instant()
        while True:
            try:
                state = await asyncio.to_thread(self._room.state)
                self._tell(state.model_dump_json(exclude=_FIGURES), state.model_dump_json())
                if self._instant() >= ping_due_s:
                    ping_due_s = self._instant() + PING_S
                    self._refresh(state.room.now.isoformat())
                self._failing = False
            except Exception:  # supervisor: an outbox that cannot be read, or a defect; pages show stale data meanwhile
                if not self._failing:
                    log.exception("room_events_blind")
                self._failing = True
            await asyncio.sleep(LOOK_S)

    def _tell(self, essence: str, whole: str) -> None:
        changed, self._told = essence != self._told, essence
        self._sequence += changed
        self._newest = f'{{"type":"state","sequence":{self._sequence},"state":{whole}}}'
        if changed:
            for page in self._pages:
                page.put(state=self._newest)

    def _refresh(self, now: str) -> None:
        for page in self._pages:
            page.put(state=self._newest, ping=f'{{"type":"ping","sequence":{self._sequence},"now":"{now}"}}')


def event_routes(events: RoomEvents) -> APIRouter:
    """Return the feed's only route."""
    router = APIRouter(prefix="/api/v1", tags=["state"])

    @router.websocket("/events")
    async def follow(socket: WebSocket) -> None:
        """Send the room's state at once and whenever it changes, and a ping every two seconds."""
        await accept(socket)
        if events.is_full:
            await socket.close(TRY_AGAIN_LATER, f"{MAX_PAGES} pages follow this room; close one")
            return
        async with events.page() as page:
            await _serve(socket, page)

    return router


async def _serve(socket: WebSocket, page: EventPage) -> None:
    sending = asyncio.create_task(_send(socket, page))
    listening = asyncio.create_task(listen(socket))
    try:
        done, _ = await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, listening):
            task.cancel()
        await asyncio.gather(sending, listening, return_exceptions=True)
    if listening not in done:
        await socket.close(TRY_AGAIN_LATER, "the page takes nothing; it may come back")


async def _send(socket: WebSocket, page: EventPage) -> None:
    while True:
        message = await page.next_message()
        async with asyncio.timeout(SEND_WITHIN_S):
            await socket.send_text(message)
