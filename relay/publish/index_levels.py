"""The reference index: area levels computed from the counts feed's entries and nothing else.

An index service may do better; whatever it does, it sees the same entries in the same order. Pure: the thresholds are
`relay.core.levels`, the entries come from `relay.publish.counts_page` or the feed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from patrol_wire.messages import LedgerEntry
from relay.core.levels import Level, step
from relay.store.city_files import IndexRule

_PLAIN_WEIGHT: Final = 1.0


class AreaMonth(NamedTuple):
    """What one level is about."""

    area: str
    month: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexBook:
    """Values and levels after all entries up to ``cursor``."""

    cursor: int = 0
    values: Mapping[AreaMonth, float] = field(default_factory=lambda: MappingProxyType({}))
    levels: Mapping[AreaMonth, Level] = field(default_factory=lambda: MappingProxyType({}))


def take(book: IndexBook, entries: Iterable[LedgerEntry], index: IndexRule) -> IndexBook:
    """Return the index after more entries, one after the other, so that any cut into pages gives the same levels.

    Entries at or below the cursor are passed over; a correction lowers the value like any other entry.
    """
    values, levels, cursor = dict(book.values), dict(book.levels), book.cursor
    for entry in entries:
        if entry.cursor <= cursor:
            continue
        cursor = entry.cursor
        if entry.measure is not index.measure:
            continue
        place = AreaMonth(entry.area, entry.month)
        weight = index.weight.get(entry.category, _PLAIN_WEIGHT)
        values[place] = values.get(place, 0.0) + weight * entry.count
        levels[place] = step(levels.get(place), values[place], index.rule)
    return IndexBook(cursor=cursor, values=MappingProxyType(values), levels=MappingProxyType(levels))
