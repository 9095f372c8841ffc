"""The bytes of version 1 are frozen: what a room in the field sends today must be read for ever."""

from pathlib import Path

import pytest

from patrol_wire import codec
from patrol_wire import messages as m
from patrol_wire import records as r
from patrol_wire.samples import make

ENCODINGS = make.encodings()


@pytest.mark.parametrize("path", sorted(ENCODINGS), ids=lambda path: path.stem)
def test_todays_encoding_equals_the_frozen_sample(path: Path) -> None:
    assert path.exists(), "run: python -m patrol_wire.samples.make"
    assert ENCODINGS[path] == path.read_text(encoding="ascii").strip()


@pytest.mark.parametrize("path", sorted(make.FOLDER.glob("message-*.hex")), ids=lambda path: path.stem)
def test_a_frozen_message_is_still_read(path: Path) -> None:
    received = codec.decode(bytes.fromhex(path.read_text(encoding="ascii")))
    assert received.message == make.MESSAGES[path.stem.removeprefix("message-")]


@pytest.mark.parametrize("path", sorted(make.FOLDER.glob("record-*.hex")), ids=lambda path: path.stem)
def test_a_frozen_record_is_still_read(path: Path) -> None:
    assert (
        codec.decode_record(bytes.fromhex(path.read_text(encoding="ascii")))
        == make.RECORDS[path.stem.removeprefix("record-")]
    )


def test_no_sample_lies_there_without_its_value() -> None:
    assert sorted(make.FOLDER.iterdir()) == sorted(ENCODINGS)


def test_a_page_of_counts_from_before_releases_is_still_read() -> None:
    """Fields were added at the end: what an older relay leaves out is what it cannot say."""
    older = (
        "5650011f010000000000000000000001941f4f919a01d9203030313132323333343435353636373738383939616162626363"
        "646465656666a87265706f72746564a77430312d633033a9696e74727573696f6ea7323032362d313101d924303139616166"
        "33632d356438302d376333332d396434342d616263646566303132333435a66f70656e6564cf000644594162400001"
    )
    message = codec.decode(bytes.fromhex(older)).message
    assert isinstance(message, m.Counts)
    assert (message.head, message.releases) == (1, ())
    assert [(entry.cursor, entry.month, entry.release) for entry in message.entries] == [(1, "2026-11", 0)]


def test_an_attestation_of_an_older_agent_is_still_read() -> None:
    body = codec.decode_record(
        bytes.fromhex("9517aa323032362d31312d3233cd032c82a9696e74727573696f6e04a563726f776401ce000fd200")
    )
    assert isinstance(body, r.Attestation)
    assert (body.last_seq, body.camera_seconds, body.first_seq, body.refused) == (812, 1_036_800, 0, 0)
