"""Video files to loops: stream copy for H.264 and H.265, one transcoding at load for everything else."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import structlog
from av.container import InputContainer
from av.video.stream import VideoStream

from patrol_sim.errors import SourceError
from patrol_sim.media.encoder import CLOCK_90K, Encoding, TimedPicture, encode_loop
from patrol_sim.media.loop import MediaLoop, Sample, build_loop
from patrol_sim.rtp.nal import Codec, split_annex_b, split_length_prefixed
from patrol_sim.rtp.parameter_sets import read_codec_header

_log = structlog.get_logger(__name__)
VIDEO_SUFFIXES: Final = frozenset({".mp4", ".mkv", ".avi", ".mov", ".ts", ".m4v", ".h264", ".h265"})
MAX_LOOP_BYTES: Final = 512 * 1024 * 1024
"""A loop lies in memory; longer recordings are refused, not cut."""
_FALLBACK_FPS: Final = Fraction(25)


def load_video_file(path: Path) -> MediaLoop:
    """Return the loop of a video file.

    Raises SourceError saying what is wrong with the file; damaged places inside it are served as they are.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise SourceError(f"{path}: holds no video")
            stream = container.streams.video[0]
            copied = _copy(path, container, stream)
        if copied is not None:
            return copied
        with av.open(str(path)) as container:
            return _transcode(path, container, container.streams.video[0])
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(f"{path}: cannot be read as video ({error}); give a file that ffprobe plays") from error
    except ValueError as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"{path}: its video cannot be served ({error})") from error


def _copy(path: Path, container: InputContainer, stream: VideoStream) -> MediaLoop | None:
    """Return the loop of the packets as they are; None when the codec or missing times ask for transcoding."""
    if stream.codec_context.name not in set(Codec):
        return None
    codec = Codec(stream.codec_context.name)
    counted = "avi" in container.format.name  # AVI has no times, only a count of pictures in decoding order
    if counted and stream.codec_context.has_b_frames:
        return None
    header = read_codec_header(codec, stream.codec_context.extradata or b"")
    samples: list[Sample] = []
    loop_bytes, end_90k = 0, 0
    picture_90k = round(90_000 / _fps(stream))
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        shown = packet.dts if counted else packet.pts
        if shown is None or packet.dts is None or packet.time_base is None:
            return None
        scale = packet.time_base / CLOCK_90K
        pts, dts = round(shown * scale), round(packet.dts * scale)
        sample = bytes(packet)
        units = (
            split_annex_b(sample) if header.length_bytes is None else split_length_prefixed(sample, header.length_bytes)
        )
        samples.append(Sample(pts_90k=pts, dts_90k=dts, units=units))
        end_90k = max(end_90k, pts + (round(packet.duration * scale) if packet.duration else picture_90k))
        loop_bytes += packet.size
        if loop_bytes > MAX_LOOP_BYTES:
            raise SourceError(f"{path}: more than {MAX_LOOP_BYTES >> 20} MiB of video; cut a shorter piece")
    return build_loop(
        title=path.stem,
        codec=codec,
        size=(stream.codec_context.width, stream.codec_context.height),
        fps=float(_fps(stream)),
        parameter_sets=header.units,
        samples=samples,
        duration_90k=end_90k,
    )


def _fps(stream: VideoStream) -> Fraction:
    return stream.average_rate or stream.guessed_rate or _FALLBACK_FPS


def _transcode(path: Path, container: InputContainer, stream: VideoStream) -> MediaLoop:
    fps = _fps(stream)
    _log.info("sim_source_transcoded", file=str(path), codec=stream.codec_context.name, to=Codec.H264.value)
    # 4:2:0 needs even sides; the odd column or row of a rare camera is scaled away.
    width, height = stream.codec_context.width & ~1, stream.codec_context.height & ~1
    encoding = Encoding(width=width, height=height, fps=fps, gop=max(1, round(2 * fps)))
    return encode_loop(_pictures(container, stream, fps), encoding, title=path.stem)


def _pictures(container: InputContainer, stream: VideoStream, fps: Fraction) -> Iterator[TimedPicture]:
    """Decode what can be decoded; pictures are stamped by their count, as the file's own times may be missing."""
    count = 0
    for packet in container.demux(stream):
        try:
            decoded = packet.decode()
        except av.error.InvalidDataError:
            continue
        for picture in decoded:
            if isinstance(picture, av.VideoFrame):
                yield TimedPicture(picture=picture, pts_90k=round(count * 90_000 / fps))
                count += 1
