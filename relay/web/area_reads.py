"""What is asked about areas of a month, read from the store into shapes. Every function blocks."""

from collections.abc import Iterable

from sqlalchemy import Engine

from patrol_wire.ids import AreaId, Measure
from relay.core.attesting import Doubt
from relay.core.city_now import CityNow
from relay.core.completeness import AreaCompleteness, CompletenessRule
from relay.core.ids import UNMAPPED
from relay.core.index_table import IndexTable
from relay.store import completeness, exposure, ledger, releases
from relay.store.ledger import CountSum
from relay.web.area_shapes import (
    AreaCompletenessShape,
    AreaCountsList,
    AreaCountsShape,
    AreaIndexShape,
    CompletenessList,
    DayShape,
    IndexShape,
)
from relay.web.naming import Names, NamesNow

_HOUR_US = 3_600_000_000
_NOBODY = AreaCompleteness(days=0)


class AreaReads:
    """One read-only connection per call, so that everything in one answer is one state of the store."""

    def __init__(self, reader: Engine, cities: CityNow, rule: CompletenessRule) -> None:
        self._reader = reader
        self._cities = cities
        self._rule = rule
        self._names_now = NamesNow(cities)

    @property
    def _names(self) -> Names:
        return self._names_now.now

    def counts(self, month: str, release: int | None, now_us: int) -> AreaCountsList | None:
        """Return counts, exposure and completeness of every area; None when the month has no such release."""
        city = self._cities.city
        with self._reader.connect() as connection:
            if release is None:
                sums = ledger.sums(connection, month=month)
            elif release in {each.release for each in releases.listed(connection, month=month)}:
                sums = releases.figures(connection, month, release)
            else:
                return None
            hours = {each.area_id: each for each in exposure.of_areas(connection, month=month)}
            judged = completeness.of_month(connection, city, month, now_us=now_us, rule=self._rule)
        counted = _totals(sums)
        areas = [area.area_id for area in city.areas]
        others = sorted({*counted, *map(AreaId, hours)} - {*areas})
        shapes = []
        for area_id in (*areas, *others):
            reported, confirmed = counted.get(area_id, (0, 0))
            time = hours.get(area_id)
            known = judged.get(area_id, _NOBODY)
            shapes.append(
                AreaCountsShape(
                    area=area_id,
                    title=self._names.area(area_id),
                    month=month,
                    reported=reported,
                    confirmed=confirmed,
                    camera_hours=round(time.camera_us / _HOUR_US, 3) if time is not None else 0.0,
                    patrol_hours=round(time.patrol_us / _HOUR_US, 3) if time is not None else 0.0,
                    complete=known.complete,
                    incomplete_days=len(known.doubts),
                    doubts=_doubts(known) if area_id != UNMAPPED else (Doubt.NO_ROOM,),
                )
            )
        return AreaCountsList(month=month, release=release, areas=tuple(shapes))

    def completeness(self, month: str, area: str | None, now_us: int) -> CompletenessList:
        """Return which days of which areas are not complete, and why."""
        with self._reader.connect() as connection:
            judged = completeness.of_month(connection, self._cities.city, month, now_us=now_us, rule=self._rule)
        return CompletenessList(
            month=month,
            areas=tuple(
                AreaCompletenessShape(
                    area=area_id,
                    title=self._names.area(area_id),
                    complete=found.complete,
                    days=found.days,
                    incomplete=tuple(
                        DayShape(day=day, doubts=tuple(sorted(doubts))) for day, doubts in sorted(found.doubts.items())
                    ),
                )
                for area_id, found in judged.items()
                if area is None or area == area_id
            ),
        )

    def index(self, table: IndexTable) -> IndexShape:
        """Return the index for people."""
        return IndexShape(
            month=table.month,
            release=table.release,
            cursor=table.cursor,
            measure=table.measure,
            blue_from=table.rule.blue_from,
            orange_from=table.rule.orange_from,
            red_from=table.rule.red_from,
            slack=table.rule.slack,
            rule_hash=table.rule_hash,
            areas=tuple(
                AreaIndexShape(
                    area=each.area_id,
                    title=self._names.area(each.area_id),
                    standing=each.standing,
                    level=each.level,
                    value=each.value,
                    complete=each.completeness.complete,
                    incomplete_days=len(each.completeness.doubts),
                    doubts=_doubts(each.completeness),
                    inputs=each.inputs,
                )
                for each in table.areas
            ),
        )


def _totals(sums: Iterable[CountSum]) -> dict[AreaId, tuple[int, int]]:
    """Return reported and confirmed by area."""
    found: dict[AreaId, tuple[int, int]] = {}
    for each in sums:
        reported, confirmed = found.get(each.place.area_id, (0, 0))
        if each.place.measure is Measure.REPORTED:
            reported += each.total
        else:
            confirmed += each.total
        found[each.place.area_id] = (reported, confirmed)
    return {area_id: totals for area_id, totals in found.items() if any(totals)}


def _doubts(found: AreaCompleteness) -> tuple[Doubt, ...]:
    return tuple(sorted(frozenset[Doubt]().union(*found.doubts.values())))
