"""Writing kept packets as an MP4 that every browser plays.

Owns the container: stream copy where the codec allows it, otherwise (and wherever a privacy mask must be burnt in)
decoding and encoding again. Writes to the path it is given and nothing else; the evidence store places the file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
import av.error
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from edge_agent.capture.decoder import Decoder, new_context
from edge_agent.capture.parameter_sets import annex_b_sets, find_parameter_sets, is_length_prefixed, to_annex_b
from edge_agent.capture.ring import RingPacket

COPIED: Final = frozenset({"h264", "hevc"})
"""Codecs that go into an MP4 as they are."""
ENCODERS: Final = (("libx264", {"preset": "veryfast", "crf": "23"}), ("mpeg4", {"qscale": "4"}))
"""Tried in this order; builds of FFmpeg without x264 exist."""
CLIP_TICK: Final = Fraction(1, 90_000)
_INDEX_BYTES: Final = 4096
"""Of an MP4's index beside its tables; what is not used becomes a ``free`` box."""
_INDEX_BYTES_PER_PACKET: Final = 44
"""Size 4, duration 8, reordering 8, keyframe 4, and a chunk of its own 8 + 12 (ISO/IEC 14496-12 §8.6 and §8.7)."""
MEDIA_TYPE: Final = "video/mp4"

Burn = Callable[[VideoFrame], VideoFrame]
"""Returns the picture with the privacy masks burnt in (``evidence.masks``); may return the same picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenClip:
    """A finished file."""

    path: Path
    start_s: float
    """Media seconds of the first and the last picture; the file's own time begins at 0."""
    end_s: float
    size_bytes: int
    reencoded: bool
    width: int
    height: int

    @property
    def duration_ms(self) -> int:
        """Length of the clip."""
        return round((self.end_s - self.start_s) * 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRefused:
    """No clip came about; the path may hold a partial file, which is the caller's to remove."""

    reason: str
    """``empty``, ``undecodable``, ``disk`` or ``unwritable``."""
    sentence: str


def write_clip(packets: Sequence[RingPacket], path: Path, *, burn: Burn | None = None) -> WrittenClip | ClipRefused:
    """Write packets of one connection and shape (``PacketRing.cut``) to ``path``; returns the clip or why not.

    Runs for a few milliseconds when copying, for seconds when encoding: not in the camera's thread.
    """
    if not packets or not packets[0].is_keyframe:
        return ClipRefused(reason="empty", sentence="no packets from a keyframe on are kept for these seconds")
    shape = packets[0].shape
    reencode = burn is not None or shape.codec_name not in COPIED
    try:
        try:
            written = _write(path, packets, burn, reencode=reencode, options=_room_for_index(packets))
        except av.error.ArgumentError:  # a stream whose parameter sets take more room than any we know
            written = _write(path, packets, burn, reencode=reencode, options={"movflags": "+faststart"})
    except av.error.FFmpegError as error:
        reason = "disk" if isinstance(error, OSError) else "unwritable"
        return ClipRefused(reason=reason, sentence=f"{path.name} could not be written: {error.strerror}")
    if not written:
        return ClipRefused(reason="undecodable", sentence="none of the kept packets became a picture")
    return WrittenClip(
        path=path,
        start_s=min(packet.media_s for packet in packets),
        end_s=max(packet.media_s for packet in packets),
        size_bytes=path.stat().st_size,
        reencoded=reencode,
        width=shape.width,
        height=shape.height,
    )


def _room_for_index(packets: Sequence[RingPacket]) -> dict[str, str]:
    """Return what puts the index before the pictures, so that a browser can begin at once.

    Room is left for it where it goes: ``movflags=faststart`` writes the whole file a second time instead.
    """
    return {"moov_size": str(_INDEX_BYTES + _INDEX_BYTES_PER_PACKET * len(packets))}


def _write(
    path: Path, packets: Sequence[RingPacket], burn: Burn | None, *, reencode: bool, options: dict[str, str]
) -> int:
    """Write the file; returns how many pictures are in it."""
    with av.open(str(path), mode="w", format="mp4", container_options=options) as container:
        return _encode(container, packets, burn) if reencode else _copy(container, packets)


def _copy(container: OutputContainer, packets: Sequence[RingPacket]) -> int:
    shape = packets[0].shape
    stream = container.add_mux_stream(shape.codec_name, width=shape.width, height=shape.height)
    stream.time_base = tick = shape.time_base
    has_lengths = is_length_prefixed(shape.extradata)
    durations = _durations(packets)
    origin, last_dts = packets[0].dts_ticks, -1
    # A clip has hundreds of packets, and this loop is most of what a busy street's evidence costs beside its bytes.
    for number, packet in enumerate(packets):
        data = packet.data
        if has_lengths:
            data = to_annex_b(data, codec_name=shape.codec_name, extradata=shape.extradata)
        if number == 0 and not find_parameter_sets(shape.codec_name, data, extradata=b""):
            data = annex_b_sets(shape.codec_name, shape.extradata) + data
        compressed = Packet(data)
        compressed.stream = stream
        compressed.time_base = tick
        # A muxer refuses stamps that stand still.
        compressed.dts = last_dts = max(packet.dts_ticks - origin, last_dts + 1)
        compressed.pts = max(packet.pts_ticks - origin, last_dts)
        compressed.is_keyframe = packet.is_keyframe
        compressed.duration = durations[number]
        container.mux_one(compressed)
    return len(packets)


def _durations(packets: Sequence[RingPacket]) -> list[int]:
    """Return how long each packet lasts; without it the muxer's edit list would hide the last picture."""
    stamps = [packet.dts_ticks for packet in packets]
    durations = [max(1, after - before) for before, after in pairwise(stamps)]
    return [*durations, durations[-1]] if durations else [1]


def _encode(container: OutputContainer, packets: Sequence[RingPacket], burn: Burn | None) -> int:
    stream: VideoStream | None = None
    written, last_pts = 0, -1
    origin_s = packets[0].media_s
    for picture in _pictures(packets):
        if stream is None:
            stream = _add_encoder(container, picture)
        shown = burn(picture) if burn is not None else picture
        if (shown.width, shown.height, shown.format.name) != (stream.width, stream.height, "yuv420p"):
            shown = shown.reformat(width=stream.width, height=stream.height, format="yuv420p")
        assert picture.pts is not None  # noqa: S101 - the decoder stamps every picture
        media_s = float(picture.pts * packets[0].shape.time_base)
        last_pts = max(round((media_s - origin_s) / CLIP_TICK), last_pts + 1)
        shown.pts, shown.time_base = last_pts, CLIP_TICK
        container.mux(stream.encode(shown))
        written += 1
    if stream is not None:
        container.mux(stream.encode(None))
    return written


def _add_encoder(container: OutputContainer, picture: VideoFrame) -> VideoStream:
    name, options = next(((name, options) for name, options in ENCODERS if name in av.codecs_available), ENCODERS[-1])
    stream = container.add_stream(name, options=dict(options))
    assert isinstance(stream, VideoStream)  # noqa: S101 - both encoders make video
    stream.width, stream.height = picture.width & ~1, picture.height & ~1  # 4:2:0 needs even sides
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = CLIP_TICK
    stream.codec_context.thread_count = 1
    return stream


def _pictures(packets: Sequence[RingPacket]) -> Iterator[VideoFrame]:
    decoder = Decoder(new_context(packets[0].shape))
    for packet in packets:
        yield from decoder.decode(packet)
    yield from decoder.drain()
