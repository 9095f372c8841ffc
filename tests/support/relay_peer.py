"""A small relay that speaks docs/wire-protocol.md §5 over a real CURVE socket: the room's link is tested against it.

It shares no code with the relay program. Records survive ``restart`` as they would in a store; sessions do not.
"""

import threading
from queue import SimpleQueue
from typing import Final

import zmq

from edge_agent.ops.clock import SystemClock
from patrol_wire.chain import CHAIN_START, chain_link
from patrol_wire.codec import Received, decode, decode_record, encode
from patrol_wire.ids import Stream
from patrol_wire.messages import Ack, Batch, Bye, Hello, Message, Nack, Ping, Pong, StreamMark, Welcome, Who
from patrol_wire.records import RecordBody

_POLL_MS: Final = 20


class RelayPeer:
    """One thread that owns a ROUTER; the test's thread reads its lists and sets its switches."""

    def __init__(self) -> None:
        self.public_key, self._secret_key = zmq.curve_keypair()
        self.port = 0
        self.records: dict[Stream, list[RecordBody]] = {stream: [] for stream in Stream}
        self.chains: dict[Stream, bytes] = dict.fromkeys(Stream, CHAIN_START)
        self.order: list[Stream] = []
        """Stream of each record in the order of storing."""
        self.hellos: list[Hello] = []
        self.byes: list[Bye] = []
        self.pings: list[Ping] = []
        self.faults: list[str] = []
        """What a room must never do."""
        self.credit = 256
        self.mute = False
        """Take messages and answer nothing."""
        self.refuse: dict[int, str] = {}
        """Sequence numbers of stream A to put into dead letters."""
        self.clock_behind_s = 0.0
        """How far this relay's clock is behind the room's."""
        self.to_say: SimpleQueue[Message] = SimpleQueue()
        """Messages for whoever has the session, unasked."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def endpoint(self) -> str:
        """Where a room connects."""
        return f"tcp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Bind (on the same port after the first time) and serve."""
        self._stopping.clear()
        bound = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(bound,), name="relay-peer", daemon=True)
        self._thread.start()
        assert bound.wait(5.0)

    def stop(self) -> None:
        """Close the socket with everything that is in flight; sessions are forgotten, records are not."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def all_records(self) -> int:
        """How many records are stored over all streams."""
        return sum(len(records) for records in self.records.values())

    def _now_us(self) -> int:
        return SystemClock().now_us() - round(self.clock_behind_s * 1e6)

    def _serve(self, bound: threading.Event) -> None:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        router = context.socket(zmq.ROUTER)
        router.linger = 0
        router.curve_server = True
        router.curve_secretkey = self._secret_key
        if self.port:
            router.bind(self.endpoint)
        else:
            self.port = router.bind_to_random_port("tcp://127.0.0.1")
        bound.set()
        sessions: set[bytes] = set()
        while not self._stopping.is_set():
            while sessions and not self.to_say.empty():
                router.send_multipart([next(iter(sessions)), encode(self.to_say.get(), hop=1)])
            if not router.poll(_POLL_MS):
                continue
            frames = router.recv_multipart()
            if len(frames) != 2:
                self.faults.append(f"{len(frames) - 1} frames in one message")
                continue
            if self.mute:
                continue
            for message, stream in self._answer(frames[0], decode(frames[1]), sessions):
                router.send_multipart([frames[0], encode(message, hop=1, stream=stream)])
        context.destroy(linger=0)

    def _answer(self, session: bytes, received: Received, sessions: set[bytes]) -> list[tuple[Message, Stream | None]]:
        match received.message:
            case Hello() as hello:
                self.hellos.append(hello)
                sessions.add(session)
                held = tuple(StreamMark(stream=s, seq=len(r), chain=self.chains[s]) for s, r in self.records.items())
                welcome = Welcome(
                    session=hello.session, version=1, stored=held, final=held, credit=self.credit, clock=self._now_us()
                )
                return [(welcome, None)]
            case Batch() as batch if session in sessions:
                assert received.stream is not None
                return [(self._take(received.stream, batch), received.stream)]
            case Ping() as ping if session in sessions:
                self.pings.append(ping)
                commits = self.all_records()
                return [
                    (Pong(ping_sent_at=ping.sent_at, commits=commits, last_commit_at=0, clock=self._now_us()), None)
                ]
            case Bye() as bye:
                self.byes.append(bye)
                sessions.discard(session)
                return []
            case Batch() | Ping():
                return [(Who(), None)]
            case other:
                self.faults.append(f"a room sent {type(other).__name__}")
                return []

    def _take(self, stream: Stream, batch: Batch) -> Ack | Nack:
        records = self.records[stream]
        if batch.first_seq > len(records) + 1:
            return Nack(expected=len(records) + 1, reason="gap")
        refused = []
        for seq, record in enumerate(batch.records, start=batch.first_seq):
            if seq <= len(records):
                continue
            chain = chain_link(self.chains[stream], record.body)
            if chain != record.chain:
                self.faults.append(f"stream {stream}: the chain breaks at {seq}")
                return Nack(expected=seq, reason="fork")
            self.chains[stream] = chain
            records.append(decode_record(record.body))
            self.order.append(stream)
            if stream is Stream.ALERTS and seq in self.refuse:
                refused.append((seq, self.refuse[seq]))
        stored = len(records)
        return Ack(stored=stored, final=stored, credit=self.credit, refused=tuple(refused))
