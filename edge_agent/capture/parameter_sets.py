"""H.264 and H.265 in their two forms: Annex B (start codes, as cameras send) and length-prefixed (as files store).

Owns finding parameter sets in a keyframe and bringing any packet into Annex B, so that a clip is always muxed with the
sets its pictures need: a camera that changes its picture size says so only by new sets before the next keyframe
(ITU-T H.264 §7.4.1.2.1, H.265 §7.4.2.4; ISO/IEC 14496-15 §5.3.3 and §8.3.3 for the stored form).
"""

from typing import Final

_START: Final = b"\x00\x00\x01"
_LONG_START: Final = b"\x00\x00\x00\x01"
_H264_SETS: Final = frozenset({7, 8})
_HEVC_SETS: Final = frozenset({32, 33, 34})
_LOOK_BYTES: Final = 4096
"""Parameter sets stand in front of the picture; nobody searches through a whole keyframe for them."""


def is_length_prefixed(extradata: bytes) -> bool:
    """Whether packets of this stream carry lengths instead of start codes: avcC and hvcC begin with the byte 1."""
    return extradata[:1] == b"\x01"


def find_parameter_sets(codec_name: str, data: bytes, *, extradata: bytes) -> bytes:
    """Return the parameter sets at the beginning of an Annex B access unit, start codes included; empty if none."""
    if codec_name not in ("h264", "hevc") or is_length_prefixed(extradata):
        return b""
    if not data.startswith((_START, _LONG_START)):
        return b""
    found: list[bytes] = []
    for unit in data[:_LOOK_BYTES].split(_START)[1:]:
        if not unit:
            continue
        if _is_set(codec_name, unit):
            found.append(_LONG_START + unit.rstrip(b"\x00"))
        elif found and _is_picture(codec_name, unit):
            break
    return b"".join(found)


def annex_b_sets(codec_name: str, extradata: bytes) -> bytes:
    """Return the parameter sets of a stream's extradata in Annex B; empty when there are none or they are damaged."""
    if not is_length_prefixed(extradata):
        return extradata
    try:
        units = _avcc_sets(extradata) if codec_name == "h264" else _hvcc_sets(extradata)
    except IndexError:
        return b""
    return b"".join(_LONG_START + unit for unit in units)


def to_annex_b(data: bytes, *, codec_name: str, extradata: bytes) -> bytes:
    """Return the packet with start codes; a length that leads outside ends it there, as decoders do."""
    if not is_length_prefixed(extradata):
        return data
    size_at = 4 if codec_name == "h264" else 21
    if len(extradata) <= size_at:
        return data
    width = (extradata[size_at] & 3) + 1
    parts: list[bytes] = []
    place = 0
    while place + width <= len(data):
        length = int.from_bytes(data[place : place + width], "big")
        unit = data[place + width : place + width + length]
        if not unit:
            break
        parts += [_LONG_START, unit]
        place += width + length
    return b"".join(parts)


def _avcc_sets(extradata: bytes) -> list[bytes]:
    units: list[bytes] = []
    place = 5
    for mask in (0x1F, 0xFF):  # SPS count in five bits, then PPS count in eight
        count, place = extradata[place] & mask, place + 1
        place = _read_units(extradata, place, count, units)
    return units


def _hvcc_sets(extradata: bytes) -> list[bytes]:
    units: list[bytes] = []
    arrays, place = extradata[22], 23
    for _ in range(arrays):
        count = extradata[place + 1] << 8 | extradata[place + 2]
        place = _read_units(extradata, place + 3, count, units)
    return units


def _read_units(extradata: bytes, place: int, count: int, units: list[bytes]) -> int:
    for _ in range(count):
        length = extradata[place] << 8 | extradata[place + 1]
        units.append(extradata[place + 2 : place + 2 + length])
        place += 2 + length
    return place


def _is_set(codec_name: str, unit: bytes) -> bool:
    return unit[0] & 0x1F in _H264_SETS if codec_name == "h264" else (unit[0] >> 1) & 0x3F in _HEVC_SETS


def _is_picture(codec_name: str, unit: bytes) -> bool:
    return unit[0] & 0x1F <= 5 if codec_name == "h264" else (unit[0] >> 1) & 0x3F <= 21
