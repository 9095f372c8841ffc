"""What is packetised can be put together again, by a depacketiser that was written from the RFCs."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from patrol_sim.rtp.nal import Codec, split_annex_b, split_length_prefixed
from patrol_sim.rtp.packetise import packetise
from patrol_sim.rtp.wire_unit import build_wire_unit, fill_wire_unit, split_filled
from tests.support.rtp_depacketiser import depacketise_h264, depacketise_h265

_BODY = st.binary(min_size=1, max_size=300)
H264_UNITS = st.lists(
    st.builds(lambda ref, kind, body: bytes([ref << 5 | kind]) + body, st.integers(0, 3), st.integers(1, 23), _BODY),
    min_size=1,
    max_size=6,
)
H265_UNITS = st.lists(
    st.builds(
        lambda kind, layer, tid, body: bytes([kind << 1 | layer >> 5, (layer & 31) << 3 | tid]) + body,
        st.integers(0, 40),
        st.integers(0, 63),
        st.integers(1, 7),
        _BODY,
    ),
    min_size=1,
    max_size=6,
)


@given(units=H264_UNITS, room=st.integers(4, 400))
def test_h264_units_survive_the_round_trip(units: list[bytes], room: int) -> None:
    payloads = packetise(Codec.H264, units, room)
    assert max(map(len, payloads)) <= room
    assert depacketise_h264(payloads) == units


@given(units=H265_UNITS, room=st.integers(5, 400))
def test_h265_units_survive_the_round_trip(units: list[bytes], room: int) -> None:
    payloads = packetise(Codec.H265, units, room)
    assert max(map(len, payloads)) <= room
    assert depacketise_h265(payloads) == units


@given(
    payloads=st.lists(_BODY, min_size=1, max_size=8),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    channel=st.integers(0, 255),
)
def test_a_filled_unit_holds_every_payload_under_consecutive_numbers(
    payloads: list[bytes], sequence: int, timestamp: int, channel: int
) -> None:
    wire = build_wire_unit(payloads)
    filled = fill_wire_unit(wire, channel=channel, first_sequence=sequence, timestamp=timestamp, ssrc=7)
    packets = split_filled(wire, filled)
    assert b"".join(packets) == bytes(filled)
    for index, (packet, payload) in enumerate(zip(packets, payloads, strict=True)):
        dollar, sent_on, size, version, kind, number, stamp, ssrc = struct.unpack(">cBHBBHII", packet[:16])
        assert (dollar, sent_on, size, version) == (b"$", channel, 12 + len(payload), 0x80)
        assert bool(kind & 0x80) == (index == len(payloads) - 1)
        assert (number, stamp, ssrc) == ((sequence + index) & 0xFFFF, timestamp, 7)
        assert packet[16:] == payload
    assert wire.payload_bytes == sum(map(len, payloads))


@given(units=st.lists(st.binary(min_size=1, max_size=50).map(lambda b: b.replace(b"\x00", b"\x01")), max_size=6))
def test_both_forms_of_a_sample_give_the_same_units(units: list[bytes]) -> None:
    annex_b = b"".join(b"\x00\x00\x00\x01" + unit for unit in units)
    prefixed = b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
    assert split_annex_b(annex_b) == split_length_prefixed(prefixed, 4) == tuple(units)
