"""``python -m patrol_cli.nemesis.proxy``: one TCP way per peer, which can be stalled, cut, delayed and corrupted.

Loopback only. Orders come as JSON lines on stdin: ``{"line", "weather": {...}}`` or ``{"line", "cut": true}``; the end
of stdin ends it. The first line it prints names the port of each way. It never reads what passes: CURVE hides it.
"""

import argparse
import asyncio
import json
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Final

_CHUNK: Final = 16_384
_TRICKLE: Final = (100, 0.1)
"""Bytes and seconds: 1 kB/s."""
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER that makes close() send a reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What happens to the bytes of one way."""

    stall_to_relay: bool = False
    stall_to_peer: bool = False
    refuse: bool = False
    half_open: bool = False
    """The relay's end of every connection is closed and the peer's kept, unread."""
    delay_s: float = 0.0
    trickle: bool = False
    flip_share: float = 0.0


CALM: Final = Weather()


class Line:
    """The way of one peer: a listener, its connections, the weather on it."""

    def __init__(self, name: str, gate_port: int, random: Random, *, own_port: int = 0) -> None:
        """``own_port`` is where peers come in; 0: any free one."""
        self.name = name
        self._own_port = own_port
        self.weather = CALM
        self._gate_port = gate_port
        self._random = random
        self._changed = asyncio.Event()
        self._connections: set[_Connection] = set()
        self.flipped = 0

    async def listen(self) -> int:
        """Begin to accept; return the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._own_port)
        return int(self._server.sockets[0].getsockname()[1])

    def change(self, weather: Weather) -> None:
        """Let another weather hold from now on."""
        self.weather = weather
        for connection in list(self._connections):
            if weather.refuse:
                connection.reset()
            elif weather.half_open:
                connection.lose_relay()
        self._changed.set()
        self._changed = asyncio.Event()

    def cut(self) -> None:
        """Reset every connection."""
        for connection in list(self._connections):
            connection.reset()

    async def settle(self) -> None:
        """Return when the weather has changed."""
        await self._changed.wait()

    def flip(self, chunk: bytes) -> bytes:
        """Return the chunk, one bit of it turned where the weather says so."""
        if self._random.random() >= self.weather.flip_share:
            return chunk
        self.flipped += 1
        turned = bytearray(chunk)
        turned[self._random.randrange(len(turned))] ^= 1 << self._random.randrange(8)
        return bytes(turned)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self, reader, writer)
        if self.weather.refuse:
            connection.reset()
            return
        self._connections.add(connection)
        try:
            await connection.serve(self._gate_port)
        finally:
            connection.reset()
            self._connections.discard(connection)


class _Connection:
    """One connection of a peer and its continuation to the gate."""

    def __init__(self, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._line = line
        self._peer_reader = reader
        self._peer_writer = writer
        self._gate_writer: asyncio.StreamWriter | None = None
        self._lost_relay = False

    async def serve(self, gate_port: int) -> None:
        """Carry bytes both ways until either end closes."""
        try:
            gate_reader, self._gate_writer = await asyncio.open_connection("127.0.0.1", gate_port)
        except OSError:
            return  # the gate is down: the peer sees its connection closed
        if self._line.weather.half_open:
            self.lose_relay()
        to_relay = asyncio.create_task(self._carry(self._peer_reader, self._gate_writer, to_relay=True))
        to_peer = asyncio.create_task(self._carry(gate_reader, self._peer_writer, to_relay=False))
        _, running = await asyncio.wait((to_relay, to_peer), return_when=asyncio.FIRST_COMPLETED)
        if self._lost_relay:
            await asyncio.wait((to_relay,))  # the peer is not told: it learns when it says something
        for task in running:
            task.cancel()

    def lose_relay(self) -> None:
        """Close the relay's end only."""
        self._lost_relay = True
        if self._gate_writer is not None:
            _reset(self._gate_writer)

    def reset(self) -> None:
        """Reset both ends."""
        for writer in (self._peer_writer, self._gate_writer):
            if writer is not None:
                _reset(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, to_relay: bool) -> None:
        with suppress(ConnectionError, OSError):
            while chunk := await reader.read(_TRICKLE[0] if self._line.weather.trickle else _CHUNK):
                await self._hold(to_relay=to_relay)
                if self._lost_relay:
                    return  # a byte on a connection nobody knows any more: it is reset
                writer.write(self._line.flip(chunk))
                await writer.drain()

    async def _hold(self, *, to_relay: bool) -> None:
        weather = self._line.weather
        if weather.delay_s:
            await asyncio.sleep(weather.delay_s)
        if weather.trickle:
            await asyncio.sleep(_TRICKLE[1])
        while self._stalled(to_relay=to_relay):
            await self._line.settle()

    def _stalled(self, *, to_relay: bool) -> bool:
        weather = self._line.weather
        if self._lost_relay:
            return weather.half_open
        return weather.stall_to_relay if to_relay else weather.stall_to_peer


def _reset(writer: asyncio.StreamWriter) -> None:
    held = writer.get_extra_info("socket")
    if held is not None and held.fileno() >= 0:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


async def _serve(ways: Sequence[tuple[str, int, int]], seed: str) -> None:
    lines = {
        name: Line(name, gate_port, Random(f"{seed}:{name}"), own_port=own_port)  # noqa: S311
        for name, gate_port, own_port in ways
    }
    ports = {name: await line.listen() for name, line in lines.items()}
    _say({"event": "proxy_ready", "ports": ports})
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while text := await orders.readline():
        order = json.loads(text)
        line = lines[order["line"]]
        if order.get("cut"):
            line.cut()
        else:
            line.change(Weather(**order["weather"]))
        _say({"event": "proxy_did", "line": line.name, "flipped": sum(each.flipped for each in lines.values())})


def _say(fields: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stdin ends."""
    parser = argparse.ArgumentParser(prog="python -m patrol_cli.nemesis.proxy", description=__doc__)
    parser.add_argument("--line", nargs=3, metavar=("NAME", "GATE_PORT", "OWN_PORT"), action="append", required=True)
    parser.add_argument("--seed", required=True)
    given = parser.parse_args(arguments)
    asyncio.run(_serve([(name, int(gate), int(own)) for name, gate, own in given.line], given.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
