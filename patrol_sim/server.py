"""SimServer: RTSP port and control API in a thread of their own."""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from threading import Event, Thread
from typing import Final, Self

import structlog
import uvicorn

from patrol_sim.camera_stream import CameraStream
from patrol_sim.cameras import SimCamera, load_sources
from patrol_sim.connection import Port, RtspConnection
from patrol_sim.control import CameraView, build_control
from patrol_sim.errors import SimError
from patrol_sim.faults import FaultValue
from patrol_sim.site import CameraSite

_log = structlog.get_logger(__name__)
START_WITHIN_S: Final = 10.0
STOP_WITHIN_S: Final = 2.0
ANSWER_WITHIN_S: Final = 120.0
"""A resolution change encodes a whole loop first."""
_SWEEP_EVERY_S: Final = 1.0
_BACKLOG: Final = 256


class SimServer:
    """Simulated cameras over RTSP; a context manager. Port 0 takes a free port; ``control_port`` None: no control API.

    Entering loads every source (generated scenes take seconds of CPU) and returns when both ports listen. Raises
    SimError when a source cannot be used or a port is taken.
    """

    def __init__(
        self,
        cameras: Sequence[SimCamera],
        host: str = "127.0.0.1",
        port: int = 0,
        control_port: int | None = 0,
        *,
        session_timeout_s: float = 60.0,
        write_limit_bytes: int = 1 << 20,
        max_connections: int = 1024,
    ) -> None:
        self._cameras = tuple(cameras)
        names = [camera.name for camera in self._cameras]
        if len(set(names)) != len(names):
            raise SimError(f"two cameras are called {next(n for n in names if names.count(n) > 1)!r}")
        self._host = host
        self._wanted_port = port
        self._wanted_control_port = control_port
        self._limits = (write_limit_bytes, session_timeout_s, max_connections)
        self._streams: dict[str, CameraStream] | None = None
        self._started = Event()
        self._failure: BaseException | None = None
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._site: CameraSite | None = None
        self.rtsp_port = 0
        self.control_port: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- what tests, the demo and drills call; from any thread ------------------------------------------------

    def load(self) -> None:
        """Read or generate every source, which takes the time; nothing listens yet. Raises SourceError."""
        media = load_sources(self._cameras)
        self._streams = {camera.name: CameraStream(camera, media[camera.source]) for camera in self._cameras}

    def start(self) -> None:
        """Load the sources unless that is done, open the ports, serve."""
        if self._streams is None:
            self.load()
        streams = self._streams or {}
        self._thread = Thread(target=self._run, args=(streams,), name="patrol-sim", daemon=True)
        self._thread.start()
        if not self._started.wait(START_WITHIN_S):
            raise SimError(f"the simulator did not start within {START_WITHIN_S:g} s")
        if self._failure is not None:
            self._thread.join(STOP_WITHIN_S)
            raise SimError(f"the simulator cannot serve on {self._host}: {self._failure}") from self._failure

    def stop(self) -> None:
        """Close every connection and both ports; safe to call twice."""
        thread, loop, stop = self._thread, self._loop, self._stop
        if thread is None or loop is None or stop is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_WITHIN_S)
        if thread.is_alive():
            raise SimError(f"the simulator's thread did not end within {STOP_WITHIN_S:g} s")
        self._thread = None

    def url(self, name: str, *, credentials: bool = True) -> str:
        """Return a camera's address, with user and password in it when it has an account."""
        camera = next((c for c in self._cameras if c.name == name), None)
        if camera is None:
            raise SimError(f"no camera {name!r}")
        user = f"{camera.account.username}:{camera.account.password}@" if camera.account.username else ""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"rtsp://{user if credentials else ''}{host}:{self.rtsp_port}/{name}"

    def due_s(self, name: str, picture: int) -> float:
        """Return when a camera sends its loop's picture of this number, in seconds of ``time.monotonic``.

        Numbers go on over the laps. Raises SimError for a camera that nobody has watched: its loop has not begun.
        """
        stream = (self._streams or {}).get(name)
        due_s = None if stream is None else stream.due_s(picture)
        if due_s is None:
            raise SimError(f"camera {name!r} shows nothing yet; watch it first")
        return due_s

    @property
    def control_url(self) -> str:
        """Return the control API's address."""
        if self.control_port is None:
            raise SimError("the simulator runs without a control API")
        return f"http://{_control_host(self._host)}:{self.control_port}"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the cameras in the order given."""
        return tuple(camera.name for camera in self._cameras)

    def begin_fault(self, name: str, fault: str, value: FaultValue = None, *, for_s: float | None = None) -> CameraView:
        """Begin a fault; returns when it acts. Raises FaultError."""
        site, loop = self._running()
        return asyncio.run_coroutine_threadsafe(site.begin_fault(name, fault, value, for_s), loop).result(
            ANSWER_WITHIN_S
        )

    def end_fault(self, name: str, fault: str | None = None) -> CameraView:
        """End one fault, or all of a camera."""
        site, loop = self._running()

        async def end() -> CameraView:
            return site.end_fault(name, fault)

        return asyncio.run_coroutine_threadsafe(end(), loop).result(ANSWER_WITHIN_S)

    def view(self, name: str) -> CameraView:
        """Return a camera's figures."""
        site, loop = self._running()

        async def read() -> CameraView:
            return site.camera_view(name)

        return asyncio.run_coroutine_threadsafe(read(), loop).result(ANSWER_WITHIN_S)

    def truth(self, name: str, *, with_frames: bool = False) -> dict[str, object] | None:
        """Return a generated scene's truth, None for a recording."""
        site, _ = self._running()
        return site.truth(name, with_frames=with_frames)

    def _running(self) -> tuple[CameraSite, asyncio.AbstractEventLoop]:
        if self._site is None or self._loop is None or self._thread is None:
            raise SimError("the simulator is not running; use it as a context manager")
        return self._site, self._loop

    # --- the thread -----------------------------------------------------------------------------------------

    def _run(self, streams: dict[str, CameraStream]) -> None:
        try:
            asyncio.run(self._serve(streams))
        except Exception as error:  # noqa: BLE001 - the thread's last stop: start() raises it, later it is in the log
            self._failure = error
            _log.error("sim_failed", reason=str(error), exc_info=self._started.is_set())
        finally:
            self._started.set()

    async def _serve(self, streams: dict[str, CameraStream]) -> None:
        loop = self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        write_limit_bytes, session_timeout_s, max_connections = self._limits
        port = Port(
            cameras=streams,
            write_limit_bytes=write_limit_bytes,
            session_timeout_s=session_timeout_s,
            max_connections=max_connections,
        )
        site = self._site = CameraSite(streams)
        server = await loop.create_server(
            lambda: RtspConnection(port), self._host, self._wanted_port, backlog=_BACKLOG, reuse_address=True
        )
        self.rtsp_port = site.rtsp_port = server.sockets[0].getsockname()[1]
        site.rtsp_host = self._host
        try:
            listener = self._open_control_port()
            async with asyncio.TaskGroup() as tasks:
                control = None if listener is None else _start_control(tasks, site, listener)
                sweep = tasks.create_task(_sweep(port))
                if control is not None:
                    await asyncio.wait_for(control.listening.wait(), START_WITHIN_S)
                self._started.set()
                _log.info("sim_started", cameras=len(streams), rtsp_port=self.rtsp_port, control_port=self.control_port)
                await self._stop.wait()
                sweep.cancel()
                if control is not None:
                    control.cut()
        finally:
            for stream in streams.values():
                stream.stop()
            server.close()
            for connection in tuple(port.open):
                connection.cut(reset=False)
            await asyncio.sleep(0)  # lets the transports close their sockets before the loop ends

    def _open_control_port(self) -> socket.socket | None:
        if self._wanted_control_port is None:
            return None
        listener = socket.create_server((_control_host(self._host), self._wanted_control_port), backlog=16)
        self.control_port = listener.getsockname()[1]
        return listener


class _ControlServer(uvicorn.Server):
    """Uvicorn that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self.work: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self.listening.set()

    def cut(self) -> None:
        """End at once: Uvicorn's own way waits 0.2 s for clients that a simulator need not be polite to."""
        for server in self.servers:
            server.close()
        for client in tuple(self.server_state.connections):
            client.shutdown()
        if self.work is not None:
            self.work.cancel()


def _start_control(tasks: asyncio.TaskGroup, site: CameraSite, listener: socket.socket) -> _ControlServer:
    config = uvicorn.Config(
        build_control(site), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    control = _ControlServer(config)
    control.work = tasks.create_task(control.serve(sockets=[listener]))
    return control


async def _sweep(port: Port) -> None:
    """Cut connections that have been quiet for the session timeout."""
    while True:
        await asyncio.sleep(_SWEEP_EVERY_S)
        now_s = asyncio.get_running_loop().time()
        for connection in tuple(port.open):
            connection.cut_if_idle(now_s)


def _control_host(host: str) -> str:
    """The control API has no login, so it never leaves the machine."""
    return host if host in ("::1", "localhost") or host.startswith("127.") else "127.0.0.1"
