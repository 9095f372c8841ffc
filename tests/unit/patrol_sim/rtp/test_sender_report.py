"""A sender report says which wall-clock moment a timestamp is."""

import struct

from patrol_sim.rtp.sender_report import build_sender_report


def test_a_report_carries_ntp_time_and_counts_in_network_order() -> None:
    framed = build_sender_report(
        channel=1, ssrc=0xDEADBEEF, utc_s=1_700_000_000.5, timestamp=2**32 + 9, packets=3, octets=4, cname="gate@sim"
    )
    assert framed[:2] == b"$\x01"
    packet = framed[4:]
    assert struct.unpack(">H", framed[2:4])[0] == len(packet)
    fields = struct.unpack(">BBHIIIIII", packet[:28])
    assert fields == (0x80, 200, 6, 0xDEADBEEF, 1_700_000_000 + 2_208_988_800, 1 << 31, 9, 3, 4)
    header, words = struct.unpack(">HH", packet[28:32])
    assert header == 0x81CA
    assert len(packet) == 28 + 4 + words * 4, "RFC 3550 §6.1: a compound packet ends on a 32-bit boundary"
    assert packet[36:46] == b"\x01\x08gate@sim"
