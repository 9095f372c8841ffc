"""What is asked about counts, read from the store into shapes. Every function blocks; none runs on the event loop."""

from collections.abc import Iterable

from sqlalchemy import Connection, Engine

from relay.core.counting import OTHER_LEDGER
from relay.core.releases import MonthRelease
from relay.store import ledger, reconcile, releases
from relay.store.ledger import CountSum
from relay.web.count_shapes import (
    CountsPageShape,
    CountSums,
    CountSumShape,
    LedgerLineShape,
    Reconciled,
    ReleaseList,
    ReleaseShape,
)
from relay.web.faults import NotDoneError
from relay.web.shapes import utc


class CountReads:
    """One read-only connection per call, so that everything in one answer is one state of the store."""

    def __init__(self, reader: Engine) -> None:
        self._reader = reader

    def page(self, after: int, limit: int, entry_id: str | None) -> CountsPageShape:
        """Return ledger lines after a cursor; raises NotDoneError where it is none of this ledger's."""
        with self._reader.connect() as connection:
            why = ledger.doubt(connection, after, entry_id)
            if why:
                raise NotDoneError(409, OTHER_LEDGER, why)
            head = ledger.head(connection)  # one state of the store, so it agrees with the entries
            found = ledger.page_after(connection, after, limit=limit) if after < head else []
            entries = releases.stamped(connection, found)
        return CountsPageShape(
            entries=tuple(
                LedgerLineShape(
                    cursor=line.cursor,
                    entry_id=line.entry_id,
                    measure=line.measure,
                    area=line.area,
                    category=line.category,
                    month=line.month,
                    count=line.count,
                    incident_id=line.incident_id,
                    reason=line.reason,
                    recorded_at=utc(line.recorded_at),
                    release=line.release,
                )
                for line in entries
            ),
            head=head,
        )

    def sums(self, *, area: str | None, category: str | None, month: str | None) -> CountSums:
        """Return the sums per place as they are now; those that are zero again are left out."""
        with self._reader.connect() as connection:
            found = ledger.sums(connection, area_id=area, category=category, month=month)
            head = ledger.head(connection)
        return CountSums(sums=_sums(found), head=head)

    def figures(self, month: str, release: int, *, area: str | None, category: str | None) -> CountSums | None:
        """Return the figures of a month as a release of it says; None when there is no such release."""
        with self._reader.connect() as connection:
            wanted = self._release(connection, month, release)
            if wanted is None:
                return None
            found = releases.figures(connection, month, release, area_id=area, category=category)
        return CountSums(sums=_sums(found), head=wanted.cutoff, release=release)

    def releases(self, month: str | None, after: int) -> ReleaseList:
        """Return releases after a number; those of one month with what each changes."""
        with self._reader.connect() as connection:
            found = releases.listed(connection, month=month, after=after)
            return ReleaseList(
                releases=tuple(
                    _release_shape(
                        each,
                        _sums(releases.difference(connection, month, each.release)) if month is not None else None,
                    )
                    for each in found
                )
            )

    def reconcile(self) -> Reconciled:
        """Compare everything with everything; linear in the store."""
        with self._reader.connect() as connection:
            found = reconcile.differences(connection)
        return Reconciled(reconciled=not found, differences=tuple(found))

    def _release(self, connection: Connection, month: str, release: int) -> MonthRelease | None:
        return next((each for each in releases.listed(connection, month=month) if each.release == release), None)


def _sums(found: Iterable[CountSum]) -> tuple[CountSumShape, ...]:
    return tuple(
        CountSumShape(
            measure=each.place.measure,
            area=each.place.area_id,
            category=each.place.category,
            month=each.place.month,
            count=each.total,
        )
        for each in found
        if each.total
    )


def _release_shape(value: MonthRelease, difference: tuple[CountSumShape, ...] | None) -> ReleaseShape:
    return ReleaseShape(
        number=value.number,
        month=value.month,
        release=value.release,
        cutoff=value.cutoff,
        entries=value.entries,
        begins_at=utc(value.begin_us),
        ends_at=utc(value.end_us),
        time_zone=value.zone,
        published_at=utc(value.published_us),
        actor=value.actor,
        reason=value.reason,
        difference=difference,
    )
