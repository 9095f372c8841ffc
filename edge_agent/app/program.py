"""The life of the agent's process: signals, readiness, the watchdog, a clean end."""

import signal
import threading
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import Final

import cv2
import structlog

from edge_agent.app.agent import Agent
from edge_agent.app.prepared import prepare, put_outbox_aside
from edge_agent.ops.clock import Clock, SystemClock
from edge_agent.ops.interpreter import share_interpreter
from edge_agent.ops.logging import configure_logging
from edge_agent.ops.memory import keep_memory_small
from edge_agent.ops.sd_notify import ServiceManager
from edge_agent.settings.model import AgentSettings
from edge_agent.settings.toml_file import load_settings

log = structlog.get_logger(__name__)

_LOOK_S: Final = 0.5
_READY_WITHIN_S: Final = 10.0


def check(config: Path) -> AgentSettings:
    """Read and open everything the room's file names, and let go of it; raises one of ``prepared.START_ERRORS``."""
    prepared = prepare(config, clock=SystemClock())
    prepared.analysis.end()
    return prepared.settings


def run(config: Path, *, new_outbox: bool = False) -> None:
    """Run the room until SIGTERM or SIGINT; called in the main thread. Raises one of ``prepared.START_ERRORS``."""
    keep_memory_small()
    share_interpreter()
    clock = SystemClock()
    settings = load_settings(config)
    cv2.setNumThreads(1)  # cameras are the parallel work; a pool below each small picture only costs switches
    configure_logging(form=settings.log.form, level=settings.log.level, room=settings.room.name)
    prepared = prepare(config, clock=clock)
    with ExitStack() as undo:
        undo.callback(prepared.analysis.end)
        if new_outbox:
            aside = put_outbox_aside(settings, clock=clock)
            log.warning("outbox_put_aside", kept_as=str(aside) if aside is not None else None)
        agent = Agent(prepared, clock=clock, version=package_version())
        undo.pop_all()
    wanted = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        wanted.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    systemd = ServiceManager()
    agent.start()
    try:
        _stay(agent, clock, wanted, systemd, room=settings.room.name)
    finally:
        systemd.stopping()
        began_s = clock.instant()
        agent.stop()
        log.info("agent_stopped", took_s=round(clock.instant() - began_s, 2))


def _stay(agent: Agent, clock: Clock, wanted: threading.Event, systemd: ServiceManager, *, room: str) -> None:
    """Say ready once the console answers, then feed the watchdog while work progresses."""
    deadline_s = clock.instant() + _READY_WITHIN_S
    while not agent.is_answering and not wanted.wait(0.01):
        if clock.instant() > deadline_s:
            log.error("console_does_not_answer", port=agent.console_port)
            break
    if not wanted.is_set():
        systemd.ready(f"room {room}, {len(agent.cameras)} cameras")
        log.info(
            "agent_ready",
            **agent.model_report,
            port=agent.console_port,
            cameras=len(agent.cameras),
            epoch=agent.outbox.epoch,
        )
    fed_s = float("-inf")
    while not wanted.wait(_LOOK_S):
        stalled = agent.look()
        every_s = systemd.watchdog_every_s
        if stalled:
            systemd.trouble(f"not moving: {', '.join(stalled)}")
        elif every_s is not None and clock.instant() - fed_s >= every_s / 2:
            systemd.alive(f"{sum(agent.outbox.depth().pending.values())} records wait for the relay")
            fed_s = clock.instant()


def package_version() -> str:
    """Return the version of the installed package."""
    try:
        return version("video-patrol")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"
