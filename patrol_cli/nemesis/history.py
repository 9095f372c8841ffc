"""A room's history: what it was promised, written before anybody may count it as promised.

One JSON line per fact. ``tried`` stands in the file before the record is put into the outbox (the page cache survives
the kill of the process), ``kept`` after ``put()`` returned, and it is flushed to the disk before the next record.
A record that was tried but not kept may or may not be in the outbox: its promise died with the process.
"""

import json
import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from patrol_wire.ids import Stream


def digest_of(packed: bytes) -> str:
    """Return what identifies a record's bytes in histories and findings."""
    return blake2b(packed, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A promise: the outbox said that this record is durable under this number."""

    digest: str
    alert_id: str
    """The alert, flag or test alert the record raises; empty for a later fact about one."""
    epoch: int
    stream: Stream
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMedia:
    """A promise: this content lies in the room and its manifest is durable, so it goes to the relay."""

    sha256: str
    size_bytes: int
    alert_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomHistory:
    """Everything one room tried and was promised, over all its lives, in order."""

    node: str
    tried: frozenset[str]
    kept: tuple[Kept, ...]
    media: tuple[KeptMedia, ...] = ()


class HistoryWriter:
    """Appends to one room's history; a file cut in the middle of a line by a kill is gone on with. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            self._file.write(b"\n")

    def tried(self, digest: str) -> None:
        """Note that a record is about to be put."""
        self._write({"tried": digest})

    def kept(self, kept: Kept) -> None:
        """Note that a record was promised to be durable; returns when the note survives a power cut."""
        self._write(
            {
                "kept": kept.digest,
                "alert_id": kept.alert_id,
                "epoch": kept.epoch,
                "stream": kept.stream.value,
                "seq": kept.seq,
            }
        )
        os.fsync(self._file.fileno())

    def kept_media(self, kept: KeptMedia) -> None:
        """Note that content was announced for good; its manifest's promise stands in the file already."""
        self._write({"media": kept.sha256, "size_bytes": kept.size_bytes, "alert_id": kept.alert_id})
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


def read_history(path: Path) -> RoomHistory:
    """Return one room's history; a line that a kill cut short is no fact. Raises OSError."""
    tried: set[str] = set()
    kept: list[Kept] = []
    media: list[KeptMedia] = []
    for line in path.read_bytes().splitlines():
        try:
            fact = json.loads(line)
        except ValueError:
            continue
        if "tried" in fact:
            tried.add(fact["tried"])
        elif "kept" in fact:
            kept.append(
                Kept(
                    digest=fact["kept"],
                    alert_id=fact["alert_id"],
                    epoch=fact["epoch"],
                    stream=Stream(fact["stream"]),
                    seq=fact["seq"],
                )
            )
        elif "media" in fact:
            media.append(KeptMedia(sha256=fact["media"], size_bytes=fact["size_bytes"], alert_id=fact["alert_id"]))
    return RoomHistory(node=path.stem, tried=frozenset(tried), kept=tuple(kept), media=tuple(media))
