"""The bytes between a gate and the core (docs/design/spine.md §4): pack and unpack, no sockets.

gate → core: ``kind u8 | session_len u8 | session | peer_len u8 | peer (role:node) | frame``, or several of these
together: ``kind u8``, then for each ``length u32 | message``
core → gate: ``kind u8``, then of a cut ``session_len u8 | session``, of messages for each of them
``session_len u8 | session | frame_len u32 | frame``: what is told to many peers travels in few pieces

Both ends are ours, yet a gate may be the victim of an enrolled peer: what cannot be read raises InsideError and
nothing else.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

import msgspec

from patrol_wire.ids import NodeName, Role
from relay.core.field import FieldMessage, FromGate, GateBeat, GateRefusals, GateStarted, SessionGone

MAX_SESSION_BYTES: Final = 255
MAX_PEER_BYTES: Final = 255
_EPOCH: Final = struct.Struct(">Q")
_LENGTH: Final = struct.Struct(">I")
_ROLES: Final[dict[bytes, Role]] = {role.value.encode(): role for role in Role}
_COUNTERS: Final[msgspec.msgpack.Decoder[dict[str, int]]] = msgspec.msgpack.Decoder(dict[str, int])
_REFUSED: Final[msgspec.msgpack.Decoder[tuple[tuple[str, str, int], ...]]] = msgspec.msgpack.Decoder(
    tuple[tuple[str, str, int], ...]
)
_ENCODER: Final = msgspec.msgpack.Encoder()


class InsideError(ValueError):
    """A message between gate and core that cannot be read; it is dropped and counted."""


class InsideKind(IntEnum):
    """What an inside message is."""

    MESSAGE = 1
    """A peer's frame, or frames for peers."""
    GATE_STARTED = 2
    """Payload: gate epoch u64."""
    CUT = 3
    """Core → gate: drop this session's messages. Gate → core: the session is gone; the payload is the reason."""
    GATE_BEAT = 4
    """Payload: gate epoch u64, then the counters as MessagePack."""
    GATE_REFUSALS = 5
    """Payload: gate epoch u64, then (peer, code, count) as MessagePack: what was refused since the last one."""
    TOGETHER = 6
    """Gate → core: several messages in one piece, each after its length."""


class ToSession(NamedTuple):
    """A frame the core wants sent to a peer."""

    session: bytes
    frame: bytes


class CutSession(NamedTuple):
    """The core no longer wants to hear this session."""

    session: bytes


ToGate = ToSession | CutSession


def _open(kind: InsideKind, session: bytes) -> bytes:
    if len(session) > MAX_SESSION_BYTES:
        raise InsideError(f"session of {len(session)} bytes; the limit is {MAX_SESSION_BYTES}")
    return bytes((kind, len(session))) + session


def pack_message(session: bytes, peer: bytes, frame: bytes) -> bytes:
    """Return a peer's frame for the core; ``peer`` is ZAP's User-Id, ``role:node``."""
    if len(peer) > MAX_PEER_BYTES:
        raise InsideError(f"peer of {len(peer)} bytes; the limit is {MAX_PEER_BYTES}")
    return b"".join((_open(InsideKind.MESSAGE, session), bytes((len(peer),)), peer, frame))


def pack_together(messages: Sequence[bytes]) -> bytes:
    """Return one piece of a gate's messages, in their order; a single one is its own piece."""
    if len(messages) == 1:
        return messages[0]
    parts = [bytes((InsideKind.TOGETHER,))]
    for message in messages:
        parts += (_LENGTH.pack(len(message)), message)
    return b"".join(parts)


def take_apart(packed: bytes) -> Iterator[bytes]:
    """Yield the messages of a piece a gate sent; raises InsideError, after the messages that could be read."""
    if not packed or packed[0] != InsideKind.TOGETHER:
        yield packed
        return
    at, end = 1, len(packed)
    while at < end:
        begin = at + _LENGTH.size
        if begin > end:
            raise InsideError(f"ends inside a length after {end} bytes")
        (length,) = _LENGTH.unpack_from(packed, at)
        at = begin + length
        if at > end:
            raise InsideError(f"ends inside a message of {length} bytes after {end} bytes")
        yield packed[begin:at]


def pack_started(gate_epoch: int) -> bytes:
    """Return the announcement of a new gate process."""
    return _open(InsideKind.GATE_STARTED, b"") + b"\0" + _EPOCH.pack(gate_epoch)


def pack_beat(gate_epoch: int, counters: Mapping[str, int]) -> bytes:
    """Return the gate's sign of life with its counters since it started."""
    return _open(InsideKind.GATE_BEAT, b"") + b"\0" + _EPOCH.pack(gate_epoch) + _ENCODER.encode(dict(counters))


