"""The field in a process of its own: rooms and terminals with real CURVE sockets that say what they say in service.

The bench's main process holds the relay, so that neither side waits for the other's interpreter. Times are this
process's: from the moment a room's batch is handed to its socket to the moment a terminal's frame is read.
"""

import select
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

import zmq

from bench.bench_room import BATCH_RECORDS, BenchRoom, Mix
from bench.field_storm import GRAVE_EVERY_S, StormTalk, Window
from bench.machine import allow_many_sockets, share
from patrol_wire import codec
from patrol_wire import messages as m
from patrol_wire.ids import Micros, Receipt, Stream
from patrol_wire.keys import KeyPair
from relay.ops.clock import MachineClock
from tests.support.gate_site import FieldClient

_BATCHES_IN_FLIGHT: Final = 4
"""256 records: the credit a room is given."""
_WAIT_S: Final = 60.0
_PING_EVERY_S: Final = 10.0
"""Each peer of a storm pings so often, all in turn; who says nothing for 90 s counts as away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlan:
    """Whom the field consists of, and where it connects."""

    relay_key: str
    rooms_at: tuple[str, ...]
    """Of each relay; the rooms are dealt out among them."""
    terminals_at: tuple[str, ...]
    rooms: list[KeyPair]
    terminals: list[KeyPair]


class Field:
    """One thread, all sockets; epoll on libzmq's descriptors, because polling 5,000 sockets by list takes 5 ms."""

    def __init__(self, plan: FieldPlan) -> None:
        self._plan = plan
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._context.set(zmq.MAX_SOCKETS, len(plan.rooms) + len(plan.terminals) + 100)
        self._epoll = select.epoll()
        self._clients: dict[int, tuple[FieldClient, int]] = {}
        """By descriptor; rooms are numbered from 0, terminals from -1 downwards."""
        self._by_number: dict[int, FieldClient] = {}
        self._sent_on: set[int] = set()
        """Sockets that were written to since they were read: libzmq may have swallowed what tells of a message."""
        self._clock = MachineClock()
        self._storm: StormTalk | None = None
        self._next_ping_s = 0.0
        self._pinging = 0

    def connect_terminals(self) -> dict[str, float]:
        """Connect every terminal at once; wait until each has its snapshot."""
        began = time.perf_counter()
        sync = m.Sync(
            session=1,
            lowest_version=1,
            highest_version=1,
            cursor=0,
            clock=self._clock.now_us(),
            terminal_version="bench",
        )
        terminals = [
            self._connect(self._one_of(self._plan.terminals_at, nth), pair, -1 - nth)
            for nth, pair in enumerate(self._plan.terminals)
        ]
        for terminal in terminals:
            terminal.send(sync, within_s=_WAIT_S)
        waiting = set(range(-len(terminals), 0))
        for number, message in self._heard(until=lambda: not waiting):
            if isinstance(message, m.Snapshot):
                waiting.discard(number)
        took_s = time.perf_counter() - began
        return {"peers": len(terminals), "s": round(took_s, 2), "per_s": round(len(terminals) / took_s)}

    def connect_rooms(self) -> None:
        """Open the session of every room."""
        for nth, pair in enumerate(self._plan.rooms):
            self._connect(self._one_of(self._plan.rooms_at, nth), pair, nth)
        waiting = set(range(len(self._plan.rooms)))
        for client, _ in self._rooms():
            client.send(
                m.Hello(
                    session=1,
                    epoch=7,
                    lowest_version=1,
                    highest_version=1,
                    retained=(),
                    clock=self._clock.now_us(),
                    agent_version="bench",
                ),
                within_s=_WAIT_S,
            )
        for number, message in self._heard(until=lambda: not waiting):
            if isinstance(message, m.Welcome):
                waiting.discard(number)

    def ingest(self, mix: Mix, batches: int) -> dict[str, float]:
        """Let every room send prepared batches as fast as its credit allows; time until all are acknowledged."""
        rooms = [BenchRoom(number, mix) for number in range(len(self._plan.rooms))]
        now_us = self._clock.now_us()
        frames = [[room.batch(now_us).frame for _ in range(batches)] for room in rooms]
        sent = [0] * len(rooms)
        acked = [0] * len(rooms)
        began = time.perf_counter()
        for client, number in self._rooms():
            for _ in range(min(_BATCHES_IN_FLIGHT, batches)):
                client.send_raw(frames[number][sent[number]])
                sent[number] += 1
        for number, message in self._heard(until=lambda: min(acked) >= batches):
            if isinstance(message, m.Nack | m.Error):
                raise RuntimeError(f"room-{number} was answered {message!r}")
            if isinstance(message, m.Ack):
                acked[number] = message.stored // BATCH_RECORDS
                client = self._room(number)
                while sent[number] < min(batches, acked[number] + _BATCHES_IN_FLIGHT):
                    client.send_raw(frames[number][sent[number]])
                    sent[number] += 1
        return {"alerts": batches * len(rooms) * BATCH_RECORDS, "s": time.perf_counter() - began}

    def paced(self, per_s: int, seconds: float) -> dict[str, float]:
        """Raise alerts evenly, each a new incident offered to one unit; measure until its terminal has the offer."""
        rooms = [BenchRoom(number, Mix.NEW) for number in range(len(self._plan.rooms))]
        total = int(per_s * seconds)
        raised: dict[str, float] = {}
        took_ms: list[float] = []
        late_ms: list[float] = []
        began = time.perf_counter()
        while len(took_ms) < total:
            now = time.perf_counter()
            if now > began + seconds + _WAIT_S:
                break
            while len(raised) < total and (due := began + len(raised) / per_s) <= now:
                number = len(raised) % len(rooms)
                room = rooms[number]
                camera = room.put(self._clock.now_us())
                frame = room.sender.batch(len(room.sender.records[Stream.ALERTS])).frame
                raised[camera] = handed = time.perf_counter()
                late_ms.append((handed - due) * 1_000)
                self._room(number).send_raw(frame)
                now = time.perf_counter()
            wait_s = began + len(raised) / per_s - now if len(raised) < total else 0.05
            for number, message in self._read(max(0.0, wait_s)):
                if isinstance(message, m.Delta):
                    read = time.perf_counter()
                    took_ms.extend((read - raised[entry.dispatch.camera]) * 1_000 for entry in message.entries)
                    self._confirm(number, message.entries[-1].cursor)
                elif isinstance(message, m.Nack | m.Error):
                    raise RuntimeError(f"{number} was answered {message!r}")
        return {
            "alerts": total,
            "missing": total - len(took_ms),
            "per_s": per_s,
            "wall_per_s": round(len(raised) / max(seconds, 1e-9)),
            "p50": round(share(took_ms, 0.5), 2),
            "p99": round(share(took_ms, 0.99), 2),
            "worst": round(max(took_ms), 2),
            "handed_late_p99": round(share(late_ms, 0.99), 2),
        }

    def storm(self, per_s: int, seconds: float) -> dict[str, Any]:
        """Let a storm blow at a pace, and go on where the last one ended; see bench/field_storm.py."""
        if self._storm is None:
            self._storm = StormTalk(len(self._plan.rooms), credit=_BATCHES_IN_FLIGHT * BATCH_RECORDS)
        talk, talk.window = self._storm, Window()
        began = next_batch = next_grave = time.perf_counter()
        steps = talk.units.counts.copy()
        while (now := time.perf_counter()) < began + seconds:
            if now >= next_grave:
                next_grave += GRAVE_EVERY_S
                number, frame = talk.next_grave(self._clock.now_us())
                self._send(number, frame)
            if now >= next_batch:
                next_batch += BATCH_RECORDS / per_s
                storming = talk.next_batch(self._clock.now_us())
                if storming is not None:
                    self._send(*storming)
            self._storm_goes_on(talk, until_s=min(next_batch, next_grave))
        return {
            "s": round(time.perf_counter() - began, 1),
            "acked_per_s": round(talk.window.acked / seconds),
            "held_back": talk.window.held_back,
            "grave": len(talk.window.grave_ms),
            "p50": round(share(talk.window.grave_ms, 0.5), 2),
            "p99": round(share(talk.window.grave_ms, 0.99), 2),
            "worst": round(max(talk.window.grave_ms), 2),
            "steps": dict(talk.units.counts - steps),
            "units_busy": talk.units.busy,
        }

    def storm_ends(self) -> dict[str, Any]:
        """Wait until all that was sent is acknowledged and on its terminals, and no unit has anything left to do."""
        talk = self._storm
        if talk is None:
            raise RuntimeError("no storm has begun")
        began = time.perf_counter()
        drained_s: float | None = None
        while drained_s is None or talk.units.busy:
            now = time.perf_counter()
            if drained_s is None and not talk.in_flight and not talk.raised:
                drained_s = now - began
            if now - began > _WAIT_S:
                raise TimeoutError(
                    f"{talk.in_flight} in flight, {len(talk.raised)} on no terminal, {talk.units.busy} units busy"
                )
            self._storm_goes_on(talk, until_s=now + 0.1)
        return {
            "alerts": talk.sent,
            "drained_s": round(drained_s, 2),
            "calm_s": round(time.perf_counter() - began, 1),
            "steps": dict(talk.units.counts),
        }

    def _storm_goes_on(self, talk: StormTalk, *, until_s: float) -> None:
        """Let units do what is due, and read what comes until then at the latest."""
        now = time.perf_counter()
        if now >= self._next_ping_s:
            self._next_ping_s = now + _PING_EVERY_S / len(self._by_number)
            self._pinging = (self._pinging + 1) % len(self._by_number)
            number = self._pinging - len(self._plan.terminals)
            self._send(number, m.Ping(sent_at=Micros(self._clock.now_us()), pending=0))
        for number, command in talk.units.due(now, self._clock.now_us()):
            self._send(number, command)
        due_s = talk.units.next_due_s()
        until_s = min(until_s, self._next_ping_s, until_s if due_s is None else due_s)
        wait_s = until_s - time.perf_counter()
        for number, message in self._read(max(0.0, wait_s)):
            talk.heard(number, message)
            if isinstance(message, m.Delta):
                self._confirm(number, message.entries[-1].cursor)

    def wait_for_everybody(self) -> list[float]:
        """Wait until every terminal has one entry more; return when each had it (perf_counter), the earliest first."""
        missing = set(range(-len(self._plan.terminals), 0))
        had: list[float] = []
        for number, message in self._heard(until=lambda: not missing):
            if isinstance(message, m.Delta) and number in missing:
                had.append(time.perf_counter())
                missing.discard(number)
                self._confirm(number, message.entries[-1].cursor)
        return had

    def close(self) -> None:
        """Drop every connection."""
        self._context.destroy(linger=0)

    # --- sockets ----------------------------------------------------------------------------------------------

    def _connect(self, endpoint: str, pair: KeyPair, number: int) -> FieldClient:
        client = FieldClient(self._context, endpoint=endpoint, relay_key=self._plan.relay_key, pair=pair)
        descriptor = client.socket.getsockopt(zmq.FD)
        assert isinstance(descriptor, int)  # noqa: S101  # what libzmq documents
        self._clients[descriptor] = (client, number)
        self._by_number[number] = client
        self._epoll.register(descriptor, select.EPOLLIN)
        return client

    @staticmethod
    def _one_of(endpoints: tuple[str, ...], nth: int) -> str:
        return endpoints[nth % len(endpoints)]

    def _rooms(self) -> Iterator[tuple[FieldClient, int]]:
        return iter([(client, number) for number, client in self._by_number.items() if number >= 0])

    def _room(self, number: int) -> FieldClient:
        return self._by_number[number]

    def _confirm(self, number: int, cursor: int) -> None:
        self._send(number, m.Receipts(receipt=Receipt.DELIVERED, cursor=cursor, at=Micros(self._clock.now_us())))

    def _send(self, number: int, said: bytes | m.Message) -> None:
        client = self._by_number[number]
        if isinstance(said, bytes):
            client.send_raw(said)
        else:
            client.send(said)
        self._sent_on.add(number)

    def _heard(self, *, until: Callable[[], bool]) -> Iterator[tuple[int, m.Message]]:
        deadline = time.monotonic() + _WAIT_S
        while not until():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the relay did not answer everybody within {_WAIT_S:.0f} s")
            yield from self._read(0.1)

    def _read(self, within_s: float) -> Iterator[tuple[int, m.Message]]:
        """Yield what has come. A socket is read until it is empty: libzmq's descriptor tells of changes only."""
        written, self._sent_on = self._sent_on, set()
        for number in written:
            for message in self._all_of(self._by_number[number]):
                yield number, message
                within_s = 0.0
        for descriptor, _ in self._epoll.poll(within_s, maxevents=1_000):
            client, number = self._clients[descriptor]
            for message in self._all_of(client):
                yield number, message

    @staticmethod
    def _all_of(client: FieldClient) -> Iterator[m.Message]:
        while True:
            try:
                frame = client.socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            yield codec.decode(frame).message


def serve(plan: FieldPlan, orders: Connection) -> None:
    """Carry out orders (name, arguments) until None comes; the target of the field's process."""
    allow_many_sockets()
    field = Field(plan)
    while (order := orders.recv()) is not None:
        name, arguments = order
        try:
            found: Any = getattr(field, name)(*arguments)
        except (RuntimeError, TimeoutError, AssertionError, zmq.ZMQError) as error:
            found = error
        orders.send(found)
    field.close()
