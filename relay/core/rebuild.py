"""The counts once more, from what is never changed: the rooms' records and the incidents' history.

What the relay counted as things happened is kept in the ledger. Here each incident is put together anew without
looking at its own row, and says which places of the ledger it must hold. Both must agree.
"""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any, Final

from msgspec import Struct

from patrol_wire.ids import AreaId, Forward, Measure, Outcome
from patrol_wire.records import Alert, Flag
from relay.core.clocking import month_of
from relay.core.counting import CountPlace

_MAKES_IT_REAL: Final = frozenset({"verified", "direct", "offer_asked", "reinforcement"})
"""Lines of the history after which units may be asked, whatever its alerts say."""


class RaisedAlert(Struct, frozen=True, kw_only=True, gc=False):
    """What the record of an alert says, and where and when the relay placed it."""

    alert_id: str
    category: str
    actionable: bool
    """A person's flag, or a rule that goes straight on."""
    area_id: AreaId
    started_us: int


class IncidentTrace:
    """One incident, put together from its alerts (any order) and the lines of its history (in order)."""

    def __init__(self) -> None:
        self._alerts: dict[str, RaisedAlert] = {}
        self._opened_by = ""
        self._category: str | None = None
        self._area_id: AreaId | None = None
        self._real = False
        self._ended = ""
        self._outcome: str | None = None

    def alert(self, raised: RaisedAlert) -> None:
        """Take one of its alerts in."""
        self._alerts[raised.alert_id] = raised

    def line(self, change: str, detail: Mapping[str, Any]) -> None:
        """Follow one line of its history."""
        match change:
            case "opened":
                self._opened_by = str(detail.get("alert_id", ""))
            case "category_unknown":
                if detail.get("alert_id") == self._opened_by:
                    self._category = detail.get("taken_as", self._category)
            case "reclassified":
                self._category = detail["category"][1]
            case "merged":
                self._ended = change
            case "absorbed":
                self._real = self._real or bool(detail.get("real"))
                self._found(detail.get("outcome"), said_by_desk=False)
            case "split" | "split_off":
                # Its first alert may be another incident's now: what it was then is said here.
                self._category, self._area_id = detail["category"], AreaId(detail["area"])
                self._real = self._real or bool(detail.get("real"))
            case "moved" | "placed" | "retabulated":
                self._area_id = AreaId(detail["area"][1])
            case "cancelled":
                self._ended = change
            case "closed":
                self._ended = change
                # The desk names what was found; without a name it stays what the units found.
                self._found(detail.get("outcome"), said_by_desk=True)
            case "cleared":
                self._found(detail.get("outcome"), said_by_desk=False)
            case "reopened":
                self._ended, self._outcome = "", None
            case _:
                self._real = self._real or change in _MAKES_IT_REAL

    def places(self, *, zone: tzinfo, counted: bool) -> frozenset[CountPlace] | str:
        """Return the places of the ledger it must hold, or why that cannot be said."""
        if self._ended == "merged":
            return frozenset()
        first = self._alerts.get(self._opened_by)
        area_id = self._area_id if self._area_id is not None or first is None else first.area_id
        category = self._category if self._category is not None or first is None else first.category
        if area_id is None or category is None or not self._alerts:
            return f"the alert that opened it ({self._opened_by or 'none is named'}) is not among its alerts"
        real = self._real or any(raised.actionable for raised in self._alerts.values())
        if not counted or not real or self._ended == "cancelled":
            return frozenset()
        month = month_of(min(raised.started_us for raised in self._alerts.values()), zone)
        measures = [Measure.REPORTED]
        if self._ended == "closed" and self._outcome == Outcome.CONFIRMED.value:
            measures.append(Measure.CONFIRMED)
        return frozenset(
            CountPlace(
                measure=measure,
                area_id=area_id,
                category=category,
                month=month,
            )
            for measure in measures
        )

    def _found(self, outcome: Any, *, said_by_desk: bool) -> None:
        if outcome is None:
            return
        if said_by_desk or self._outcome != Outcome.CONFIRMED.value:
            self._outcome = str(outcome)
        self._real = self._real or outcome == Outcome.CONFIRMED.value


def goes_straight_on(body: Alert | Flag) -> bool:
    """Tell whether an alert makes its incident actionable by itself."""
    return isinstance(body, Flag) or body.forward is Forward.DIRECT


def claimed_us(body: Alert | Flag) -> int:
    """Return when the room says that it happened."""
    return body.flagged_at if isinstance(body, Flag) else body.started_at


def sum_up(places: Iterable[CountPlace]) -> dict[CountPlace, int]:
    """Return how many incidents hold each place."""
    sums: dict[CountPlace, int] = {}
    for place in places:
        sums[place] = sums.get(place, 0) + 1
    return sums