def pack_refusals(gate_epoch: int, refused: Iterable[tuple[str, str, int]]) -> bytes:
    """Return whom the gate refused what since it said so last."""
    return _open(InsideKind.GATE_REFUSALS, b"") + b"\0" + _EPOCH.pack(gate_epoch) + _ENCODER.encode(tuple(refused))


def pack_gone(session: bytes, reason: str) -> bytes:
    """Return the notice that the gate dropped a session by itself."""
    return _open(InsideKind.CUT, session) + b"\0" + reason.encode()


def pack_to_sessions(frames: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return frames for peers, each given with its session; the gate sends them in this order."""
    parts = [bytes((InsideKind.MESSAGE,))]
    for session, frame in frames:
        if len(session) > MAX_SESSION_BYTES:
            raise InsideError(f"session of {len(session)} bytes; the limit is {MAX_SESSION_BYTES}")
        parts += (bytes((len(session),)), session, _LENGTH.pack(len(frame)), frame)
    return b"".join(parts)


def pack_cut(session: bytes) -> bytes:
    """Return the order to drop a session."""
    return _open(InsideKind.CUT, session)


def _split(packed: bytes) -> tuple[int, bytes, int]:
    """Return kind, session and where the rest begins."""
    if len(packed) < 2 or len(packed) < 2 + packed[1]:
        raise InsideError(f"ends inside the session after {len(packed)} bytes")
    rest = 2 + packed[1]
    return packed[0], packed[2:rest], rest


def _epoch_of(payload: bytes) -> int:
    if len(payload) < _EPOCH.size:
        raise InsideError(f"gate epoch of {len(payload)} bytes; it has {_EPOCH.size}")
    (gate_epoch,) = _EPOCH.unpack_from(payload)
    return int(gate_epoch)


def _peer_of(peer: bytes) -> tuple[Role, NodeName]:
    role_text, colon, node = peer.partition(b":")
    role = _ROLES.get(role_text)
    if role is None or not colon or not node:
        raise InsideError(f"peer {peer[:80]!r} is not role:node")
    try:
        return role, NodeName(node.decode("ascii"))
    except UnicodeDecodeError as error:
        raise InsideError(f"peer {peer[:80]!r} is not ASCII") from error


def unpack_from_gate(packed: bytes) -> FromGate | GateRefusals:
    """Read what a gate sent; raises InsideError and nothing else."""
    kind, session, at = _split(packed)
    if len(packed) <= at or len(packed) < at + 1 + packed[at]:
        raise InsideError(f"ends inside the peer after {len(packed)} bytes")
    start = at + 1
    at = start + packed[at]
    if kind == InsideKind.MESSAGE:
        role, node = _peer_of(packed[start:at])
        return FieldMessage(session, role, node, packed[at:])
    payload = packed[at:]
    match kind:
        case InsideKind.GATE_STARTED:
            return GateStarted(_epoch_of(payload))
        case InsideKind.GATE_BEAT:
            try:
                return GateBeat(_epoch_of(payload), _COUNTERS.decode(payload[_EPOCH.size :]))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise InsideError(f"counters of a beat: {str(error)[:200]}") from error
        case InsideKind.GATE_REFUSALS:
            try:
                return GateRefusals(_epoch_of(payload), _REFUSED.decode(payload[_EPOCH.size :]))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise InsideError(f"refusals: {str(error)[:200]}") from error
        case InsideKind.CUT:
            return SessionGone(session, payload.decode("ascii", "replace"))
        case _:
            raise InsideError(f"kind {kind} from a gate")


def unpack_to_gate(packed: bytes) -> tuple[ToGate, ...]:
    """Read what the core sent; raises InsideError and nothing else."""
    kind = packed[0] if packed else 0
    match kind:
        case InsideKind.MESSAGE:
            return tuple(_messages(packed))
        case InsideKind.CUT:
            return (CutSession(_split(packed)[1]),)
        case _:
            raise InsideError(f"kind {kind} from the core")


def _messages(packed: bytes) -> Iterator[ToSession]:
    at, end = 1, len(packed)
    while at < end:
        begin = at + 1 + packed[at]
        if begin + _LENGTH.size > end:
            raise InsideError(f"ends inside the session after {end} bytes")
        (length,) = _LENGTH.unpack_from(packed, begin)
        session, begin = packed[at + 1 : begin], begin + _LENGTH.size
        at = begin + length
        if at > end:
            raise InsideError(f"ends inside a frame of {length} bytes after {end} bytes")
        yield ToSession(session, packed[begin:at])
