"""Many peers of one gate in a process of their own: ``python -m tests.support.crowd``, orders as JSON lines.

The first line says where and who (CrowdOrder). Then ``greet``: every peer sends a ping, again each second until it is
answered; the answer says how long that took. ``read`` takes so many messages of each but the first ``deaf`` peers.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import zmq

from patrol_wire import codec
from patrol_wire.ids import NodeName
from patrol_wire.keys import KeyPair
from tests.support.gate_site import FieldClient, ping

GIVE_UP_S: Final = 120.0
AGAIN_AFTER_S: Final = 1.0
SILENT_AFTER_S: Final = 20


@dataclass(frozen=True, kw_only=True)
class CrowdOrder:
    """Who they are and where they go; ``pairs`` are node, public key and secret key of each."""

    endpoint: str
    relay_key: str
    pairs: list[tuple[str, str, str]]
    deaf: int = 0
    """So many never read, and have room for next to nothing."""


class Crowd:
    """The process as its test sees it. Use as a context manager."""

    def __init__(self, order: CrowdOrder) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.crowd"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._write(asdict(order))

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def ask(self, what: str, *, count: int = 0) -> None:
        """Give an order without waiting; ``count`` is of ``read``."""
        self._write({"do": what, "count": count})

    def answer(self) -> dict[str, Any]:
        """Wait for what became of the order."""
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def _write(self, value: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()


class _Peers:
    def __init__(self, order: CrowdOrder) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._context.set(zmq.MAX_SOCKETS, len(order.pairs) + 100)
        self._by_socket: dict[object, int] = {}
        self._deaf = order.deaf
        self._clients: list[FieldClient] = []
        for number, (node, public_key, secret_key) in enumerate(order.pairs):
            pair = KeyPair(node=NodeName(node), public_key=public_key, secret_key=secret_key)
            client = FieldClient(
                self._context,
                endpoint=order.endpoint,
                relay_key=order.relay_key,
                pair=pair,
                queue=1 if number < order.deaf else 1_000,
                receive_bytes=4_096 if number < order.deaf else None,
            )
            self._clients.append(client)
            self._by_socket[client.socket] = number

    def greet(self) -> dict[str, Any]:
        """Ping until each is answered once."""
        frame = codec.encode(ping(), hop=1)
        waiting = set(range(len(self._clients)))
        poller = zmq.Poller()
        for client in self._clients:
            poller.register(client.socket, zmq.POLLIN)
        began = next_s = time.monotonic()
        halfway_s = 0.0
        while waiting and time.monotonic() - began < GIVE_UP_S:
            if time.monotonic() >= next_s:
                next_s = time.monotonic() + AGAIN_AFTER_S
                for number in waiting:
                    try:
                        self._clients[number].socket.send(frame, zmq.NOBLOCK)
                    except zmq.Again:
                        continue  # not connected yet
            for socket, _ in poller.poll(50):
                socket.recv()
                waiting.discard(self._by_socket[socket])
            if not halfway_s and len(waiting) <= len(self._clients) // 2:
                halfway_s = time.monotonic() - began
        return {"missing": len(waiting), "took_s": time.monotonic() - began, "half_s": halfway_s}

    def read(self, count: int) -> dict[str, Any]:
        """Take what comes, of all but the deaf, until each has ``count`` or nothing has come for too long."""
        poller = zmq.Poller()
        for client in self._clients[self._deaf :]:
            poller.register(client.socket, zmq.POLLIN)
        got = [0] * len(self._clients)
        while min(got[self._deaf :]) < count and (ready := poller.poll(SILENT_AFTER_S * 1_000)):
            for socket, _ in ready:
                try:
                    while True:
                        socket.recv(zmq.NOBLOCK)
                        got[self._by_socket[socket]] += 1
                except zmq.Again:
                    continue
        hearing = got[self._deaf :]
        return {"least": min(hearing), "most": max(hearing), "all": sum(hearing)}

    def close(self) -> None:
        self._context.destroy(linger=0)


def pairs_of(pairs: Sequence[KeyPair]) -> list[tuple[str, str, str]]:
    """Return the keys as an order carries them."""
    return [(pair.node, pair.public_key, pair.secret_key or "") for pair in pairs]


def main() -> None:
    """Carry out orders until standard input ends."""
    raw = json.loads(sys.stdin.readline())
    peers = _Peers(CrowdOrder(**{**raw, "pairs": [tuple(each) for each in raw["pairs"]]}))
    for line in sys.stdin:
        order = json.loads(line)
        match order["do"]:
            case "greet":
                found = peers.greet()
            case "read":
                found = peers.read(order["count"])
            case other:
                raise ValueError(f"unknown order {other}")
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
    peers.close()


if __name__ == "__main__":
    main()
