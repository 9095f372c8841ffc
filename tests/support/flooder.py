"""A room that floods, as a process of its own: ``python -m tests.support.flooder`` reads its order as one JSON line.

It sends one kind of message as fast as it goes, or at a rate, and reads and throws away what it is told. On standard
output it says ``{"connected": true}`` once, and what it sent when its standard input ends.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from threading import Event, Thread
from typing import Any, Final

import zmq
from msgspec.structs import replace

from patrol_wire import codec
from patrol_wire.ids import Forward, NodeName, Stream
from patrol_wire.keys import KeyPair
from patrol_wire.messages import Welcome
from patrol_wire.records import Place
from patrol_wire.uuid7 import uuid7
from tests.support.gate_site import FieldClient, ping
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender

KINDS: Final = ("rubbish", "pings", "hellos", "replays", "alerts")


@dataclass(frozen=True, kw_only=True)
class FloodOrder:
    """Who floods whom with what."""

    endpoint: str
    relay_key: str
    node: str
    public_key: str
    secret_key: str
    kind: str
    per_s: float = 0.0
    """0: as fast as it goes."""


class Flooder:
    """The process as its test sees it. Use as a context manager; ``sent`` is known afterwards."""

    def __init__(self, order: FloodOrder) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.flooder"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        self.sent = 0

    def __enter__(self) -> "Flooder":
        assert self._read()["connected"]
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self.sent = int(self._read()["sent"])
        self._process.wait(5)
        self._process.stdout.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


def _next_frame(kind: str, node: str) -> Callable[[], bytes]:
    room = RoomSender(node)
    if kind == "rubbish":
        noise = random.Random(1).randbytes(200)  # noise, nothing secret
        return lambda: noise
    if kind == "pings":
        frame = codec.encode(ping(), hop=1)
        return lambda: frame
    if kind == "hellos":
        frame = room.hello().frame
        return lambda: frame

    def put() -> None:
        now_us = time.time_ns() // 1_000  # noqa: TID251  # a process of its own, without the relay's clock
        place = Place(lon=0.05, lat=0.05)
        alert_id = uuid7(now_us, os.urandom(8))
        fresh = replace(some_alert(1), alert_id=alert_id, started_at=now_us, raised_at=now_us, place=place)
        room.put(replace(fresh, forward=Forward.DIRECT))

    if kind == "replays":
        for _ in range(64):
            put()
        replayed = room.batch().frame
        return lambda: replayed

    def fresh_batch() -> bytes:
        put()
        return room.batch(len(room.records[Stream.ALERTS])).frame

    return fresh_batch


def _say(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Flood until standard input ends."""
    order = FloodOrder(**json.loads(sys.stdin.readline()))
    ended = Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        ended.set()

    Thread(target=wait_for_the_end, daemon=True).start()
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    pair = KeyPair(node=NodeName(order.node), public_key=order.public_key, secret_key=order.secret_key)
    client = FieldClient(context, endpoint=order.endpoint, relay_key=order.relay_key, pair=pair)
    client.send_raw(RoomSender(order.node).hello().frame, within_s=10)
    while not isinstance(client.receive(), Welcome):
        pass
    _say(connected=True)
    next_frame = _next_frame(order.kind, order.node)
    sent, began = 0, time.monotonic()
    frame = next_frame()
    while not ended.is_set():
        for _ in range(64):
            if order.per_s and sent >= (time.monotonic() - began) * order.per_s:
                ended.wait(0.002)
                break
            try:
                client.socket.send(frame, zmq.NOBLOCK)
            except zmq.Again:
                client.socket.poll(20, zmq.POLLOUT)
                break
            sent += 1
            frame = next_frame()
        try:
            while True:
                client.socket.recv(zmq.NOBLOCK)
        except zmq.Again:
            pass
    _say(sent=sent)
    context.destroy(linger=0)


if __name__ == "__main__":
    main()
