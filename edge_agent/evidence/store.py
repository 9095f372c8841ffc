"""Snapshots, clips and voice notes on the room's disk, each under the hash of its content.

Owns the media folder: writing so that a power cut leaves a whole file or none, the byte limit, the reserve of free
space, and what may be deleted. Whoever still needs a file (an alert that the relay has not got) holds a pin on it.
Thread-safe; every call may block on the disk.
"""

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final
from uuid import uuid4

import structlog

from edge_agent.evidence.errors import EvidenceError
from patrol_wire.media import VOICE_TYPE

log = structlog.get_logger(__name__)

SUFFIXES: Final[Mapping[str, str]] = {"image/jpeg": ".jpg", "video/mp4": ".mp4", VOICE_TYPE: ".webm"}
MEDIA_TYPES: Final[Mapping[str, str]] = {suffix: media_type for media_type, suffix in SUFFIXES.items()}
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_READ_BYTES: Final = 64 * 1024
"""Below what the allocator maps by itself (``ops.memory``): fresh pages cost more than the hash of what is read into
them."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMedia:
    """A file that is durable under its hash."""

    sha256: str
    size_bytes: int
    media_type: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRefused:
    """The content was not stored; nothing of it is left behind."""

    reason: str
    """``disk_full``, ``all_pinned`` (the limit is reached and nothing may go) or ``unwritable``."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSpace:
    """How much more the store will take, for whoever watches its health."""

    free_bytes: int | None
    """Of the disk; None when it cannot be asked."""
    is_read_only: bool
    limit_bytes: int
    pinned_bytes: int
    """What alerts still need; nothing of it is deleted to make room."""
    kept_bytes: int
    reserve_bytes: int
    """What evidence leaves free of the disk."""
    oldest_at: float | None
    """When the oldest content was stored, UTC seconds; None when there is none."""
    refusal: str
    """Why the last content was refused, one sentence; empty when it was stored, or what was in its way has gone."""


@dataclass(slots=True)
class _Entry:
    size_bytes: int
    media_type: str
    stored_at: float
    """Order of storing; taken from the file's modification time after a restart."""


