"""The compressed past of one camera: packets kept in memory so that a clip can begin before its event.

Owns RingPacket, StreamShape and PacketRing. Written by the camera's reader, read by whoever cuts a clip.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamShape:
    """What a muxer or decoder must know before the first packet; a new value when a camera changes it mid-stream."""

    codec_name: str
    """FFmpeg's name of the decoder: ``h264``, ``hevc`` …"""
    width: int
    height: int
    time_base: Fraction
    extradata: bytes
    """Parameter sets in the container's own form (avcC or Annex B); empty when they only travel in the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RingPacket:
    """One compressed access unit on the camera's continuous timeline."""

    data: bytes
    pts_ticks: int
    """In units of the shape's time base, continuous over loops and jumps."""
    dts_ticks: int
    media_s: float
    """Presentation time on the camera's timeline."""
    is_keyframe: bool
    is_corrupt: bool
    hidden: bool
    """Needed for decoding, but the container says it is not to be shown (before the start of an edited film)."""
    shape: StreamShape
    connection: int
    """Counts connections; packets of two connections never go into one clip."""


PacketTaker = Callable[[RingPacket], None]
"""Takes each packet as it is kept, in the thread that reads the network: returns at once and never raises."""


class PacketRing:
    """Packets of one camera, bounded by seconds and by bytes; what goes over the bound is forgotten oldest first.

    Only whole groups of pictures are forgotten, because a packet without its keyframe is of no use; even the newest
    group goes when it alone breaks the byte bound. Groups lost to the byte bound are counted in ``overflows``.
    """

    def __init__(self, *, keep_s: float, keep_bytes: int) -> None:
        self._keep_s = keep_s
        self._keep_bytes = keep_bytes
        self._groups: deque[list[RingPacket]] = deque()
        self._bytes = 0
        self._lock = Lock()
        self._followers: tuple[PacketTaker, ...] = ()
        self.overflows = 0
        """Groups dropped because of bytes while still younger than keep_s."""

    def append(self, packet: RingPacket) -> None:
        """Keep the packet; one that has no keyframe before it on its connection is useless and not kept."""
        with self._lock:
            if packet.is_keyframe:
                self._groups.append([packet])
            elif self._groups and self._fits(self._groups[-1][-1], packet):
                self._groups[-1].append(packet)
            else:
                return
            self._bytes += len(packet.data)
            self._forget(packet.media_s)
            for take in self._followers:  # inside the lock: whoever begins to follow misses none and gets none twice
                take(packet)

    def keep(self, keep_s: float) -> None:
        """Keep so many seconds from now on; what a longer bound would have kept is not brought back."""
        with self._lock:
            self._keep_s = keep_s

    def follow(self, take: PacketTaker) -> list[RingPacket]:
        """Give every packet from now on to ``take``, too; return those since the newest keyframe, which come before."""
        with self._lock:
            self._followers = (*self._followers, take)
            return list(self._groups[-1]) if self._groups else []

    def unfollow(self, take: PacketTaker) -> None:
        """End it: ``take`` is not called again once this returns."""
        with self._lock:
            self._followers = tuple(one for one in self._followers if one != take)

    @property
    def newest(self) -> RingPacket | None:
        """The packet kept last."""
        with self._lock:
            return self._groups[-1][-1] if self._groups else None

    @staticmethod
    def _fits(last: RingPacket, packet: RingPacket) -> bool:
        return last.connection == packet.connection and last.shape == packet.shape

    def _forget(self, newest_s: float) -> None:
        while len(self._groups) > 1:
            too_old = self._groups[1][0].media_s <= newest_s - self._keep_s
            if not too_old and self._bytes <= self._keep_bytes:
                return
            if not too_old:
                self.overflows += 1
            self._bytes -= sum(len(packet.data) for packet in self._groups.popleft())
        if self._bytes > self._keep_bytes:
            self.overflows += 1
            self._bytes = 0
            self._groups.clear()

    def cut(self, start_s: float, end_s: float) -> list[RingPacket]:
        """Return the packets from the keyframe at or before ``start_s`` up to ``end_s``, in decoding order.

        All are of one connection and one shape: where a camera reconnected or changed its picture inside the span, the
        part that covers most of it. Empty when nothing of the span is kept. If the span begins before the oldest kept
        keyframe, the cut begins there.
        """
        with self._lock:
            groups = [list(group) for group in self._groups]
        runs: list[list[RingPacket]] = []
        for number, group in enumerate(groups):
            following_s = groups[number + 1][0].media_s if number + 1 < len(groups) else float("inf")
            if following_s <= start_s or group[0].media_s > end_s:
                continue
            if not runs or not self._fits(runs[-1][-1], group[0]):
                runs.append([])
            runs[-1].extend(group)
        runs = [run for run in runs if run[-1].media_s >= start_s]
        if not runs:
            return []
        best = max(runs, key=lambda run: min(run[-1].media_s, end_s) - max(run[0].media_s, start_s))
        last = max((number for number, packet in enumerate(best) if packet.media_s <= end_s), default=-1)
        return best[: last + 1]

    @property
    def span_s(self) -> tuple[float, float] | None:
        """Media seconds of the oldest and the newest kept packet; None when empty."""
        with self._lock:
            if not self._groups:
                return None
            return self._groups[0][0].media_s, self._groups[-1][-1].media_s

    @property
    def kept_bytes(self) -> int:
        """Bytes of compressed video held."""
        with self._lock:
            return self._bytes
