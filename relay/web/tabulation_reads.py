"""What is asked about counting bases, read from the store. Every function blocks; none runs on the event loop."""

from collections import Counter

from sqlalchemy import Engine

from relay.core.city_now import CityNow
from relay.core.incidents import Incident
from relay.core.releases import earliest_opening_us
from relay.core.tabulation import change_of_counts, placed_anew
from relay.store import count_bases, incidents, releases
from relay.web.count_shapes import CountSumShape
from relay.web.shapes import utc
from relay.web.tabulation_shapes import BasisContent, BasisIncidents, BasisList, BasisShape, TabulationShape


class TabulationReads:
    """One read-only connection per call."""

    def __init__(self, reader: Engine, cities: CityNow) -> None:
        self._reader = reader
        self._cities = cities

    def bases(self) -> BasisList:
        """Return all bases and which is in force."""
        with self._reader.connect() as connection:
            found = count_bases.listed(connection)
        return BasisList(
            bases=tuple(BasisShape(basis=each.basis, digest=each.digest, since=utc(each.since_us)) for each in found),
            in_force=self._cities.city.basis,
        )

    def content(self, basis: int) -> BasisContent | None:
        """Return what a basis is, or None."""
        with self._reader.connect() as connection:
            found = count_bases.content(connection, basis)
        return BasisContent.model_validate_json(found) if found is not None else None

    def preview(self, month: str) -> TabulationShape:
        """Return what counting a month anew would change."""
        city = self._cities.city
        placed_by: Counter[int] = Counter()
        moved: list[tuple[Incident, Incident]] = []
        given = unlisted = 0
        with self._reader.connect() as connection:
            for value in incidents.of_month(connection, month, earliest_opening_us(month, city.zone)):
                placed_by[value.basis] += 1
                given += value.area_given
                unlisted += value.category not in city.category_by_id
                after = placed_anew(value, city)
                if after is not value:
                    moved.append((value, after))
            newest = releases.latest(connection, [month]).get(month)
        changes = change_of_counts(moved)
        return TabulationShape(
            month=month,
            basis=city.basis,
            incidents=placed_by.total(),
            placed_by=tuple(BasisIncidents(basis=basis, incidents=placed_by[basis]) for basis in sorted(placed_by)),
            moved=len(moved),
            given=given,
            unlisted=unlisted,
            changes=tuple(
                CountSumShape(
                    measure=place.measure,
                    area=place.area_id,
                    category=place.category,
                    month=place.month,
                    count=changes[place],
                )
                for place in sorted(changes)
            ),
            published=newest.release if newest is not None else 0,
        )
