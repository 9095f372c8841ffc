"""A relay without sockets to the field: the real writer thread on a real store, the real web on a real port.

The test plays the gate: it hands room frames over and takes the answers. Browser tests open ``base_url``.
"""

import asyncio
import hashlib
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Final

import httpx
import uvicorn
from msgspec.structs import replace

from patrol_wire.ids import CommandId, DispatchId, Forward, Micros, NodeName, Outcome, Severity, Step, Stream, UnitId
from patrol_wire.media import SNAPSHOT_TYPE
from patrol_wire.records import Alert, Flag, MediaManifest, Place, RecordBody, ShiftEntry
from patrol_wire.uuid7 import uuid7
from relay.app.auditor import Auditor
from relay.app.channel_work import NO_CHANNELS, ChannelRules
from relay.app.city_work import never_imported
from relay.app.writer import Writer
from relay.core.city import City
from relay.core.commands import CommandResult, MediaKept, UnitStep
from relay.core.completeness import CompletenessRule
from relay.core.field import CommitProgress, FieldMessage, FromGate
from relay.core.policy import MICROS, DeskPolicy
from relay.ops.clock import MachineClock
from relay.publish.index_board import IndexBoard
from relay.store import engine as store_engine
from relay.store.city_files import IndexRule, load_city
from relay.store.city_keeper import CityKeeper
from relay.store.media_folder import MediaFolder
from relay.web.app import make_desk
from relay.web.parts import CityDesk, DeskParts, RelayHealth
from tests.support.records import some_alert, some_flag
from tests.support.room_sender import RoomSender
from tests.support.small_city import centre_of, small_city
from tests.support.stores import StorePlace, store_url_of
from tests.support.waiting import wait_until

_ZONE: Final = "Asia/Shanghai"


class HandPort:
    """The gate's side of the writer's port, in the test's hands (relay.core.field.FieldPort)."""

    def __init__(self) -> None:
        self._arrived: list[FromGate] = []
        self._change = threading.Condition()
        self._woken = False
        self.sent: list[tuple[bytes, bytes]] = []

    def hand_over(self, messages: Sequence[FromGate]) -> None:
        with self._change:
            self._arrived.extend(messages)
            self._change.notify()

    def receive(self, *, within_s: float, limit: int) -> Sequence[FromGate]:
        with self._change:
            if not self._arrived and not self._woken:
                self._change.wait(within_s)
            self._woken = False
            taken, self._arrived = self._arrived[:limit], self._arrived[limit:]
            return taken

    def send(self, session: bytes, frame: bytes) -> bool:
        self.sent.append((session, frame))
        return True

    def send_all(self, frames: Sequence[tuple[bytes, bytes]]) -> bool:
        self.sent.extend(frames)
        return True

    def cut(self, session: bytes) -> bool:
        return True

    def wake(self) -> None:
        with self._change:
            self._woken = True
            self._change.notify()

    def close(self) -> None:
        pass


def _keeper_of(folder: Path | None) -> CityKeeper | None:
    return CityKeeper(folder=folder, time_zone=_ZONE) if folder is not None else None


def _city_of(folder: Path | None) -> City:
    return load_city(folder, time_zone=_ZONE) if folder is not None else small_city()


_STREAMS: Final[dict[type, Stream]] = {MediaManifest: Stream.MEDIA, ShiftEntry: Stream.REPORTS}


class HurriedClock(MachineClock):
    """The machine's clock, whose hour a test may put forward as a played day does, and whose wait it may stretch."""

    def __init__(self) -> None:
        self.ahead_s = self.waited_s = 0.0

    def now_us(self) -> Micros:
        return Micros(super().now_us() + int((self.ahead_s + self.waited_s) * MICROS))

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.waited_s


