"""An access unit prepared for sending: all its RTP packets, interleaved framing included, in one buffer.

Prepared once per loop and shared by every camera and client that serves it; a sender copies the buffer and fills
in sequence number, timestamp and SSRC. Pure. RTP: RFC 3550 §5.1; interleaving: RFC 2326 §10.12.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PAYLOAD_TYPE: Final = 96
FRAMING_BYTES: Final = 4
RTP_HEADER_BYTES: Final = 12
_MARKER: Final = 0x80
_PACKET_HEAD: Final = struct.Struct(">cBHBBHII")
_FIELDS: Final = struct.Struct(">HII")
_FIELDS_AT: Final = FRAMING_BYTES + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WireUnit:
    """``packets`` with blank sequence, timestamp and SSRC; ``offsets`` says where each packet's framing begins."""

    packets: bytes
    offsets: tuple[int, ...]

    @property
    def payload_bytes(self) -> int:
        """Payload octets, as RTCP counts them."""
        return len(self.packets) - len(self.offsets) * (FRAMING_BYTES + RTP_HEADER_BYTES)


def build_wire_unit(payloads: Sequence[bytes]) -> WireUnit:
    """Return the packets of one access unit on channel 0; the last one carries the marker bit."""
    pieces: list[bytes] = []
    offsets: list[int] = []
    at = 0
    for index, payload in enumerate(payloads):
        marker = _MARKER if index == len(payloads) - 1 else 0
        size = RTP_HEADER_BYTES + len(payload)
        pieces.append(_PACKET_HEAD.pack(b"$", 0, size, 0x80, marker | PAYLOAD_TYPE, 0, 0, 0))
        pieces.append(payload)
        offsets.append(at)
        at += FRAMING_BYTES + size
    return WireUnit(packets=b"".join(pieces), offsets=tuple(offsets))


def fill_wire_unit(unit: WireUnit, *, channel: int, first_sequence: int, timestamp: int, ssrc: int) -> bytearray:
    """Return the bytes to send: every packet numbered from ``first_sequence``, all with one timestamp."""
    filled = bytearray(unit.packets)
    sequence = first_sequence
    for offset in unit.offsets:
        _FIELDS.pack_into(filled, offset + _FIELDS_AT, sequence & 0xFFFF, timestamp, ssrc)
        if channel:
            filled[offset + 1] = channel
        sequence += 1
    return filled


def split_filled(unit: WireUnit, filled: bytearray) -> list[bytes]:
    """Return the packets of a filled unit one by one, for senders that lose some of them."""
    ends = (*unit.offsets[1:], len(filled))
    return [bytes(filled[begin:end]) for begin, end in zip(unit.offsets, ends, strict=True)]
