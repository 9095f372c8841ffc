"""The way of a packet: into time, into the ring, through the decoder, to the frames that are worth analysing.

Owns the order of these steps for one camera, over all its connections. The agent (``capture.stream_reader``) and
``patrol detect`` (``capture.file_reader``) both drive it; nothing of it exists twice. Called by one thread at a time.
"""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.decode_policy import NOTHING, DecodeMode, DecodePolicy, MotionGate, Plan
from edge_agent.capture.decoder import decoder_of
from edge_agent.capture.frames import Frame, detached, luma
from edge_agent.capture.parameter_sets import find_parameter_sets
from edge_agent.capture.ring import PacketRing, RingPacket
from edge_agent.capture.source import OpenSource
from edge_agent.core.decode_debt import LIMIT_S, DecodeDebt
from edge_agent.core.media_clock import MediaClock

PLANAR = frozenset({"yuv420p", "yuvj420p"})
"""Pixel formats handed on as they are; anything else is converted, so that the analysis knows one layout."""
HASH_ROWS = 4
"""Every fourth row is enough to tell two pictures of a sensor apart, at a quarter of the cost."""
HASH_EVERY_S = 1.0
"""Whether the picture changes at all is asked about so often, or four times within the camera's frozen_after_s."""
SLIM_EVERY_S = 60.0
"""So often a decoder that is always busy gives back the buffers of its busiest moment: one late look at a picture, and
it would have another 0.9 MB (704×576) for ever."""
EARLY_S = 0.001
"""A frame may come this much before its turn: timestamps are rounded."""


@dataclass(slots=True, kw_only=True)
class PathCounters:
    """What happened so far; written by the path's thread only, read by anybody without a lock."""

    packets: int = 0
    compressed_bytes: int = 0
    decoded: int = 0
    corrupt: int = 0
    bad_reads: int = 0
    """Damaged places in the stream at which libav found no packet."""
    decoders: int = 0
    """How often a decoder that never rests was made anew."""
    left_out: int = 0
    """Packets not decoded because decoding was behind."""
    handed_on: int = 0
    without_keyframe: int = 0
    """Packets before the first keyframe of a connection."""
    last_packet_s: float | None = None
    """Instants (monotonic seconds) of the last packet, picture and picture that differed from the one before."""
    last_picture_s: float | None = None
    last_change_s: float | None = None
    width: int = 0
    height: int = 0
    gop_s: float | None = None
    """Longest of the last intervals between keyframes."""
    mode: DecodeMode = DecodeMode.FULL


