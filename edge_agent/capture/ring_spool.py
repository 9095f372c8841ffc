"""The older past of all cameras on the disk instead of in memory: sealed, nameless, gone with the process.

Owns RingSpool (one thread for the room) and its segments. A segment is a file without a name, some megabytes of groups
of all cameras one behind the other; it is closed, and its room free again, when the last of its groups was forgotten.
Nothing is synced: what a power cut takes was never promised. Each group is sealed with a key that only this process
knows (AES-GCM), so what nobody asked for cannot be read from the disk afterwards, and a rotten disk is noticed.

A disk that is full, read-only or slow costs memory and nothing else: groups stay where they are, counted, until it
takes them again. Cameras with a privacy mask have no store, so what is masked never reaches the disk.
"""

import errno
import os
import secrets
import struct
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge_agent.capture.ring import Group, RingPacket, StreamShape
from edge_agent.ops.clock import Clock
from edge_agent.ops.scratch import Scratch

log = structlog.get_logger(__name__)

SEGMENT_BYTES: Final = 8 * 1024 * 1024
MOST_WAITING: Final = 2_048
"""Groups offered and not written yet (policy: those that come then stay in memory, counted)."""
AGAIN_AFTER_S: Final = 10.0
"""After a refusal the disk is asked again so much later; what is offered meanwhile stays in memory."""
SLOW_S: Final = 2.0
"""A write that takes so long is told as a slow disk."""
STOP_WITHIN_S: Final = 0.5
_COUNT: Final = struct.Struct("<I")
_PACKET: Final = struct.Struct("<qqdIB")
"""Presentation and decoding stamp in ticks, media seconds, bytes of data, flags."""
_KEYFRAME, _CORRUPT, _HIDDEN = 1, 2, 4
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
"""By which AES-GCM makes longer what it seals."""
_SCRATCH: Final = Scratch(most_kept=4, most_bytes=1024 * 1024)
"""Two of them for who writes and two for who reads: the plain bytes of a group, and the sealed ones."""
KEPT_REASONS: Final = ("disk_full", "read_only", "unwritable", "too_slow", "queue_full")
_REASONS: Final = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "disk_full",
    errno.EROFS: "read_only",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolFigures:
    """How the spool stands."""

    waiting: int
    """Groups offered and not on the disk yet; they are in memory."""
    kept: dict[str, int]
    """Groups that stayed in memory, by reason: disk_full (or what is free is left to evidence), read_only, unwritable,
    too_slow and queue_full (forgotten or refused because the disk does not keep up)."""
    reason: str
    """Why nothing goes to the disk now; empty while all is well."""


class _Segment:
    """One file without a name; closed with its last user."""

    __slots__ = ("descriptor", "end")

    def __init__(self, folder: Path) -> None:
        """Open it; raises OSError."""
        self.descriptor = _nameless(folder)
        self.end = 0

    def __del__(self) -> None:
        os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class _Stored:
    """Where a group lies (``capture.ring.StoredGroup``)."""

    segment: _Segment
    at: int
    size: int
    nonce: bytes
    cipher: AESGCM

    def read(self, shape: StreamShape, connection: int) -> list[RingPacket]:
        with _SCRATCH.lend(self.size) as sealed, _SCRATCH.lend(self.size - _TAG_BYTES) as content:
            _read(self.segment.descriptor, sealed, self.at)
            try:
                self.cipher.decrypt_into(self.nonce, sealed, None, content)
            except InvalidTag as error:
                raise OSError(errno.EIO, "the disk gave back other bytes than it was given") from error
            return unpacked(content, shape, connection)


