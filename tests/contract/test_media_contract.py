"""What old and new peers make of the media lane, and that both ends reckon chunks alike."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_wire import codec
from patrol_wire.frames import CONTROL_LIMIT_BYTES, MEDIA_LIMIT_BYTES, PREFIX_BYTES
from patrol_wire.limits import MEDIA_CHUNK_BYTES
from patrol_wire.media import FINAL_REASONS, MediaReason, chunk_bytes, whole_chunks, window_end
from patrol_wire.messages import MediaChunk, Welcome
from patrol_wire.samples import make

SIZES = st.integers(1, 40 * MEDIA_CHUNK_BYTES)


def test_a_room_of_before_reads_the_welcome_of_a_relay_with_a_media_gate() -> None:
    """It was built from the struct without the field: the element too many is passed over."""

    class WelcomeOfBefore(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=2):
        session: int
        version: int
        stored: tuple[tuple[str, int, bytes], ...]
        final: tuple[tuple[str, int, bytes], ...]
        credit: int
        clock: int

    frame = codec.encode(make.MESSAGES["welcome_media"], hop=1)
    assert msgspec.msgpack.decode(frame[PREFIX_BYTES:], type=WelcomeOfBefore).session == 77


def test_the_welcome_of_a_relay_of_before_says_that_it_takes_no_media() -> None:
    frozen = (make.FOLDER / "message-welcome.hex").read_text(encoding="ascii")
    message = codec.decode(bytes.fromhex(frozen)).message
    assert isinstance(message, Welcome)
    assert message.media_port == 0


def test_a_whole_chunk_fits_the_media_socket_and_no_control_socket() -> None:
    frame = codec.encode(MediaChunk(sha256="0" * 64, offset=2**53, chunk=bytes(MEDIA_CHUNK_BYTES)), hop=2**53)
    assert CONTROL_LIMIT_BYTES < len(frame) < MEDIA_LIMIT_BYTES


@given(SIZES)
def test_the_chunks_of_a_content_follow_one_another_and_make_it_whole(size: int) -> None:
    offset = 0
    while length := chunk_bytes(size, offset):
        assert length == MEDIA_CHUNK_BYTES or offset + length == size
        offset += length
    assert offset == size


@given(SIZES, st.integers(-10, 50 * MEDIA_CHUNK_BYTES))
def test_no_chunk_begins_off_its_multiple_or_outside(size: int, offset: int) -> None:
    begins = chunk_bytes(size, offset) > 0
    assert begins == (offset % MEDIA_CHUNK_BYTES == 0 and 0 <= offset < size)


@given(SIZES, st.integers(0, 64))
def test_a_window_never_reaches_beyond_the_content_and_never_back(size: int, credit: int) -> None:
    offset = whole_chunks(size)
    assert offset <= window_end(size, offset, credit) <= size


@pytest.mark.parametrize("reason", list(MediaReason))
def test_every_reason_stands_in_the_protocol(reason: MediaReason) -> None:
    page = (make.FOLDER.parents[2] / "docs" / "wire-protocol.md").read_text(encoding="utf-8")
    section = page[page.index("## 8. Media lane") : page.index("## 9. Versions")]
    assert f"`{reason}`" in section
    finals = section[section.index("are worth another try") :]
    assert (f"`{reason}`" in finals.split("are final")[0]) == (reason in FINAL_REASONS)
