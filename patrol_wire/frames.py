"""The fixed prefix of every message: what a gate reads without decoding the body.

Layout, big endian, 16 bytes (docs/wire-protocol.md §3):

====== ===== =================================================
offset size  field
====== ===== =================================================
0      2     magic ``VP``
2      1     protocol version
3      1     kind, see :class:`Kind`
4      1     stream: 0 none, 1 A, 2 B, 3 C
5      1     flags, 0 in version 1
6      2     reserved, 0
8      8     hop sequence: counts messages of this sender on this connection, from 1
====== ===== =================================================
"""

import struct
from enum import IntEnum
from typing import Final, NamedTuple

from patrol_wire.errors import WireError
from patrol_wire.ids import Stream
from patrol_wire.version import OLDEST_SPOKEN, PROTOCOL_VERSION

MAGIC: Final = b"VP"
PREFIX: Final = struct.Struct(">2sBBBBHQ")
PREFIX_BYTES: Final = PREFIX.size
CONTROL_LIMIT_BYTES: Final = 64 * 1024
"""Longest message on a control socket; set as ZMQ_MAXMSGSIZE plus CURVE's overhead."""
MEDIA_LIMIT_BYTES: Final = 272 * 1024
"""Longest message on a media socket."""


class Kind(IntEnum):
    """Every message of version 1. Below 128 a receiver must understand it, from 128 on it may ignore it."""

    HELLO = 1
    WELCOME = 2
    REDIRECT = 3
    ERROR = 4
    WHO = 5
    BATCH = 6
    ACK = 7
    NACK = 8
    PING = 9
    PONG = 10
    BYE = 11
    SYNC = 20
    SNAPSHOT = 21
    DELTA = 22
    RECEIPTS = 23
    COMMAND = 24
    COMMAND_RESULT = 25
    POSITION = 26
    COUNTS_HELLO = 30
    COUNTS = 31
    MEDIA_OFFER = 40
    MEDIA_WANT = 41
    MEDIA_CHUNK = 42
    MEDIA_DONE = 43
    PROGRESS = 128


_STREAM_TO_CODE: Final = {None: 0, Stream.ALERTS: 1, Stream.REPORTS: 2, Stream.MEDIA: 3}
_CODE_TO_STREAM: Final = {code: stream for stream, code in _STREAM_TO_CODE.items()}


class Prefix(NamedTuple):
    """What a gate knows of a message before decoding it."""

    version: int
    kind: int
    stream: Stream | None
    hop: int


def pack_prefix(kind: Kind, *, stream: Stream | None, hop: int) -> bytes:
    """Return the 16 bytes that open a message."""
    return PREFIX.pack(MAGIC, PROTOCOL_VERSION, kind, _STREAM_TO_CODE[stream], 0, 0, hop)


def read_prefix(frame: bytes | memoryview) -> Prefix:
    """Read the prefix of a received frame; the kind is not checked here, so that a gate can refuse it by name.

    Raises WireError when the frame is too short, not ours, of a version nobody speaks, or of an unknown stream.
    """
    if len(frame) < PREFIX_BYTES:
        raise WireError("short_frame", f"{len(frame)} bytes; the prefix alone has {PREFIX_BYTES}")
    magic, version, kind, stream_code, _flags, _reserved, hop = PREFIX.unpack_from(frame)
    if magic != MAGIC:
        raise WireError("bad_magic", f"starts with {magic.hex()}, expected {MAGIC.hex()}")
    if not OLDEST_SPOKEN <= version <= PROTOCOL_VERSION:
        raise WireError("unknown_version", f"version {version}; spoken are {OLDEST_SPOKEN} to {PROTOCOL_VERSION}")
    if stream_code not in _CODE_TO_STREAM:
        raise WireError("unknown_stream", f"stream code {stream_code}; known are 0 to 3")
    return Prefix(version, kind, _CODE_TO_STREAM[stream_code], hop)
