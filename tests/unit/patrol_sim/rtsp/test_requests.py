"""The reader of a client's bytes gives requests or one refusal, whatever arrives and however it is cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_sim.rtsp.requests import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    BadRequest,
    Interleaved,
    Received,
    Request,
    RequestReader,
)

PLAY = b"PLAY rtsp://h/gate RTSP/1.0\r\nCSeq: 7\r\nSession: abc\r\n\r\n"
PIECES = (
    *(b"PLAY ", b"rtsp://h/g", b" RTSP/1.0", b"\r\n", b"\n", b"\r\n\r\n", b" ", b":", b"\xff", PLAY),
    *(b"CSeq: 1", b"CSeq:", b"$", b"\x00\x00\x04", b"Content-Length: 5", b"Content-Length: 999999999"),
)
HOSTILE = st.one_of(st.binary(max_size=400), st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join))


@given(stream=HOSTILE, cuts=st.lists(st.integers(0, 400), max_size=8))
def test_hostile_bytes_give_requests_or_one_refusal_and_bounded_memory(stream: bytes, cuts: list[int]) -> None:
    reader = RequestReader()
    found: list[Received] = []
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for begin, end in pairwise(edges):
        found += reader.feed(stream[begin:end])
        assert reader.pending_bytes <= MAX_HEAD_BYTES + MAX_BODY_BYTES + (end - begin)
    bad = [item for item in found if isinstance(item, BadRequest)]
    assert len(bad) <= 1
    assert not bad or isinstance(found[-1], BadRequest), "nothing is read after a refusal"
    whole = RequestReader().feed(stream)
    assert found == whole, "how the bytes were cut must not matter"


def test_an_endless_head_is_refused_at_the_limit() -> None:
    reader = RequestReader()
    found: list[Received] = []
    for _ in range(100):
        found += reader.feed(b"A" * 1024)
    assert [type(item) for item in found] == [BadRequest]
    assert reader.pending_bytes == 0


def test_requests_bodies_and_receiver_reports_come_out_in_order() -> None:
    rtcp = b"$\x01\x00\x03abc"
    body = b"SET_PARAMETER rtsp://h/gate RTSP/1.0\r\nCSeq: 8\r\nContent-Length: 4\r\n\r\nabcd"
    found = RequestReader().feed(b"\r\n" + PLAY + rtcp + body)
    assert found == [
        Request(method="PLAY", url="rtsp://h/gate", headers={"cseq": "7", "session": "abc"}),
        Interleaved(channel=1, packet=b"abc"),
        Request(
            method="SET_PARAMETER",
            url="rtsp://h/gate",
            headers={"cseq": "8", "content-length": "4"},
            body=b"abcd",
        ),
    ]


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),  # another protocol
        (b"PLAY rtsp://h/g RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),  # another version
        (b"PLAY rtsp://h/g RTSP/1.0\r\n\r\n", 400),  # no CSeq
        (b"PLAY rtsp://h/g RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"PLAY rtsp://h/g RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 65537\r\n\r\n", 400),  # a body above the limit
        (b"PLAY rtsp://h/g RTSP/1.0\r\nCSeq: 1\r\nno colon\r\n\r\n", 400),
        (b"PLAY rtsp://h/g RTSP/1.0\r\nCSeq: 1\xff\r\n\r\n", 400),  # not UTF-8
        (b"PLAY rtsp://h/g RTSP/1.0\r\nCSeq: 1\r\nA: b\x07\r\n\r\n", 400),  # a control character
        (b"PLAY rtsp://h/g RTSP/1.0\r\nCSeq: 1\r\n" + b"A: b\r\n" * MAX_HEADERS + b"\r\n", 400),  # too many headers
    ],
)
def test_each_rule_refuses_with_its_code(stream: bytes, code: int) -> None:
    (item,) = RequestReader().feed(stream)
    assert isinstance(item, BadRequest)
    assert item.code == code
