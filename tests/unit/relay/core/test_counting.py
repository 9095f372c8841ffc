"""The ledger equals the incidents, whatever people, units, rooms and timers do in whatever order."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from patrol_wire.ids import AreaId, CommandId, Forward, Measure, Outcome, Severity, Step, UnitId
from relay.core.case_alerts import accept, drop, fold
from relay.core.cases import Case
from relay.core.commands import Act, IncidentAct, UnitStep
from relay.core.counting import CountPlace, qualifies
from relay.core.desk_acts import take_act
from relay.core.dispatches import Answer, DispatchState
from relay.core.escalation import TimerKind, TimerPlan
from relay.core.incidents import OPEN_STATES, IncidentState
from relay.core.ownership import keep_watch
from relay.core.policy import MICROS, DeskPolicy
from relay.core.regrouping import merge
from relay.core.timers import ring
from relay.core.unit_steps import take_step
from tests.support.cases import POLICY, next_id, offer_to, opened, placed_alert
from tests.support.records import BEGIN_US
from tests.support.small_city import small_city

CITY = small_city()
UNITS = ("unit-0-near", "unit-0-far", "police-0")
_RANK = {
    DispatchState.OFFERED: 0,
    DispatchState.ACCEPTED: 1,
    DispatchState.EN_ROUTE: 2,
    DispatchState.ON_SCENE: 3,
    DispatchState.CLEARED: 4,
    DispatchState.RECALLED: 5,
    DispatchState.DECLINED: 5,
}

_SILENCES = frozenset({TimerKind.DEPART, TimerKind.ARRIVE, TimerKind.CHECK_IN})
"""Timers for the safety of units at work: they page by themselves."""


class DeskAtWork(RuleBasedStateMachine):
    """A few incidents under everything that can happen to them; each rule is one transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.cases: list[Case] = []
        self.ledger: Counter[CountPlace] = Counter()
        self.entry_ids: set[str] = set()
        self.timers: list[TimerPlan] = []
        self.now_us = BEGIN_US
        self.policy = DeskPolicy()

    def _commit(self, case: Case) -> None:
        """Store what the writer would store, and load the case again."""
        level = 0
        while case.wants_level is not None:
            level = case.wants_level
            offer_to(case, *(UNITS if level < 2 else ()), now_us=self.now_us)
        keep_watch(case, self.now_us, self.policy)
        case.finish(self.now_us)
        for line in case.ledger_lines():
            assert line.entry_id not in self.entry_ids, "an entry is written once"
            self.entry_ids.add(line.entry_id)
            self.ledger[line.place] += line.count
        self.timers.extend(case.timers)
        fresh = Case(case.incident, case.dispatches.values())
        self.cases = [
            fresh if known.incident.incident_id == case.incident.incident_id else known for known in self.cases
        ]
        if not any(known is fresh for known in self.cases):
            self.cases.append(fresh)

    def _pick(self, number: int) -> Case:
        return self.cases[number % len(self.cases)]

    @rule(seconds=st.integers(0, 400))
    def time_passes(self, seconds: int) -> None:
        self.now_us += seconds * MICROS

    @rule(
        area=st.integers(0, 1),
        forward=st.sampled_from(Forward),
        flag=st.booleans(),
        category=st.sampled_from(["intrusion", "brawl", "drill"]),
        severity=st.sampled_from(Severity),
        late=st.booleans(),
    )
    def an_alert_opens_an_incident(
        self, area: int, forward: Forward, flag: bool, category: str, severity: Severity, late: bool
    ) -> None:
        if len(self.cases) < 4:
            at_us = self.now_us - (5_000 * MICROS if late else 0)
            alert = placed_alert(
                CITY, at_us=at_us, area=area, forward=forward, flag=flag, category=category, severity=severity
            )
            self._commit(opened(CITY, alert, now_us=self.now_us, policy=self.policy))

    @precondition(lambda self: self.cases)
    @rule(
        number=st.integers(0, 3), flag=st.booleans(), month=st.sampled_from(["2026-08", "2026-09"]), back=st.booleans()
    )
    def another_alert_joins(self, number: int, flag: bool, month: str, back: bool) -> None:
        case = self._pick(number)
        if case.incident.state in OPEN_STATES:
            at_us = case.incident.first_alert_us + (-MICROS if back else MICROS)
            fold(
                case,
                placed_alert(CITY, at_us=at_us, flag=flag, forward=Forward.SUGGEST),
                month=month,
                now_us=self.now_us,
                policy=POLICY,
            )
            self._commit(case)

    @precondition(lambda self: self.cases)
    @rule(number=st.integers(0, 3), real=st.booleans())
    def the_room_judges(self, number: int, real: bool) -> None:
        case = self._pick(number)
        if real:
            accept(case, actor="li.wei", reason="", now_us=self.now_us)
        else:
            drop(case, actor="li.wei", reason="a cat", now_us=self.now_us)
        self._commit(case)

    @precondition(lambda self: self.cases)
    @rule(
        number=st.integers(0, 3),
        act=st.sampled_from([act for act in Act if act not in (Act.MERGE, Act.SPLIT)]),
        outcome=st.sampled_from([None, *Outcome]),
        category=st.sampled_from([None, "brawl", "loitering", "drill"]),
        area=st.sampled_from([None, "a0", "a3"]),
    )
    def the_desk_acts(
        self, number: int, act: Act, outcome: Outcome | None, category: str | None, area: str | None
    ) -> None:
        case = self._pick(number)
        dispatch_id = next(iter(case.dispatches), None)
        command = IncidentAct(
            command_id=CommandId(next_id()),
            actor="wang",
            incident_id=case.incident.incident_id,
            act=act,
            reason="because",
            outcome=outcome,
            category=category,
            area_id=AreaId(area) if area is not None else None,
            dispatch_id=dispatch_id,
        )
        before = case.incident
        result = take_act(case, command, self.now_us, self.policy, CITY)
        if result.answer is Answer.REFUSED:
            assert case.incident is before
        self._commit(case)

    @precondition(lambda self: self.cases)
    @rule(one=st.integers(0, 3), other=st.integers(0, 3))
    def the_desk_merges(self, one: int, other: int) -> None:
        absorbed, into = self._pick(one), self._pick(other)
        working = {value.unit_id for value in (*absorbed.working(), *into.working())}
        before = absorbed.incident, into.incident
        if merge(absorbed, into, actor="wang", reason="the same", now_us=self.now_us, policy=POLICY) is not None:
            assert before == (absorbed.incident, into.incident)
            return
        assert {value.unit_id for value in into.working()} == working, "units at work go on"
        self._commit(absorbed)
        self._commit(into)

    @precondition(lambda self: any(case.dispatches for case in self.cases))
    @rule(pick=st.integers(0, 30), step=st.sampled_from(Step), outcome=st.sampled_from(Outcome))
    def a_unit_presses(self, pick: int, step: Step, outcome: Outcome) -> None:
        everything = [(case, value) for case in self.cases for value in case.dispatches.values()]
        case, dispatch = everything[pick % len(everything)]
        command = UnitStep(
            command_id=CommandId(next_id()),
            unit_id=UnitId(dispatch.unit_id),
            dispatch_id=dispatch.dispatch_id,
            step=step,
            device_us=self.now_us,
            outcome=outcome,
        )
        take_step(case, command, self.now_us, self.policy)
        after = case.dispatches[dispatch.dispatch_id].state
        if dispatch.state in _RANK and after in _RANK:
            assert _RANK[after] >= _RANK[dispatch.state], "forward only"
        self._commit(case)

    @precondition(lambda self: self.timers)
    @rule(pick=st.integers(0, 30))
    def a_timer_rings(self, pick: int) -> None:
        plan = self.timers.pop(pick % len(self.timers))
        self.now_us = max(self.now_us, plan.due_us)
        case = next(known for known in self.cases if known.incident.incident_id == plan.incident_id)
        before = case.incident
        cared_for = case.has_enough() or before.state is IncidentState.ACKNOWLEDGED
        ring(case, plan.kind, plan.fence, self.now_us, self.policy)
        if plan.kind not in _SILENCES and plan.kind is not TimerKind.LAPSE:
            over = self.now_us >= before.notify_until_us
            if cared_for or over:
                assert case.wants_level is None, (
                    "nobody is paged after a unit or a person has it, or after notify-until"
                )
                assert not case.notifications
        self._commit(case)

    @invariant()
    def the_ledger_equals_the_incidents(self) -> None:
        expected: Counter[CountPlace] = Counter()
        for case in self.cases:
            for measure in Measure:
                if qualifies(case.incident, measure):
                    incident = case.incident
                    expected[
                        CountPlace(
                            measure=measure,
                            area_id=incident.area_id,
                            category=incident.category,
                            month=incident.month,
                        )
                    ] += 1
        assert {place: count for place, count in self.ledger.items() if count} == dict(expected)

    @invariant()
    def no_more_units_than_wanted_are_at_work_and_none_on_a_finished_one(self) -> None:
        for case in self.cases:
            staying = [value for value in case.working() if not value.handing_over]
            assert len(staying) <= case.incident.wanted_units
            if case.incident.state not in OPEN_STATES:
                assert not case.working()
                assert not case.waiting()

    @invariant()
    def nobody_forgets_an_open_incident(self) -> None:
        """Each open one has a unit, an owner, or a timer that will ring; also when nobody is paged for it any more."""
        for case in self.cases:
            incident = case.incident
            if incident.state in OPEN_STATES:
                rings = any(plan.incident_id == incident.incident_id for plan in self.timers)
                cared = bool(case.working()) or bool(incident.owner) or rings
                assert cared, f"{incident.state} with nobody and no timer"


TestDeskAtWork = DeskAtWork.TestCase
TestDeskAtWork.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
