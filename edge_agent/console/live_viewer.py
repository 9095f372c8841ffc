"""One viewer of a live picture: what waits for it, and the order in which a page hears it.

Lives on the event loop; the socket is ``live_socket``'s.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from edge_agent.capture.live_muxer import LivePicture, LiveStart
from edge_agent.console.live_parts import (
    LiveCamera,
    LiveFigures,
    Still,
    at_text,
    lost_text,
    start_text,
    state_text,
    stills_text,
)
from edge_agent.core.live_choice import LiveChoice, Quality
from edge_agent.core.live_queue import LiveQueue, Waiting
from edge_agent.core.live_tile import Tile, TileState

AT_EVERY_US: Final = 1_000_000
"""The hour is told so often at least, counted on the live timeline."""
SAY_EVERY_S: Final = 1.0
"""While a picture is not live its state is said again so often, because the age in it grows."""


class LiveViewer:
    """See the module; ``next_messages`` is what its socket sends."""

    def __init__(
        self, camera: LiveCamera, quality: Quality, *, figures: LiveFigures, instant: Callable[[], float]
    ) -> None:
        self.camera = camera
        self.quality = quality
        self.choice: LiveChoice | None = None
        self.other_since_s: float | None = None
        """Since when another stream would be the better choice."""
        self.still: Still | None = None
        """The newest single picture sent."""
        self._figures = figures
        self._instant = instant
        self._queue: LiveQueue[str | bytes, LivePicture] = LiveQueue()
        self._wake = asyncio.Event()
        self._tied: tuple[int, int] | None = None
        """Shift and live time of the picture whose hour was told last."""
        self._tile: Tile | None = None
        self._said_s = float("-inf")
        self._dropped = 0

    def begin(self, start: LiveStart) -> None:
        """Tell the page that a stream begins (``StreamViewer``)."""
        assert self.choice is not None  # noqa: S101 - a viewer joins a stream by choosing it
        self._queue.begin()
        self._tied = None
        self._note(start_text(start, self.choice))
        self._note(start.init)

    def show(self, picture: LivePicture) -> None:
        """Queue a picture (``StreamViewer``)."""
        self._queue.put_picture(picture, size=len(picture.data), is_keyframe=picture.is_keyframe, at_s=self._instant())
        if self._queue.dropped > self._dropped:
            self._figures.lost.labels("slow_viewer").inc(self._queue.dropped - self._dropped)
            self._dropped = self._queue.dropped
        self._wake.set()

    def forget_pictures(self) -> None:
        """Send none of the pictures that wait: they show what nobody may see any more."""
        self._queue.drop_pictures()

    def begin_stills(self, reason: str) -> None:
        """Tell the page that single pictures come."""
        self._note(stills_text(reason))

    def show_still(self, still: Still) -> None:
        """Queue a single picture with its hour, unless the one before has not gone yet."""
        if self._queue.waiting_notes > 0:
            self._figures.lost.labels("slow_viewer").inc()
            return
        self._put_still(still)

    def show_last(self, still: Still, reason: str) -> None:
        """Queue the only picture there is, as a stream of stills of its own."""
        self.begin_stills(reason)
        self._put_still(still)

    def _put_still(self, still: Still) -> None:
        self.still = still
        self._note(at_text(still.captured_us, 0))
        self._note(still.jpeg)

    def say(self, tile: Tile) -> None:
        """Tell the page how the picture stands: when that changes, and each second while it is not live."""
        now_s, before = self._instant(), self._tile
        changed = before is None or (before.state, before.reason, before.attempt) != (
            tile.state,
            tile.reason,
            tile.attempt,
        )
        if tile.state is TileState.DELAYED and before is not None and before.state is TileState.DELAYED:
            changed = False  # its reason holds the age, which is said each second anyway
        due = tile.state is not TileState.LIVE and now_s - self._said_s >= SAY_EVERY_S
        if not (changed or due):
            return
        self._tile, self._said_s = tile, now_s
        self._note(state_text(tile))

    async def next_messages(self) -> list[str | bytes]:
        """Wait for something to send; return it in order."""
        while (first := self._queue.take()) is None:
            self._wake.clear()
            await self._wake.wait()
        if not isinstance(first, Waiting):
            return [first]
        messages: list[str | bytes] = []
        lost = self._queue.take_lost()
        if lost:
            messages.append(lost_text(lost))
        picture = first.picture
        tied = self._tied
        if lost or tied is None or tied[0] != picture.shift or picture.live_us - tied[1] >= AT_EVERY_US:
            self._tied = (picture.shift, picture.live_us)
            assert self.choice is not None  # noqa: S101 - pictures come from a chosen stream
            messages.append(at_text(self.camera.wall_us(self.choice.stream, picture.media_s), picture.live_us))
        messages.append(picture.data)
        return messages

    def _note(self, note: str | bytes) -> None:
        self._queue.put_note(note)
        self._wake.set()
