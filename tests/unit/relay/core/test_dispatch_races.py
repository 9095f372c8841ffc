"""Dispatch and timers under every order of what people, units and clocks do: races end in one owner, never in silence.

One incident, five units on three levels. Steps come twice, late, out of order and from the wrong unit; the desk
acknowledges while a timer rings; a recall crosses an arrival.
"""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from patrol_wire.ids import CommandId, DispatchId, Outcome, Severity, Step, UnitId
from relay.core.candidates import Candidate
from relay.core.case_offers import asked_already, offer
from relay.core.cases import Case
from relay.core.commands import Act, IncidentAct, UnitStep
from relay.core.desk_acts import take_act
from relay.core.dispatches import ENDED_STATES, WORKING_STATES, Answer, DispatchState
from relay.core.escalation import TimerKind, TimerPlan
from relay.core.flapping import come_back, open_again
from relay.core.incidents import OPEN_STATES, IncidentState
from relay.core.ownership import keep_watch
from relay.core.policy import MICROS, DeskPolicy
from relay.core.timers import ring
from relay.core.unit_steps import take_step
from tests.support.cases import next_id, opened, placed_alert
from tests.support.records import BEGIN_US
from tests.support.small_city import small_city

CITY = small_city()
LEVELS = {0: ("near", "far"), 1: ("station", "station-2"), 2: ("centre",)}
SAFETY = frozenset({TimerKind.DEPART, TimerKind.ARRIVE, TimerKind.CHECK_IN})
_RANK = {
    DispatchState.OFFERED: 0,
    DispatchState.TIMED_OUT: 0,
    DispatchState.ACCEPTED: 1,
    DispatchState.EN_ROUTE: 2,
    DispatchState.ON_SCENE: 3,
}
ACTS = [act for act in Act if act not in (Act.MERGE, Act.SPLIT, Act.CLOSE, Act.CANCEL)]


@dataclass(frozen=True)
class Sent:
    """A step as the terminal keeps it until it is answered; it may arrive again at any time."""

    command: UnitStep


