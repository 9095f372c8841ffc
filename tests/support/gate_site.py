"""A real gate process with a real core end, a peer list on disk and real CURVE clients, for integration tests."""

import resource
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import zmq

from patrol_wire import codec
from patrol_wire.ids import NodeName, Role
from patrol_wire.keys import KeyPair, KeyState, Peer, format_key_pair, format_peers
from patrol_wire.messages import Message, Ping
from relay.core.field import FieldMessage, FromGate, GateBeat, GateRole
from relay.core.refusals import NoteRefusal, forget_refusal
from relay.gate.gate_process import GateProcess
from relay.gate.gate_settings import GateSettings
from relay.gate.port import CorePort

ROLE_OF = {
    GateRole.ROOMS: Role.ROOM,
    GateRole.TERMINALS: Role.TERMINAL,
    GateRole.COUNTS: Role.INDEX,
    GateRole.MEDIA: Role.ROOM,
}


def new_pair(node: str) -> KeyPair:
    """Return a fresh CURVE key pair."""
    public, secret = zmq.curve_keypair()
    return KeyPair(node=NodeName(node), public_key=public.decode(), secret_key=secret.decode())


def free_port() -> int:
    """Return a TCP port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident_bytes(pid: int) -> int:
    """Return the memory a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def is_running(pid: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class PeerList:
    """A peers.toml that tests edit the way people do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.peers: list[Peer] = []
        self.write()

    def write(self) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(format_peers(tuple(self.peers)), encoding="utf-8")
        fresh.replace(self.path)

    def add(self, pair: KeyPair, role: Role, state: KeyState = KeyState.KNOWN) -> None:
        self.peers.append(Peer(node=pair.node, role=role, public_key=pair.public_key, state=state))
        self.write()

    def set_state(self, pair: KeyPair, state: KeyState) -> None:
        self.peers = [
            msgspec.structs.replace(peer, state=state) if peer.public_key == pair.public_key else peer
            for peer in self.peers
        ]
        self.write()


class FieldClient:
    """A peer: one DEALER with CURVE. One message out, one message in, with a deadline."""

    def __init__(
        self,
        context: "zmq.Context[zmq.Socket[bytes]]",
        *,
        endpoint: str,
        relay_key: str,
        pair: KeyPair,
        routing_id: bytes | None = None,
        queue: int = 1_000,
        receive_bytes: int | None = None,
    ) -> None:
        assert pair.secret_key is not None
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.sndhwm = self.socket.rcvhwm = queue
        self.socket.setsockopt(zmq.IMMEDIATE, 1)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self.socket.setsockopt(zmq.CURVE_SERVERKEY, relay_key.encode())
        self.socket.setsockopt(zmq.CURVE_PUBLICKEY, pair.public_key.encode())
        self.socket.setsockopt(zmq.CURVE_SECRETKEY, pair.secret_key.encode())
        if receive_bytes is not None:  # what the kernel keeps for a peer that does not read
            self.socket.setsockopt(zmq.RCVBUF, receive_bytes)
        if routing_id is not None:
            self.socket.setsockopt(zmq.ROUTING_ID, routing_id)
        self.socket.connect(endpoint)
        self._hop = 0

    def send(self, message: Message, *, within_s: float = 5.0) -> None:
        self._hop += 1
        self.send_raw(codec.encode(message, hop=self._hop), within_s=within_s)

    def send_raw(self, *frames: bytes, within_s: float = 5.0) -> None:
        assert self.socket.poll(int(within_s * 1000), zmq.POLLOUT), f"no connection within {within_s} s"
        self.socket.send_multipart(frames, zmq.NOBLOCK)

    def receive(self, *, within_s: float = 5.0) -> Message:
        assert self.socket.poll(int(within_s * 1000), zmq.POLLIN), f"nothing received within {within_s} s"
        return codec.decode(self.socket.recv(zmq.NOBLOCK)).message

    def hears_nothing(self, *, for_s: float) -> bool:
        return not self.socket.poll(int(for_s * 1000), zmq.POLLIN)


class GateSite:
    """One gate process and the core's end of it. Use as a context manager; the test's thread plays the core."""

    def __init__(
        self,
        folder: Path,
        role: GateRole = GateRole.ROOMS,
        *,
        memory_mb: int = 512,
        media_bytes_per_s: int = 0,
        paced: bool = True,
        handshake_ms: int = 300,
        note_refusal: NoteRefusal = forget_refusal,
    ) -> None:
        self.role = role
        self.relay = new_pair("relay")
        key_file = folder / "relay.key"
        key_file.write_text(format_key_pair(self.relay), encoding="utf-8")
        self.peers = PeerList(folder / "peers.toml")
        self.endpoint = f"tcp://127.0.0.1:{free_port()}"
        self.settings = GateSettings(
            role=role,
            bind=self.endpoint,
            inside=f"ipc://{folder}/{role}.ipc",
            key_file=key_file,
            peers_file=self.peers.path,
            handshake_ms=handshake_ms,
            memory_mb=memory_mb,
            media_dir=folder / "media" if role is GateRole.MEDIA else None,
            media_bytes_per_s=media_bytes_per_s,
            paced=paced,
        )
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.port = CorePort(self.context, gate=role, endpoint=self.settings.inside, note_refusal=note_refusal)
        self.gate = GateProcess(self.settings)
        self.clients: list[FieldClient] = []
        self.beats: list[GateBeat] = []

    def __enter__(self) -> "GateSite":
        self.gate.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.stop()
        self.port.close()
        self.context.destroy(linger=0)

    def enrol(self, node: str, role: Role | None = None) -> KeyPair:
        """Return the key of a known peer."""
        pair = new_pair(node)
        self.peers.add(pair, ROLE_OF[self.role] if role is None else role)
        return pair

    def enrol_many(self, count: int, *, prefix: str = "peer") -> list[KeyPair]:
        """Return the keys of many known peers; the list is written once."""
        pairs = [new_pair(f"{prefix}-{number}") for number in range(count)]
        self.peers.peers.extend(
            Peer(node=pair.node, role=ROLE_OF[self.role], public_key=pair.public_key) for pair in pairs
        )
        self.peers.write()
        return pairs

    def connect(self, pair: KeyPair, *, routing_id: bytes | None = None, queue: int = 1_000) -> FieldClient:
        client = FieldClient(
            self.context,
            endpoint=self.endpoint,
            relay_key=self.relay.public_key,
            pair=pair,
            routing_id=routing_id,
            queue=queue,
        )
        self.clients.append(client)  # kept until the context closes their sockets
        return client

    def receive(self, *, within_s: float, limit: int = 1_000) -> Sequence[FromGate]:
        arrived = self.port.receive(within_s=within_s, limit=limit)
        self.beats.extend(item for item in arrived if isinstance(item, GateBeat))
        return arrived

    def expect(self, wanted: type[FromGate], *, within_s: float = 5.0) -> FromGate:
        """Return the next arrival of one kind; others are passed over."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            for item in self.receive(within_s=left, limit=1):
                if isinstance(item, wanted):
                    return item
        raise AssertionError(f"no {wanted} from the gate within {within_s} s")

    def expect_message(self, *, within_s: float = 5.0) -> FieldMessage:
        found = self.expect(FieldMessage, within_s=within_s)
        assert isinstance(found, FieldMessage)
        return found

    def counters(self, *, within_s: float = 3.0) -> dict[str, int]:
        """Return the figures of a beat that comes after this call's beginning."""
        while self.receive(within_s=0):
            pass  # what waits is older
        found = self.expect(GateBeat, within_s=within_s)
        assert isinstance(found, GateBeat)
        return dict(found.counters)

    def counter(self, name: str, *, at_least: int, within_s: float = 5.0) -> int:
        """Wait until a counter reaches a value."""
        deadline = time.monotonic() + within_s
        value = 0
        while time.monotonic() < deadline:
            value = self.counters().get(name, 0)
            if value >= at_least:
                return value
        raise AssertionError(f"{name} is {value} after {within_s} s, expected at least {at_least}")


def ping(pending: int = 0) -> Ping:
    """A message every role may send."""
    return Ping(sent_at=1, pending=pending)
