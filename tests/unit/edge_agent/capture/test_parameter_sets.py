"""Parameter sets and the two forms of H.264 and H.265."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.capture.parameter_sets import annex_b_sets, find_parameter_sets, to_annex_b

SPS, PPS, SEI, IDR = b"\x67\x42\x00\x1e", b"\x68\xce\x38\x80", b"\x06\x05\x01", b"\x65\x88\x84"
LONG, SHORT = b"\x00\x00\x00\x01", b"\x00\x00\x01"
AVCC = b"\x01\x42\x00\x1e\xff\xe1\x00\x04" + SPS + b"\x01\x00\x04" + PPS


def test_sets_in_front_of_a_keyframe_are_found_whatever_the_start_codes() -> None:
    unit = LONG + SPS + SHORT + PPS + SHORT + SEI + SHORT + IDR
    assert find_parameter_sets("h264", unit, extradata=b"") == LONG + SPS + LONG + PPS


def test_a_keyframe_without_sets_and_a_length_prefixed_packet_have_none() -> None:
    assert find_parameter_sets("h264", LONG + IDR, extradata=b"") == b""
    # a length of 256 to 511 bytes looks like a start code
    assert find_parameter_sets("h264", SHORT + b"\x20" + SPS * 80, extradata=AVCC) == b""
    assert find_parameter_sets("mpeg4", LONG + SPS, extradata=b"") == b""


def test_hevc_sets_are_found() -> None:
    vps, sps, pps, idr = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc0", b"\x26\x01\xaf"
    found = find_parameter_sets("hevc", LONG + vps + LONG + sps + LONG + pps + LONG + idr, extradata=b"")
    assert found == LONG + vps + LONG + sps + LONG + pps


def test_the_stored_form_is_brought_to_start_codes() -> None:
    assert annex_b_sets("h264", AVCC) == LONG + SPS + LONG + PPS
    stored = len(SEI).to_bytes(4, "big") + SEI + len(IDR).to_bytes(4, "big") + IDR
    assert to_annex_b(stored, codec_name="h264", extradata=AVCC) == LONG + SEI + LONG + IDR


def test_a_length_that_leads_outside_ends_the_packet() -> None:
    assert to_annex_b(b"\x00\x00\xff\xff" + IDR, codec_name="h264", extradata=AVCC) == LONG + IDR


@pytest.mark.parametrize("cut", range(len(AVCC)))
def test_truncated_extradata_gives_what_there_is_and_never_an_exception(cut: int) -> None:
    assert isinstance(annex_b_sets("h264", AVCC[:cut]), bytes)


@given(st.binary(max_size=300), st.binary(max_size=60), st.sampled_from(["h264", "hevc", "mpeg4"]))
def test_hostile_bytes_are_only_ever_bytes(data: bytes, extradata: bytes, codec_name: str) -> None:
    assert isinstance(find_parameter_sets(codec_name, data, extradata=extradata), bytes)
    for prefix in (extradata, b"\x01" + extradata):
        assert isinstance(annex_b_sets(codec_name, prefix), bytes)
        assert len(to_annex_b(data, codec_name=codec_name, extradata=prefix)) <= 4 * len(data) + 4
