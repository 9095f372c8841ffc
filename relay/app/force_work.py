"""The force in one transaction: what units do, who is asked for a case, and what the next burst must know of it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

from sqlalchemy import Connection

from patrol_wire.ids import DispatchId, UnitId
from relay.app.known_units import KnownUnits
from relay.core.candidates import NO_ROSTER, Candidate, Fit, PassedOver, UnitNow, judge_fitness, nearest
from relay.core.case_offers import asked_already
from relay.core.cases import Case
from relay.core.city import HIGHEST_LEVEL, City, UnitSpec
from relay.core.dispatches import Dispatch
from relay.core.duty import DutyNow
from relay.core.forces import Force
from relay.core.policy import DeskPolicy
from relay.core.rosters import Duty
from relay.store import units
from relay.store.errors import NotBesideOthersError
from relay.store.sequences import Numbers
from relay.store.tables import UNIT_CHANGE

_RING_NAMES: Final = {0: ("own beat", "own town"), 1: ("the town",), 2: ("the city",)}


class ForceWork:
    """Lives as long as one transaction; ``connection`` is inside it. ``known`` outlives it, see there."""

    def __init__(
        self,
        connection: Connection,
        *,
        numbers: Numbers,
        city: City,
        policy: DeskPolicy,
        now_us: int,
        known: KnownUnits,
    ) -> None:
        self._connection = connection
        self._numbers = numbers
        self._city = city
        self._policy = policy
        self._now_us = now_us
        self._known = known
        self._changed: dict[UnitId, UnitNow] = {}
        """What units do from now on, on top of ``_before``."""
        self._open: set[DispatchId] = set()
        """Loaded dispatches that were open then."""
        self._duty = DutyNow(city, now_us)

    def load(self, unit_ids: Sequence[UnitId]) -> None:
        """Load how much is before these units, as far as it is not known yet."""
        self._known.count_open(self._connection, unit_ids)

    def note_open(self, loaded: Iterable[Dispatch]) -> None:
        """Note which of the dispatches that were loaded with a case are open."""
        self._open.update(value.dispatch_id for value in loaded if value.ended_us is None)

    def unit(self, unit_id: UnitId) -> UnitNow | None:
        """Return what a unit does now, None when the store has no such unit."""
        return self._changed.get(unit_id) or self._before.get(unit_id)

    def change_unit(self, unit: UnitNow) -> None:
        """Take what a unit does from now on."""
        self._changed[unit.unit_id] = unit
        self._known.fit.clear()

    def duty_of(self, unit: UnitNow) -> Duty:
        """Return whether a unit is on duty, and until when."""
        return self._duty.of(unit)

    def candidates(self, case: Case, level: int) -> tuple[tuple[Candidate, ...], tuple[PassedOver, ...]]:
        """Return whom to ask at a level, and who of it is not asked and why."""
        incident = case.incident
        not_sent = self._city.not_sent(incident.category, incident.severity)
        asked = asked_already(case)
        if case.wants_unit is not None:
            named = (self._city.unit_by_id[case.wants_unit],)
            # A person names it: whatever its force is for, it is asked.
            fit, passed = self._judge(named, busy_too=True, not_sent={})
            return self._offered(self._nearest(case, fit, asked, level, "named by the desk")), passed
        names = _RING_NAMES[min(level, HIGHEST_LEVEL)]
        everybody: tuple[PassedOver, ...] = ()
        for place, ring in enumerate(self._city.rings_at_level(incident.area_id, level)):
            key = (incident.area_id, level, place, tuple(not_sent))
            found = self._known.fit.get(key)
            if found is None:
                found = self._judge(ring, busy_too=level >= HIGHEST_LEVEL, not_sent=not_sent)
                self._known.fit[key] = found
            fit, passed = found
            everybody = passed
            chosen = self._nearest(case, fit, asked, level, names[place])
            if chosen:
                return self._offered(chosen), passed
        return (), everybody

    def _nearest(
        self, case: Case, fit: tuple[Fit, ...], asked: frozenset[UnitId], level: int, ring: str
    ) -> tuple[Candidate, ...]:
        if asked:
            fit = tuple(unit for unit in fit if unit.unit_id not in asked)
        limit = self._policy.offers_at_level[min(level, HIGHEST_LEVEL)]
        place = (case.incident.lon, case.incident.lat)
        return nearest(
            fit,
            place,
            limit=limit,
            now_us=self._now_us,
            ring=ring,
            load=self._known.open,
            load_m=self._policy.load_m,
        )

    def _judge(
        self, ring: tuple[UnitSpec, ...], *, busy_too: bool, not_sent: Mapping[Force, str]
    ) -> tuple[tuple[Fit, ...], tuple[PassedOver, ...]]:
        self.load([spec.unit_id for spec in ring])
        return judge_fitness(
            ring,
            self._now_of(ring),
            now_us=self._now_us,
            policy=self._policy,
            busy_too=busy_too,
            not_sent=not_sent,
            off_duty=self._duty.off_duty if self._city.shifts else None,
            by_roster=self._duty.by_roster if self._city.shifts else NO_ROSTER,
        )

    def _now_of(self, ring: tuple[UnitSpec, ...]) -> Mapping[UnitId, UnitNow]:
        """Return what the units of a ring do, with what this transaction changed."""
        before, changed = self._before, self._changed
        if not changed:
            return before
        if len(ring) > len(before) // 8:  # copying a whole force costs less than asking twice for each of many
            return {**before, **changed}
        return {
            spec.unit_id: unit
            for spec in ring
            if (unit := changed.get(spec.unit_id) or before.get(spec.unit_id)) is not None
        }

    def _offered(self, chosen: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        for candidate in chosen:
            self._known.add_open(candidate.unit_id, 1)
        return chosen

    @cached_property
    def _before(self) -> Mapping[UnitId, UnitNow]:
        """What all units do, as the transaction found them."""
        return self._known.units(self._connection, self._numbers)

    def store(self, changed: Sequence[Case]) -> None:
        """Write what units do, and let the next burst know what is open before them."""
        moved = list(self._changed.values())
        if moved and self._numbers.beside_others:  # read without a lock: another may have changed them too
            raise NotBesideOthersError(f"{len(moved)} units would change beside other writers; the burst is done alone")
        units.update(self._connection, self._numbers.take(UNIT_CHANGE, len(moved)), moved)
        for case in changed:
            for dispatch_id in (*case.fresh, *case.moved):
                dispatch = case.dispatches[dispatch_id]
                was_open = dispatch_id in case.fresh or dispatch_id in self._open  # offered: counted then
                if was_open is not (dispatch.ended_us is None):
                    self._known.add_open(dispatch.unit_id, -1 if was_open else 1)
        if any(case.fresh or case.moved for case in changed):
            self._known.changed_open(self._numbers)
