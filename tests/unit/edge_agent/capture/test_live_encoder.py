"""An encoder too slow for its camera: the reader never waits, the viewer gets the newest, losses are counted."""

from fractions import Fraction
from pathlib import Path
from threading import Event

import av
import pytest
from av.video.frame import VideoFrame

from edge_agent.capture.live_encoder import LiveEncoder, fitted
from edge_agent.capture.ring import PacketRing, RingPacket, StreamShape
from tests.support.small_video import FPS, HEIGHT, WIDTH, make_film
from tests.support.waiting import wait_until

TICK = Fraction(1, 90_000)


def film_packets(path: Path) -> list[RingPacket]:
    """Ten seconds of H.264, a keyframe each second."""
    with av.open(str(make_film(path, seconds=10.0)), mode="r") as container:
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


def test_while_a_picture_takes_for_ever_the_reader_goes_on_and_then_the_newest_is_shown(tmp_path: Path) -> None:
    packets, ring = film_packets(tmp_path / "walk.mp4"), PacketRing(keep_s=60.0, keep_bytes=10**8)
    made: list[RingPacket] = []
    lost: list[int] = []
    stuck, free = Event(), Event()

    def burn(picture: VideoFrame) -> VideoFrame:
        stuck.set()
        assert free.wait(20)
        return picture

    ring.append(packets[0])
    encoder = LiveEncoder(ring, made.append, burn=burn, longest_side=160, lost=lost.append, name="gate")
    encoder.start()
    try:
        assert stuck.wait(10)
        for packet in packets[1:]:
            ring.append(packet)  # returns although the encoder hangs
        free.set()
        wait_until(lambda: made and made[-1].media_s > 9.8, within_s=10, what="it caught up with the newest picture")
    finally:
        free.set()
        encoder.stop()
    assert len(made) + sum(lost) == len(packets)  # nothing is dropped silently
    assert len(made) < 40
    assert made[0].is_keyframe
    assert (made[0].shape.width, made[0].shape.height) == (160, 120)
    assert ring._followers == ()


@pytest.mark.parametrize(
    ("size", "longest", "even"),
    [
        ((1920, 1080), 704, (704, 396)),
        ((704, 576), 704, (704, 576)),
        ((641, 361), None, (640, 360)),
        ((3, 2), 1, (2, 2)),
    ],
)
def test_sides_are_even_and_no_longer_than_wanted(
    size: tuple[int, int], longest: int | None, even: tuple[int, int]
) -> None:
    assert fitted(*size, longest) == even
