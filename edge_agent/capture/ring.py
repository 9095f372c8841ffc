"""The compressed past of one camera: packets kept so that a clip can begin before its event.

Owns RingPacket, StreamShape, Group and PacketRing. Written by the camera's reader, read by whoever cuts a clip. The
newest groups of pictures are in memory; older ones lie wherever a ``GroupStore`` put them (``capture.ring_spool``).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock
from typing import Final, Protocol

import msgspec
import structlog

IN_MEMORY: Final = 2
"""Newest groups of pictures that no store gets: what viewers and snapshots ask for, and what a resting camera goes back
to, which the decode policy holds anyway."""


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


class RingPacket(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One compressed access unit on the camera's continuous timeline.

    A Struct, because one is made for every packet of every camera: a frozen dataclass takes ten times as long to make.
    """

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


log = structlog.get_logger(__name__)

PacketTaker = Callable[[RingPacket], None]
"""Takes each packet as it is kept, in the thread that reads the network: returns at once and never raises."""


class StoredGroup(Protocol):
    """Packets of a group outside of memory; whoever holds this can read them, forgotten by the ring or not."""

    def read(self, shape: StreamShape, connection: int) -> list[RingPacket]:
        """Return the packets; may block on a disk. Raises OSError when they cannot be had any more."""
        ...


class Group:
    """One group of pictures: a keyframe and what follows it on one connection, in one shape.

    Its packets are in memory or in a store, and for a moment in both; after ``drop`` in neither. A store may move them
    while somebody reads, so each attribute is read once, ``packets`` first.
    """

    __slots__ = ("bytes", "connection", "first_s", "last_s", "packets", "shape", "stored")

    def __init__(self, keyframe: RingPacket) -> None:
        self.packets: list[RingPacket] | None = [keyframe]
        self.stored: StoredGroup | None = None
        self.shape = keyframe.shape
        self.connection = keyframe.connection
        self.first_s = self.last_s = keyframe.media_s
        """Media seconds of the first and the last packet, in decoding order."""
        self.bytes = len(keyframe.data)

    def append(self, packet: RingPacket) -> None:
        """Add the next packet; only to the newest group, which is in memory."""
        assert self.packets is not None  # noqa: S101 - only older groups are ever moved
        self.packets.append(packet)
        self.last_s = packet.media_s
        self.bytes += len(packet.data)

    def goes_with(self, other: "Group | RingPacket") -> bool:
        """Whether both may go into one clip."""
        same_shape = self.shape is other.shape or self.shape == other.shape  # nearly always one and the same
        return same_shape and self.connection == other.connection

    def moved(self, stored: StoredGroup) -> None:
        """Tell that a store has the packets: they leave the memory."""
        self.stored = stored
        self.packets = None

    def drop(self) -> None:
        """Forget the packets, wherever they are; those who read them now still have them."""
        self.packets = self.stored = None

    def reader(self) -> "Callable[[], list[RingPacket]]":
        """Return what gives the packets, also after the group was dropped; called outside of any lock, may block."""
        packets, stored = self.packets, self.stored
        if packets is not None:
            return packets.copy
        if stored is not None:
            return lambda: stored.read(self.shape, self.connection)
        return list


class GroupStore(Protocol):
    """Takes groups that are old enough to leave the memory."""

    def offer(self, group: Group) -> None:
        """Take the group or leave it where it is, and call ``group.moved`` when it was taken; returns at once."""
        ...