class RingSpool:
    """The spool of one room; ``offer`` is for any thread (``capture.ring.GroupStore``)."""

    def __init__(self, folder: Path, *, reserve_bytes: int, clock: Clock) -> None:
        """``folder`` says on which disk; ``reserve_bytes`` and a segment more are left free there."""
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._clock = clock
        self._cipher = AESGCM(AESGCM.generate_key(bit_length=128))
        # Bounded by MOST_WAITING (policy: what comes then stays in memory, counted). Forgotten groups in it are empty.
        self._offered: SimpleQueue[Group | None] = SimpleQueue()
        self._segment: _Segment | None = None
        self._kept: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._reason = self._refusal = ""
        self._again_s = float("-inf")
        self._writing_since_s: float | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ring-spool", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a disk that hangs is not waited for."""
        self._stopping = True
        self._offered.put(None)
        if self._thread.ident is not None:
            self._thread.join(timeout=STOP_WITHIN_S)

    def offer(self, group: Group) -> None:
        """Have the group written by and by; see ``GroupStore``."""
        if self._offered.qsize() >= MOST_WAITING:
            self._count("queue_full")
            return
        self._offered.put(group)

    @property
    def figures(self) -> SpoolFigures:
        """How it stands now; any thread, no lock."""
        since_s, reason = self._writing_since_s, self._reason
        hangs_s = 0.0 if since_s is None else self._clock.instant() - since_s
        if hangs_s > SLOW_S:
            reason = f"the disk is slow: it has not taken a piece of the past for {hangs_s:.0f} s"
        return SpoolFigures(waiting=self._offered.qsize(), kept=dict(self._kept), reason=reason)

    # --- the spool's thread -------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (group := self._offered.get()) is not None:
            if self._stopping:
                return
            packets = group.packets
            if packets is None:
                self._count("too_slow")  # forgotten before its turn: the disk does not keep up
                continue
            self._keep(group, packets)

    def _keep(self, group: Group, packets: list[RingPacket]) -> None:
        began_s = self._clock.instant()
        if began_s < self._again_s:
            self._count(self._refusal)
            return
        self._writing_since_s = began_s
        try:
            stored = self._write(packets)
        except OSError as error:
            self._refuse(_REASONS.get(error.errno or 0, "unwritable"), error.strerror or str(error))
            return
        finally:
            self._writing_since_s = None
        if group.packets is not None:
            group.moved(stored)
        took_s = self._clock.instant() - began_s
        if took_s > SLOW_S:
            log.warning("ring_disk_slow", took_s=round(took_s, 1), waiting=self._offered.qsize())
        if self._reason:
            log.info("ring_on_disk_again", kept_in_memory=dict(self._kept))
            self._reason = ""

    def _write(self, packets: list[RingPacket]) -> _Stored:
        nonce, size = secrets.token_bytes(_NONCE_BYTES), packed_size(packets)
        with _SCRATCH.lend(size + _TAG_BYTES) as sealed:
            with _SCRATCH.lend(size) as content:
                pack(packets, content)
                self._cipher.encrypt_into(nonce, content, None, sealed)
            return self._append(sealed, nonce)

    def _append(self, sealed: memoryview, nonce: bytes) -> _Stored:
        segment = self._segment
        if segment is None or segment.end + len(sealed) > SEGMENT_BYTES:
            self._segment = None
            free = os.statvfs(self._folder)
            if free.f_bavail * free.f_frsize < self._reserve_bytes + 2 * SEGMENT_BYTES:
                raise OSError(errno.ENOSPC, "what is free of the disk is left to alerts and evidence")
            segment = self._segment = _Segment(self._folder)
        at = segment.end
        try:
            _write(segment.descriptor, sealed, at)
        except OSError:
            self._segment = None  # what it holds stays readable; the next attempt begins another
            raise
        segment.end += len(sealed)
        return _Stored(segment, at, len(sealed), nonce, self._cipher)

    def _refuse(self, reason: str, sentence: str) -> None:
        self._count(reason)
        self._refusal = reason
        self._again_s = self._clock.instant() + AGAIN_AFTER_S
        if not self._reason:  # once at the start of an outage; repeats are counted
            log.warning("ring_stays_in_memory", reason=reason, text=sentence)
        self._reason = f"the cameras' past stays in memory: {sentence}"

    def _count(self, reason: str) -> None:
        with self._counting:
            self._kept[reason] += 1


def packed_size(packets: Sequence[RingPacket]) -> int:
    """Return the bytes that ``pack`` fills."""
    return _COUNT.size + len(packets) * _PACKET.size + sum(len(one.data) for one in packets)


def pack(packets: Sequence[RingPacket], content: memoryview) -> None:
    """Fill ``content`` with the packets of one group, but for what all of a group have in common."""
    _COUNT.pack_into(content, 0, len(packets))
    head, at = _COUNT.size, _COUNT.size + len(packets) * _PACKET.size
    for one in packets:
        flags = _KEYFRAME * one.is_keyframe | _CORRUPT * one.is_corrupt | _HIDDEN * one.hidden
        size = len(one.data)
        _PACKET.pack_into(content, head, one.pts_ticks, one.dts_ticks, one.media_s, size, flags)
        content[at : at + size] = one.data
        head, at = head + _PACKET.size, at + size


def unpacked(content: memoryview, shape: StreamShape, connection: int) -> list[RingPacket]:
    """Return the packets that ``pack`` was given; nothing of them lies in ``content``."""
    (count,) = _COUNT.unpack_from(content)
    at = _COUNT.size + count * _PACKET.size
    found: list[RingPacket] = []
    for pts, dts, media_s, size, flags in _PACKET.iter_unpack(content[_COUNT.size : at]):
        found.append(
            RingPacket(
                data=bytes(content[at : at + size]),
                pts_ticks=pts,
                dts_ticks=dts,
                media_s=media_s,
                is_keyframe=bool(flags & _KEYFRAME),
                is_corrupt=bool(flags & _CORRUPT),
                hidden=bool(flags & _HIDDEN),
                shape=shape,
                connection=connection,
            )
        )
        at += size
    return found


def _nameless(folder: Path) -> int:
    """Return a fresh file that no folder names, so that it goes with its last user, whatever ends this process."""
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT):
            raise
    descriptor, name = tempfile.mkstemp(prefix="ring-", dir=folder)  # a file system that knows no nameless files
    os.unlink(name)
    return descriptor


def _write(descriptor: int, content: memoryview, at: int) -> None:
    written = 0
    while written < len(content):
        written += os.pwrite(descriptor, content[written:], at + written)


def _read(descriptor: int, content: memoryview, at: int) -> None:
    taken = 0
    while taken < len(content):
        more = os.preadv(descriptor, [content[taken:]], at + taken)
        if not more:
            raise OSError(errno.EIO, "the disk gave back less than it was given")
        taken += more
