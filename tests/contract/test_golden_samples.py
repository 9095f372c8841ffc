"""The bytes of version 1 are frozen: what a room in the field sends today must be read for ever."""

from pathlib import Path

import pytest

from patrol_wire import codec
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
