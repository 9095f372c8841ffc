"""Bytes to messages and back; the only place that does it.

Strict on our output, tolerant of fields that a newer peer appended.
"""

from typing import Final, NamedTuple, get_args

import msgspec

from patrol_wire.errors import WireError
from patrol_wire.frames import (
    CONTROL_LIMIT_BYTES,
    MEDIA_LIMIT_BYTES,
    PREFIX_BYTES,
    Kind,
    pack_prefix,
    read_prefix,
)
from patrol_wire.ids import Stream
from patrol_wire.limits import MAX_BATCH_BYTES, MAX_RECORD_BYTES
from patrol_wire.messages import Batch, MailboxEntry, Message
from patrol_wire.records import RecordBody


class Received(NamedTuple):
    """A decoded message with what its prefix said."""

    message: Message
    kind: Kind
    stream: Stream | None
    hop: int


def _kind_of(message_type: type) -> Kind:
    tag = message_type.__struct_config__.tag  # type: ignore[attr-defined]  # msgspec declares it on instances only
    return Kind(tag)


_KINDS: Final[dict[type, Kind]] = {message_type: _kind_of(message_type) for message_type in get_args(Message)}
_DECODERS: Final[dict[int, msgspec.msgpack.Decoder[Message]]] = {
    kind: msgspec.msgpack.Decoder(message_type) for message_type, kind in _KINDS.items()
}
_RECORD_DECODER: Final[msgspec.msgpack.Decoder[RecordBody]] = msgspec.msgpack.Decoder(RecordBody)
_ENTRY_DECODER: Final[msgspec.msgpack.Decoder[MailboxEntry]] = msgspec.msgpack.Decoder(MailboxEntry)
_ENCODER: Final = msgspec.msgpack.Encoder()
_MEDIA_KINDS: Final = frozenset({Kind.MEDIA_CHUNK})


def encode(message: Message, *, hop: int, stream: Stream | None = None) -> bytes:
    """Return the one frame of a message; ``hop`` counts this sender's messages on this connection.

    Raises WireError (``long_frame``) when it would exceed the socket's limit: the caller must send less at a time.
    """
    kind = _KINDS[type(message)]
    frame = pack_prefix(kind, stream=stream, hop=hop) + _ENCODER.encode(message)
    limit = MEDIA_LIMIT_BYTES if kind in _MEDIA_KINDS else CONTROL_LIMIT_BYTES
    if len(frame) > limit:
        raise WireError("long_frame", f"{kind.name} of {len(frame)} bytes; the limit is {limit}")
    return frame


def decode(frame: bytes) -> Received:
    """Return the message in a received frame.

    Raises WireError and nothing else, whatever the bytes are. Memory is bounded by the frame's length.
    """
    prefix = read_prefix(frame)
    decoder = _DECODERS.get(prefix.kind)
    if decoder is None:
        raise WireError("unknown_kind", f"kind {prefix.kind}")
    if len(frame) > (MEDIA_LIMIT_BYTES if prefix.kind in _MEDIA_KINDS else CONTROL_LIMIT_BYTES):
        raise WireError("long_frame", f"kind {prefix.kind} of {len(frame)} bytes")
    try:
        message = decoder.decode(memoryview(frame)[PREFIX_BYTES:])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError("bad_body", f"kind {prefix.kind}: {str(error)[:200]}") from error
    if isinstance(message, Batch):
        batch_bytes = sum(len(record.body) for record in message.records)
        if batch_bytes > MAX_BATCH_BYTES:
            raise WireError("bad_body", f"a batch of {batch_bytes} bytes; the limit is {MAX_BATCH_BYTES}")
    return Received(message, Kind(prefix.kind), prefix.stream, prefix.hop)


def encode_record(body: RecordBody) -> bytes:
    """Return the stored form of a record; it never changes afterwards.

    Raises WireError (``long_frame``) when the record is longer than MAX_RECORD_BYTES.
    """
    packed = _ENCODER.encode(body)
    if len(packed) > MAX_RECORD_BYTES:
        raise WireError("long_frame", f"record of {len(packed)} bytes; the limit is {MAX_RECORD_BYTES}")
    return packed


def decode_record(packed: bytes) -> RecordBody:
    """Return the record in stored bytes; raises WireError (``bad_body``) and nothing else."""
    try:
        return _RECORD_DECODER.decode(packed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError("bad_body", f"record: {str(error)[:200]}") from error


def encode_mailbox_entry(entry: MailboxEntry) -> bytes:
    """Return the stored form of a mailbox entry: what the relay keeps until a terminal asks for it."""
    return _ENCODER.encode(entry)


def decode_mailbox_entry(packed: bytes) -> MailboxEntry:
    """Return the entry in stored bytes; raises WireError (``bad_body``) and nothing else."""
    try:
        return _ENTRY_DECODER.decode(packed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError("bad_body", f"mailbox entry: {str(error)[:200]}") from error
