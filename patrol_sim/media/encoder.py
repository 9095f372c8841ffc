"""Pictures to a loop, encoded once when it is made, in the way cameras encode: rate-controlled, no B-frames."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.stream import VideoStream

from patrol_sim.errors import SourceError
from patrol_sim.media.loop import MediaLoop, Sample, build_loop
from patrol_sim.rtp.nal import Codec, split_annex_b

CLOCK_90K: Final = Fraction(1, 90_000)
_ENCODERS: Final = {Codec.H264: "libx264", Codec.H265: "libx265"}
_BITS_PER_PIXEL: Final = 0.12
"""About what a camera spends at 10-15 pictures a second: 490 kbit/s for 704x576 at 10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How to encode a loop; ``gop`` counts pictures from keyframe to keyframe."""

    width: int
    height: int
    fps: Fraction
    gop: int
    codec: Codec = Codec.H264


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedPicture:
    """A picture with its time; ``keyframe`` forces one beside those that the GOP brings."""

    picture: av.VideoFrame
    pts_90k: int
    keyframe: bool = False


def encode_loop(
    pictures: Iterable[TimedPicture], encoding: Encoding, *, title: str, duration_90k: int | None = None
) -> MediaLoop:
    """Return the loop of these pictures, which must come in the order of their times.

    Without ``duration_90k`` the loop ends one picture after the last one began.

    Raises SourceError when this build of FFmpeg lacks the encoder or there are no pictures.
    """
    encoder = _open(encoding, title)
    samples: list[Sample] = []
    for timed in pictures:
        picture = timed.picture.reformat(width=encoding.width, height=encoding.height, format="yuv420p")
        picture.pts, picture.time_base = timed.pts_90k, CLOCK_90K
        picture.pict_type = PictureType.I if timed.keyframe else PictureType.NONE
        samples += [_sample(packet) for packet in encoder.encode(picture)]
    samples += [_sample(packet) for packet in encoder.encode(None)]
    if duration_90k is None:
        duration_90k = max((sample.pts_90k for sample in samples), default=0) + round(90_000 / encoding.fps)
    try:
        return build_loop(
            title=title,
            codec=encoding.codec,
            size=(encoding.width, encoding.height),
            fps=float(encoding.fps),
            parameter_sets=(),  # they are in front of every keyframe already
            samples=samples,
            duration_90k=duration_90k,
        )
    except ValueError as error:
        raise SourceError(f"{title}: nothing to encode ({error})") from error


def _open(encoding: Encoding, title: str) -> VideoCodecContext:
    name = _ENCODERS[encoding.codec]
    try:
        encoder = av.CodecContext.create(name, "w")
    except av.error.FFmpegError as error:
        raise SourceError(f"{title}: this PyAV has no encoder {name}; install PyAV's own wheel") from error
    if not isinstance(encoder, VideoCodecContext):
        raise SourceError(f"{title}: {name} is no video encoder")
    encoder.width, encoder.height, encoder.pix_fmt = encoding.width, encoding.height, "yuv420p"
    encoder.time_base, encoder.framerate = CLOCK_90K, encoding.fps
    encoder.gop_size, encoder.max_b_frames, encoder.thread_count = encoding.gop, 0, 1
    encoder.bit_rate = round(encoding.width * encoding.height * encoding.fps * _BITS_PER_PIXEL)
    rules = f"keyint={encoding.gop}:min-keyint={encoding.gop}:scenecut=0:bframes=0:repeat-headers=1:log-level=-1"
    if encoding.codec is Codec.H264:
        encoder.options = {"preset": "superfast", "profile": "main", "forced-idr": "1", "x264-params": rules}
    else:
        rules = rules.replace("log-level=-1", "log-level=none:pools=none:frame-threads=1")
        encoder.options = {"preset": "ultrafast", "forced-idr": "1", "x265-params": rules}
    return encoder


def _sample(packet: "av.Packet[VideoStream]") -> Sample:
    pts = packet.pts or 0
    scale = (packet.time_base or CLOCK_90K) / CLOCK_90K
    time_90k = round(pts * scale)
    # Without B-frames a picture is decoded when it is shown.
    return Sample(pts_90k=time_90k, dts_90k=time_90k, units=split_annex_b(bytes(packet)))
