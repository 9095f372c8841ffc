"""What a browser gets is a continuous film, whatever the camera's clock and connection do."""

import io
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import av
import pytest
from msgspec import structs

from edge_agent.capture.live_muxer import LiveMuxer, LivePicture, LiveStart
from edge_agent.capture.ring import RingPacket, StreamShape
from tests.support.small_video import FPS, HEIGHT, WIDTH, make_film

TICK = Fraction(1, 90_000)


@pytest.fixture(scope="module")
def packets(tmp_path_factory: pytest.TempPathFactory) -> list[RingPacket]:
    """Three seconds of H.264, a keyframe each second, as a file stores them (avcC)."""
    film = make_film(tmp_path_factory.mktemp("film") / "walk.mp4", seconds=3.0)
    with av.open(str(film), mode="r") as container:
        stream = container.streams.video[0]
        sets = stream.codec_context.extradata or b""
        shape = StreamShape(codec_name="h264", width=WIDTH, height=HEIGHT, time_base=TICK, extradata=sets)
        return [
            RingPacket(
                data=bytes(packet), pts_ticks=number * 9_000, dts_ticks=number * 9_000, media_s=number / FPS,
                is_keyframe=packet.is_keyframe, is_corrupt=False, hidden=False, shape=shape, connection=1,
            )
            for number, packet in enumerate(one for one in container.demux(stream) if one.size)
        ]  # fmt: skip


def mux(packets: list[RingPacket], muxer: LiveMuxer | None = None) -> tuple[list[LiveStart], list[LivePicture]]:
    muxer = muxer or LiveMuxer()
    made = [muxer.take(packet) for packet in packets]
    return [one for one, _ in made if one is not None], [one for _, one in made if one is not None]


def shown_s(starts: list[LiveStart], pictures: list[LivePicture]) -> list[float]:
    """Return when FFmpeg would show the pictures; every one must decode."""
    film = starts[0].init + b"".join(picture.data for picture in pictures)
    with av.open(io.BytesIO(film), mode="r") as container:
        frames = list(container.decode(video=0))
    assert not any(frame.is_corrupt for frame in frames)
    assert {(frame.width, frame.height) for frame in frames} == {(WIDTH, HEIGHT)}
    return [float(frame.time) for frame in frames]


def later(packets: list[RingPacket], by_s: float, *, connection: int = 1) -> list[RingPacket]:
    ticks = round(by_s * 90_000)
    return [
        structs.replace(
            one, pts_ticks=one.pts_ticks + ticks, dts_ticks=one.dts_ticks + ticks, media_s=one.media_s + by_s,
            connection=connection,
        )
        for one in packets
    ]  # fmt: skip


def test_every_picture_decodes_and_is_shown_at_its_time(packets: list[RingPacket]) -> None:
    starts, pictures = mux(packets)
    assert len(starts) == 1
    assert starts[0].codec.startswith("avc1.")
    times = shown_s(starts, pictures)
    assert len(times) == 30
    assert [round(after - before, 3) for before, after in pairwise(times)] == [0.1] * 29
    assert [picture.live_us for picture in pictures] == [round(time_s * 1e6) for time_s in times]


def test_decode_times_have_no_hole_when_pictures_are_missing(packets: list[RingPacket]) -> None:
    """A hole of more than two durations would make the player drop everything up to the next keyframe."""
    starts, pictures = mux(packets[:12] + packets[16:])  # 0.4 s are missing
    times = shown_s(starts, pictures)
    assert round(times[12] - times[11], 3) == 0.5
    for before, after in pairwise(pictures):
        decode, duration = numbers(before)
        assert numbers(after)[0] == decode + duration


def numbers(picture: LivePicture) -> tuple[int, int]:
    """Return decode time and duration out of the fragment's boxes."""
    base = picture.data.index(b"tfdt") + 8
    run = picture.data.index(b"trun") + 16
    return int.from_bytes(picture.data[base : base + 8], "big"), int.from_bytes(picture.data[run : run + 4], "big")


def test_a_long_pause_is_cut_out_of_the_live_timeline_and_the_hour_is_tied_anew(packets: list[RingPacket]) -> None:
    starts, pictures = mux(packets[:10] + later(packets[10:], 60.0))
    times = shown_s(starts, pictures)
    assert round(times[10] - times[9], 3) == 0.1
    assert pictures[10].shift != pictures[9].shift
    assert pictures[10].media_s == pytest.approx(61.0)
    assert len(starts) == 1  # the parameter sets are the same, the player goes on


def test_a_new_connection_begins_anew_with_its_keyframe(packets: list[RingPacket]) -> None:
    muxer = LiveMuxer()
    mux(packets[:15], muxer)
    starts, pictures = mux(later(packets[15:], 2.0, connection=2), muxer)
    assert len(starts) == 1
    assert muxer.skipped == 5  # up to the keyframe nothing of it can be decoded
    assert pictures[0].is_keyframe
    assert pictures[0].live_us > 1_400_000  # the player's time never goes back


def test_after_a_damaged_packet_nothing_is_shown_before_the_next_keyframe(packets: list[RingPacket]) -> None:
    damaged = [structs.replace(one, is_corrupt=number == 13) for number, one in enumerate(packets)]
    muxer = LiveMuxer()
    starts, pictures = mux(damaged, muxer)
    assert len(pictures) == 30 - 7
    assert muxer.skipped == 7
    assert len(starts) == 2


def test_a_camera_that_never_sends_parameter_sets_shows_nothing_and_raises_nothing(packets: list[RingPacket]) -> None:
    bare = [
        structs.replace(one, shape=replace(one.shape, extradata=b""), data=b"\x00\x00\x01\x65\x88") for one in packets
    ]
    muxer = LiveMuxer()
    assert mux(bare, muxer) == ([], [])
    assert muxer.skipped == 30


def test_the_sets_of_the_stream_win_over_those_of_the_container(packets: list[RingPacket]) -> None:
    """A camera that changes its picture says so only in the stream (ring: a new shape with its keyframe)."""
    other = replace(packets[0].shape, width=WIDTH * 2)
    starts, _ = mux(packets[:10] + [structs.replace(one, shape=other) for one in packets[10:]])
    assert [start.width for start in starts] == [WIDTH, WIDTH * 2]
