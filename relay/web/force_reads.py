"""The force as pages see it: whom an incident would be offered to now, who is on duty, where the roster has holes."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine

from patrol_wire.ids import UnitId
from relay.core.candidates import Candidate, PassedOver, UnitNow, judge_fitness, nearest
from relay.core.city import HIGHEST_LEVEL
from relay.core.city_now import CityNow
from relay.core.dispatches import Dispatch, DispatchState
from relay.core.duty import DutyNow
from relay.core.incidents import Incident
from relay.core.policy import DeskPolicy
from relay.core.rosters import beat_holes, covers, text_of
from relay.store import dispatches, incidents, units
from relay.web.force_shapes import (
    BeatHoles,
    CandidateList,
    CandidateShape,
    DutyShape,
    HoleShape,
    LevelShape,
    PassedOverShape,
    RosterShape,
)
from relay.web.naming import Names, NamesNow
from relay.web.shapes import Titles, utc, utc_or_none

_SHOWN: Final = 200
_RING: Final = ("own beat or town", "the town", "the city")


class ForceReads:
    """The questions about the force of the city in force; every function blocks."""

    def __init__(self, reader: Engine, cities: CityNow, policy: DeskPolicy) -> None:
        self._reader = reader
        self._policy = policy
        self._names = NamesNow(cities)

    def candidates(self, incident_id: str, now_us: int) -> CandidateList | None:
        """Return whom each level would ask now, with the same judgement as the writer's; None: no such incident."""
        names = self._names.now
        with self._reader.connect() as connection:
            incident = incidents.by_id(connection, incident_id)
            if incident is None:
                return None
            asked = dispatches.of_incident(connection, incident_id)
            specs = names.city.units_at_level(incident.area_id, HIGHEST_LEVEL)
            ids = [spec.unit_id for spec in specs]
            now, load = units.load(connection, ids), dispatches.open_before(connection, ids)
        levels = tuple(
            self._level(names, incident, asked, level, now, load, now_us) for level in range(HIGHEST_LEVEL + 1)
        )
        return CandidateList(incident_id=incident_id, levels=levels)

    def _level(
        self,
        names: Names,
        incident: Incident,
        asked: list[Dispatch],
        level: int,
        now: dict[UnitId, UnitNow],
        load: dict[UnitId, int],
        now_us: int,
    ) -> LevelShape:
        before = {
            value.unit_id: f"asked already: {value.state.value}"
            for value in asked
            if value.state is not DispatchState.RECALLED
        }
        duty_now = DutyNow(names.city, now_us)
        chosen: tuple[Candidate, ...] = ()
        passed: list[PassedOver] = []
        for ring in names.city.rings_at_level(incident.area_id, level):
            fit, unfit = judge_fitness(
                ring,
                now,
                now_us=now_us,
                policy=self._policy,
                busy_too=level >= HIGHEST_LEVEL,
                not_sent=names.city.not_sent(incident.category, incident.severity),
                off_duty=duty_now.off_duty,
                by_roster=duty_now.by_roster,
            )
            again = [each.unit_id for each in fit if each.unit_id in before]
            passed = [*unfit, *(PassedOver(unit_id=unit_id, reason=before[unit_id]) for unit_id in again)]
            chosen = nearest(
                [each for each in fit if each.unit_id not in before],
                (incident.lon, incident.lat),
                limit=self._policy.offers_at_level[level],
                now_us=now_us,
                ring=_RING[level],
                load=load,
                load_m=self._policy.load_m,
            )
            if chosen:
                break
        return _shown(names, level, chosen, passed)

    def roster(self, now_us: int, *, with_units: bool = True) -> RosterShape:
        """Return every unit with shifts, unless the holes alone are wanted, and the beats with holes in their week."""
        names = self._names.now
        city, duty_now = names.city, DutyNow(names.city, now_us)
        now: dict[UnitId, UnitNow] = {}
        if with_units:
            with self._reader.connect() as connection:
                now = units.load(connection, city.spans_by_unit)
        shown = []
        for unit_id, unit in sorted(now.items()):
            duty = duty_now.of(unit)
            shown.append(
                DutyShape(
                    unit_id=unit_id,
                    unit=names.unit(unit_id),
                    beat_id=city.unit_by_id[unit_id].beat_id,
                    on_duty=duty.on_duty,
                    reason=duty.reason,
                    until=utc_or_none(duty.until_us),
                    dispatch_id=unit.dispatch_id,
                )
            )
        found = beat_holes(city.units_by_beat, city.spans_by_unit)
        beats = tuple(
            BeatHoles(
                beat_id=beat.beat_id,
                beat=beat.name,
                title=Titles(zh=beat.name, en=beat.name_en or beat.name),
                town_id=beat.town_id,
                holes=tuple(
                    HoleShape(begins=text_of(begin), ends=text_of(end), now=begin <= duty_now.minute < end)
                    for begin, end in found[beat.beat_id]
                ),
            )
            for beat in city.beats
            if beat.beat_id in found
        )
        return RosterShape(
            clock=utc(now_us),
            units=tuple(shown),
            units_with_shifts=len(city.spans_by_unit),
            beats_with_holes=beats,
            holes_now=sum(covers(spans, duty_now.minute) for spans in found.values()),
        )


def _shown(names: Names, level: int, chosen: Sequence[Candidate], passed: Sequence[PassedOver]) -> LevelShape:
    return LevelShape(
        level=level,
        candidates=tuple(
            CandidateShape(
                unit_id=each.unit_id,
                unit=names.unit(each.unit_id),
                force=names.city.unit_by_id[each.unit_id].force,
                distance_m=each.distance_m,
                reason=each.reason,
            )
            for each in chosen
        ),
        passed_over=tuple(
            PassedOverShape(
                unit_id=each.unit_id,
                unit=names.unit(each.unit_id),
                force=names.city.unit_by_id[each.unit_id].force,
                reason=each.reason,
            )
            for each in passed[:_SHOWN]
        ),
        passed_over_count=len(passed),
    )
