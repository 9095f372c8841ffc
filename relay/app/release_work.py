"""The releases one transaction makes: of months that are asked for, and of published months that its lines change."""

from collections.abc import Sequence
from datetime import tzinfo

from sqlalchemy import Connection

from relay.core.counting import LedgerLine
from relay.core.releases import Asked, MonthRelease, ReleaseDraft, late, month_bounds, refusal
from relay.store import ledger, releases
from relay.store.sequences import Numbers


class ReleaseWork:
    """Lives as long as one transaction; ``connection`` is inside it."""

    def __init__(self, connection: Connection, *, numbers: Numbers, zone: tzinfo, now_us: int) -> None:
        self._connection = connection
        self._numbers = numbers
        self._zone = zone
        self._now_us = now_us
        self._asked: dict[str, Asked] = {}
        self._counted_anew: dict[str, Asked] = {}

    def publish(self, month: str, asked: Asked) -> str | None:
        """Note that a month is to be published with everything this transaction counts; return a refusal, or None."""
        if month in self._asked:
            return f"{month} is being published by {self._asked[month].actor}"
        known = releases.latest(self._connection, [month]).get(month)
        refused = refusal(month, now_us=self._now_us, zone=self._zone, latest=known)
        if refused is None:
            self._asked[month] = asked
        return refused

    def count_anew(self, month: str, asked: Asked) -> None:
        """Note that somebody asked for what this transaction changes of a month: its next release says so."""
        self._counted_anew[month] = asked

    def store(self, lines: Sequence[LedgerLine], *, cutoff: int) -> bool:
        """Store the releases, once the lines are in the ledger and its sums; True when there are any.

        ``cutoff`` is the cursor of the ledger's newest line.
        """
        months = {line.place.month for line in lines} - self._asked.keys()
        drafts = [
            *late(
                lines,
                cutoff=cutoff,
                latest=releases.latest(self._connection, months) if months else {},
                asked=self._counted_anew,
            ),
            *(
                self._first(month, asked, cutoff)
                for month, asked in sorted(self._asked.items(), key=lambda one: one[0])
            ),
        ]
        if not drafts:
            return False
        first = self._numbers.take("month_release", len(drafts))
        made = [(self._finished(number, draft), draft.changes) for number, draft in enumerate(drafts, first)]
        releases.insert(self._connection, made)
        return True

    def _first(self, month: str, asked: Asked, cutoff: int) -> ReleaseDraft:
        return ReleaseDraft(
            month=month,
            release=1,
            cutoff=cutoff,
            entries=ledger.lines_of_month(self._connection, month),
            changes={each.place: each.total for each in ledger.sums(self._connection, month=month)},
            actor=asked.actor,
            reason=asked.reason,
        )

    def _finished(self, number: int, draft: ReleaseDraft) -> MonthRelease:
        begin_us, end_us = month_bounds(draft.month, self._zone)
        return MonthRelease(
            number=number,
            month=draft.month,
            release=draft.release,
            cutoff=draft.cutoff,
            entries=draft.entries,
            begin_us=begin_us,
            end_us=end_us,
            zone=str(self._zone),
            published_us=self._now_us,
            actor=draft.actor,
            reason=draft.reason,
        )
