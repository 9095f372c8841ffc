"""Turning kept packets into pictures, one packet at a time, so that a damaged one costs only itself.

Owns the use of one libav decoder; which packets it gets is ``capture.decode_policy``'s business. Pictures come out in
the order in which they are shown, each with the timestamp that belongs to it.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

import av
import av.error
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from edge_agent.capture.decode_turns import TURNS
from edge_agent.capture.ring import RingPacket, StreamShape

SELF_CONTAINED: Final = frozenset({"h264", "hevc"})
"""Codecs whose packets and extradata say everything about the pictures; others need what the container knows."""
MOST_REORDERED: Final = 16
"""No codec holds back more pictures than this (H.264 and H.265: max_dec_frame_buffering)."""


class PictureTimes:
    """Gives every picture its timestamp, also where a file wrote them in decoding order.

    Some muxers lose the reordering of B pictures: the stamps are right as a set, but sit on the wrong packets. Then the
    n-th picture shown has the n-th smallest stamp. Recognised by pictures coming out with falling stamps, or by a
    stream that declares reordering while none of its packets is reordered.
    """

    def __init__(self, *, declares_reordering: bool) -> None:
        self._declares_reordering = declares_reordering
        self._reordering_seen = False
        self._falling_seen = False
        self._newest_sent: int | None = None
        self._newest_shown: int | None = None
        self._waiting: list[int] = []

    def sent(self, pts_ticks: int) -> None:
        """Note a packet's stamp before it is decoded."""
        if self._newest_sent is not None and pts_ticks < self._newest_sent:
            self._reordering_seen = True
        self._newest_sent = max(pts_ticks, self._newest_sent) if self._newest_sent is not None else pts_ticks
        heapq.heappush(self._waiting, pts_ticks)
        while len(self._waiting) > MOST_REORDERED:
            heapq.heappop(self._waiting)  # its packet never became a picture

    def shown(self, pts_ticks: int | None) -> int | None:
        """Return the stamp of the picture that came out with ``pts_ticks``."""
        smallest = heapq.heappop(self._waiting) if self._waiting else pts_ticks
        if pts_ticks is not None and self._newest_shown is not None and pts_ticks <= self._newest_shown:
            self._falling_seen = True
        sorted_stamps = self._falling_seen or (self._declares_reordering and not self._reordering_seen)
        stamp = smallest if sorted_stamps or pts_ticks is None else pts_ticks
        self._newest_shown = stamp
        return stamp

    def forget(self) -> None:
        """Tell that the decoder was emptied."""
        self._waiting.clear()
        self._newest_sent = None
        self._newest_shown = None


class Decoder:
    """One stream's decoder; used by one thread."""

    def __init__(
        self, context: VideoCodecContext, *, reorders: bool | None = None, patience_s: float | None = None
    ) -> None:
        """``reorders``: whether the stream declares reordering; None asks the context, a fresh one says no.

        ``patience_s``: how long to wait for a turn; None for as long as it takes.
        """
        self._patience_s = patience_s
        self.starved = False
        """Set when no turn came in time: the packet was not decoded, so nothing is right before the next keyframe."""
        self._context = context
        self._times = PictureTimes(declares_reordering=bool(context.has_b_frames) if reorders is None else reorders)
        self._hidden: deque[int] = deque(maxlen=4 * MOST_REORDERED)
        self.corrupt = 0
        """Packets that could not be decoded and pictures with concealed damage."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures lately, (0, 0) before the first."""
        return self._context.width, self._context.height

    def decode(self, packet: RingPacket) -> list[VideoFrame]:
        """Return the pictures that come out after this packet; none and one more in ``corrupt`` if it is damaged.

        Their ``pts`` is in ticks of the packet's time base; pictures of hidden packets do not come out.
        """
        compressed = Packet(packet.data)
        compressed.pts = packet.pts_ticks
        compressed.dts = packet.dts_ticks
        compressed.time_base = packet.shape.time_base
        compressed.is_keyframe = packet.is_keyframe
        if packet.hidden:
            self._hidden.append(packet.pts_ticks)
        self._times.sent(packet.pts_ticks)
        return self._counted(compressed)

    def decode_alone(self, packet: RingPacket) -> list[VideoFrame]:
        """Return the picture of a keyframe without the packets after it, and leave the decoder empty."""
        frames = self.decode(packet) + self.drain()
        self._empty()
        return frames

    def replay(self, packets: Iterable[RingPacket]) -> Iterator[VideoFrame]:
        """Begin anew and decode ``packets``, the first of which is a keyframe."""
        self._empty()
        for packet in packets:
            yield from self.decode(packet)

    def slim(self, shape: StreamShape) -> None:
        """Begin anew with a fresh decoder, where packets carry all it needs: one that ran for long keeps the buffers of
        its busiest moment, 0.9 MB a picture of 704×576 with what belongs to it, and a camera needs two of them.

        A keyframe must come next; nothing may be held back for reordering.
        """
        if shape.codec_name in SELF_CONTAINED:
            self._context = new_context(shape)
            self._times.forget()

    @property
    def holds_back(self) -> bool:
        """Whether pictures may come out later than their packets, for reordering."""
        return bool(self._context.has_b_frames)

    def drain(self) -> list[VideoFrame]:
        """Return the pictures that were held back for reordering; afterwards only ``replay`` may follow."""
        return self._counted(None)

    def _empty(self) -> None:
        self._context.flush_buffers()
        self._times.forget()

    def _counted(self, compressed: "Packet[Stream] | None") -> list[VideoFrame]:
        if not TURNS.take(within_s=self._patience_s):
            self.starved = True
            return []
        try:
            frames = self._context.decode(compressed)
        except av.error.FFmpegError:  # any error of libav here is about this packet alone; the next one is tried
            self.corrupt += 1
            return []
        finally:
            TURNS.give_back()
        shown: list[VideoFrame] = []
        for frame in frames:
            self.corrupt += frame.is_corrupt
            frame.pts = pts = self._times.shown(frame.pts)
            if pts not in self._hidden:
                shown.append(frame)
        return shown


def decoder_of(context: VideoCodecContext, shape: StreamShape, *, patience_s: float | None) -> Decoder:
    """Return the decoder for a stream just opened; ``context`` is the container's, used only where it must be, because
    what it holds lives as long as the connection.
    """
    own = new_context(shape) if shape.codec_name in SELF_CONTAINED else context
    return Decoder(own, reorders=bool(context.has_b_frames), patience_s=patience_s)


def new_context(shape: StreamShape) -> VideoCodecContext:
    """Return a decoder for kept packets, independent of the connection they came from."""
    context = av.CodecContext.create(shape.codec_name, "r")
    assert isinstance(context, VideoCodecContext)  # noqa: S101 - shapes are of video streams
    if shape.extradata:
        context.extradata = shape.extradata
    if shape.width and shape.height:
        context.width, context.height = shape.width, shape.height
    context.thread_count = 1  # more threads cost up to half as much CPU again
    context.thread_type = "NONE"
    return context
