"""Totals of an index consumer: added up from ledger entries, kept together with the cursor in one file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from patrol_cli.durable_file import write_durably
from patrol_wire.ids import Measure
from patrol_wire.messages import LedgerEntry, MonthRelease

_VERSION: Final = 1


class CountKey(NamedTuple):
    """What one total counts."""

    measure: Measure
    area: str
    category: str
    month: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums of all entries up to the cursor, and nothing else."""

    cursor: int = 0
    entry_id: str | None = None
    """Of the line at the cursor; None at the beginning, or where it was not kept."""
    sums: Mapping[CountKey, int] = field(default_factory=lambda: MappingProxyType({}))
    releases: Mapping[int, MonthRelease] = field(default_factory=lambda: MappingProxyType({}))
    """Publications of months by their number; each is kept once, however often it is told."""


class FeedGapError(RuntimeError):
    """The feed left out entries; adding up what follows would be wrong. Ask again after the cursor."""


def add(totals: Totals, entries: Iterable[LedgerEntry]) -> Totals:
    """Return the totals with the entries added: known cursors are passed over, a hole raises FeedGapError."""
    sums = dict(totals.sums)
    cursor, entry_id = totals.cursor, totals.entry_id
    for entry in entries:
        if entry.cursor <= cursor:
            continue
        if entry.cursor != cursor + 1:
            raise FeedGapError(f"entry {entry.cursor} came after {cursor}")
        key = CountKey(entry.measure, entry.area, entry.category, entry.month)
        sums[key] = sums.get(key, 0) + entry.count
        cursor, entry_id = entry.cursor, entry.entry_id
    return replace(totals, cursor=cursor, entry_id=entry_id, sums=MappingProxyType(sums))


def publish(totals: Totals, releases: Iterable[MonthRelease]) -> Totals:
    """Return the totals with the releases told; known numbers are passed over."""
    fresh = {each.number: each for each in releases if each.number not in totals.releases}
    return replace(totals, releases=MappingProxyType({**totals.releases, **fresh})) if fresh else totals


class TotalsFileError(ValueError):
    """A totals file that cannot be used; the text says which and the way out."""


class _Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    cursor: int
    sums: tuple[tuple[Measure, str, str, str, int], ...]
    releases: tuple[MonthRelease, ...] = ()
    entry_id: str | None = None


class TotalsFile:
    """Cursor and totals in one file, replaced as a whole: they can never disagree. No path: memory only."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def load(self) -> Totals:
        """Return what was kept; a missing file is the beginning. Raises TotalsFileError."""
        if self._path is None or not self._path.exists():
            return Totals()
        try:
            stored = msgspec.json.decode(self._path.read_bytes(), type=_Stored)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise TotalsFileError(
                f"state file {self._path} cannot be read ({error}); move it away to count from the beginning"
            ) from error
        if stored.version != _VERSION:
            raise TotalsFileError(
                f"state file {self._path} has version {stored.version}; this program reads {_VERSION}"
            )
        sums = {CountKey(*key): count for *key, count in stored.sums}  # type: ignore[arg-type]  # msgspec checked
        releases = {each.number: each for each in stored.releases}
        return Totals(
            cursor=stored.cursor,
            entry_id=stored.entry_id,
            sums=MappingProxyType(sums),
            releases=MappingProxyType(releases),
        )

    def keep(self, totals: Totals) -> None:
        """Store cursor and totals together, durably. Raises OSError."""
        if self._path is None:
            return
        sums = tuple((*key, count) for key, count in sorted(totals.sums.items()))
        write_durably(
            self._path,
            msgspec.json.encode(
                _Stored(
                    version=_VERSION,
                    cursor=totals.cursor,
                    entry_id=totals.entry_id,
                    sums=sums,
                    releases=tuple(totals.releases.values()),
                )
            ),
        )