class DeskSite:
    """Use as a context manager."""

    def __init__(
        self,
        place: StorePlace,
        *,
        city: City | None = None,
        policy: DeskPolicy | None = None,
        token: str | None = None,
        language: str = "zh-CN",
        health: Callable[[], RelayHealth] | None = None,
        channels: ChannelRules = NO_CHANNELS,
        cap: bool = False,
        push_key: str = "",
        push_hosts: tuple[str, ...] = (),
        index: IndexRule | None = None,
        city_folder: Path | None = None,
    ) -> None:
        """``city_folder`` holds the files of the city, which may then be imported anew."""
        self.keeper, self.city = _keeper_of(city_folder), city or _city_of(city_folder)
        self.clock = HurriedClock()
        self._media_place = tempfile.TemporaryDirectory()
        self.media = MediaFolder(Path(self._media_place.name))
        self._engine = store_engine.writer_engine(store_url_of(place))
        self._port = HandPort()
        stored = self.keeper.stored if self.keeper is not None else never_imported
        self.writer = Writer(
            self._engine,
            city=self.city,
            clock=self.clock,
            policy=policy,
            port=self._port,
            channels=channels,
            stored_city=stored,
        )
        self.writer.open()
        self.reader = store_engine.reader_engine(store_url_of(place))
        self._rooms: dict[str, RoomSender] = {}
        self._token = token
        rule = CompletenessRule()
        self.app = make_desk(
            DeskParts(
                reader=self.reader,
                submit=self.writer.submit,
                cities=self.writer.cities,
                clock=self.clock,
                progress=self._progress,
                health=health if health is not None else self._health,
                name="centre",
                language=language,
                token=token,
                completeness=rule,
                index=self._board(index, rule).look if index is not None else None,
                media_dir=Path(self._media_place.name),
                city_desk=CityDesk(keeper=self.keeper, submit=self.writer.city_work.submit) if self.keeper else None,
                cap=cap,
                push_key=push_key,
                push_hosts=push_hosts,
            )
        )
        self.writer.on_commit(self.app.state.live.hint)
        self._listen(token)

    def _listen(self, token: str | None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        self.client = httpx.Client(base_url=self.base_url, headers=headers)

    def _board(self, index: IndexRule, rule: CompletenessRule) -> IndexBoard:
        return IndexBoard(reader=self.reader, cities=self.writer.cities, index=index, completeness=rule)

    @cached_property
    def auditor(self) -> Auditor:
        """The real one; it looks when the test lets it."""
        return Auditor(reader=self.reader, submit=self.writer.submit, clock=self.clock)

    def _progress(self) -> CommitProgress:
        return CommitProgress(commits=self.writer.figures.commits, last_commit_us=self.writer.figures.last_commit_us)

    def _health(self) -> RelayHealth:
        return RelayHealth(
            parts={"writer": self.writer.is_alive},
            gates_running={"rooms": True},
            store_fault=self.writer.figures.store_fault,
            counters=self.auditor.counters,
        )

    def __enter__(self) -> "DeskSite":
        self.writer.start()
        self.start_web()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.stop_web()
        self._listener.close()
        self.writer.stop()
        self.reader.dispose()
        self._engine.dispose()
        self._media_place.cleanup()

    def start_web(self) -> None:
        """Serve; also again after ``stop_web``, on the same port."""
        listener = socket.socket(fileno=os.dup(self._listener.fileno()))
        config = uvicorn.Config(
            self.app, log_config=None, access_log=False, ws="websockets-sansio", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve(sockets=[listener])), name="web", daemon=True
        )
        self._thread.start()
        wait_until(lambda: self._server.started, within_s=10.0, what="the web serves")

    def stop_web(self) -> None:
        """End the web as a crash would; the writer goes on. New connections wait in the kernel's queue."""
        self._server.should_exit = True
        self._thread.join(10.0)

    # --- what the field does

    def alert(self, number: int, *, area: int = 0, direct: bool = True, **fields: object) -> Alert:
        """Let room ``area`` raise a machine alert in the middle of its area, now."""
        lon, lat = centre_of(area)
        now_us = self.clock.now_us()
        body = replace(
            some_alert(number),
            **{
                "alert_id": self.new_id(),
                "forward": Forward.DIRECT if direct else Forward.SUGGEST,
                "started_at": now_us,
                "raised_at": now_us,
                "notify_until": 0,
                "place": Place(lon=lon, lat=lat),
                **fields,
            },
        )
        self.put(body, area=area)
        return body

    def flag(self, number: int, *, area: int = 0, **fields: object) -> Flag:
        """Let an operator of room ``area`` flag something, now."""
        lon, lat = centre_of(area)
        body = replace(
            some_flag(number),
            **{
                "alert_id": self.new_id(),
                "flagged_at": self.clock.now_us(),
                "notify_until": 0,
                "place": Place(lon=lon, lat=lat),
                "severity": Severity.CRITICAL,
                **fields,
            },
        )
        self.put(body, area=area)
        return body

    def put(self, body: RecordBody, *, area: int | str = 0) -> None:
        """Send a record and wait until it is durable."""
        node = f"room-{area}"
        room = self._rooms.get(node)
        frames: list[FieldMessage] = []
        if room is None:
            room = self._rooms[node] = RoomSender(node, session=node.encode())
            frames.append(room.hello())
        stream = _STREAMS.get(type(body), Stream.ALERTS)
        frames.append(room.batch(room.put(body, stream), stream=stream))
        before = len(self._port.sent)
        self._port.hand_over(frames)
        wait_until(
            lambda: len(self._port.sent) >= before + len(frames), within_s=5.0, what="the record is acknowledged"
        )

    def announce(self, alert_id: str, content: bytes, *, media_type: str = SNAPSHOT_TYPE, area: int = 0) -> str:
        """Let room ``area`` announce media of its alert; return the hash."""
        sha256 = hashlib.sha256(content).hexdigest()
        body = MediaManifest(
            alert_id=alert_id,
            sha256=sha256,
            media_type=media_type,
            size_bytes=len(content),
            started_at=self.clock.now_us(),
            duration_ms=0 if media_type == SNAPSHOT_TYPE else 10_000,
            masked=True,
        )
        self.put(body, area=area)
        return sha256

    def store_media(self, content: bytes, *, media_type: str = SNAPSHOT_TYPE, area: int = 0) -> None:
        """Let content arrive as the media gate and the keeper leave it: in the folder, and noted."""
        sha256 = hashlib.sha256(content).hexdigest()
        part = self.media.open_part(sha256, f"room-{area}")
        part.write(content)
        part.move_to(self.media.place(sha256))
        kept = MediaKept(
            sha256=sha256,
            media_type=media_type,
            size_bytes=len(content),
            folder=self.media.name,
            node=NodeName(f"room-{area}"),
        )
        self.writer.submit(kept).result(5.0)

    def step(self, unit_id: str, dispatch_id: str, step: Step, outcome: Outcome | None = None) -> CommandResult:
        """Let a unit press a button."""
        command = UnitStep(
            command_id=CommandId(self.new_id()),
            unit_id=UnitId(unit_id),
            dispatch_id=DispatchId(dispatch_id),
            step=step,
            device_us=self.clock.now_us(),
            outcome=outcome,
        )
        return self.writer.submit(command).result(5.0)

    def new_id(self) -> str:
        return uuid7(self.clock.now_us(), os.urandom(8))
