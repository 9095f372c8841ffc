"""A command's CURVE socket to the relay, and what its monitor says about the connection."""

import errno
import re
import struct
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import zmq

from patrol_wire.frames import CONTROL_LIMIT_BYTES
from patrol_wire.keys import KeyPair

Context = zmq.Context[zmq.Socket[bytes]]
_EVENT: Final = struct.Struct("=HI")
_PORT: Final = re.compile(r":[0-9]{1,5}\Z")
_HIGHEST_PORT: Final = 65_535
_QUEUE: Final = 512
"""Messages each way; full: nothing is sent, the dialogue repeats what matters."""


class LinkChange(StrEnum):
    """What happened to the connection."""

    UP = "up"
    DOWN = "down"
    NOT_ADMITTED = "not_admitted"
    """The handshake failed: the key is not approved (yet), or the relay's public key is wrong."""


# Never HANDSHAKE_FAILED_PROTOCOL: asking for it makes libzmq 4.3.5 keep a damaged connection deaf, and abort later
# (tests/integration/patrol_cli/nemesis/test_flipped_bits.py).
_CHANGES: Final = {
    int(zmq.Event.HANDSHAKE_SUCCEEDED): LinkChange.UP,
    int(zmq.Event.DISCONNECTED): LinkChange.DOWN,
    int(zmq.Event.HANDSHAKE_FAILED_NO_DETAIL): LinkChange.NOT_ADMITTED,
    int(zmq.Event.HANDSHAKE_FAILED_AUTH): LinkChange.NOT_ADMITTED,
}


class PeerSocket:
    """A DEALER with CURVE that reconnects by itself; owned by one thread. Raises ValueError for a bad endpoint."""

    def __init__(self, context: Context, *, endpoint: str, relay_key: str, pair: KeyPair) -> None:
        if pair.secret_key is None:
            raise ValueError(f"the key of {pair.node} has no secret part")
        self._dealer = context.socket(zmq.DEALER)
        dealer = self._dealer
        dealer.linger = 0
        dealer.sndhwm = dealer.rcvhwm = _QUEUE
        dealer.setsockopt(zmq.IMMEDIATE, 1)  # nothing is queued for a relay that is not there
        dealer.setsockopt(zmq.MAXMSGSIZE, CONTROL_LIMIT_BYTES + 1024)
        dealer.setsockopt(zmq.CONNECT_TIMEOUT, 5_000)
        dealer.setsockopt(zmq.RECONNECT_IVL, 250)
        dealer.setsockopt(zmq.RECONNECT_IVL_MAX, 2_000)  # a relay that restarted is found within two seconds
        dealer.setsockopt(zmq.HANDSHAKE_IVL, 5_000)
        dealer.setsockopt(zmq.HEARTBEAT_IVL, 10_000)
        dealer.setsockopt(zmq.HEARTBEAT_TIMEOUT, 20_000)
        dealer.setsockopt(zmq.TCP_KEEPALIVE, 1)
        dealer.setsockopt(zmq.TCP_KEEPALIVE_IDLE, 30)
        dealer.setsockopt(zmq.CURVE_SERVERKEY, relay_key.encode("ascii"))
        dealer.setsockopt(zmq.CURVE_PUBLICKEY, pair.public_key.encode("ascii"))
        dealer.setsockopt(zmq.CURVE_SECRETKEY, pair.secret_key.encode("ascii"))
        self._monitor = dealer.get_monitor_socket(sum(_CHANGES))
        self._poller = zmq.Poller()
        self._poller.register(dealer, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)
        try:
            if not _PORT.search(endpoint) or int(endpoint.rpartition(":")[2]) > _HIGHEST_PORT:
                raise zmq.ZMQError(errno.EINVAL)  # libzmq takes a port above 65535 and never connects
            dealer.connect(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise ValueError(f"cannot connect to {endpoint!r}: {error.strerror}; write tcp://HOST:PORT") from error

    @property
    def descriptors(self) -> tuple[int, int]:
        """What becomes readable when something arrived or changed; it tells of changes only, so read until empty."""
        found = (self._dealer.getsockopt(zmq.FD), self._monitor.getsockopt(zmq.FD))
        return (int(found[0]), int(found[1]))

    def wait(self, within_s: float, *, also: int | None = None) -> None:
        """Return when something arrived or changed (or a file descriptor is readable), or the time is over."""
        if also is None:
            self._poller.poll(int(within_s * 1000))
            return
        self._poller.register(also, zmq.POLLIN)
        try:
            self._poller.poll(int(within_s * 1000))
        finally:
            self._poller.unregister(also)

    def changes(self) -> Iterator[LinkChange]:
        """Yield what happened to the connection since the last call."""
        while True:
            try:
                parts = self._monitor.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            event_code, _value = _EVENT.unpack(parts[0])
            change = _CHANGES.get(event_code)
            if change is not None:
                yield change

    def frames(self, limit: int = 100) -> Iterator[bytes]:
        """Yield the frames that wait, at most ``limit``."""
        for _ in range(limit):
            try:
                parts = self._dealer.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            yield parts[-1]

    def send(self, frame: bytes) -> bool:
        """Send without waiting; False when there is no connection or no room."""
        try:
            self._dealer.send(frame, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def close(self) -> None:
        """Release the socket without lingering."""
        self._dealer.disable_monitor()
        self._monitor.close(linger=0)
        self._dealer.close(linger=0)
