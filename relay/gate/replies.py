"""What a gate says by itself: one Error per refusal, one Bye per reason, encoded once."""

from typing import Final

from patrol_wire import codec
from patrol_wire.messages import Bye, Error
from relay.gate.admission import SILENT, Refusal

_FIRST_HOP: Final = 1
"""The core counts its own messages; the gate's few are not part of that count."""

_TEXTS: Final[dict[Refusal, str]] = {
    Refusal.SHORT_FRAME: "the frame is shorter than the prefix",
    Refusal.LONG_FRAME: "the frame is longer than this gate takes: 64 KiB, or 272 KiB for media",
    Refusal.BAD_MAGIC: "this is not the patrol protocol",
    Refusal.UNKNOWN_VERSION: "this version of the protocol is not spoken here",
    Refusal.UNKNOWN_STREAM: "the prefix names a stream that does not exist",
    Refusal.UNKNOWN_KIND: "the prefix names a kind that does not exist",
    Refusal.MANY_FRAMES: "a message is exactly one frame",
    Refusal.WRONG_ROLE: "this key may not send this kind here; check the port and the role in the relay's peer list",
    Refusal.REVOKED: "this key is revoked; ask the relay's administrator for a new one",
    Refusal.ROUTING_ID: "a peer must not set a routing id",
    Refusal.FLOODING: "this key sends more than it may; messages are thrown away, and soon the connection is cut",
    Refusal.UNAVAILABLE: "the relay's core does not take messages at the moment; try again",
}

RETRYABLE: Final = frozenset({Refusal.UNAVAILABLE, Refusal.FLOODING})

ERROR_FRAMES: Final[dict[Refusal, bytes]] = {
    refusal: codec.encode(Error(code=refusal, text=_TEXTS[refusal], retryable=refusal in RETRYABLE), hop=_FIRST_HOP)
    for refusal in Refusal
    if refusal not in SILENT
}

BYE_SLOW: Final = codec.encode(Bye(reason="slow_reader", resync=True), hop=_FIRST_HOP)
BYE_FLOODING: Final = codec.encode(Bye(reason="flooding"), hop=_FIRST_HOP)
BYE_REVOKED: Final = codec.encode(Bye(reason="revoked"), hop=_FIRST_HOP)
