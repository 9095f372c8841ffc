"""Whatever bytes, stamps and addresses a camera sends: an answer, never an exception that nobody expects.

Everything of ours that reads what comes from a camera is here; RTSP and RTP are read by libav.
"""

from contextlib import suppress
from fractions import Fraction

import av.error
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.clip_writer import ClipRefused, WrittenClip, write_clip
from edge_agent.capture.decode_policy import DecodePolicy
from edge_agent.capture.decoder import Decoder, PictureTimes, new_context
from edge_agent.capture.parameter_sets import annex_b_sets, find_parameter_sets, is_length_prefixed, to_annex_b
from edge_agent.capture.ring import PacketRing, RingPacket, StreamShape
from edge_agent.capture.source import classify, private_url, public_url
from edge_agent.capture.still import picture_at
from edge_agent.core.media_clock import MediaClock
from tests.support.clips import make_clip

CODECS = st.sampled_from(["h264", "hevc", "mjpeg", "mpeg4", ""])
START = b"\x00\x00\x00\x01"
UNITS = st.lists(
    st.tuples(
        st.sampled_from([b"\x67", b"\x68", b"\x65", b"\x41", b"\x40\x01", b"\x42\x01", b"\x26\x01"]), st.binary()
    ),
    max_size=8,
).map(lambda units: b"".join(START + head + body for head, body in units))
STREAM = st.one_of(st.binary(max_size=400), UNITS)
EXTRADATA = st.one_of(
    st.binary(max_size=80), st.binary(max_size=80).map(lambda rest: b"\x01" + rest), UNITS, st.just(b"")
)


@given(codec=CODECS, data=STREAM, extradata=EXTRADATA)
@example(codec="h264", data=b"", extradata=b"\x01")
@example(codec="hevc", data=b"\x00", extradata=b"\x01" + bytes(22))
def test_parameter_sets_are_looked_for_in_anything(codec: str, data: bytes, extradata: bytes) -> None:
    found = find_parameter_sets(codec, data, extradata=extradata)
    assert len(found) <= len(data) + 4 * data.count(b"\x00\x00\x01")
    assert isinstance(annex_b_sets(codec, extradata), bytes)
    packed = to_annex_b(data, codec_name=codec, extradata=extradata)
    assert packed == data or is_length_prefixed(extradata)
    assert len(packed) <= 5 * len(data) + 5, "bytes from outside never make more than a bounded amount of ours"


STAMP = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-100_000, 100_000))


@settings(max_examples=200)
@given(
    steps=st.lists(
        st.tuples(STAMP, STAMP, st.floats(0.0, 30.0), st.integers(-(10**9), 10**9)), min_size=1, max_size=30
    ),
    tick=st.sampled_from([Fraction(1, 90_000), Fraction(1, 1000), Fraction(1, 2**31 - 1), Fraction(1, 1)]),
)
def test_the_clock_places_every_stamp(steps: list[tuple[int | None, int | None, float, int]], tick: Fraction) -> None:
    clock, now_s = MediaClock(), 100.0
    clock.begin(tick_s=tick, start_ticks=None, at_s=now_s)
    for pts, dts, passed_s, wall_step_us in steps:
        now_s += passed_s
        placed = clock.place(pts=pts, dts=dts, arrived_s=now_s, wall_us=1_790_000_000_000_000 + wall_step_us)
        moment = clock.moment(placed.media_s)
        assert moment.time_error_ms >= 0
        assert isinstance(clock.wall_us(placed.media_s), int)


@given(
    sent=st.lists(st.integers(-(2**62), 2**62), max_size=60),
    shown=st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62)), max_size=60),
    declares=st.booleans(),
)
def test_pictures_get_a_stamp_whatever_the_packets_said(
    sent: list[int], shown: list[int | None], declares: bool
) -> None:
    times = PictureTimes(declares_reordering=declares)
    for at in sent:
        times.sent(at)
    for number, stamp in enumerate(shown):
        told = times.shown(stamp)
        assert told is not None or (stamp is None and number >= len(sent))
    times.forget()


def packets_of(
    payloads: list[tuple[bytes, bool]], shape: StreamShape, *, step_s: float = 0.1, connection: int = 1
) -> list[RingPacket]:
    ticks = round(step_s / shape.time_base)
    return [
        RingPacket(
            data=data,
            pts_ticks=number * ticks,
            dts_ticks=number * ticks,
            media_s=number * step_s,
            is_keyframe=is_keyframe,
            is_corrupt=False,
            hidden=False,
            shape=shape,
            connection=connection,
        )
        for number, (data, is_keyframe) in enumerate(payloads)
    ]


SHAPE = st.builds(
    StreamShape,
    codec_name=st.sampled_from(["h264", "hevc"]),
    width=st.sampled_from([0, 16, 320]),
    height=st.sampled_from([0, 16, 240]),
    time_base=st.just(Fraction(1, 90_000)),
    extradata=EXTRADATA,
)


