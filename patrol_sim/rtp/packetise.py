"""NAL units to RTP payloads: single NAL unit packets and fragmentation units (RFC 6184 §5.6-5.8, RFC 7798 §4.4).

Pure. Aggregation packets are not used: a camera that sends small units by themselves is understood by everyone.
"""

from collections.abc import Sequence
from typing import Final

from patrol_sim.rtp.nal import Codec

MAX_PAYLOAD_BYTES: Final = 1400
"""What cameras use: an RTP packet that would also fit an Ethernet frame."""
_FU_A: Final = 28
_H265_FU: Final = 49
_START: Final = 0x80
_END: Final = 0x40


def packetise(codec: Codec, units: Sequence[bytes], max_payload: int = MAX_PAYLOAD_BYTES) -> list[bytes]:
    """Return the payloads of one access unit in sending order; the marker bit belongs to the last of them."""
    payloads: list[bytes] = []
    for unit in units:
        if len(unit) <= max_payload:
            payloads.append(unit)
        else:
            payloads.extend(_fragment(codec, unit, max_payload))
    return payloads


def _fragment(codec: Codec, unit: bytes, max_payload: int) -> list[bytes]:
    """Cut one unit: the unit's own header travels inside the FU headers and is not repeated."""
    header_bytes = codec.nal_header_bytes
    if codec is Codec.H264:
        indicator = bytes([unit[0] & 0xE0 | _FU_A])
        kind = unit[0] & 0x1F
    else:
        indicator = bytes([unit[0] & 0x81 | _H265_FU << 1, unit[1]])
        kind = unit[0] >> 1 & 0x3F
    room = max_payload - len(indicator) - 1
    if room < 1:
        raise ValueError(f"a payload of {max_payload} bytes has no room for a fragment")
    pieces: list[bytes] = []
    for at in range(header_bytes, len(unit), room):
        flags = (_START if at == header_bytes else 0) | (_END if at + room >= len(unit) else 0)
        pieces.append(indicator + bytes([flags | kind]) + unit[at : at + room])
    return pieces