class PacketRing:
    """Packets of one camera, bounded by seconds and by bytes; what goes over the bound is forgotten oldest first.

    Only whole groups of pictures are forgotten, because a packet without its keyframe is of no use; even the newest
    group goes when it alone breaks the byte bound. Groups lost to the byte bound are counted in ``overflows``, groups
    that their store could not give back in ``unreadable``.
    """

    def __init__(self, *, keep_s: float, keep_bytes: int, store: GroupStore | None = None) -> None:
        """Without a ``store`` everything stays in memory."""
        self._keep_s = keep_s
        self._keep_bytes = keep_bytes
        self._store = store
        self._groups: deque[Group] = deque()
        self._bytes = 0
        self._newest: RingPacket | None = None
        self._lock = Lock()
        self._followers: tuple[PacketTaker, ...] = ()
        self.overflows = 0
        """Groups dropped because of bytes while still younger than keep_s."""
        self.unreadable = 0

    def append(self, packet: RingPacket) -> None:
        """Keep the packet; one that has no keyframe before it on its connection is useless and not kept."""
        with self._lock:
            if packet.is_keyframe:
                self._groups.append(Group(packet))
                if self._store is not None and len(self._groups) > IN_MEMORY:
                    self._store.offer(self._groups[-1 - IN_MEMORY])
            elif self._groups and self._groups[-1].goes_with(packet):
                self._groups[-1].append(packet)
            else:
                return
            self._newest = packet
            self._bytes += len(packet.data)
            self._forget(packet.media_s)
            for take in self._followers:  # inside the lock: whoever begins to follow misses none and gets none twice
                take(packet)

    def stay_in_memory(self) -> None:
        """Give nothing to the store any more: the camera has a privacy mask now, and a packet is never masked."""
        with self._lock:
            self._store = None

    def keep(self, keep_s: float) -> None:
        """Keep so many seconds from now on; what a longer bound would have kept is not brought back."""
        with self._lock:
            self._keep_s = keep_s

    def follow(self, take: PacketTaker) -> list[RingPacket]:
        """Give every packet from now on to ``take``, too; return those since the newest keyframe, which come before."""
        with self._lock:
            self._followers = (*self._followers, take)
            return list(self._groups[-1].packets or ()) if self._groups else []

    def unfollow(self, take: PacketTaker) -> None:
        """End it: ``take`` is not called again once this returns."""
        with self._lock:
            self._followers = tuple(one for one in self._followers if one != take)

    @property
    def newest(self) -> RingPacket | None:
        """The packet kept last."""
        with self._lock:
            return self._newest if self._groups else None

    def _forget(self, newest_s: float) -> None:
        while len(self._groups) > 1:
            too_old = self._groups[1].first_s <= newest_s - self._keep_s
            if not too_old and self._bytes <= self._keep_bytes:
                return
            if not too_old:
                self.overflows += 1
            gone = self._groups.popleft()
            self._bytes -= gone.bytes
            gone.drop()
        if self._bytes > self._keep_bytes:
            self.overflows += 1
            self._bytes = 0
            self._groups.pop().drop()

    def cut(self, start_s: float, end_s: float) -> list[RingPacket]:
        """Return the packets from the keyframe at or before ``start_s`` up to ``end_s``, in decoding order.

        All are of one connection and one shape: where a camera reconnected or changed its picture inside the span, the
        part that covers most of it. Empty when nothing of the span is kept. If the span begins before the oldest kept
        keyframe, the cut begins there; it begins later where a disk does not give back what it took. May block on it.
        """
        found: list[RingPacket] = []
        for read in self._wanted(start_s, end_s):
            try:
                found.extend(read())
            except OSError as error:
                if not self.unreadable:  # once; repeats are counted
                    log.error("ring_unreadable", reason=error.strerror or str(error))
                self.unreadable += 1
                found.clear()  # a clip has no hole
        last = max((number for number, packet in enumerate(found) if packet.media_s <= end_s), default=-1)
        return found[: last + 1]

    def _wanted(self, start_s: float, end_s: float) -> list[Callable[[], list[RingPacket]]]:
        """Return what reads each group of a cut."""
        with self._lock:
            groups = list(self._groups)
            runs: list[list[Group]] = []
            for number, group in enumerate(groups):
                following_s = groups[number + 1].first_s if number + 1 < len(groups) else float("inf")
                if following_s <= start_s or group.first_s > end_s:
                    continue
                if not runs or not runs[-1][-1].goes_with(group):
                    runs.append([])
                runs[-1].append(group)
            runs = [run for run in runs if run[-1].last_s >= start_s]
            best = max(runs, key=lambda run: min(run[-1].last_s, end_s) - max(run[0].first_s, start_s), default=[])
            return [group.reader() for group in best]

    @property
    def span_s(self) -> tuple[float, float] | None:
        """Media seconds of the oldest and the newest kept packet; None when empty."""
        with self._lock:
            if not self._groups:
                return None
            return self._groups[0].first_s, self._groups[-1].last_s

    @property
    def kept_bytes(self) -> int:
        """Bytes of compressed video held, in memory and in the store."""
        with self._lock:
            return self._bytes

    @property
    def memory_bytes(self) -> int:
        """Those of them that are in memory."""
        with self._lock:
            return sum(group.bytes for group in self._groups if group.packets is not None)
