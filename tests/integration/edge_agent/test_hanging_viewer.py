"""A page that takes nothing: it costs a bounded amount, and the camera, its ring and other pages never notice."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from prometheus_client import CollectorRegistry, Counter

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.live_cameras import WatchedCamera
from edge_agent.capture.camera_watch import CameraWatch
from edge_agent.console import live_socket
from edge_agent.console.live_parts import LiveFigures
from edge_agent.console.live_room import MAX_VIEWERS, LiveRoom
from edge_agent.console.live_socket import live_routes
from edge_agent.core.live_queue import WAITING_BYTES
from edge_agent.evidence.store import MediaStore
from edge_agent.ops.clock import SystemClock
from edge_agent.settings.model import CameraSettings
from tests.support.waiting import wait_until

CLOCK = SystemClock()


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of noise that no encoder makes small: 16 Mb/s, so that bounds are reached at once."""
    path = tmp_path_factory.mktemp("film") / "noise.mp4"
    dice = np.random.default_rng(5)
    with av.open(str(path), mode="w") as container:
        stream = container.add_stream(
            "libx264", rate=20, options={"preset": "ultrafast", "qp": "12", "g": "20", "bf": "0"}
        )
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for _ in range(20):
            picture = dice.integers(0, 255, (240, 320, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


class Room:
    """One camera that plays the film, and the live view of it."""

    def __init__(self, film: Path, folder: Path) -> None:
        self._watch = CameraWatch(clock=CLOCK)
        self.worker = CameraWorker(
            CameraSettings(name="gate", url=str(film), loop=True),
            clock=CLOCK, watch=self._watch, take=lambda _camera, _frame: None, on_link=lambda _change: None,
        )  # fmt: skip
        self.registry = CollectorRegistry()
        figures = LiveFigures(
            lost=Counter("lost", "pictures", ["reason"], registry=self.registry),
            sent=Counter("sent", "bytes", registry=self.registry),
        )
        media = MediaStore(folder, limit_bytes=10**8, reserve_bytes=0)
        self.live = LiveRoom(
            {"gate": WatchedCamera(self.worker, media=media, clock=CLOCK)}, figures=figures, instant=CLOCK.instant
        )
        self.app = live_routes(self.live)
        self.worker.start()
        self._watch.start()

    def lost(self, reason: str) -> float:
        return self.registry.get_sample_value("lost_total", {"reason": reason}) or 0.0

    def close(self) -> None:
        self.worker.stop()
        self._watch.stop()


@pytest.fixture
def room(noisy: Path, tmp_path: Path) -> Iterator[Room]:
    made = Room(noisy, tmp_path / "media")
    try:
        wait_until(lambda: made.worker.main.ring.newest, within_s=5, what="the film plays")
        yield made
    finally:
        made.close()


class Page:
    """The transport of one socket: takes everything, or hangs after so many messages."""

    def __init__(self, room: Room, *, hangs_after: int | None = None) -> None:
        self._room = room
        self._hangs_after = hangs_after
        self.sent: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self._connected = False

    async def run(self) -> None:
        path = "/api/v1/cameras/gate/live"
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": [], "subprotocols": []}
        await self._room.app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        await self.gone.wait()
        return {"type": "websocket.disconnect", "code": 1000}

    async def _send(self, message: Any) -> None:
        if (
            self._hangs_after is not None
            and len(self.sent) >= self._hangs_after
            and message["type"] != "websocket.close"
        ):
            await asyncio.Event().wait()
        self.sent.append(message)

    @property
    def fragments(self) -> int:
        return sum(1 for one in self.sent if one.get("bytes"))


async def until(condition: Callable[[], Any]) -> None:
    await asyncio.to_thread(wait_until, condition, within_s=10.0, what="the condition of the test")


def test_a_page_that_hangs_is_bounded_then_closed_and_nobody_else_notices(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_socket, "SEND_WITHIN_S", 3.0)

    async def play() -> None:
        reading, hanging = Page(room), Page(room, hangs_after=6)
        tasks = [asyncio.create_task(page.run()) for page in (reading, hanging)]
        await until(lambda: len(hanging.sent) == 6)
        packets = room.worker.main.figures.packets
        await until(lambda: room.lost("slow_viewer") > 0)
        worst = max(viewer._queue.waiting_bytes for viewer in room.live._viewers)
        await until(lambda: tasks[1].done())
        assert worst <= WAITING_BYTES
        assert hanging.sent[-1] == {"type": "websocket.close", "code": 1013, "reason": hanging.sent[-1]["reason"]}
        assert room.lost("viewer_hangs") == 1.0
        assert room.live.viewers == 1
        # The camera went on at its pace meanwhile, and the other page got every picture of it.
        assert room.worker.main.figures.packets - packets > 30
        assert not any('"lost"' in str(one.get("text")) for one in reading.sent)
        assert reading.fragments > 30
        reading.gone.set()
        await asyncio.wait_for(tasks[0], 2)
        assert room.live.viewers == 0

    asyncio.run(play())


def test_more_pages_than_the_room_serves_are_told_so(room: Room) -> None:
    async def play() -> None:
        pages = [Page(room) for _ in range(MAX_VIEWERS)]
        tasks = [asyncio.create_task(page.run()) for page in pages]
        await until(lambda: room.live.viewers == MAX_VIEWERS)
        refused = Page(room)
        await refused.run()
        assert refused.sent[-1]["code"] == 1013
        for page in pages:
            page.gone.set()
        await asyncio.gather(*tasks)
        assert room.live.viewers == 0

    asyncio.run(play())
    assert room.worker.main.ring._followers == ()  # nothing is left behind in the camera's thread