class PacketPath:
    """One camera's packets to frames."""

    def __init__(
        self,
        camera: CameraSource,
        *,
        ring: PacketRing,
        media_clock: MediaClock,
        gate: MotionGate | None = None,
        instant: Callable[[], float] | None = None,
    ) -> None:
        """``instant`` measures what decoding takes; without it (a film, as fast as it goes) nothing is ever late."""
        self._camera = camera
        self._ring = ring
        self._media_clock = media_clock
        self._gate = gate
        self._instant = instant
        self._spacing_s = 1.0 / camera.analyse_fps if camera.analyse_fps > 0.0 else 0.0
        self._due_s = float("-inf")
        self._last_media_s = float("-inf")
        self._sequence = 0
        self._connection = 0
        self._picture_hash: int | None = None
        self._hashed_s = float("-inf")
        """Instant of the last look whether the picture changed."""
        self._judged_s = float("-inf")
        """Media time of the newest keyframe that the gate has seen."""
        self._arrived_s = 0.0
        self._corrupt_before = 0
        self._attend = False
        self._replaying = False
        self._slimmed_s = 0.0
        """Media time at which the decoder was last made anew, or looked at for it."""
        self.shows_pictures = False
        """Whether the present connection has given a picture, or a keyframe where nothing is decoded."""
        self.counters = PathCounters()

    def begin(self, source: OpenSource, *, at_s: float, loop: bool = False) -> None:
        """Take up a newly opened source; with ``loop`` it is the same film from its beginning again."""
        self._corrupt_before = self.counters.corrupt
        self._decoder = decoder_of(
            source.stream.codec_context, source.shape, patience_s=None if self._instant is None else LIMIT_S
        )
        self._policy = DecodePolicy(
            blind_time_s=self._camera.blind_time_s, adaptive=self._gate is not None, decode=self._camera.decode
        )
        self.shows_pictures = False
        self._debt = DecodeDebt(spread=zlib.crc32(self._camera.name.encode()) / 2**32)
        self._shape = source.shape
        self._tick = self._shape.time_base.as_integer_ratio()
        start_ticks = source.start_ticks if self._camera.is_file else None
        self._looped = loop
        if loop:
            self._media_clock.restart(start_ticks=start_ticks)
            return
        self._connection += 1
        self._media_clock.begin(tick_s=self._shape.time_base, start_ticks=start_ticks, at_s=at_s)

    def take(self, packet: "Packet[VideoStream]", *, arrived_s: float, wall_us: int) -> list[Frame]:
        """Keep the packet, decode what the policy wants, and return the frames due for analysis, oldest first."""
        placed = self._media_clock.place(pts=packet.pts, dts=packet.dts, arrived_s=arrived_s, wall_us=wall_us)
        self._arrived_s = arrived_s
        self.counters.packets += 1
        self.counters.compressed_bytes += packet.size
        self.counters.last_packet_s = arrived_s
        if packet.is_discard and packet.is_keyframe and self._looped:
            self._connection += 1  # the film's hidden lead lies under the end of its last pass: no clip goes over that
        kept = RingPacket(
            data=bytes(packet),
            pts_ticks=placed.pts_ticks,
            dts_ticks=placed.dts_ticks,
            media_s=placed.media_s,
            is_keyframe=packet.is_keyframe,
            is_corrupt=packet.is_corrupt,
            hidden=packet.is_discard,
            shape=self._shape,
            connection=self._connection,
        )
        plan = self._policy.take(kept)
        if not self._policy.has_keyframe:
            self.counters.without_keyframe += 1
        frames = self._follow(plan) if self._instant is None else self._follow_in_time(plan, self._instant)
        if kept.is_keyframe:
            kept = self._reshape(kept)
            if not self._camera.decode:
                self._note_picture()
        self._ring.append(kept)
        self.counters.mode, self.counters.gop_s = self._policy.mode, self._policy.gop_s
        return frames

    def drain(self) -> list[Frame]:
        """Return the frames that the decoder still held back at the end of the stream."""
        return self._frames(self._decoder.drain())

    def attend(self) -> None:
        """Ask for every picture from now on; any thread, takes effect with the next packet."""
        self._attend = True

    def _reshape(self, keyframe: RingPacket) -> RingPacket:
        """Return the keyframe with the shape it brought along; the decoder has seen it and knows the picture's size."""
        found = find_parameter_sets(self._shape.codec_name, keyframe.data, extradata=self._shape.extradata)
        extradata = found or self._shape.extradata
        if not self._camera.decode and extradata != self._shape.extradata:
            self._decoder.decode_alone(keyframe)  # nothing but its size is wanted, and only when it may have changed
        width, height = self._decoder.size
        shape = replace(
            self._shape, extradata=extradata, width=width or self._shape.width, height=height or self._shape.height
        )
        if shape == self._shape:
            return keyframe
        self._shape = shape
        return msgspec.structs.replace(keyframe, shape=shape)

    def _follow_in_time(self, plan: Plan, instant: Callable[[], float]) -> list[Frame]:
        """Decode, and see to it that it does not take longer than it lasts."""
        began_s = instant()
        frames = self._follow(plan)
        now_s = self._media_clock.newest_s
        if self._decoder.starved:
            self._decoder.starved = False
            self._debt.starved(now_s)
        self._policy.behind(self._debt.spent(instant() - began_s, now_s))
        if self._policy.mode is DecodeMode.BEHIND and plan is NOTHING:
            self.counters.left_out += 1
        return frames

    def _follow(self, plan: Plan) -> list[Frame]:
        frames: list[Frame] = []
        if plan.packet is not None:
            if plan.packet.is_keyframe and not plan.alone:
                self._slim_now_and_then(plan.packet.media_s)
            decode = self._decoder.decode_alone if plan.alone else self._decoder.decode
            frames = self._gated(decode(plan.packet), alone=plan.alone)
        elif plan.replay:
            frames = self._replay(plan)
        if self._attend and self.counters.last_packet_s is not None:
            self._attend = False
            frames += self._replay(self._policy.attend(self._media_clock.newest_s))
        return frames

    def _gated(self, pictures: list[VideoFrame], *, alone: bool) -> list[Frame]:
        """Ask the gate about keyframes before anything is handed on, so that frames stay in order over a replay."""
        if self._gate is None:
            return self._frames(pictures)
        for picture in pictures:
            if not picture.key_frame:
                continue
            media_s = self._media_s(picture)
            if media_s <= self._judged_s:
                continue  # a replay with reordering brings its keyframe once more
            self._judged_s = media_s
            frame = self._make(picture, media_s)
            if not self._gate.moved(frame):
                self._rest(frame.media_s)
                continue
            plan = self._policy.motion()
            if alone:
                return self._replay(plan)
        return self._frames(pictures)

    def _slim_now_and_then(self, at_s: float) -> None:
        """Begin anew with a fresh decoder before a keyframe, where that changes no picture."""
        if not 0.0 <= at_s - self._slimmed_s < SLIM_EVERY_S:
            if self._policy.can_begin_anew and not self._decoder.holds_back:
                self._decoder.slim(self._shape)
                self.counters.decoders += 1
            self._slimmed_s = at_s

    def _rest(self, at_s: float) -> None:
        """Let the camera rest if the policy thinks so."""
        before = self._policy.mode
        self._policy.still(at_s)
        if self._policy.mode is not before:
            self._decoder.slim(self._shape)

    def _replay(self, plan: Plan) -> list[Frame]:
        self._replaying = True
        try:
            return self._frames(self._decoder.replay(plan.replay)) if plan.replay else []
        finally:
            self._replaying = False

    def _frames(self, pictures: Iterable[VideoFrame]) -> list[Frame]:
        due: list[Frame] = []
        for picture in pictures:
            self._count(picture)
            media_s = self._media_s(picture)
            if media_s <= self._last_media_s or media_s < self._due_s - EARLY_S:
                continue
            self._last_media_s = media_s
            self._due_s = self._next_due(media_s)
            frame = self._make(picture, media_s)
            self._watch_change(frame)
            due.append(frame)
        self.counters.corrupt = self._corrupt_before + self._decoder.corrupt
        self.counters.handed_on += len(due)
        return due

    def _next_due(self, media_s: float) -> float:
        """Keep the beat over frames that come a little late; begin a new one after a gap."""
        on_beat_s = self._due_s + self._spacing_s
        return on_beat_s if on_beat_s > media_s + self._spacing_s / 2 else media_s + self._spacing_s

    def _count(self, picture: VideoFrame) -> None:
        self.counters.decoded += 1
        self.counters.last_picture_s = self._arrived_s
        self.shows_pictures = True
        self._sequence += 1
        if (picture.width, picture.height) != (self.counters.width, self.counters.height):
            self.counters.width, self.counters.height = picture.width, picture.height

    def _note_picture(self) -> None:
        """Take a keyframe for a picture where nothing is decoded: that the camera shows life is all that is known."""
        self.shows_pictures = True
        self.counters.last_picture_s = self.counters.last_change_s = self._arrived_s
        self.counters.width, self.counters.height = self._shape.width, self._shape.height

    def _media_s(self, picture: VideoFrame) -> float:
        if picture.pts is None:
            return self._media_clock.newest_s
        numerator, denominator = self._tick  # as exact as the Fraction, and a tenth of its cost
        return picture.pts * numerator / denominator

    def _make(self, picture: VideoFrame, media_s: float) -> Frame:
        moment = self._media_clock.moment(media_s)
        planar = picture if picture.format.name in PLANAR else picture.reformat(format="yuv420p")
        if self._replaying and planar is picture:
            planar = detached(picture)
        return Frame(
            video_frame=planar,
            media_s=media_s,
            captured_at=moment.captured_at,
            time_error_ms=moment.time_error_ms,
            clock_suspect=moment.clock_suspect,
            sequence=self._sequence,
            width=picture.width,
            height=picture.height,
            is_corrupt=picture.is_corrupt,
            arrived_s=self._arrived_s,
            replayed=self._replaying,
        )

    def _watch_change(self, frame: Frame) -> None:
        if self._camera.frozen_after_s <= 0.0 or self._camera.is_file:
            self.counters.last_change_s = self._arrived_s
            return
        if self._arrived_s - self._hashed_s < min(HASH_EVERY_S, self._camera.frozen_after_s / 4):
            return
        self._hashed_s = self._arrived_s
        rows = np.ascontiguousarray(luma(frame.video_frame)[::HASH_ROWS])
        picture_hash = zlib.crc32(rows.data)
        if picture_hash != self._picture_hash:
            self._picture_hash = picture_hash
            self.counters.last_change_s = self._arrived_s
