"""The simulator as a program: which cameras an invocation asks for, and serving them until a signal."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

from patrol_sim.cameras import SimCamera, footage_cameras, scene_cameras
from patrol_sim.config_file import read_config
from patrol_sim.errors import SimError
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person asked for; at least one of config, footage and scenes."""

    config: Path | None = None
    footage: Path | None = None
    scenes: int = 0
    variety: int = 4
    scene: SceneSettings = field(default_factory=SceneSettings)
    host: str = "127.0.0.1"
    port: int = 8554
    control_port: int = 8555


def ordered_cameras(order: Order) -> tuple[SimCamera, ...]:
    """Return every camera asked for; raises SimError when there is none."""
    cameras: tuple[SimCamera, ...] = ()
    if order.config is not None:
        cameras += read_config(order.config)
    if order.footage is not None:
        cameras += footage_cameras(order.footage)
    if order.scenes:
        cameras += scene_cameras(order.scenes, settings=order.scene, variety=order.variety)
    if not cameras:
        raise SimError("no cameras: give --config FILE, --footage DIR or --scene N")
    return cameras


def ready_line(server: SimServer) -> dict[str, Any]:
    """Return what a parent process reads when everything listens."""
    return {
        "rtsp_port": server.rtsp_port,
        "control_port": server.control_port,
        "cameras": {name: server.url(name) for name in server.names},
    }


def serve_until_signal(server: SimServer, *, on_ready: Callable[[SimServer], None]) -> None:
    """Load, listen, call ``on_ready``, serve until SIGTERM or SIGINT, close everything. For the main thread only.

    While sources are loaded there is nothing to close, so a signal ends the process there and then.
    """
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        signal.signal(number, signal.SIG_DFL)
    server.load()
    asked = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    for number in signals:
        signal.signal(number, ask)
    with server:
        on_ready(server)
        asked.wait()
