"""From a camera's kept packets to what a browser plays: an init segment, then one fragment for each picture.

Owns the live timeline: continuous for the player whatever the camera does, with the true capture time beside it. A
picture's decode time is that of the picture before it, its duration the distance between the two, and the composition
offset puts it where it belongs. So every fragment is complete the moment its packet arrives, and decode times never
have a hole: a hole of more than two durations makes a player drop everything up to the next keyframe (Media Source
Extensions §3.5.8, coded frame processing, step 6).
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.capture.fmp4 import TIMESCALE, codec_string, fragment, init_segment, sample_of, sets_of, units_of
from edge_agent.capture.parameter_sets import annex_b_sets, to_annex_b
from edge_agent.capture.ring import RingPacket, StreamShape

LONGEST_GAP_TICKS: Final = TIMESCALE
"""A longer pause of the camera is cut out of the live timeline, or the player would wait for as long."""
USUAL_TICKS: Final = TIMESCALE // 25


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStart:
    """A stream begins, or begins anew: its player needs a new init segment."""

    codec: str
    """RFC 6381."""
    width: int
    height: int
    init: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePicture:
    """One picture as a fragment."""

    data: bytes
    is_keyframe: bool
    live_us: int
    """When it is shown on the live timeline, microseconds."""
    media_s: float
    """When it was taken on the camera's own timeline."""
    shift: int
    """Changes where the live timeline was cut, so that live and capture time are tied anew."""


class LiveMuxer:
    """One stream; deterministic in the packets it gets, used by one thread."""

    def __init__(self) -> None:
        self._connection: int | None = None
        self._shape: StreamShape | None = None
        self._sets: tuple[tuple[bytes, ...], tuple[bytes, ...]] = ((), ())
        self._sequence = 0
        self._shift_ticks: int | None = None
        self._decode_ticks = 0
        """Shifted decode time of the newest picture."""
        self._usual_ticks = USUAL_TICKS
        self.skipped = 0
        """Packets before a keyframe, or damaged ones and what depends on them."""

    def take(self, packet: RingPacket) -> tuple[LiveStart | None, LivePicture | None]:
        """Return what a packet gives: a start before a keyframe that needs one, and the picture.

        Both None: it cannot be shown (counted in ``skipped``).
        """
        if packet.is_corrupt:
            self._connection = None  # a browser's decoder may give up at damage, so it does not get any
        if packet.is_corrupt or (packet.connection != self._connection and not packet.is_keyframe):
            self.skipped += 1
            return None, None
        units = units_of(to_annex_b(packet.data, codec_name=packet.shape.codec_name, extradata=packet.shape.extradata))
        start = self._start(packet, units) if packet.is_keyframe else None
        if not self._sets[0]:
            self.skipped += 1
            return None, None
        return start, self._picture(packet, sample_of(units))

    def _start(self, packet: RingPacket, units: list[bytes]) -> LiveStart | None:
        sps, pps = sets_of(units)
        if not sps or not pps:
            sps, pps = sets_of(units_of(annex_b_sets(packet.shape.codec_name, packet.shape.extradata)))
        same = packet.connection == self._connection and packet.shape == self._shape and (sps, pps) == self._sets
        self._connection, self._shape = packet.connection, packet.shape
        if same or not sps or not pps:
            self._sets = (sps, pps) if not same else self._sets
            return None
        self._sets = (sps, pps)
        width, height = packet.shape.width, packet.shape.height
        init = init_segment(sps, pps, width=width, height=height)
        return LiveStart(codec=codec_string(sps[0]), width=width, height=height, init=init)

    def _picture(self, packet: RingPacket, sample: bytes) -> LivePicture:
        scale = float(packet.shape.time_base) * TIMESCALE
        decode = round(packet.dts_ticks * scale)
        if self._shift_ticks is None:
            self._shift_ticks = USUAL_TICKS - decode
            self._decode_ticks = 0
        gap = decode + self._shift_ticks - self._decode_ticks
        if not 0 < gap <= LONGEST_GAP_TICKS:
            self._shift_ticks += self._usual_ticks - gap
            gap = self._usual_ticks
        self._usual_ticks = gap
        shown = round(packet.pts_ticks * scale) + self._shift_ticks
        data = fragment(
            sample,
            sequence=self._sequence,
            decode_ticks=self._decode_ticks,
            duration_ticks=gap,
            offset_ticks=shown - self._decode_ticks,
            is_keyframe=packet.is_keyframe,
        )
        self._sequence += 1
        self._decode_ticks += gap
        return LivePicture(
            data=data,
            is_keyframe=packet.is_keyframe,
            live_us=shown * 100 // 9,
            media_s=packet.media_s,
            shift=self._shift_ticks,
        )
