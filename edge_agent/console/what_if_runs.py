"""What-ifs: the last hour of a camera under the rules of now and of a draft, each in a process of its own.

Owns WhatIfRuns. One at a time in a room, behind all other work of the machine; its page asks how far it is, and what it
says is read then. A run that nobody asks for is ended by the next one, or with the room.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from edge_agent.console.desk import NotAllowed
from edge_agent.detect.what_if_process import MODULE, NICE, Said, WhatIfPart, WhatIfResult, WhatIfSetup
from edge_agent.ops.channel import ChannelClosedError
from edge_agent.ops.child_process import ChildProcess
from edge_agent.ops.clock import Clock
from edge_agent.settings.model import CameraSettings

HOUR_US: Final = 3_600_000_000
_LEFT_LYING_S: Final = 30.0
_LONGEST_S: Final = 300.0


class WhatIfState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(slots=True, kw_only=True)
class WhatIfRun:
    """One comparison."""

    run_id: str
    camera: str
    author: str
    since_us: int
    until_us: int
    began_s: float
    asked_s: float
    state: WhatIfState = WhatIfState.RUNNING
    share: float = 0.0
    result: WhatIfResult | None = None
    fault: str = ""
    parts: list[bytes] = field(default_factory=list)


class WhatIfRuns:
    """See the module; any thread."""

    def __init__(self, folder: Path, *, write: Callable[[], None], clock: Clock, time_zone: str) -> None:
        """``folder`` is the seen log's; ``write`` puts there what it holds in memory."""
        self._folder = folder
        self._write = write
        self._clock = clock
        self._time_zone = time_zone
        self._lock = Lock()
        self._run: WhatIfRun | None = None
        self._child: ChildProcess | None = None
        self._decoder: msgspec.msgpack.Decoder[Said] = msgspec.msgpack.Decoder(Said)

    def begin(self, before: CameraSettings, after: CameraSettings, *, author: str) -> WhatIfRun | NotAllowed:
        """Start a comparison of the camera's last hour."""
        with self._lock:
            now_s = self._clock.instant()
            running = self._run
            if running is not None and running.state is WhatIfState.RUNNING:
                self._hear(running)
            if (
                running is not None
                and running.state is WhatIfState.RUNNING
                and running.author != author
                and now_s - running.asked_s < _LEFT_LYING_S
            ):
                return NotAllowed(
                    sentence=f"{running.author} compares camera {running.camera} now; wait until that is done",
                    code="comparing",
                )
            self._end()
            self._write()
            until_us = self._clock.now_us()
            run = WhatIfRun(
                run_id=secrets.token_urlsafe(12),
                camera=before.name,
                author=author,
                since_us=until_us - HOUR_US,
                until_us=until_us,
                began_s=now_s,
                asked_s=now_s,
            )
            setup = WhatIfSetup(
                folder=str(self._folder / before.name),
                since_us=run.since_us,
                until_us=until_us,
                time_zone=self._time_zone,
                before=before.model_dump_json(by_alias=True),
                after=after.model_dump_json(by_alias=True),
            )
            try:
                self._child = ChildProcess(MODULE, setup=msgspec.json.encode(setup), nice=NICE)
            except OSError as error:
                return NotAllowed(sentence=f"no process can be started ({error.strerror}); try again", code="comparing")
            self._run = run
            return run

    def look(self, run_id: str) -> WhatIfRun | None:
        """Return how a run stands; None when it is not known any more."""
        with self._lock:
            run = self._run
            if run is None or run.run_id != run_id:
                return None
            run.asked_s = self._clock.instant()
            if run.state is WhatIfState.RUNNING:
                self._hear(run)
            return run

    def cancel(self, run_id: str) -> WhatIfRun | None:
        """End a run; one that is done stays as it is."""
        with self._lock:
            run = self._run
            if run is None or run.run_id != run_id:
                return None
            if run.state is WhatIfState.RUNNING:
                run.state = WhatIfState.CANCELLED
            self._end()
            return run

    def stop(self) -> None:
        """End what runs: the room ends."""
        with self._lock:
            self._end()

    def _hear(self, run: WhatIfRun) -> None:
        """Take what the process has said since it was heard last."""
        child = self._child
        assert child is not None  # noqa: S101 - a run that runs has one
        try:
            while (message := child.channel.receive(within_s=0.0)) is not None:
                said = self._decoder.decode(message)
                if not isinstance(said, WhatIfPart):
                    run.share = said.share
                    continue
                run.parts.append(said.content)
                if said.is_last:
                    run.result = msgspec.msgpack.decode(b"".join(run.parts), type=WhatIfResult)
                    run.state, run.share = WhatIfState.DONE, 1.0
                    run.parts.clear()
                    self._end()
                    return
        except ChannelClosedError:
            run.state, run.fault = WhatIfState.FAILED, "the comparison ended before its time; see the log of the agent"
            self._end()
            return
        if self._clock.instant() - run.began_s > _LONGEST_S:
            run.state, run.fault = WhatIfState.FAILED, f"it was not done within {_LONGEST_S:.0f} s; simplify the rules"
            self._end()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
