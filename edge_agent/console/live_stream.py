"""One stream that is watched: takes packets from the camera's thread onto the event loop and makes fragments of them.

Owns the shared work of all viewers of one stream, so that the tenth viewer costs only the sending. Lives on the event
loop; only ``_take`` and ``_encoder_lost`` run in other threads.
"""

import asyncio
from collections import deque
from typing import Final, Protocol

import structlog

from edge_agent.capture.live_muxer import LiveMuxer, LivePicture, LiveStart
from edge_agent.capture.ring import RingPacket
from edge_agent.console.live_parts import Feed, LiveCamera, LiveFigures
from edge_agent.core.live_choice import LiveChoice, Quality

log = structlog.get_logger(__name__)

WAITING_PACKETS: Final = 500
WAITING_BYTES: Final = 16 * 1024 * 1024
"""Packets on their way to the event loop; with more the loop hangs, and everything is dropped up to a keyframe."""
GROUP_BYTES: Final = 8 * 1024 * 1024
"""A group of pictures is kept for viewers who come late, unless it is larger: then they wait for the next keyframe."""


class StreamViewer(Protocol):
    """Whoever gets a stream's fragments."""

    def begin(self, start: LiveStart) -> None:
        """Learn what comes, before the first picture."""
        ...

    def show(self, picture: LivePicture) -> None:
        """Take a picture; returns at once."""
        ...


class LiveStream:
    """The fragments of one stream, from ``open`` to ``close``."""

    def __init__(
        self, camera: LiveCamera, *, choice: LiveChoice, quality: Quality, figures: LiveFigures,
        loop: asyncio.AbstractEventLoop,
    ) -> None:  # fmt: skip
        self.camera = camera
        self.choice = choice
        self._quality = quality
        self._figures = figures
        self._loop = loop
        self._muxer = LiveMuxer()
        self._viewers: set[StreamViewer] = set()
        self._start: LiveStart | None = None
        self._group: list[LivePicture] = []
        self._group_bytes = 0
        self._arrived: deque[RingPacket] = deque()
        self._taken_bytes = 0
        """Written by the camera's thread alone, as ``_made_bytes`` is by the loop: what waits is the difference."""
        self._made_bytes = 0
        self._overflowed = False
        self._scheduled = False
        self._feed: Feed | None = None
        self.newest_media_s: float | None = None
        """Where on the camera's timeline the newest picture was taken."""

    def open(self) -> None:
        """Begin."""
        self._feed = self.camera.feed(self.choice, self._quality, self._take, self._encoder_lost)
        for packet in self._feed.first:
            self._make(packet)

    def close(self) -> None:
        """End; what is still on its way is forgotten."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None
        self._arrived.clear()

    def join(self, viewer: StreamViewer) -> None:
        """Add a viewer, who gets what there is since the newest keyframe at once."""
        self._viewers.add(viewer)
        if self._start is None:
            return
        viewer.begin(self._start)
        for picture in self._group:
            viewer.show(picture)

    def forget(self) -> None:
        """Show a late viewer nothing of before: privacy masks have changed."""
        self._forget_group()

    def leave(self, viewer: StreamViewer) -> bool:
        """Remove a viewer; return whether nobody watches any more."""
        self._viewers.discard(viewer)
        return not self._viewers

    # --- the camera's thread --------------------------------------------------------------------------------------

    def _take(self, packet: RingPacket) -> None:
        """Take a packet in the thread that reads the camera: never waits, never raises."""
        full = len(self._arrived) >= WAITING_PACKETS or self._taken_bytes - self._made_bytes > WAITING_BYTES
        if full or (self._overflowed and not packet.is_keyframe):
            self._overflowed = True  # what follows cannot be decoded without this one
            self._figures.lost.labels("room_busy").inc()
            return
        self._overflowed = False
        self._taken_bytes += len(packet.data)
        self._arrived.append(packet)
        if self._scheduled:
            return
        self._scheduled = True
        try:
            self._loop.call_soon_threadsafe(self._drain)
        except RuntimeError:  # the loop is closed: the agent ends
            self._arrived.clear()

    def _encoder_lost(self, pictures: int) -> None:
        self._figures.lost.labels("encoder_late").inc(pictures)

    # --- the event loop -------------------------------------------------------------------------------------------

    def _drain(self) -> None:
        self._scheduled = False  # before taking: whoever appends from now on schedules again
        while self._arrived and self._feed is not None:
            packet = self._arrived.popleft()
            self._made_bytes += len(packet.data)
            self._make(packet)

    def _make(self, packet: RingPacket) -> None:
        skipped = self._muxer.skipped
        start, picture = self._muxer.take(packet)
        if self._muxer.skipped > skipped:
            self._figures.lost.labels("undecodable").inc(self._muxer.skipped - skipped)
        if start is not None:
            self._start = start
            self._forget_group()
            for viewer in tuple(self._viewers):
                viewer.begin(start)
        if picture is None:
            return
        self.newest_media_s = picture.media_s
        self._keep(picture)
        for viewer in tuple(self._viewers):
            viewer.show(picture)

    def _keep(self, picture: LivePicture) -> None:
        if picture.is_keyframe:
            self._forget_group()
        elif not self._group:
            return
        self._group.append(picture)
        self._group_bytes += len(picture.data)
        if self._group_bytes > GROUP_BYTES:
            self._forget_group()

    def _forget_group(self) -> None:
        self._group.clear()
        self._group_bytes = 0
