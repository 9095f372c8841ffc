"""Parameter sets: read from a container's codec header (avcC, hvcC or Annex B) and written as SDP attributes.

Pure. avcC: ISO/IEC 14496-15 §5.3.3.1; hvcC: §8.3.3.1.
"""

from base64 import b64encode
from dataclasses import dataclass

from patrol_sim.rtp.nal import (
    H265_PPS,
    H265_SPS,
    H265_VPS,
    Codec,
    is_parameter_set,
    nal_type,
    split_annex_b,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecHeader:
    """What a container says about its samples. ``length_bytes`` is None when the samples are Annex B."""

    units: tuple[bytes, ...]
    length_bytes: int | None


def read_codec_header(codec: Codec, extradata: bytes) -> CodecHeader:
    """Return the parameter sets and the sample form of a stream; an absent header means bare Annex B.

    Raises ValueError when the header is cut short.
    """
    if not extradata or extradata.startswith((b"\x00\x00\x00\x01", b"\x00\x00\x01")):
        units = tuple(unit for unit in split_annex_b(extradata) if is_parameter_set(codec, unit))
        return CodecHeader(units=units, length_bytes=None)
    try:
        return _read_avcc(extradata) if codec is Codec.H264 else _read_hvcc(extradata)
    except IndexError as error:
        raise ValueError(f"codec header of {len(extradata)} bytes ends too early") from error


def _take(header: bytes, at: int) -> tuple[bytes, int]:
    size = header[at] << 8 | header[at + 1]
    unit = header[at + 2 : at + 2 + size]
    if len(unit) != size or not unit:
        raise IndexError
    return unit, at + 2 + size


def _read_avcc(header: bytes) -> CodecHeader:
    units: list[bytes] = []
    at = 6
    for _ in range(header[5] & 0x1F):
        unit, at = _take(header, at)
        units.append(unit)
    pps_count = header[at]
    at += 1
    for _ in range(pps_count):
        unit, at = _take(header, at)
        units.append(unit)
    return CodecHeader(units=tuple(units), length_bytes=(header[4] & 3) + 1)


def _read_hvcc(header: bytes) -> CodecHeader:
    units: list[bytes] = []
    at = 23
    for _ in range(header[22]):
        count = header[at + 1] << 8 | header[at + 2]
        at += 3
        for _ in range(count):
            unit, at = _take(header, at)
            if is_parameter_set(Codec.H265, unit):
                units.append(unit)
    return CodecHeader(units=tuple(units), length_bytes=(header[21] & 3) + 1)


def format_parameters(codec: Codec, units: tuple[bytes, ...]) -> str:
    """Return the ``a=fmtp`` parameters that carry the sets (RFC 6184 §8.2.1, RFC 7798 §7.1); no units, no sprop."""
    if codec is Codec.H264:
        parts = ["packetization-mode=1"]
        if units:
            sps = next((unit for unit in units if nal_type(codec, unit) == 7), b"")
            if len(sps) >= 4:
                parts.append(f"profile-level-id={sps[1:4].hex().upper()}")
            parts.append("sprop-parameter-sets=" + ",".join(b64encode(unit).decode() for unit in units))
        return ";".join(parts)
    names = ((H265_VPS, "sprop-vps"), (H265_SPS, "sprop-sps"), (H265_PPS, "sprop-pps"))
    parts = []
    for kind, name in names:
        found = [b64encode(unit).decode() for unit in units if nal_type(codec, unit) == kind]
        if found:
            parts.append(f"{name}={','.join(found)}")
    return ";".join(parts)