class RacingDesk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.policy = DeskPolicy()
        self.now_us = BEGIN_US
        self.timers: list[TimerPlan] = []
        self.sent: list[Sent] = []
        self.accepted: dict[DispatchId, int] = {}
        self.case = opened(CITY, placed_alert(CITY, severity=Severity.CRITICAL), now_us=self.now_us)
        self._commit()

    def _commit(self) -> None:
        case = self.case
        for _ in range(8):
            if case.wants_level is None:
                break
            level = case.wants_level
            names = (case.wants_unit,) if case.wants_unit is not None else LEVELS[level]
            free = [name for name in names if UnitId(name) not in asked_already(case)]
            chosen = [
                (Candidate(unit_id=UnitId(name), distance_m=1.0, reason="near"), DispatchId(next_id())) for name in free
            ]
            offer(case, level, chosen, self.now_us, self.policy)
        assert case.wants_level is None, "asking comes to an end"
        keep_watch(case, self.now_us, self.policy)
        self.timers.extend(case.timers)
        self.case = Case(case.incident, case.dispatches.values())

    @rule(seconds=st.sampled_from([1, 15, 31, 61, 121, 300, 901]))
    def time_passes_and_timers_ring_in_time(self, seconds: int) -> None:
        until_us = self.now_us + seconds * MICROS
        while due := [plan for plan in self.timers if plan.due_us <= until_us]:
            self._ring(min(due, key=lambda plan: plan.due_us))
        self.now_us = until_us

    @precondition(lambda self: self.timers)
    @rule(pick=st.integers(0, 20), late_s=st.sampled_from([0, 2, 600]))
    def a_timer_rings_late_after_a_restart(self, pick: int, late_s: int) -> None:
        plan = self.timers[pick % len(self.timers)]
        self.now_us = max(self.now_us, plan.due_us + late_s * MICROS)
        self._ring(plan)

    def _ring(self, plan: TimerPlan) -> None:
        self.timers.remove(plan)
        self.now_us = max(self.now_us, plan.due_us)
        case, before = self.case, self.case.incident
        covered = case.has_enough() or before.state is IncidentState.ACKNOWLEDGED
        ring(case, plan.kind, plan.fence, self.now_us, self.policy)
        quiet = covered or self.now_us >= before.notify_until_us
        if quiet and plan.kind not in SAFETY and plan.kind is not TimerKind.LAPSE:
            assert case.wants_level is None, f"{plan.kind} pages although somebody has it or it is too late"
            assert not case.notifications
        self._commit()

    @rule(pick=st.integers(0, 30), step=st.sampled_from(Step), wrong=st.booleans(), clock_s=st.integers(-9_000, 9_000))
    def a_unit_presses(self, pick: int, step: Step, wrong: bool, clock_s: int) -> None:
        """A wrong clock and another unit's key change nothing that they must not."""
        known = sorted(self.case.dispatches.values(), key=lambda value: value.dispatch_id)
        chosen = known[pick % len(known)]
        command = UnitStep(
            command_id=CommandId(next_id()),
            unit_id=UnitId("stranger") if wrong else chosen.unit_id,
            dispatch_id=chosen.dispatch_id,
            step=step,
            device_us=self.now_us + clock_s * MICROS,
            outcome=Outcome.NOTHING_FOUND if step is Step.CLEAR else None,
        )
        self.sent.append(Sent(command))
        self._take(command)

    @precondition(lambda self: self.sent)
    @rule(pick=st.integers(0, 30))
    def a_step_arrives_again_hours_later_under_a_new_id(self, pick: int) -> None:
        self._take(self.sent[pick % len(self.sent)].command)

    def _take(self, command: UnitStep) -> None:
        before = self.case.dispatches[command.dispatch_id]
        enough = self.case.has_enough()
        result = take_step(self.case, command, self.now_us, self.policy)
        after = self.case.dispatches[command.dispatch_id]
        if result.answer is not Answer.DONE:
            assert result.reason, "every refusal has its reason"
            assert after.state is before.state
        if command.unit_id == "stranger":
            assert result.answer is Answer.NOT_YOURS
        if before.state in _RANK and after.state in _RANK:
            assert _RANK[after.state] >= _RANK[before.state], "forward only"
        if result.answer is Answer.DONE and command.step is Step.ACCEPT:
            assert not enough, "first acceptance wins"
            assert command.dispatch_id not in self.accepted, "nobody accepts twice"
            self.accepted[command.dispatch_id] = self.now_us
        self._commit()

    @rule(act=st.sampled_from(ACTS), pick=st.integers(0, 30), named=st.sampled_from([None, "police-1"]))
    def the_desk_acts(self, act: Act, pick: int, named: str | None) -> None:
        known = sorted(self.case.dispatches.values(), key=lambda value: value.dispatch_id)
        command = IncidentAct(
            command_id=CommandId(next_id()),
            actor="wang",
            incident_id=self.case.incident.incident_id,
            act=act,
            reason="because",
            category="brawl" if act is Act.RECLASSIFY else None,
            unit_id=UnitId(named) if named is not None else None,
            dispatch_id=known[pick % len(known)].dispatch_id,
            from_owner=("wang", "li")[pick % 2],
            to_owner=("li", "wang")[pick % 2],
        )
        before = self.case.incident
        if take_act(self.case, command, self.now_us, self.policy, CITY).answer is Answer.REFUSED:
            assert self.case.incident is before, "a refused act changes nothing"
        self._commit()

    @precondition(lambda self: self.case.incident.state in OPEN_STATES)
    @rule(seconds=st.sampled_from([1, 45, 600]), severity=st.sampled_from([Severity.CRITICAL, Severity.LOW]))
    def it_is_closed_with_nothing_found_and_its_flapping_source_alarms_again(
        self, seconds: int, severity: Severity
    ) -> None:
        """Whatever units and timers of its earlier life still say."""
        close = IncidentAct(
            command_id=CommandId(next_id()),
            actor="wang",
            incident_id=self.case.incident.incident_id,
            act=Act.CLOSE,
            outcome=Outcome.NOTHING_FOUND,
        )
        assert take_act(self.case, close, self.now_us, self.policy, CITY).answer is Answer.DONE
        self._commit()
        self.now_us += seconds * MICROS
        self.accepted.clear()
        alert = placed_alert(CITY, at_us=self.now_us, severity=severity)
        assert open_again(self.case, self.now_us) is None
        come_back(self.case, alert, month=self.case.incident.month, now_us=self.now_us, policy=self.policy)
        self._commit()
        assert self.case.incident.state is IncidentState.NEW
        assert self.case.waiting(), "asked as for a new one"

    @invariant()
    def an_open_incident_has_an_owner_a_unit_or_a_timer(self) -> None:
        incident = self.case.incident
        if incident.state in OPEN_STATES:
            assert incident.owner or self.case.working() or self.timers

    @invariant()
    def an_owner_at_the_desk_without_a_unit_has_a_timer_with_which_that_lapses(self) -> None:
        incident = self.case.incident
        if incident.state is IncidentState.ACKNOWLEDGED:
            assert any(plan.kind is TimerKind.LAPSE and plan.fence == incident.owned_us for plan in self.timers)

    @invariant()
    def each_unit_at_work_is_watched_over(self) -> None:
        fences = {plan.fence for plan in self.timers if plan.kind in SAFETY}
        for value in self.case.working():
            if value.state is DispatchState.ON_SCENE:
                assert value.on_scene_us in fences
            if value.state is DispatchState.EN_ROUTE and not value.handing_over:
                assert value.en_route_us in fences

    @invariant()
    def states_of_incident_and_dispatches_fit(self) -> None:
        incident, working = self.case.incident, self.case.working()
        staying = [value for value in working if not value.handing_over]
        assert len(staying) <= incident.wanted_units
        if incident.state is IncidentState.ON_SCENE:
            assert any(value.state is DispatchState.ON_SCENE for value in working)
        if incident.state in (IncidentState.NEW, IncidentState.ACKNOWLEDGED):
            assert not working
        if incident.state not in OPEN_STATES:
            assert not working
            assert not self.case.waiting()
        for value in self.case.dispatches.values():
            assert (value.ended_us is not None) == (value.state in ENDED_STATES)
            assert not value.handing_over or value.state in WORKING_STATES


TestRacingDesk = RacingDesk.TestCase
TestRacingDesk.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
