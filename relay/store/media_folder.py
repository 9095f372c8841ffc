"""The relay's media folder: each content under the hash of its bytes, and what is still arriving.

Layout: ``folder.id``; ``ab/abcdef…`` whole and checked; ``incoming/HASH.NODE.part`` arriving. A part belongs to one
room, so that wrong bytes of one never spoil another's. Written by the media gate, tidied and read by the relay itself.
"""

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from patrol_wire.media import MediaReason, whole_chunks

PARTS_OF_A_ROOM: Final = 8
"""A room sends one content at a time and goes back to what it left; more pieces are forgotten ones."""
PART_KEPT_S: Final = 86_400.0
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_NAME: Final = re.compile(r"[0-9a-f]{32}")
_SYNC_EVERY_BYTES: Final = 16 * 1024 * 1024
"""So much waits for the disk at most: the last sync of a long clip must not stall the gate for seconds."""
_HASH_BYTES: Final = 1024 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def reason_of(error: OSError) -> MediaReason:
    """Return why the folder takes nothing, in the word of the wire."""
    return MediaReason.NO_SPACE if error.errno in _FULL else MediaReason.UNWRITABLE


class Part:
    """One content on its way in; used by one thread. Close it, or the descriptor stays."""

    def __init__(self, path: Path) -> None:
        """Open what an earlier try left, cut to whole chunks, or begin anew; raises OSError."""
        self.path = path
        self._file = path.open("a+b", buffering=0)
        try:
            self.written = whole_chunks(self._file.seek(0, os.SEEK_END))
            self._file.truncate(self.written)
        except OSError:
            self._file.close()
            raise
        self._hashed = 0
        self._unsynced = 0
        self._digest = hashlib.sha256()

    @property
    def caught_up(self) -> bool:
        """Everything that is written is hashed."""
        return self._hashed == self.written

    def catch_up(self, limit_bytes: int) -> None:
        """Hash at most so much of what an earlier try left; raises OSError."""
        self._file.seek(self._hashed)
        left = min(limit_bytes, self.written - self._hashed)
        while left > 0:
            read = self._file.read(min(left, _HASH_BYTES))
            if not read:
                raise OSError(errno.EIO, "the part is shorter than it was")
            self._digest.update(read)
            self._hashed += len(read)
            left -= len(read)

    def write(self, chunk: bytes) -> None:
        """Append a chunk; raises OSError, and then the part is good up to where it was."""
        view = memoryview(chunk)
        while view:  # a signal or a full disk may cut a write short
            view = view[self._file.write(view) :]
        self._digest.update(chunk)
        self.written += len(chunk)
        self._hashed = self.written
        self._unsynced += len(chunk)
        if self._unsynced >= _SYNC_EVERY_BYTES:
            os.fdatasync(self._file.fileno())
            self._unsynced = 0

    def has_hash(self, sha256: str) -> bool:
        """Tell whether what is written is the content of this name."""
        return self.caught_up and self._digest.hexdigest() == sha256

    def move_to(self, place: Path) -> None:
        """Sync it and give it its name; from then on it survives a power cut. Raises OSError."""
        os.fsync(self._file.fileno())
        fresh = not place.parent.is_dir()
        place.parent.mkdir(exist_ok=True)
        if fresh:
            _sync_folder(place.parent.parent)
        self.path.replace(place)
        _sync_folder(place.parent)
        self.close()

    def discard(self) -> None:
        """Throw it away."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave it for the next try."""
        self._file.close()


class MediaFolder:
    """One folder; gate and core each have an instance. Every call may block on the disk and raise OSError."""

    def __init__(self, root: Path) -> None:
        """Make the folder if need be; raises OSError."""
        self.root = root
        self._incoming = root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        self.name = _name_of(root)
        """Tells this folder from any other, also from an empty one where a disk should be mounted."""

    def place(self, sha256: str) -> Path:
        """Return where content lies or would lie; ValueError for what is no hash: no path is ever made of that."""
        if not _HASH.fullmatch(sha256):
            raise ValueError(f"{sha256[:80]!r} is not a SHA-256 in lower-case hexadecimal")
        return self.root / sha256[:2] / sha256

    def size_of(self, sha256: str) -> int | None:
        """Return the length of content that is here, None when it is not."""
        try:
            return self.place(sha256).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def free_bytes(self) -> int:
        """Return what the disk has left."""
        return shutil.disk_usage(self.root).free

    def delete(self, sha256: str) -> None:
        """Delete content; what is not here is no error."""
        self.place(sha256).unlink(missing_ok=True)

    def contents(self) -> Iterator[tuple[str, int, float]]:
        """Yield name, length and time of storing (Unix seconds) of everything here."""
        for path in self.root.glob("??/*"):
            if _HASH.fullmatch(path.name):
                try:
                    facts = path.stat()
                except FileNotFoundError:
                    continue  # deleted meanwhile
                yield path.name, facts.st_size, facts.st_mtime

    # --- parts

    def open_part(self, sha256: str, node: str) -> Part:
        """Return the room's part of this content, from where it was; its oldest parts beyond eight are deleted."""
        self.place(sha256)
        path = self._incoming / f"{sha256}.{node}.part"
        others = [(mtime, other) for other, owner, mtime, _ in self._parts() if owner == node and other != path]
        for _, other in sorted(others)[: max(0, len(others) + 1 - PARTS_OF_A_ROOM)]:
            other.unlink(missing_ok=True)
        return Part(path)

    def part_bytes(self) -> int:
        """Return the length of everything that is still arriving."""
        return sum(size for _, _, _, size in self._parts())

    def forget_parts(self, before_s: float) -> int:
        """Delete parts untouched since a moment (Unix seconds); return how many."""
        old = [path for path, _, mtime, _ in self._parts() if mtime < before_s]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _parts(self) -> Iterator[tuple[Path, str, float, int]]:
        for path in self._incoming.iterdir():
            if path.suffix == ".part" and len(path.name) > 70:
                try:
                    facts = path.stat()
                except FileNotFoundError:
                    continue  # named or deleted meanwhile
                yield path, path.name[65 : -len(".part")], facts.st_mtime, facts.st_size


def _name_of(root: Path) -> str:
    """Return what the folder's file ``folder.id`` says; made by whoever comes first."""
    path = root / "folder.id"
    if not path.exists():
        fresh = root / f"folder.id.{os.getpid()}"
        with fresh.open("w", encoding="ascii") as file:
            file.write(uuid4().hex)
            file.flush()
            os.fsync(file.fileno())  # else a disk that fails soon after keeps a name without its text
        with suppress(FileExistsError):
            os.link(fresh, path)  # whole, and only if nobody else was there meanwhile
        fresh.unlink()
        _sync_folder(root)
    name = path.read_text(encoding="ascii").strip()
    if not _NAME.fullmatch(name):
        raise OSError(errno.EIO, f"{path} is damaged; restore it, or move the folder away to begin an empty one")
    return name


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
