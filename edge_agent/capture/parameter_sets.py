"""Finding H.264 and H.265 parameter sets in a keyframe, so that a clip is always muxed with the ones it needs.

A camera may change its picture size in the middle of a stream and says so only by new parameter sets before the next
keyframe (ITU-T H.264 §7.4.1.2.1, H.265 §7.4.2.4). Only Annex B streams (start codes) carry them; files in avcC form
do not.
"""

from typing import Final

_START: Final = b"\x00\x00\x01"
_H264_SETS: Final = frozenset({7, 8})
_HEVC_SETS: Final = frozenset({32, 33, 34})
_LOOK_BYTES: Final = 4096
"""Parameter sets stand in front of the picture; nobody searches through a whole keyframe for them."""


def find_parameter_sets(codec_name: str, data: bytes, *, extradata: bytes) -> bytes:
    """Return the parameter sets at the beginning of an Annex B access unit, start codes included; empty if none.

    ``extradata`` tells the form of the stream: avcC and hvcC begin with the byte 1, and their units with a length that
    may look like a start code.
    """
    if codec_name not in ("h264", "hevc") or extradata[:1] == b"\x01":
        return b""
    if not data.startswith((_START, b"\x00" + _START)):
        return b""
    head = data[:_LOOK_BYTES]
    found: list[bytes] = []
    for unit in head.split(_START)[1:]:
        if not unit:
            continue
        kind = unit[0] & 0x1F if codec_name == "h264" else (unit[0] >> 1) & 0x3F
        if kind in (_H264_SETS if codec_name == "h264" else _HEVC_SETS):
            found.append(b"\x00" + _START + unit.rstrip(b"\x00"))
        elif found and kind <= (5 if codec_name == "h264" else 21):
            break  # the picture itself begins
    return b"".join(found)
