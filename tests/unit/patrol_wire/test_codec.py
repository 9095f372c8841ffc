"""The codec gives back what it was given, and one documented error for everything else."""

import tracemalloc
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol_wire import codec, frames
from patrol_wire.errors import WIRE_REASONS, WireError
from patrol_wire.ids import Stream
from patrol_wire.messages import Batch, Message, Ping, Record
from patrol_wire.records import STREAM_A, STREAM_B, STREAM_C, RecordBody
from patrol_wire.samples.make import MESSAGES, RECORDS

KINDS = st.sampled_from([int(kind) for kind in frames.Kind] + [0, 12, 127, 200, 255])


def _plain(depth: int = 3) -> st.SearchStrategy[object]:
    leaf = (
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.floats()
        | st.text(max_size=40)
        | st.binary(max_size=40)
    )
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=depth * 8,
    )


def _refusal(frame: bytes) -> str | None:
    """Return why the frame was refused, None when it was read; any other exception fails the test."""
    try:
        codec.decode(frame)
    except WireError as error:
        return error.reason
    return None


def test_every_message_and_record_has_a_sample() -> None:
    """A field nobody sampled is a field nobody froze."""
    assert {type(message) for message in MESSAGES.values()} == set(get_args(Message))
    assert {type(record) for record in RECORDS.values()} == set(get_args(RecordBody))


def test_every_record_belongs_to_exactly_one_stream() -> None:
    streams = [*STREAM_A, *STREAM_B, *STREAM_C]
    assert sorted(t.__name__ for t in streams) == sorted(t.__name__ for t in get_args(RecordBody))


@pytest.mark.parametrize("name", sorted(MESSAGES))
@pytest.mark.parametrize("stream", [None, *Stream])
def test_a_message_survives_the_round_trip(name: str, stream: Stream | None) -> None:
    received = codec.decode(codec.encode(MESSAGES[name], hop=7, stream=stream))
    assert received.message == MESSAGES[name]
    assert received.stream == stream
    assert received.hop == 7


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_record_survives_the_round_trip(name: str) -> None:
    assert codec.decode_record(codec.encode_record(RECORDS[name])) == RECORDS[name]


@given(st.binary(max_size=2_000))
@settings(max_examples=400)
def test_any_bytes_give_a_message_or_the_one_documented_error(junk: bytes) -> None:
    assert _refusal(junk) in WIRE_REASONS | {None}


@given(kind=KINDS, stream=st.integers(0, 255), body=st.binary(max_size=500) | _plain().map(msgspec.msgpack.encode))
@settings(max_examples=600)
def test_a_good_prefix_with_any_body_gives_a_message_or_the_error(kind: int, stream: int, body: bytes) -> None:
    prefix = frames.PREFIX.pack(frames.MAGIC, 1, kind, stream, 0, 0, 1)
    assert _refusal(prefix + body) in WIRE_REASONS | {None}


@given(
    name=st.sampled_from(sorted(MESSAGES)),
    position=st.integers(0, 10_000),
    value=st.integers(0, 255),
    cut=st.integers(0, 40),
)
@settings(max_examples=600)
def test_a_damaged_sample_gives_a_message_or_the_error(name: str, position: int, value: int, cut: int) -> None:
    frame = bytearray(codec.encode(MESSAGES[name], hop=1))
    frame[position % len(frame)] = value
    assert _refusal(bytes(frame[: len(frame) - cut])) in WIRE_REASONS | {None}


@given(_plain())
def test_any_record_body_gives_a_record_or_the_error(body: object) -> None:
    packed = msgspec.msgpack.encode(body)
    try:
        record = codec.decode_record(packed)
    except WireError:
        return
    assert isinstance(record, get_args(RecordBody))


@pytest.mark.parametrize(
    "body",
    [
        b"\xdd\xff\xff\xff\xff",  # an array that claims four thousand million elements
        b"\xdf\xff\xff\xff\xff",  # the same as a map
        b"\xc6\xff\xff\xff\xff",  # four gigabytes of binary
        b"\xdb\xff\xff\xff\xff",  # four gigabytes of text
        b"\x91" * 60_000,  # nesting without end
        b"\xc7\x0c\xff" + b"\xff" * 12,  # a timestamp far outside the calendar
    ],
)
@pytest.mark.parametrize("kind", [frames.Kind.HELLO, frames.Kind.BATCH, frames.Kind.DELTA])
def test_claims_of_size_cost_no_memory(kind: frames.Kind, body: bytes) -> None:
    frame = frames.pack_prefix(kind, stream=None, hop=1) + body
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            codec.decode(frame)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_a_newer_peers_extra_fields_are_ignored() -> None:
    """Fields are appended; an old receiver must read a new sender."""
    ping = Ping(sent_at=5, pending=2)
    newer = msgspec.msgpack.encode([*msgspec.msgpack.decode(msgspec.msgpack.encode(ping)), "appended in version 9"])
    received = codec.decode(frames.pack_prefix(frames.Kind.PING, stream=None, hop=1) + newer)
    assert received.message == ping


def test_a_body_of_another_kind_than_its_prefix_is_refused() -> None:
    body = msgspec.msgpack.encode(MESSAGES["ack"])
    with pytest.raises(WireError, match="bad_body"):
        codec.decode(frames.pack_prefix(frames.Kind.PING, stream=None, hop=1) + body)


def test_what_would_not_fit_the_socket_is_refused_at_the_sender() -> None:
    record = Record(chain=bytes(8), body=bytes(24_000))
    with pytest.raises(WireError, match="long_frame"):
        codec.encode(Batch(first_seq=1, records=(record,) * 3), hop=1, stream=Stream.ALERTS)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "short_frame"),
        (b"VP\x01", "short_frame"),
        (b"XX" + bytes(14), "bad_magic"),
        (frames.PREFIX.pack(b"VP", 0, 9, 0, 0, 0, 1), "unknown_version"),
        (frames.PREFIX.pack(b"VP", 99, 9, 0, 0, 0, 1), "unknown_version"),
        (frames.PREFIX.pack(b"VP", 1, 9, 4, 0, 0, 1), "unknown_stream"),
        (frames.PREFIX.pack(b"VP", 1, 126, 0, 0, 0, 1), "unknown_kind"),
        (frames.PREFIX.pack(b"VP", 1, 9, 0, 0, 0, 1) + bytes(70_000), "long_frame"),
    ],
)
def test_each_refusal_has_its_reason(frame: bytes, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        codec.decode(frame)
    assert caught.value.reason == reason
