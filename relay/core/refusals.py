"""Who was refused what, how often and when: the book behind the page, the metric and the log line.

A peer that is refused again and again is one line that grows, so a flood cannot fill the log or the memory. An entry
is loud while refusals come and quiet after QUIET_AFTER_S without one; only the two changes are worth telling.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, NamedTuple

QUIET_AFTER_US: Final = 60_000_000
MAX_ENTRIES: Final = 1_000
"""Pairs of peer and reason that are remembered; policy when full: the one refused longest ago is dropped, counted."""
UNKNOWN_PEER: Final = "unknown"
"""A connection that never passed the key check."""


class Refused(NamedTuple):
    """Something was not taken from a peer."""

    gate: str
    peer: str
    """``role:node`` from the key, or UNKNOWN_PEER."""
    code: str
    """A reason of docs/wire-protocol.md §10."""
    times: int = 1
    detail: str = ""
    """What was found, for people."""


def merged(refusals: Iterable[Refused]) -> list[Refused]:
    """Return the same in fewer: one for each peer and reason, with the latest finding."""
    found: dict[tuple[str, str, str], Refused] = {}
    for each in refusals:
        key = (each.gate, each.peer, each.code)
        before = found.get(key)
        found[key] = each if before is None else each._replace(times=before.times + each.times)
    return list(found.values())


NoteRefusal = Callable[[Refused], None]
"""Takes note of a refusal; from any thread, never blocks."""


def forget_refusal(_refused: Refused) -> None:
    """For a part that runs without a book (tests, benches)."""


class RefusalKey(NamedTuple):
    """What one line of the book is about."""

    gate: str
    peer: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalEntry:
    """One line of the book."""

    count: int
    first_us: int
    """When it began, this time: after a quiet minute it begins anew, and so does ``count``."""
    last_us: int
    detail: str
    loud: bool = True
    """Refusals still come."""


_NO_ENTRIES: Final[Mapping[RefusalKey, RefusalEntry]] = MappingProxyType({})
_NO_TOTALS: Final[Mapping[tuple[str, str], int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalBook:
    """All lines, and what was refused in all by gate and reason since the relay started."""

    entries: Mapping[RefusalKey, RefusalEntry] = field(default_factory=lambda: _NO_ENTRIES)
    totals: Mapping[tuple[str, str], int] = field(default_factory=lambda: _NO_TOTALS)
    forgotten: int = 0
    """Lines dropped because the book was full."""


def note(book: RefusalBook, refused: Refused, now_us: int) -> tuple[RefusalBook, bool]:
    """Write a refusal down; True when it is news: the first of its kind, or the first after a quiet time."""
    key = RefusalKey(refused.gate, refused.peer, refused.code)
    before = book.entries.get(key)
    began = before is None or not before.loud
    if before is None or began:
        entry = RefusalEntry(count=refused.times, first_us=now_us, last_us=now_us, detail=refused.detail)
    else:
        entry = replace(
            before, count=before.count + refused.times, last_us=now_us, detail=refused.detail or before.detail
        )
    entries = {**book.entries, key: entry}
    forgotten = book.forgotten
    if len(entries) > MAX_ENTRIES:
        del entries[min(entries, key=lambda each: entries[each].last_us)]
        forgotten += 1
    place = (refused.gate, refused.code)
    totals = {**book.totals, place: book.totals.get(place, 0) + refused.times}
    return replace(book, entries=entries, totals=totals, forgotten=forgotten), began


HOUR_US: Final = 3_600_000_000
OTHERS: Final = "others"
"""Stands for the peers that no line of their own was left for."""
MAX_TALLIES: Final = 1_000


class RefusalTally(NamedTuple):
    """How often a peer was refused something within an hour: what is added to the store."""

    hour_us: int
    """Begin of the hour, UTC."""
    gate: str
    peer: str
    code: str
    times: int
    first_us: int
    last_us: int
    detail: str


Tallies = Mapping[tuple[int, str, str, str], RefusalTally]


def tally(tallies: Tallies, refused: Refused, now_us: int) -> Tallies:
    """Add a refusal to what is to be stored; when there are MAX_TALLIES lines, new peers are counted as OTHERS."""
    hour_us = now_us - now_us % HOUR_US
    fresh = RefusalTally(
        hour_us, refused.gate, refused.peer, refused.code, refused.times, now_us, now_us, refused.detail
    )
    return merged_tallies(tallies, (fresh,))


def merged_tallies(tallies: Tallies, more: Iterable[RefusalTally], *, most: int = MAX_TALLIES) -> Tallies:
    """Return both together; no more than ``most`` peers and reasons have a line of their own, no count is lost."""
    found = dict(tallies)
    for each in more:
        if each[:4] not in found and len(found) >= most:
            each = each._replace(peer=OTHERS)  # counted under one name
        before = found.get(each[:4])
        found[each[:4]] = (
            each
            if before is None
            else before._replace(
                times=before.times + each.times,
                first_us=min(before.first_us, each.first_us),
                last_us=max(before.last_us, each.last_us),
                detail=each.detail or before.detail,
            )
        )
    return found


def hush(book: RefusalBook, now_us: int) -> tuple[RefusalBook, tuple[RefusalKey, ...]]:
    """Mark as quiet what was not refused for a while; return which lines ended now."""
    ended = tuple(key for key, entry in book.entries.items() if entry.loud and now_us - entry.last_us > QUIET_AFTER_US)
    if not ended:
        return book, ()
    silenced = {key: replace(book.entries[key], loud=False) for key in ended}
    return replace(book, entries={**book.entries, **silenced}), ended
