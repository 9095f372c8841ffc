"""NAL units of H.264 (ITU-T H.264 §7.3.1) and H.265 (ITU-T H.265 §7.3.1): splitting byte streams and telling kinds.

Pure; packetising them is ``packetise``, reading container headers is ``parameter_sets``.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, assert_never

_START_CODE: Final = b"\x00\x00\x01"

H264_IDR: Final = 5
H264_SPS: Final = 7
H264_PPS: Final = 8
H265_FIRST_RANDOM_ACCESS: Final = 16
H265_LAST_RANDOM_ACCESS: Final = 23
H265_VPS: Final = 32
H265_SPS: Final = 33
H265_PPS: Final = 34
_H265_FIRST_NON_PICTURE: Final = 32


class Codec(StrEnum):
    """The codecs the simulator serves; the value is FFmpeg's name."""

    H264 = "h264"
    H265 = "hevc"

    @property
    def nal_header_bytes(self) -> int:
        """Length of the header in front of every NAL unit."""
        return 1 if self is Codec.H264 else 2

    @property
    def encoding_name(self) -> str:
        """Name in SDP (RFC 6184 §8.1, RFC 7798 §7.1)."""
        return "H264" if self is Codec.H264 else "H265"


def split_annex_b(stream: bytes) -> tuple[bytes, ...]:
    """Return the NAL units between start codes; bytes before the first start code are not part of any unit."""
    units: list[bytes] = []
    at = stream.find(_START_CODE)
    while at >= 0:
        begin = at + len(_START_CODE)
        at = stream.find(_START_CODE, begin)
        unit = stream[begin : at if at >= 0 else len(stream)].rstrip(b"\x00")
        if unit:
            units.append(unit)
    return tuple(units)


def split_length_prefixed(sample: bytes, length_bytes: int) -> tuple[bytes, ...]:
    """Return the NAL units of an AVCC/HVCC sample.

    Raises ValueError when a length points beyond the sample: the file is damaged there.
    """
    units: list[bytes] = []
    at = 0
    while at + length_bytes <= len(sample):
        size = int.from_bytes(sample[at : at + length_bytes], "big")
        at += length_bytes
        if at + size > len(sample):
            raise ValueError(f"a NAL unit of {size} bytes at offset {at} of a sample of {len(sample)} bytes")
        if size:
            units.append(sample[at : at + size])
        at += size
    return tuple(units)


def nal_type(codec: Codec, unit: bytes) -> int:
    """Return the type in a unit's header."""
    match codec:
        case Codec.H264:
            return unit[0] & 0x1F
        case Codec.H265:
            return (unit[0] >> 1) & 0x3F
        case _ as never:
            assert_never(never)


def is_parameter_set(codec: Codec, unit: bytes) -> bool:
    """Tell whether the unit is a VPS, SPS or PPS."""
    kind = nal_type(codec, unit)
    if codec is Codec.H264:
        return kind in (H264_SPS, H264_PPS)
    return kind in (H265_VPS, H265_SPS, H265_PPS)


def is_picture(codec: Codec, unit: bytes) -> bool:
    """Tell whether the unit holds (a slice of) a picture."""
    kind = nal_type(codec, unit)
    return 1 <= kind <= H264_IDR if codec is Codec.H264 else kind < _H265_FIRST_NON_PICTURE


def is_key_unit(codec: Codec, unit: bytes) -> bool:
    """Tell whether decoding may begin at this unit's picture."""
    kind = nal_type(codec, unit)
    if codec is Codec.H264:
        return kind == H264_IDR
    return H265_FIRST_RANDOM_ACCESS <= kind <= H265_LAST_RANDOM_ACCESS


def has_sequence_parameters(codec: Codec, units: Sequence[bytes]) -> bool:
    """Tell whether an access unit carries its own SPS."""
    wanted = H264_SPS if codec is Codec.H264 else H265_SPS
    return any(nal_type(codec, unit) == wanted for unit in units)
