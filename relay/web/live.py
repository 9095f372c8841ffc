"""The live feed: one reader of the store for all pages, and a bounded queue for each.

A page gets whole incidents with the number of the newest change; it may miss nothing, because it resumes by that
number. Policy for a full queue: the page is slow, its connection is closed, it comes back and resumes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from patrol_wire.ids import NodeName
from relay.core.field import CommitProgress
from relay.core.hints import CommitHint
from relay.core.presence import Presence
from relay.store.rooms import RoomRow
from relay.web.parts import DeskParts
from relay.web.reads import DeskReads
from relay.web.shapes import utc
from relay.web.site_shapes import LiveMessage, Site, StateCount

POLL_S: Final = 0.25
"""How often the store is asked beside the writer's hints; a lost hint costs no more than this."""
SITE_EVERY_S: Final = 2.0
ROOMS_EVERY_S: Final = 10.0
QUEUED_MESSAGES: Final = 64
RESUME_WITHIN: Final = 1_000
"""A page further behind than so many changes gets a snapshot."""
FINISHED_SHOWN_S: Final = 600
MAX_PAGES: Final = 200
_LOG: Final = structlog.get_logger("relay.web")


class FeedFullError(RuntimeError):
    """As many pages watch as the relay serves; close one, or wait."""


class LivePage:
    """One connected page: the messages it has not been sent."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[tuple[int, str]] = asyncio.Queue(QUEUED_MESSAGES)
        self.slow = asyncio.Event()
        """Set when its queue was full: close it."""

    def put(self, sequence: int, text: str) -> None:
        """Queue a message; a page that does not keep up is marked."""
        try:
            self.queue.put_nowait((sequence, text))
        except asyncio.QueueFull:
            self.slow.set()


class LiveHub:
    """Reads what changed and hands it to every page. Lives on the event loop; ``hint`` may come from any thread."""

    def __init__(self, parts: DeskParts, reads: DeskReads) -> None:
        self._parts = parts
        self._reads = reads
        self._pages: set[LivePage] = set()
        self._joining = asyncio.Lock()
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sequence = 0
        self._next_site_s = 0.0
        self._next_rooms_s = 0.0
        self._rooms: dict[NodeName, Presence] = {}
        self._failing = False

    @property
    def pages(self) -> int:
        """How many pages are connected."""
        return len(self._pages)

    def hint(self, _changed: CommitHint) -> None:
        """Tell that a commit changed something; returns at once."""
        loop = self._loop
        if loop is None or not self._pages:
            return
        try:
            loop.call_soon_threadsafe(self._changed.set)
        except RuntimeError:  # the loop was closed meanwhile: the relay is ending
            self._loop = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve while the context is open."""
        self._loop = asyncio.get_running_loop()
        task = asyncio.create_task(self._run(), name="live-hub")
        try:
            yield
        finally:
            self._loop = None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def page(self, after: int | None) -> AsyncIterator[tuple[LivePage, list[str], int]]:
        """Connect a page; yields it, the messages that bring it up to date, and the number they reach.

        Queued messages up to that number are older than what was just sent: the caller passes them over.
        """
        if len(self._pages) >= MAX_PAGES:
            raise FeedFullError(f"{MAX_PAGES} pages are connected to the live feed")
        page = LivePage()
        async with self._joining:
            if not self._pages:
                await self._begin()
            self._pages.add(page)
        try:
            first, reached = await self._first_messages(after)
            yield page, first, reached
        finally:
            self._pages.discard(page)

    async def _begin(self) -> None:
        """Nobody watched until now: begin with the newest change."""
        self._sequence = await asyncio.to_thread(self._reads.newest_change)

    async def _first_messages(self, after: int | None) -> tuple[list[str], int]:
        messages: list[LiveMessage] = []
        reached = -1
        if after is not None:
            found, incidents = await asyncio.to_thread(self._reads.changed_after, after, limit=RESUME_WITHIN)
            # A number beyond the newest change is that of another store, e.g. one restored from a backup.
            if found.complete and after <= await asyncio.to_thread(self._reads.newest_change):
                reached = found.upto
                messages.append(LiveMessage(kind="changes", sequence=reached, incidents=incidents))
        if reached < 0:
            since_us = self._parts.clock.now_us() - FINISHED_SHOWN_S * 1_000_000
            reached, incidents = await asyncio.to_thread(self._reads.snapshot, since_us)
            messages.append(LiveMessage(kind="snapshot", sequence=reached, incidents=incidents))
        rows = await asyncio.to_thread(self._reads.room_rows)
        messages.append(self._rooms_message(rows, reached))
        messages.append(await self._site_message(rows, reached))
        # A thousand incidents as JSON take tens of milliseconds: not on the loop that serves the other pages.
        return await asyncio.to_thread(lambda: [_text(message) for message in messages]), reached

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(POLL_S):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            if not self._pages:
                continue
            try:
                await self._round()
            except SQLAlchemyError as error:
                if not self._failing:
                    _LOG.error("live_feed_blind", fault=str(error)[:500])
                self._failing = True
                continue
            if self._failing:
                self._failing = False
                _LOG.info("live_feed_sees_again")

    async def _round(self) -> None:
        """Tell the pages what is new."""
        complete = False
        changed = False
        while not complete:
            found, incidents = await asyncio.to_thread(self._reads.changed_after, self._sequence)
            complete = found.complete
            self._sequence = found.upto
            if incidents:
                changed = True
                await self._tell(LiveMessage(kind="changes", sequence=found.upto, incidents=incidents))
        now_s = self._parts.clock.monotonic_s()
        if changed or now_s >= self._next_site_s:
            self._next_site_s = now_s + SITE_EVERY_S
            rows = await asyncio.to_thread(self._reads.room_rows)
            presence = {row.node: row.presence for row in rows if row.last_seen_us is not None}
            # Also now and then without a change: pages show how long ago each room was heard of.
            if presence != self._rooms or now_s >= self._next_rooms_s:
                self._rooms = presence
                self._next_rooms_s = now_s + ROOMS_EVERY_S
                await self._tell(self._rooms_message(rows, self._sequence))
            await self._tell(await self._site_message(rows, self._sequence))

    async def _tell(self, message: LiveMessage) -> None:
        text = await asyncio.to_thread(_text, message)
        for page in tuple(self._pages):
            page.put(message.sequence, text)

    def _rooms_message(self, rows: list[RoomRow], sequence: int) -> LiveMessage:
        heard = [row for row in rows if row.last_seen_us is not None]
        return LiveMessage(kind="rooms", sequence=sequence, rooms=self._reads.room_shapes(heard))

    async def _site_message(self, rows: list[RoomRow], sequence: int) -> LiveMessage:
        states = await asyncio.to_thread(self._reads.states)
        rooms = {presence.value: 0 for presence in Presence} | {"never": 0}
        for row in rows:
            rooms[row.presence.value if row.last_seen_us is not None else "never"] += 1
        progress: CommitProgress = self._parts.progress()
        health = self._parts.health()
        site = Site(
            clock=utc(self._parts.clock.now_us()),
            sequence=sequence,
            states={
                state.value: StateCount(count=count, oldest_first_alert_at=utc(oldest) if oldest is not None else None)
                for state, (count, oldest) in states.items()
            },
            rooms=rooms,
            commits=progress.commits,
            last_commit_at=utc(progress.last_commit_us) if progress.last_commit_us else None,
            gates_running=dict(health.gates_running),
            store_fault=health.store_fault,
        )
        return LiveMessage(kind="site", sequence=sequence, site=site)


def _text(message: LiveMessage) -> str:
    return message.model_dump_json(exclude_unset=True)