@settings(max_examples=150, deadline=None)
@given(payloads=st.lists(st.tuples(STREAM, st.booleans()), max_size=12), shape=SHAPE)
def test_garbage_is_decoded_to_nothing_and_counted(payloads: list[tuple[bytes, bool]], shape: StreamShape) -> None:
    decoder = Decoder(new_context(shape))
    packets = packets_of(payloads, shape)
    for packet in packets:
        decoder.decode(packet)
    decoder.drain()
    decoder.slim(shape)
    list(decoder.replay(packets))
    assert decoder.corrupt >= 0
    assert picture_at(packets, 0.5) is None or decoder.corrupt > 0


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_real_stream_with_flipped_bytes_costs_pictures_and_nothing_else(
    data: st.DataObject, real: list[RingPacket]
) -> None:
    damaged = []
    for packet in real:
        content = bytearray(packet.data)
        for place, value in data.draw(
            st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=3)
        ):
            content[place] = value
        damaged.append((bytes(content), packet.is_keyframe))
    decoder = Decoder(new_context(real[0].shape))
    shown = [frame for packet in packets_of(damaged, real[0].shape) for frame in decoder.decode(packet)]
    assert len(shown) + len(decoder.drain()) <= len(real)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> list[RingPacket]:
    import av

    path = make_clip(tmp_path_factory.mktemp("film") / "film.mp4", seconds=1.0, fps=10, gop_s=0.5)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        shape = StreamShape(
            codec_name="h264",
            width=stream.codec_context.width,
            height=stream.codec_context.height,
            time_base=Fraction(1, 90_000),
            extradata=stream.codec_context.extradata or b"",
        )
        payloads = [(bytes(packet), packet.is_keyframe) for packet in container.demux(stream) if packet.size]
    return packets_of(payloads, shape)


@settings(max_examples=40, deadline=None)
@given(payloads=st.lists(st.tuples(STREAM, st.booleans()), min_size=1, max_size=8), shape=SHAPE)
def test_a_clip_of_garbage_is_written_or_refused(
    payloads: list[tuple[bytes, bool]], shape: StreamShape, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    assert isinstance(write_clip(packets_of(payloads, shape), path), WrittenClip | ClipRefused)


@given(
    groups=st.lists(
        st.tuples(st.booleans(), st.floats(-10.0, 100.0), st.integers(0, 300), st.integers(1, 3)), max_size=60
    )
)
def test_the_ring_stays_within_its_bounds_whatever_comes(groups: list[tuple[bool, float, int, int]]) -> None:
    ring = PacketRing(keep_s=5.0, keep_bytes=1_000)
    shape = StreamShape(codec_name="h264", width=16, height=16, time_base=Fraction(1, 1000), extradata=b"")
    policy = DecodePolicy(blind_time_s=2.0, adaptive=True)
    for is_keyframe, media_s, size, connection in groups:
        (packet,) = packets_of([(bytes(size), is_keyframe)], shape, connection=connection)
        packet = RingPacket(
            data=packet.data,
            pts_ticks=round(media_s * 1000),
            dts_ticks=round(media_s * 1000),
            media_s=media_s,
            is_keyframe=is_keyframe,
            is_corrupt=False,
            hidden=False,
            shape=shape,
            connection=connection,
        )
        policy.take(packet)
        ring.append(packet)
        assert ring.kept_bytes <= 1_000
        for cut in (ring.cut(media_s - 1.0, media_s), ring.cut(media_s, media_s - 5.0)):
            assert len({one.connection for one in cut}) <= 1


@given(url=st.one_of(st.text(max_size=80), st.text(max_size=60).map(lambda rest: f"rtsp://{rest}")), password=st.text())
def test_an_address_never_shows_its_password(url: str, password: str) -> None:
    camera = CameraSource(name="gate", url=url, username="operator", password=password)
    shown = public_url(url)
    assert "@" not in shown.split("/")[2] if shown.startswith("rtsp://") and shown.count("/") >= 2 else True
    assert repr(camera).count(password) == 0 or password in repr(CameraSource(name="gate", url=url))
    with suppress(ValueError):  # open_source refuses such an address before
        private_url(camera)


@given(code=st.sampled_from([-1, -5, -110, -111, -1094995529, -825242872]), url=st.text(max_size=40))
def test_every_error_of_libav_has_a_sentence_without_the_credentials(code: int, url: str) -> None:
    camera = CameraSource(name="gate", url=f"rtsp://user:s3cret@192.0.2.1/{url}")
    try:
        av.error.err_check(code)
    except av.error.FFmpegError as error:
        failure = classify(error, camera, waited_s=0.1, timeout_s=5.0)
        assert failure.sentence
        assert "s3cret" not in failure.sentence
