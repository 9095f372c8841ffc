"""What the analysis saw in one picture, as bytes: enough to judge any rules by it again, and no picture.

Owns PictureSeen and its coding. The analysis makes it, the room keeps the last hour of them (``app/seen_log.py``), a
what-if judges them anew. Track numbers name a thing within one start of the analysis, never a person.
"""

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.core.still_places import StillPlace
from edge_agent.core.tracks import Track

MOST_TRACKS: Final = 200
"""Of one picture; a crowd of more is cut, and said to be."""
MINUTE_US: Final = 60_000_000
SUFFIX: Final = ".seen"
"""Of a file with the pictures of one minute; its stem counts minutes since 1970."""
_LENGTH_BYTES: Final = 4


class PictureSeen(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """One picture of one camera."""

    captured_at: int
    """UTC microseconds."""
    media_s: float
    """On the camera's timeline; it may begin anew."""
    session: int
    """Tracks and still places of two sessions have nothing to do with each other."""
    labels: tuple[str, ...]
    """What was looked for, apart from motion."""
    tracks: tuple[Track, ...]
    still: tuple[StillPlace, ...] | None
    """None: nothing looked for what comes to rest."""
    is_cut: bool = False


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(PictureSeen)


def packed_seen(
    *,
    captured_at: int,
    media_s: float,
    session: int,
    labels: tuple[str, ...],
    tracks: Sequence[Track],
    still: Sequence[StillPlace] | None,
) -> bytes:
    """Return the bytes of a picture, at most some 60 KB."""
    seen = PictureSeen(
        captured_at=captured_at,
        media_s=media_s,
        session=session,
        labels=labels,
        tracks=tuple(tracks[:MOST_TRACKS]),
        still=None if still is None else tuple(still[:MOST_TRACKS]),
        is_cut=len(tracks) > MOST_TRACKS,
    )
    return _ENCODER.encode(seen)


def read_seen(content: bytes) -> PictureSeen:
    """Return a picture; raises msgspec.DecodeError."""
    return _DECODER.decode(content)


def framed(content: bytes) -> bytes:
    """Return one picture as it stands in a file of many."""
    return len(content).to_bytes(_LENGTH_BYTES, "little") + content


def unframed(content: bytes) -> Iterator[bytes]:
    """Yield the pictures of a file; one that was cut off by a power cut ends it."""
    at = 0
    while at + _LENGTH_BYTES <= len(content):
        size = int.from_bytes(content[at : at + _LENGTH_BYTES], "little")
        at += _LENGTH_BYTES
        if at + size > len(content):
            return
        yield content[at : at + size]
        at += size


def pictures_since(folder: Path, since_us: int) -> Iterator[PictureSeen]:
    """Yield what was kept of a camera since a moment (UTC microseconds), in the order in which it was seen.

    A block that cannot be read is left out: a power cut may have taken its end.
    """
    for path in sorted(folder.glob(f"*{SUFFIX}"), key=lambda one: one.stem.zfill(20)):
        if not path.stem.isdigit() or (int(path.stem) + 1) * MINUTE_US < since_us:
            continue
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # it has just become too old
            continue
        for block in unframed(content):
            try:
                pictures = [read_seen(one) for one in unframed(zlib.decompress(block))]
            except (zlib.error, msgspec.DecodeError):
                continue
            yield from (one for one in pictures if one.captured_at >= since_us)
