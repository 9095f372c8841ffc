"""RTCP sender reports with a source description (RFC 3550 §6.4.1, §6.5), framed for the interleaved channel. Pure."""

import struct
from typing import Final

NTP_UNIX_OFFSET_S: Final = 2_208_988_800
"""Seconds between 1900 (NTP) and 1970 (Unix)."""
_SENDER_REPORT: Final = 200
_SOURCE_DESCRIPTION: Final = 202
_CNAME: Final = 1


def build_sender_report(
    *, channel: int, ssrc: int, utc_s: float, timestamp: int, packets: int, octets: int, cname: str
) -> bytes:
    """Return a compound SR + SDES that says: RTP ``timestamp`` was captured at ``utc_s``."""
    whole = int(utc_s // 1)
    fraction = min(0xFFFFFFFF, int((utc_s - whole) * 2**32))
    report = struct.pack(
        ">BBHIIIIII",
        0x80,
        _SENDER_REPORT,
        6,
        ssrc,
        (whole + NTP_UNIX_OFFSET_S) & 0xFFFFFFFF,
        fraction,
        timestamp & 0xFFFFFFFF,
        packets & 0xFFFFFFFF,
        octets & 0xFFFFFFFF,
    )
    name = cname.encode()[:255]
    chunk = struct.pack(">IBB", ssrc, _CNAME, len(name)) + name
    chunk += bytes(4 - len(chunk) % 4)  # at least one zero ends the items, then up to the 32-bit boundary
    description = struct.pack(">BBH", 0x81, _SOURCE_DESCRIPTION, len(chunk) // 4) + chunk
    packet = report + description
    return struct.pack(">cBH", b"$", channel, len(packet)) + packet