class MediaStore:
    """The media folder of one room; one instance per folder."""

    def __init__(self, root: Path, *, limit_bytes: int, reserve_bytes: int) -> None:
        """Open the folder, remove what a power cut left half written, and learn what is there.

        Raises EvidenceError when the folder cannot be made or read. Until ``restore_pins`` was called nothing is ever
        deleted, because nobody has said yet what is still needed.
        """
        self._root = root
        self._incoming = root / "incoming"
        self._limit_bytes = limit_bytes
        self._reserve_bytes = reserve_bytes
        self._lock = Lock()
        self._entries: dict[str, _Entry] = {}
        self._pins: dict[str, set[str]] = {}
        self._folders: set[str] = set()
        """Those of the hashes' first letters that are known to be durable."""
        self._may_delete = False
        self._kept_bytes = 0
        self._refusal: StoreRefused | None = None
        self.deleted = 0
        """Files deleted to make room or because of their age."""
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            for leftover in self._incoming.iterdir():
                leftover.unlink()
            self._learn()
        except OSError as error:
            raise EvidenceError(
                f"the media folder {root} cannot be used: {error.strerror}; check its owner and its disk"
            ) from error

    def space(self) -> StoreSpace:
        """Return how much more the store will take now; asks the disk, and adds up all that is pinned."""
        try:
            disk = os.statvfs(self._root)
        except OSError:
            disk = None
        with self._lock:
            pinned = [self._entries[sha256].size_bytes for sha256 in self._pins if sha256 in self._entries]
            refusal, kept_bytes = self._refusal, self._kept_bytes
            oldest_at = min((entry.stored_at for entry in self._entries.values()), default=None)
        return StoreSpace(
            free_bytes=None if disk is None else disk.f_bavail * disk.f_frsize,
            is_read_only=disk is not None and bool(disk.f_flag & os.ST_RDONLY),
            limit_bytes=self._limit_bytes,
            pinned_bytes=sum(pinned),
            kept_bytes=kept_bytes,
            reserve_bytes=self._reserve_bytes,
            oldest_at=oldest_at,
            refusal="" if refusal is None else refusal.sentence,
        )

    # --- storing ---------------------------------------------------------------------------------------------

    def incoming_path(self, media_type: str) -> Path:
        """Return a fresh path in the folder's own file system, to be written and then given to ``put_file``."""
        return self._incoming / f"{uuid4().hex}{_suffix(media_type)}"

    def put(self, content: bytes, *, media_type: str, holder: str) -> StoredMedia | StoreRefused:
        """Store bytes durably and pin them for ``holder`` (an alert's id); returns after fsync of file and folder."""
        sha256 = hashlib.sha256(content).hexdigest()
        known = self.hold(sha256, holder=holder)
        if known is not None:
            return known
        path = self.incoming_path(media_type)
        try:
            with self._lock:
                room = self._make_room(len(content), already_written=False)
            if isinstance(room, StoreRefused):
                return self._note(room)
            _write_and_sync(path, content)
        except OSError as error:
            path.unlink(missing_ok=True)
            return self._refused(error, len(content))
        return self._keep(path, sha256, len(content), media_type=media_type, holder=holder)

    def hold(self, sha256: str, *, holder: str) -> StoredMedia | None:
        """Pin content that is here already for one more holder; None when it is not here (any more)."""
        with self._lock:
            entry = self._entries.get(sha256)
            if entry is None:
                return None
            self._pins.setdefault(sha256, set()).add(holder)
            path = self._place(sha256, SUFFIXES[entry.media_type])
            return StoredMedia(sha256=sha256, size_bytes=entry.size_bytes, media_type=entry.media_type, path=path)

    def put_file(self, path: Path, *, media_type: str, holder: str) -> StoredMedia | StoreRefused:
        """Store a file made at ``incoming_path``; it is moved, or removed when it is refused or already there."""
        try:
            sha256, size_bytes = _hash_and_sync(path)
        except OSError as error:
            path.unlink(missing_ok=True)
            return self._refused(error, 0)
        known = self.hold(sha256, holder=holder)
        if known is not None:
            path.unlink()
            return known
        return self._keep(path, sha256, size_bytes, media_type=media_type, holder=holder)

    def _keep(
        self, path: Path, sha256: str, size_bytes: int, *, media_type: str, holder: str
    ) -> StoredMedia | StoreRefused:
        """Give a synced file the name of its content, durably, and pin it.

        Its bytes are counted before and its name is known after the folder is synced, and nobody waits for that disk
        but the caller.
        """
        place = self._place(sha256, _suffix(media_type))
        with self._lock:
            try:
                room = self._make_room(size_bytes, already_written=True)
            except OSError as error:
                room = self._refused(error, 0)
            if isinstance(room, StoreRefused):
                path.unlink(missing_ok=True)
                return self._note(room)
            self._kept_bytes += size_bytes
        try:
            self._move(path, place)
            entry = _Entry(size_bytes, media_type, place.stat().st_mtime)
        except OSError as error:
            path.unlink(missing_ok=True)
            with self._lock:
                self._kept_bytes -= size_bytes
            return self._refused(error, 0)
        with self._lock:
            if self._entries.setdefault(sha256, entry) is not entry:  # somebody else stored the same meanwhile
                self._kept_bytes -= size_bytes
            self._pins.setdefault(sha256, set()).add(holder)
        self._refusal = None
        return StoredMedia(sha256=sha256, size_bytes=size_bytes, media_type=media_type, path=place)

    # --- reading ---------------------------------------------------------------------------------------------

    def find(self, sha256: str) -> StoredMedia | None:
        """Return the content's file; None when it was never here or is gone. Raises EvidenceError for no hash."""
        if not _HASH.fullmatch(sha256):
            raise EvidenceError(f"{sha256[:80]!r} is not a SHA-256 in lower-case hexadecimal")
        with self._lock:
            entry = self._entries.get(sha256)
        if entry is None:
            return None
        path = self._place(sha256, SUFFIXES[entry.media_type])
        return StoredMedia(sha256=sha256, size_bytes=entry.size_bytes, media_type=entry.media_type, path=path)

    def open(self, sha256: str) -> BinaryIO | None:
        """Open the content for reading; None when it is not here. The caller closes it."""
        found = self.find(sha256)
        if found is None:
            return None
        try:
            return found.path.open("rb")
        except FileNotFoundError:
            return None

    @property
    def kept_bytes(self) -> int:
        """Bytes of all stored content."""
        with self._lock:
            return self._kept_bytes

    # --- pins ------------------------------------------------------------------------------------------------

    def restore_pins(self, pins: Mapping[str, Iterable[str]]) -> None:
        """Tell after a start what the outbox still needs: holders by hash; from now on the rest may be deleted."""
        with self._lock:
            for sha256, holders in pins.items():
                self._pins.setdefault(sha256, set()).update(holders)
            self._may_delete = True

    def release(self, holder: str) -> None:
        """Drop every pin of ``holder``: the relay has everything of that alert."""
        with self._lock:
            for sha256 in [sha256 for sha256, holders in self._pins.items() if holder in holders]:
                self._pins[sha256].discard(holder)
                if not self._pins[sha256]:
                    del self._pins[sha256]
                    if self._refusal is not None and self._refusal.reason == "all_pinned":
                        self._refusal = None

    def unpin(self, sha256: str) -> None:
        """Drop every pin on one content: the relay has it, or nobody can send it any more."""
        with self._lock:
            was_pinned = self._pins.pop(sha256, None) is not None
            if was_pinned and self._refusal is not None and self._refusal.reason == "all_pinned":
                self._refusal = None

    def forget_before(self, moment_us: int) -> int:
        """Delete what was stored before a moment (UTC microseconds) and nobody needs; returns how many files."""
        with self._lock:
            if not self._may_delete:
                return 0
            old = [
                sha256
                for sha256, entry in self._entries.items()
                if entry.stored_at < moment_us / 1e6 and sha256 not in self._pins
            ]
            for sha256 in old:
                self._delete(sha256)
            return len(old)

    # --- inside ----------------------------------------------------------------------------------------------

    def _learn(self) -> None:
        for path in self._root.glob("??/*"):
            if _HASH.fullmatch(path.stem) and path.suffix in MEDIA_TYPES:
                facts = path.stat()
                self._entries[path.stem] = _Entry(facts.st_size, MEDIA_TYPES[path.suffix], facts.st_mtime)
                self._kept_bytes += facts.st_size

    def _place(self, sha256: str, suffix: str) -> Path:
        return self._root / sha256[:2] / f"{sha256}{suffix}"

    def _make_room(self, size_bytes: int, *, already_written: bool) -> StoreRefused | None:
        """Delete the oldest unpinned files until ``size_bytes`` fit under the limit and above the reserve."""
        wanted_free = self._reserve_bytes + (0 if already_written else size_bytes)
        victims: Iterator[str] | None = None
        while self._kept_bytes + size_bytes > self._limit_bytes or shutil.disk_usage(self._root).free < wanted_free:
            victims = victims if victims is not None else self._oldest_first()
            victim = next((sha256 for sha256 in victims if sha256 not in self._pins), None)
            if victim is None:
                return self._nothing_may_go(size_bytes)
            self._delete(victim)
        return None

    def _oldest_first(self) -> Iterator[str]:
        if not self._may_delete:
            return iter(())
        return iter(sorted(self._entries, key=lambda sha256: self._entries[sha256].stored_at))

    def _delete(self, sha256: str) -> None:
        entry = self._entries.pop(sha256)
        self._place(sha256, SUFFIXES[entry.media_type]).unlink(missing_ok=True)
        self._kept_bytes -= entry.size_bytes
        self.deleted += 1

    def _move(self, path: Path, place: Path) -> None:
        # Whoever makes a folder and who comes meanwhile both wait for its sync.
        if place.parent.name not in self._folders or not place.parent.is_dir():
            place.parent.mkdir(exist_ok=True)
            _sync_folder(self._root)
            self._folders.add(place.parent.name)
        path.replace(place)
        _sync_folder(place.parent)

    def _nothing_may_go(self, size_bytes: int) -> StoreRefused:
        log.error(
            "media_store_full", kept_bytes=self._kept_bytes, wanted_bytes=size_bytes, limit_bytes=self._limit_bytes
        )
        return StoreRefused(
            reason="all_pinned",
            sentence=f"the media folder {self._root} holds {self._kept_bytes} bytes that alerts still need, no "
            "room for more is left; restore the link to the relay or give the folder more space",
        )

    def _refused(self, error: OSError, size_bytes: int) -> StoreRefused:
        reason = "disk_full" if error.errno in _FULL else "unwritable"
        log.error("media_store_refused", reason=reason, errno=error.errno, wanted_bytes=size_bytes)
        return self._note(
            StoreRefused(reason=reason, sentence=f"the media folder {self._root}: {error.strerror or error}")
        )

    def _note(self, refused: StoreRefused) -> StoreRefused:
        self._refusal = refused
        return refused


def _suffix(media_type: str) -> str:
    suffix = SUFFIXES.get(media_type)
    if suffix is None:
        raise EvidenceError(f"no evidence of type {media_type!r}; known are {', '.join(SUFFIXES)}")
    return suffix


def _hash_and_sync(path: Path) -> tuple[str, int]:
    digest, size_bytes = hashlib.sha256(), 0
    piece = memoryview(bytearray(_READ_BYTES))
    with path.open("r+b", buffering=0) as content:
        while taken := content.readinto(piece):
            digest.update(piece[:taken])
            size_bytes += taken
        os.fsync(content.fileno())
    return digest.hexdigest(), size_bytes


def _write_and_sync(path: Path, content: bytes) -> None:
    with path.open("wb", buffering=0) as written:
        left = memoryview(content)
        while left:
            left = left[written.write(left) :]
        os.fsync(written.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
