"""Whether a gate passes one message on: pure, from what libzmq and the prefix say, without decoding the body."""

from enum import StrEnum
from typing import Final

from patrol_wire.errors import WireError
from patrol_wire.frames import CONTROL_LIMIT_BYTES, MEDIA_LIMIT_BYTES, Kind, read_prefix
from patrol_wire.ids import Role
from patrol_wire.keys import KeyState
from relay.core.field import GateRole
from relay.gate.peers import ListedPeer

AUTO_ROUTING_ID_BYTES: Final = 5
"""libzmq's own routing ids are a zero byte and a 32-bit counter; anything else was set by the peer."""

MAY_IGNORE_FROM: Final = 128
"""Kinds from here on may be ignored (docs/wire-protocol.md §3)."""


class Refusal(StrEnum):
    """Why a gate did not pass a message on: the code of the Error message and of the counter."""

    SHORT_FRAME = "short_frame"
    LONG_FRAME = "long_frame"
    BAD_MAGIC = "bad_magic"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_STREAM = "unknown_stream"
    UNKNOWN_KIND = "unknown_kind"
    MANY_FRAMES = "many_frames"
    WRONG_ROLE = "wrong_role"
    REVOKED = "revoked"
    ROUTING_ID = "routing_id"
    """The peer set a routing id; it would hide who is who."""
    CUT = "cut"
    """The core no longer wants this session; not answered."""
    IGNORED_KIND = "ignored_kind"
    """A kind of a later version that may be ignored; not answered."""
    FLOODING = "flooding"
    """The peer sends more than its allowance and its lane hold."""
    UNAVAILABLE = "unavailable"
    """The core does not take messages at the moment."""


SILENT: Final = frozenset({Refusal.CUT, Refusal.IGNORED_KIND})
"""Refusals that are counted but not answered."""

ROLE_OF_GATE: Final[dict[GateRole, Role]] = {
    GateRole.ROOMS: Role.ROOM,
    GateRole.TERMINALS: Role.TERMINAL,
    GateRole.COUNTS: Role.INDEX,
    GateRole.MEDIA: Role.ROOM,
}

LIMIT_OF_GATE: Final[dict[GateRole, int]] = {
    **dict.fromkeys(GateRole, CONTROL_LIMIT_BYTES),
    GateRole.MEDIA: MEDIA_LIMIT_BYTES,
}
"""Longest frame of each gate (docs/wire-protocol.md §2)."""

KINDS_OF_GATE: Final[dict[GateRole, frozenset[int]]] = {
    GateRole.ROOMS: frozenset({Kind.HELLO, Kind.BATCH, Kind.PING, Kind.BYE}),
    GateRole.TERMINALS: frozenset({Kind.SYNC, Kind.RECEIPTS, Kind.COMMAND, Kind.POSITION, Kind.PING, Kind.BYE}),
    GateRole.COUNTS: frozenset({Kind.COUNTS_HELLO, Kind.PING, Kind.BYE}),
    GateRole.MEDIA: frozenset({Kind.MEDIA_OFFER, Kind.MEDIA_CHUNK, Kind.PING, Kind.BYE}),
}
"""What a peer may send through each gate (docs/wire-protocol.md §4)."""

_ALL_KINDS: Final = frozenset(int(kind) for kind in Kind)


def judge_peer(peer: ListedPeer | None, *, user_id: str, gate: GateRole) -> Refusal | None:
    """Decide whether the key behind a message may talk through this gate now; None means yes.

    ``peer`` is the present entry of the message's key: a key that was revoked, removed or given to another node since
    its handshake is refused like a revoked one.
    """
    if peer is None or peer.state is not KeyState.KNOWN or peer.user_id != user_id:
        return Refusal.REVOKED
    if peer.role is not ROLE_OF_GATE[gate]:
        return Refusal.WRONG_ROLE
    return None


def judge_frame(routing_id: bytes, frame: bytes, *, frames: int, gate: GateRole) -> Refusal | None:
    """Decide about the message itself; None means it goes to the core. ``frames`` counts without the routing id."""
    if len(routing_id) != AUTO_ROUTING_ID_BYTES or routing_id[0] != 0:
        return Refusal.ROUTING_ID
    if frames != 1:
        return Refusal.MANY_FRAMES
    if len(frame) > LIMIT_OF_GATE[gate]:
        return Refusal.LONG_FRAME
    try:
        prefix = read_prefix(frame)
    except WireError as error:
        return Refusal(error.reason)
    if prefix.kind in KINDS_OF_GATE[gate]:
        return None
    if prefix.kind in _ALL_KINDS:
        return Refusal.WRONG_ROLE
    return Refusal.IGNORED_KIND if prefix.kind >= MAY_IGNORE_FROM else Refusal.UNKNOWN_KIND
