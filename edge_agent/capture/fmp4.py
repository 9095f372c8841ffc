"""Fragmented MP4 for Media Source Extensions, written box by box: one H.264 track, one picture in each fragment.

Owns the bytes (ISO/IEC 14496-12 for the boxes, 14496-15 for the avcC record); what goes into them when is
``capture.live_muxer``'s business. FFmpeg's muxer costs as little, but gives a picture away only when the next one has
come, and needs an instance for each viewer (docs/design/live-view.md has the figures).
"""

import struct
from collections.abc import Sequence
from typing import Final

TIMESCALE: Final = 90_000
"""Ticks per second of every track made here."""
_SPS: Final = 7
_PPS: Final = 8
_NOT_IN_SAMPLES: Final = frozenset({_SPS, _PPS, 9, 12})
"""Parameter sets live in the init segment; delimiters and filler say nothing."""
_HIGH_PROFILE: Final = 100
_IDENTITY: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_NEXT_TRACK: Final = struct.pack(">I", 2)
_KEY_FLAGS: Final = 0x02000000
"""Depends on no other picture (ISO/IEC 14496-12 §8.8.3.1)."""
_OTHER_FLAGS: Final = 0x01010000
_MOOF_BYTES: Final = 104
_MOOF: Final = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIII IIIi I4s")


def units_of(data: bytes) -> list[bytes]:
    """Return the NAL units of an Annex B access unit (ITU-T H.264 annex B), without start codes."""
    # A unit never ends with a zero byte (§7.4.1), so a zero there is the first byte of a four-byte start code.
    return [unit.rstrip(b"\x00") for unit in data.split(b"\x00\x00\x01")[1:]]


def sets_of(units: Sequence[bytes]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the sequence and picture parameter sets among the units, each once."""
    found = {kind: tuple(dict.fromkeys(one for one in units if one and one[0] & 0x1F == kind)) for kind in (_SPS, _PPS)}
    return tuple(one for one in found[_SPS] if len(one) >= 4), found[_PPS]


def sample_of(units: Sequence[bytes]) -> bytes:
    """Return the units as one MP4 sample: each with its length in four bytes before it."""
    kept = [unit for unit in units if unit and unit[0] & 0x1F not in _NOT_IN_SAMPLES]
    return b"".join(part for unit in kept for part in (len(unit).to_bytes(4, "big"), unit))


def codec_string(sps: bytes) -> str:
    """Return the codec as RFC 6381 names it: profile, constraints and level stand behind the unit's first byte."""
    return f"avc1.{sps[1:4].hex()}"


def init_segment(sps: Sequence[bytes], pps: Sequence[bytes], *, width: int, height: int) -> bytes:
    """Return what a player must have before the first fragment."""
    entry = _box(
        b"avc1",
        struct.pack(">6xH16xHHIIIH32sHh", 1, width, height, 0x480000, 0x480000, 0, 1, b"", 24, -1),
        _box(b"avcC", _configuration(sps, pps)),
    )
    tables = _box(
        b"stbl",
        _box(b"stsd", struct.pack(">II", 0, 1), entry),
        *(_box(name, bytes(size)) for name, size in ((b"stts", 8), (b"stsc", 8), (b"stsz", 12), (b"stco", 8))),
    )
    place = _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1), _box(b"url ", struct.pack(">I", 1))))
    media = _box(
        b"mdia",
        _box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, TIMESCALE, 0, 0x55C4, 0)),
        _box(b"hdlr", struct.pack(">II4s12x", 0, 0, b"vide"), b"patrol\x00"),
        _box(b"minf", _box(b"vmhd", struct.pack(">I8x", 1)), place, tables),
    )
    header = struct.pack(">IIIIII16x", 3, 0, 0, 1, 0, 0)
    track = _box(b"trak", _box(b"tkhd", header, _IDENTITY, struct.pack(">II", width << 16, height << 16)), media)
    movie = _box(
        b"mvhd", struct.pack(">IIIIIIH10x", 0, 0, 0, TIMESCALE, 0, 0x10000, 0x100), _IDENTITY, bytes(24), _NEXT_TRACK
    )
    return _box(b"ftyp", b"iso5", struct.pack(">I", 1), b"iso5iso6mp41") + _box(
        b"moov", movie, track, _box(b"mvex", _box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 0, 0, 0)))
    )


def fragment(
    sample: bytes, *, sequence: int, decode_ticks: int, duration_ticks: int, offset_ticks: int, is_keyframe: bool
) -> bytes:
    """Return one picture as a fragment; it is shown ``offset_ticks`` after ``decode_ticks``."""
    head = _MOOF.pack(
        _MOOF_BYTES, b"moof",
        16, b"mfhd", 0, sequence & 0xFFFFFFFF,
        _MOOF_BYTES - 24, b"traf",
        16, b"tfhd", 0x020000, 1,
        20, b"tfdt", 0x01000000, decode_ticks,
        36, b"trun", 0x01000F01, 1, _MOOF_BYTES + 8,
        duration_ticks, len(sample), _KEY_FLAGS if is_keyframe else _OTHER_FLAGS, offset_ticks,
        8 + len(sample), b"mdat",
    )  # fmt: skip
    return head + sample


def _configuration(sps: Sequence[bytes], pps: Sequence[bytes]) -> bytes:
    """Return the AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1)."""
    record = b"\x01" + sps[0][1:4] + bytes([0xFF, 0xE0 | len(sps)])
    record += b"".join(len(one).to_bytes(2, "big") + one for one in sps)
    record += bytes([len(pps)]) + b"".join(len(one).to_bytes(2, "big") + one for one in pps)
    if sps[0][1] == _HIGH_PROFILE:
        record += b"\xfd\xf8\xf8\x00"  # 4:2:0 in eight bits: the profile allows nothing deeper
    return record


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body
