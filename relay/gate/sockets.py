"""Socket options of a gate, each with its reason (measured; see docs/wire-protocol.md §2).

Owns how the sockets are opened, not what goes through them.
"""

import ctypes
import os
from dataclasses import dataclass
from typing import Final

import zmq

from patrol_wire.keys import KeyPair
from relay.core.field import GateRole
from relay.gate.admission import LIMIT_OF_GATE

Context = zmq.Context[zmq.Socket[bytes]]
Socket = zmq.Socket[bytes]

MARGIN_BYTES: Final = 1024
"""libzmq drops the connection of a longer frame without a word. The margin holds CURVE's overhead (33 bytes) and lets
the gate refuse by name what is only a little too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTuning:
    """What differs between gates."""

    send_queue: int
    """Messages waiting for one peer; full means the peer is slow and is cut."""
    receive_queue: int
    """Messages of one peer waiting for the gate; full means TCP pushes back. As long as the gate's limit at worst."""
    heartbeat_s: int
    heartbeat_timeout_s: int


TUNING: Final[dict[GateRole, FieldTuning]] = {
    # A room within its credit may be owed 256 answers at once, and libzmq gives room back only by halves of the queue:
    # with 272 a room that had read everything was taken for a slow one.
    GateRole.ROOMS: FieldTuning(send_queue=1_024, receive_queue=256, heartbeat_s=5, heartbeat_timeout_s=15),
    # Terminals hang on mobile networks: a short heartbeat would only drain their batteries.
    GateRole.TERMINALS: FieldTuning(send_queue=256, receive_queue=64, heartbeat_s=30, heartbeat_timeout_s=60),
    GateRole.COUNTS: FieldTuning(send_queue=64, receive_queue=16, heartbeat_s=5, heartbeat_timeout_s=15),
    # Little more than the credit: what a flooding room can make this gate hold. Its chunks may fill a slow way for
    # longer than a heartbeat's usual answer takes.
    GateRole.MEDIA: FieldTuning(send_queue=64, receive_queue=8, heartbeat_s=15, heartbeat_timeout_s=120),
}


def scatter_routing_ids() -> None:
    """Seed libc's rand(), from which libzmq takes the first routing id of a ROUTER.

    Unseeded, every process starts at ``00 6b8b4567``; a peer that sets its own routing id to the next value aborts
    the process when the next honest peer arrives (an assertion in libzmq). Call before a ROUTER is made.
    """
    ctypes.CDLL(None).srand(ctypes.c_uint(int.from_bytes(os.urandom(4), "big")))


def open_field_socket(context: Context, *, gate: GateRole, keys: KeyPair, handshake_ms: int) -> Socket:
    """Return an unbound ROUTER for the field: CURVE on, ZAP enforced, every queue bounded.

    ``keys`` must hold the relay's secret key.
    """
    assert keys.secret_key is not None  # noqa: S101  # the caller read a secret key file
    tuning = TUNING[gate]
    router = context.socket(zmq.ROUTER)
    router.linger = 0  # the outbox is the durability
    router.setsockopt(zmq.ROUTER_MANDATORY, 1)  # an absent or slow peer is an error we count, not silence
    router.setsockopt(zmq.ROUTER_HANDOVER, 0)  # 1 would give a squatter another peer's mail
    router.sndhwm = tuning.send_queue
    router.rcvhwm = tuning.receive_queue
    router.setsockopt(zmq.MAXMSGSIZE, LIMIT_OF_GATE[gate] + MARGIN_BYTES)
    router.setsockopt(zmq.HANDSHAKE_IVL, handshake_ms)  # also how soon a peer answered 300 tries again
    router.setsockopt(zmq.HEARTBEAT_IVL, tuning.heartbeat_s * 1000)
    router.setsockopt(zmq.HEARTBEAT_TIMEOUT, tuning.heartbeat_timeout_s * 1000)
    router.setsockopt(zmq.HEARTBEAT_TTL, (tuning.heartbeat_timeout_s + 5) * 1000)
    router.setsockopt(zmq.TCP_KEEPALIVE, 1)  # a NAT that forgot us says nothing
    router.setsockopt(zmq.TCP_KEEPALIVE_IDLE, 30)
    router.setsockopt(zmq.TCP_KEEPALIVE_INTVL, 10)
    router.setsockopt(zmq.TCP_KEEPALIVE_CNT, 3)
    router.setsockopt(zmq.TCP_MAXRT, 20_000)
    router.setsockopt(zmq.BACKLOG, 4_096)  # the whole city reconnects at once
    router.setsockopt(zmq.CURVE_SERVER, 1)
    router.setsockopt(zmq.CURVE_SECRETKEY, keys.secret_key.encode("ascii"))
    router.setsockopt(zmq.ZAP_DOMAIN, gate.value.encode())
    router.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)  # without it a dead handler admits everybody
    return router


def open_gate_end(context: Context, *, gate: GateRole, endpoint: str) -> Socket:
    """Return the gate's end of the inside link, connected; its fixed identity is the gate's role."""
    dealer = context.socket(zmq.DEALER)
    dealer.linger = 0
    dealer.setsockopt(zmq.ROUTING_ID, gate.value.encode())
    dealer.setsockopt(zmq.IMMEDIATE, 1)  # nothing is queued for a core that is not there
    dealer.sndhwm = 2_000  # policy when full: stop reading the field, then refuse as unavailable
    dealer.rcvhwm = 20_000
    dealer.setsockopt(zmq.RECONNECT_IVL, 20)
    dealer.setsockopt(zmq.RECONNECT_IVL_MAX, 200)
    dealer.connect(endpoint)
    return dealer


def open_core_end(context: Context, *, endpoint: str) -> Socket:
    """Return the core's end of the inside link, bound."""
    router = context.socket(zmq.ROUTER)
    router.linger = 0
    router.setsockopt(zmq.ROUTER_MANDATORY, 1)
    router.setsockopt(zmq.ROUTER_HANDOVER, 1)  # a restarted gate takes over its name; only our gates reach this socket
    router.sndhwm = 20_000  # policy when full: refuse; peers resume by hello or sync
    router.rcvhwm = 2_000
    router.bind(endpoint)
    return router
