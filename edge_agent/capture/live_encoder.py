"""Encodes one camera's stream anew while somebody watches: for privacy masks, and for codecs no browser plays.

One thread for each stream that needs it, shared by all its viewers. Policy for a machine that is too slow: whatever
waits is dropped and the next keyframe goes on, counted. The thread that reads the camera is never waited for.
"""

import threading
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Final

import av
import av.error
import structlog
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from edge_agent.capture.clip_writer import Burn
from edge_agent.capture.decoder import Decoder, new_context
from edge_agent.capture.parameter_sets import find_parameter_sets
from edge_agent.capture.ring import PacketRing, PacketTaker, RingPacket, StreamShape

log = structlog.get_logger(__name__)

ENCODER: Final = "libx264"
_OPTIONS: Final = {"preset": "ultrafast", "tune": "zerolatency", "crf": "25", "forced-idr": "1"}
_TICK: Final = Fraction(1, 90_000)
KEYFRAME_S: Final = 1.0
"""A viewer that fell behind, or comes late, waits no longer than this."""
WAITING_PACKETS: Final = 25
"""With more waiting, a keyframe that arrives takes the place of all of them."""
BEHIND_PACKETS: Final = 3
"""With more waiting, pictures are decoded and not encoded until it is caught up …"""
MOST_SKIPPED: Final = 10
"""… but so many in a row at most, or a viewer on a slow machine would see nothing at all."""


class LiveEncoder:
    """One stream's encoder, from ``start`` to ``stop``."""

    def __init__(
        self,
        ring: PacketRing,
        take: PacketTaker,
        *,
        burn: Burn | None,
        longest_side: int | None,
        lost: Callable[[int], None],
        name: str,
    ) -> None:
        """``take`` gets the new packets in this encoder's thread; ``lost`` is told of packets dropped for lack of time.

        ``longest_side``: pictures are made no larger than this; None keeps their size.
        """
        self._ring = ring
        self._take = take
        self._burn = burn
        self._longest_side = longest_side
        self._lost = lost
        self._name = name
        self._waiting: deque[RingPacket] = deque()
        self._needs_keyframe = False
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"live-{name}", daemon=True)
        self._decoder: Decoder | None = None
        self._decoding: tuple[StreamShape, int] | None = None
        self._encoder: VideoCodecContext | None = None
        self._shape: StreamShape | None = None
        self._generation = 0
        self._key_due_s = float("-inf")
        self._last_pts = -1
        self._skipped = 0
        self._failed = False
        """It was logged that a picture could not be made; the others are counted."""

    def start(self) -> None:
        """Begin with the newest keyframe."""
        first = self._ring.follow(self._offer)
        with self._wake:
            self._waiting.extendleft(reversed(first))
            self._wake.notify()
        self._thread.start()

    def stop(self) -> None:
        """End; ``take`` is not called again once the thread has ended, which is at most a picture's time later."""
        self._ring.unfollow(self._offer)
        with self._wake:
            self._stopping = True
            self._waiting.clear()
            self._wake.notify()

    def _offer(self, packet: RingPacket) -> None:
        """Take a packet in the thread that reads the camera."""
        with self._wake:
            if len(self._waiting) >= WAITING_PACKETS and packet.is_keyframe:
                self._lost(len(self._waiting))
                self._waiting.clear()
                self._needs_keyframe = False
            elif len(self._waiting) >= 4 * WAITING_PACKETS:
                self._lost(len(self._waiting))
                self._waiting.clear()
                self._needs_keyframe = True
            if self._needs_keyframe and not packet.is_keyframe:
                self._lost(1)
                return
            self._needs_keyframe = False
            self._waiting.append(packet)
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._stopping:
                    self._wake.wait()
                if self._stopping:
                    return
                packet = self._waiting.popleft()
                behind = len(self._waiting)
            try:
                self._turn(packet, behind)
            except Exception:  # supervisor: one picture that cannot be made must not end the others
                if not self._failed:
                    log.exception("live_encode_failed", stream=self._name)
                self._failed = True
                self._lost(1)
                self._encoder = self._decoder = None

    def _turn(self, packet: RingPacket, behind: int) -> None:
        pictures = self._decode(packet)
        if (
            behind > BEHIND_PACKETS and self._skipped < MOST_SKIPPED
        ):  # decoded, because later ones need it; to encode what is old would make it older
            self._skipped += len(pictures)
            if self._encoder is not None:
                self._lost(len(pictures))
            return
        self._skipped = 0
        for picture in pictures:
            self._encode(picture, packet)

    def _decode(self, packet: RingPacket) -> list[VideoFrame]:
        if packet.is_keyframe and (self._decoder is None or self._decoding != (packet.shape, packet.connection)):
            self._decoder = Decoder(new_context(packet.shape))
            self._decoding = (packet.shape, packet.connection)
            self._encoder = None  # a viewer is told that the camera's stream began anew
        return [] if self._decoder is None else self._decoder.decode(packet)

    def _encode(self, picture: VideoFrame, packet: RingPacket) -> None:
        assert picture.pts is not None  # noqa: S101 - the decoder stamps every picture
        media_s = float(picture.pts * packet.shape.time_base)
        shown = self._burn(picture) if self._burn is not None else picture
        width, height = fitted(shown.width, shown.height, self._longest_side)
        if (shown.width, shown.height, shown.format.name) != (width, height, "yuv420p"):
            shown = shown.reformat(width=width, height=height, format="yuv420p")
        if self._encoder is None or (self._encoder.width, self._encoder.height) != (width, height):
            self._encoder = _new_encoder(width, height)
            self._generation += 1
            self._shape, self._key_due_s, self._last_pts = None, float("-inf"), -1
        shown.pts = max(round(media_s / _TICK), self._last_pts + 1)
        shown.time_base = _TICK
        self._last_pts = shown.pts
        shown.pict_type = PictureType.I if media_s >= self._key_due_s else PictureType.NONE
        if media_s >= self._key_due_s:
            self._key_due_s = media_s + KEYFRAME_S
        for compressed in self._encoder.encode(shown):
            self._hand_on(bytes(compressed), pts=shown.pts, media_s=media_s, is_keyframe=compressed.is_keyframe)

    def _hand_on(self, data: bytes, *, pts: int, media_s: float, is_keyframe: bool) -> None:
        if is_keyframe or self._shape is None:
            assert self._encoder is not None  # noqa: S101 - it has just made this packet
            self._shape = StreamShape(
                codec_name="h264",
                width=self._encoder.width,
                height=self._encoder.height,
                time_base=_TICK,
                extradata=find_parameter_sets("h264", data, extradata=b""),
            )
        self._take(
            RingPacket(
                data=data,
                pts_ticks=pts,
                dts_ticks=pts,
                media_s=media_s,
                is_keyframe=is_keyframe,
                is_corrupt=False,
                hidden=False,
                shape=self._shape,
                connection=self._generation,
            )
        )


def fitted(width: int, height: int, longest_side: int | None) -> tuple[int, int]:
    """Return the size to encode: both sides even, and no larger than wanted."""
    share = 1.0 if longest_side is None else min(1.0, longest_side / max(width, height))
    return max(2, round(width * share) & ~1), max(2, round(height * share) & ~1)


def _new_encoder(width: int, height: int) -> VideoCodecContext:
    context = av.CodecContext.create(ENCODER, "w")
    assert isinstance(context, VideoCodecContext)  # noqa: S101 - it encodes video
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = _TICK, Fraction(25)
    context.options = dict(_OPTIONS)
    context.gop_size = 10_000  # keyframes are asked for by time, whatever the camera's rate
    context.thread_count = 1
    return context
