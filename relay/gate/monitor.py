"""What libzmq says about the connections of a gate's field socket: accepted, ended, not shaken hands."""

import struct
from collections.abc import Iterator
from typing import Final

import zmq

from relay.gate.sockets import Socket

_EVENT: Final = struct.Struct("=HI")
ENDED: Final = "disconnected"
# Never HANDSHAKE_FAILED_PROTOCOL: asking for it makes libzmq 4.3.5 keep a damaged connection deaf, and abort later
# (tests/integration/patrol_cli/nemesis/test_flipped_bits.py).
_NAMES: Final = {
    int(zmq.Event.ACCEPTED): "accepted",
    int(zmq.Event.DISCONNECTED): ENDED,
    int(zmq.Event.HANDSHAKE_FAILED_NO_DETAIL): "handshake_failed",
    int(zmq.Event.HANDSHAKE_FAILED_AUTH): "handshake_failed",
    int(zmq.Event.ACCEPT_FAILED): "accept_failed",
}


class FieldMonitor:
    """The monitor of a field socket; made before it is bound."""

    def __init__(self, field: Socket) -> None:
        self.socket = field.get_monitor_socket(sum(_NAMES))

    def drain(self, *, limit: int) -> Iterator[tuple[str, int]]:
        """Give what happened: its name, and the descriptor it happened to."""
        for _ in range(limit):
            try:
                parts = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            event_code, fd = _EVENT.unpack(parts[0])
            name = _NAMES.get(event_code)
            if name is not None:
                yield name, int(fd)
