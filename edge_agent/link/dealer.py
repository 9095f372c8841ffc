"""The room's socket: a DEALER with CURVE and the options of the contract, and what its monitor says of the handshake.

Owned by the link thread alone. Options and their reasons: docs/wire-protocol.md §2.
"""

from dataclasses import dataclass
from typing import Final

import zmq
from zmq.utils.monitor import recv_monitor_message

from edge_agent.link.curve import CurveKeys
from patrol_wire.frames import CONTROL_LIMIT_BYTES

_CURVE_OVERHEAD_BYTES: Final = 256
# Never HANDSHAKE_FAILED_PROTOCOL: libzmq 4.3.5 loses its errno while it reports that event, keeps the damaged
# connection deaf and ends the process at a heartbeat (tests/integration/patrol_cli/nemesis/test_flipped_bits.py).
_MONITORED: Final = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_CONNECT_RETRIED
    | zmq.EVENT_DISCONNECTED
)
_OPTIONS: Final = (
    (zmq.LINGER, 0),  # the outbox is the durability
    (zmq.IMMEDIATE, 1),  # nothing is queued for a peer that is not there
    (zmq.RCVHWM, 2_000),
    (zmq.HANDSHAKE_IVL, 5_000),
    (zmq.TCP_KEEPALIVE, 1),
    (zmq.TCP_KEEPALIVE_IDLE, 30),
    (zmq.TCP_KEEPALIVE_INTVL, 10),
    (zmq.TCP_KEEPALIVE_CNT, 3),
    (zmq.TCP_MAXRT, 20_000),
    (zmq.CONNECT_TIMEOUT, 5_000),
    (zmq.RECONNECT_IVL, 100),
    (zmq.RECONNECT_IVL_MAX, 2_000),
    (zmq.MAXMSGSIZE, CONTROL_LIMIT_BYTES + _CURVE_OVERHEAD_BYTES),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerTuning:
    """What differs between the lanes."""

    send_queue: int = 272
    """Messages that may wait for the socket: the usual credit and a little."""
    heartbeat_s: int = 5
    heartbeat_timeout_s: int = 15


_RECORDS: Final = DealerTuning()


class Dealer:
    """One connected socket. After ``close`` it is good for nothing."""

    def __init__(
        self,
        context: "zmq.Context[zmq.Socket[bytes]]",
        keys: CurveKeys,
        endpoint: str,
        *,
        relay_key: str | None = None,
        tuning: DealerTuning = _RECORDS,
    ) -> None:
        """``relay_key`` is the relay's public key to ask for; None: the one that was configured."""
        self.socket = context.socket(zmq.DEALER)
        for option, value in _OPTIONS:
            self.socket.setsockopt(option, value)
        self.socket.sndhwm = tuning.send_queue
        self.socket.setsockopt(zmq.HEARTBEAT_IVL, tuning.heartbeat_s * 1_000)
        self.socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, tuning.heartbeat_timeout_s * 1_000)
        self.socket.setsockopt(zmq.HEARTBEAT_TTL, (tuning.heartbeat_timeout_s + 5) * 1_000)
        self.socket.curve_secretkey = keys.secret
        self.socket.curve_publickey = keys.public
        self.relay_key = relay_key if relay_key is not None else keys.relay.decode()
        self.socket.curve_serverkey = self.relay_key.encode()
        self.monitor = self.socket.get_monitor_socket(_MONITORED)
        self.hop = 0
        """Messages sent on this connection, for diagnosis."""
        self.fault = ""
        self.refused = 0
        """Handshakes in a row that failed as they do with a wrong key of the relay."""
        try:
            self.socket.connect(endpoint)
        except zmq.ZMQError as error:  # a redirect may name what no socket can connect to
            self.fault = f"{endpoint}: {error}"

    def send(self, frame: bytes) -> bool:
        """Hand over one message; False when the socket takes nothing now."""
        try:
            self.socket.send(frame, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def receive(self) -> bytes | None:
        """Return the next message, None when there is none. A message of several frames is not of this protocol."""
        try:
            frames = self.socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None
        return frames[0] if len(frames) == 1 else b""

    def read_monitor(self) -> bool:
        """Take over what the handshake came to (``fault`` is empty after a good one); tell whether the peer is gone."""
        gone = False
        while self.monitor.poll(0):
            told = recv_monitor_message(self.monitor)
            match told["event"]:
                case zmq.EVENT_HANDSHAKE_SUCCEEDED:
                    gone, self.fault, self.refused = False, "", 0
                case zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                    self.fault = _refusal(told["value"])
                case zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
                    self.refused += 1
                    self.fault = "the handshake failed: relay.public_key is not the key of this relay"
                case zmq.EVENT_CONNECT_RETRIED:
                    self.fault = self.fault or "nobody answers at this address"
                case _:
                    gone = True
                    self.fault = self.fault or "the connection was closed"
        return gone

    def close(self) -> None:
        """Give the socket and its monitor back at once."""
        self.socket.disable_monitor()
        self.monitor.close(linger=0)
        self.socket.close(linger=0)


def _refusal(code: int) -> str:
    if code == 400:
        return "the relay has revoked this room's key (ZAP 400)"
    return f"the relay does not know this room's key yet (ZAP {code}); enrol it there"
