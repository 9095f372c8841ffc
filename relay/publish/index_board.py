"""The index of the relay's own city: the reference computation over its ledger, beside what is known of completeness.

Levels come from `index_levels`, fed with the month's lines in their order, so that whoever follows the feed with the
same rule gets the same colours. Completeness is as of now, also for the figures of an older release.
"""

import json
from hashlib import blake2b
from threading import Lock
from typing import Final

from sqlalchemy import Connection, Engine

from patrol_wire.ids import AreaId
from relay.core.city_now import CityNow
from relay.core.completeness import AreaCompleteness, CompletenessRule
from relay.core.index_table import AreaIndex, IndexTable
from relay.core.levels import standing_of, step
from relay.publish.index_levels import AreaMonth, IndexBook, take
from relay.store import completeness, ledger, releases
from relay.store.city_files import IndexRule

_KEPT_MONTHS: Final = 24
"""Months whose book is kept, so that asking again reads only what is new."""


class IndexBoard:
    """May be asked from any thread; each call blocks on the store."""

    def __init__(self, *, reader: Engine, cities: CityNow, index: IndexRule, completeness: CompletenessRule) -> None:
        self._reader = reader
        self._cities = cities
        self._index = index
        self._completeness = completeness
        self._rule_hash = _hash(
            json.dumps(
                {
                    "measure": index.measure.value,
                    "rule": [index.rule.blue_from, index.rule.orange_from, index.rule.red_from, index.rule.slack],
                    "weight": dict(index.weight),
                },
                sort_keys=True,
            )
        )
        self._lock = Lock()
        self._books: dict[str, tuple[int, IndexBook]] = {}
        """By month: up to where the ledger was read, and what came of it."""

    def look(self, month: str, release: int | None, now_us: int) -> IndexTable | None:
        """Return the index of a month, as it is now or as a release says; None when there is no such release."""
        city = self._cities.city
        with self._reader.connect() as connection:
            if release is None:
                upto = ledger.head(connection)
                book = self._current(connection, month, upto)
                sums = ledger.sums(connection, measure=self._index.measure, month=month)
            else:
                known = {each.release: each for each in releases.listed(connection, month=month)}
                if release not in known:
                    return None
                upto = known[release].cutoff
                book = take(IndexBook(), ledger.of_month(connection, month, after=0, upto=upto), self._index)
                sums = releases.figures(connection, month, release)
            judged = completeness.of_month(connection, city, month, now_us=now_us, rule=self._completeness)
        counts: dict[AreaId, list[tuple[str, int]]] = {}
        for each in sums:
            if each.place.measure is self._index.measure and each.total:
                counts.setdefault(each.place.area_id, []).append((each.place.category, each.total))
        return IndexTable(
            month=month,
            release=release,
            cursor=upto,
            measure=self._index.measure,
            rule=self._index.rule,
            rule_hash=self._rule_hash,
            areas=tuple(
                self._area(AreaMonth(area.area_id, month), book, judged[area.area_id], counts.get(area.area_id, []))
                for area in city.areas
            ),
        )

    def _current(self, connection: Connection, month: str, upto: int) -> IndexBook:
        with self._lock:
            read_upto, book = self._books.pop(month, (0, IndexBook()))
            if read_upto > upto:  # somebody with a newer state of the store was faster
                self._books[month] = (read_upto, book)
                return take(IndexBook(), ledger.of_month(connection, month, after=0, upto=upto), self._index)
            book = take(book, ledger.of_month(connection, month, after=read_upto, upto=upto), self._index)
            self._books[month] = (upto, book)
            while len(self._books) > _KEPT_MONTHS:
                del self._books[next(iter(self._books))]
        return book

    def _area(
        self, place: AreaMonth, book: IndexBook, judged: AreaCompleteness, counts: list[tuple[str, int]]
    ) -> AreaIndex:
        value = book.values.get(place, 0.0)
        level = book.levels.get(place, step(None, value, self._index.rule))
        return AreaIndex(
            area_id=AreaId(place.area),
            value=value,
            level=level,
            standing=standing_of(level, complete=judged.complete),
            completeness=judged,
            inputs=_hash(json.dumps([self._rule_hash, place.area, place.month, sorted(counts)])),
        )


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
