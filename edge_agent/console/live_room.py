"""The live view of the room: which streams are watched, by whom, and how each picture stands.

Owns the registry of streams and viewers, and the look that is taken at all of them four times a second. Lives on the
console's event loop. What a viewer costs is bounded (``core.live_queue``), and so is their number.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from edge_agent.console.live_parts import LiveCamera, LiveFigures, Still
from edge_agent.console.live_stream import LiveStream
from edge_agent.console.live_viewer import LiveViewer
from edge_agent.core.live_choice import LAST_PICTURE, LiveChoice, LiveSource, Quality, choose
from edge_agent.core.live_tile import judge_tile

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.25
SWITCH_AFTER_S: Final = 2.0
"""Another stream is taken when it would have been the better choice for so long."""
STILL_EVERY_S: Final = 0.5
MAX_VIEWERS: Final = 64

_StreamKey = tuple[str, LiveSource, Quality | None]


class LiveFullError(RuntimeError):
    """As many live pictures are watched in this room as it serves; close a page, or wait."""


class LiveRoom:
    """All live pictures of the room."""

    def __init__(
        self, cameras: Mapping[str, LiveCamera], *, figures: LiveFigures, instant: Callable[[], float]
    ) -> None:
        self.cameras = cameras
        self.figures = figures
        self.instant = instant
        self._streams: dict[_StreamKey, LiveStream] = {}
        self._viewers: dict[LiveViewer, LiveStream | None] = {}
        self._looking: asyncio.Task[None] | None = None
        self._stills: dict[str, tuple[float, int, Still | None]] = {}
        """Of each camera: when the newest was made, under which masks."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._still_locks: dict[str, asyncio.Lock] = {}

    @property
    def viewers(self) -> int:
        """How many pictures are watched now; any thread."""
        return len(self._viewers)

    @property
    def encoders(self) -> int:
        """How many streams are encoded anew now; any thread."""
        return sum(1 for stream in tuple(self._streams.values()) if stream.choice.encode)

    @asynccontextmanager
    async def viewer(self, camera: LiveCamera, quality: Quality) -> AsyncIterator[LiveViewer]:
        """Watch a camera; raises LiveFullError when too many watch."""
        if len(self._viewers) >= MAX_VIEWERS:
            raise LiveFullError(f"{MAX_VIEWERS} live pictures are watched in this room; close a page")
        viewer = LiveViewer(camera, quality, figures=self.figures, instant=self.instant)
        self._viewers[viewer] = None
        if self._looking is None:
            self._loop = asyncio.get_running_loop()
            self._looking = asyncio.create_task(self._look(), name="live-look")
        stills: asyncio.Task[None] | None = None
        try:
            if quality is Quality.STILLS:
                viewer.begin_stills("the page asked for single pictures")
            self._tend(viewer)
            if self._viewers[viewer] is None:
                sending = self._send_stills if quality is Quality.STILLS else self._send_last
                stills = asyncio.create_task(sending(viewer), name="live-stills")
            yield viewer
        finally:
            self._leave(viewer)
            del self._viewers[viewer]
            if stills is not None:
                stills.cancel()
            if not self._viewers and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def still(self, camera: LiveCamera) -> Still | None:
        """Return the camera's newest picture (``LiveCamera.still``), at most half a second old, made once for all."""
        lock = self._still_locks.setdefault(camera.name, asyncio.Lock())
        async with lock:
            masks = camera.masks_version
            made_s, made_under, still = self._stills.get(camera.name, (float("-inf"), masks, None))
            if still is None or made_under != masks or self.instant() - made_s >= STILL_EVERY_S:
                still = await asyncio.to_thread(camera.still)
                self._stills[camera.name] = (self.instant(), masks, still)
            return still

    def masks_changed(self, camera: str) -> None:
        """Show a camera's viewers what they may see now, at once; any thread."""
        if self._loop is not None and self._viewers:
            with suppress(RuntimeError):  # the loop is closed: the agent ends
                self._loop.call_soon_threadsafe(self._tend_camera, camera)

    def _tend_camera(self, camera: str) -> None:
        for viewer in tuple(self._viewers):
            if viewer.camera.name != camera:
                continue
            stream = self._viewers[viewer]
            if stream is not None and viewer.camera.is_masked:
                stream.forget()
                viewer.forget_pictures()
            self._tend(viewer)

    async def _send_stills(self, viewer: LiveViewer) -> None:
        while True:
            still = await self.still(viewer.camera)
            if still is not None and still is not viewer.still:
                viewer.show_still(still)
            await asyncio.sleep(STILL_EVERY_S)

    async def _send_last(self, viewer: LiveViewer) -> None:
        """Show the newest picture there is until a stream flows; again only under other masks, for it is decoded."""
        sent_under: int | None = None
        while self._viewers[viewer] is None:
            masks = viewer.camera.masks_version
            still = None if masks == sent_under else await self.still(viewer.camera)
            if still is not None and self._viewers[viewer] is None:
                viewer.show_last(still, LAST_PICTURE)
                sent_under = masks
            await asyncio.sleep(STILL_EVERY_S)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for viewer in tuple(self._viewers):
                try:
                    self._tend(viewer)
                except Exception:  # supervisor: one camera that cannot be shown must not stop the others
                    log.exception("live_view_failed", camera=viewer.camera.name)

    def _tend(self, viewer: LiveViewer) -> None:
        """Give the viewer the stream it should have, and tell it how that stands."""
        camera = viewer.camera
        if viewer.quality is not Quality.STILLS:
            choice = choose(viewer.quality, camera.streams(), masked=camera.is_masked)
            if choice is not None and self._is_better(viewer, choice):
                self._leave(viewer)
                self._join(viewer, choice)
        stream, still = self._viewers[viewer], viewer.still
        if still is not None:
            viewer.say(judge_tile(camera.facts(still.stream, still.media_s)))
            return
        shown = LiveSource.MAIN if viewer.choice is None else viewer.choice.stream
        viewer.say(judge_tile(camera.facts(shown, None if stream is None else stream.newest_media_s)))

    def _is_better(self, viewer: LiveViewer, choice: LiveChoice) -> bool:
        has = viewer.choice
        if has is None:
            return True
        if (has.stream, has.encode) == (choice.stream, choice.encode):
            viewer.other_since_s = None
            return False
        if viewer.camera.is_masked and not has.encode:
            return True
        if viewer.other_since_s is None:
            viewer.other_since_s = self.instant()
        return self.instant() - viewer.other_since_s >= SWITCH_AFTER_S

    def _join(self, viewer: LiveViewer, choice: LiveChoice) -> None:
        viewer.choice, viewer.other_since_s, viewer.still = choice, None, None
        key = _key(viewer.camera.name, choice, viewer.quality)
        stream = self._streams.get(key)
        if stream is None:
            stream = LiveStream(
                viewer.camera,
                choice=choice,
                quality=viewer.quality,
                figures=self.figures,
                loop=asyncio.get_running_loop(),
            )
            stream.open()
            self._streams[key] = stream
        self._viewers[viewer] = stream
        stream.join(viewer)

    def _leave(self, viewer: LiveViewer) -> None:
        stream, self._viewers[viewer] = self._viewers[viewer], None
        if stream is None or not stream.leave(viewer) or viewer.choice is None:
            return
        stream.close()
        del self._streams[_key(viewer.camera.name, viewer.choice, viewer.quality)]


def _key(camera: str, choice: LiveChoice, quality: Quality) -> _StreamKey:
    """Return what tells streams apart: a copy is the same for every quality, an encoded one is not."""
    return camera, choice.stream, quality if choice.encode else None
