"""What units do to a case, in whatever order and however often it arrives."""

import pytest

from patrol_wire.ids import CommandId, DispatchId, Measure, Outcome, Step, UnitId
from relay.core.candidates import Activity
from relay.core.cases import Case
from relay.core.commands import CommandResult, UnitStep
from relay.core.dispatches import Answer, DispatchState
from relay.core.escalation import Due, TimerKind
from relay.core.incidents import IncidentState
from relay.core.policy import MICROS, DeskPolicy
from relay.core.timers import ring
from relay.core.unit_steps import take_step
from tests.support.cases import POLICY, next_id, offer_to, opened, placed_alert
from tests.support.records import BEGIN_US
from tests.support.small_city import small_city

CITY = small_city()
NEAR, FAR = UnitId("unit-0-near"), UnitId("unit-0-far")


def asked() -> tuple[Case, DispatchId, DispatchId]:
    """A case offered to two units."""
    case = opened(CITY, placed_alert(CITY))
    near, far = offer_to(case, NEAR, FAR, now_us=BEGIN_US)
    return case, near, far


def press(
    case: Case,
    dispatch_id: DispatchId,
    step: Step,
    *,
    unit: UnitId = NEAR,
    outcome: Outcome | None = None,
    at_s: float = 1.0,
    policy: DeskPolicy = POLICY,
) -> CommandResult:
    command = UnitStep(
        command_id=CommandId(next_id()), unit_id=unit, dispatch_id=dispatch_id, step=step, device_us=0, outcome=outcome
    )
    return take_step(case, command, BEGIN_US + int(at_s * MICROS), policy)


def test_the_whole_way_from_offer_to_count() -> None:
    case, near, _ = asked()
    states = []
    for step in (Step.ACCEPT, Step.EN_ROUTE, Step.ON_SCENE):
        assert press(case, near, step).answer is Answer.DONE
        states.append(case.incident.state)
    assert press(case, near, Step.CLEAR, outcome=Outcome.CONFIRMED).answer is Answer.DONE
    assert states == [IncidentState.DISPATCHED, IncidentState.DISPATCHED, IncidentState.ON_SCENE]
    assert case.incident.state is IncidentState.CLOSED
    assert case.activities[NEAR] == (Activity.AVAILABLE, None)
    assert {line.place.measure: line.count for line in case.ledger_lines()} == {
        Measure.REPORTED: 1,
        Measure.CONFIRMED: 1,
    }


@pytest.mark.parametrize("outcome", [Outcome.NOTHING_FOUND, Outcome.FALSE_ALARM])
def test_nothing_found_stays_reported_and_is_not_confirmed(outcome: Outcome) -> None:
    case, near, _ = asked()
    press(case, near, Step.ACCEPT)
    press(case, near, Step.CLEAR, outcome=outcome)
    assert [(line.place.measure, line.count) for line in case.ledger_lines()] == [(Measure.REPORTED, 1)]


def test_the_first_acceptance_wins_and_the_other_is_told() -> None:
    case, near, far = asked()
    press(case, near, Step.ACCEPT)
    assert case.dispatches[far].state is DispatchState.RECALLED
    assert case.dispatches[far].note == f"taken by {NEAR}"
    late = press(case, far, Step.ACCEPT, unit=FAR)
    assert late.answer is Answer.TAKEN_BY_OTHER
    assert late.dispatch_state == "recalled"
    assert case.dispatches[near].state is DispatchState.ACCEPTED


def test_a_unit_that_accepts_after_its_time_still_helps_while_nobody_has_it() -> None:
    case, near, _ = asked()
    ring(case, TimerKind.ANSWER, 0, BEGIN_US + 30 * MICROS, POLICY)
    assert case.dispatches[near].state is DispatchState.TIMED_OUT
    assert press(case, near, Step.ACCEPT, at_s=40).answer is Answer.DONE
    assert case.incident.state is IncidentState.DISPATCHED


def test_a_late_acceptance_is_refused_once_another_unit_has_it() -> None:
    case, near, far = asked()
    ring(case, TimerKind.ANSWER, 0, BEGIN_US + 30 * MICROS, POLICY)
    press(case, near, Step.ACCEPT, at_s=31)
    answer = press(case, far, Step.ACCEPT, unit=FAR, at_s=32)
    assert answer.answer is Answer.TAKEN_BY_OTHER
    assert NEAR in answer.reason


def test_a_step_pressed_twice_is_done_once() -> None:
    case, near, _ = asked()
    press(case, near, Step.ACCEPT)
    revision = case.incident.revision
    assert press(case, near, Step.ACCEPT).answer is Answer.ALREADY_DONE
    assert case.incident.revision == revision


def test_a_step_that_arrives_after_a_later_one_is_noted_and_moves_nothing_back() -> None:
    case, near, _ = asked()
    press(case, near, Step.ACCEPT)
    press(case, near, Step.ON_SCENE)
    answer = press(case, near, Step.EN_ROUTE)
    assert answer.answer is Answer.LATE_NOTED
    assert answer.dispatch_state == "on_scene"
    assert case.history[-1].change == "late_step"


@pytest.mark.parametrize("step", [Step.EN_ROUTE, Step.ON_SCENE])
def test_a_step_before_accepting_is_refused(step: Step) -> None:
    case, near, _ = asked()
    answer = press(case, near, step)
    assert answer.answer is Answer.REFUSED
    assert "accept it first" in answer.reason


def test_clearing_needs_an_outcome() -> None:
    case, near, _ = asked()
    press(case, near, Step.ACCEPT)
    assert press(case, near, Step.CLEAR).answer is Answer.REFUSED


def test_another_units_dispatch_is_not_touched() -> None:
    case, near, _ = asked()
    assert press(case, near, Step.ACCEPT, unit=FAR).answer is Answer.NOT_YOURS
    assert case.dispatches[near].state is DispatchState.OFFERED


def test_an_unknown_dispatch_is_answered() -> None:
    case, _, _ = asked()
    assert press(case, DispatchId(next_id()), Step.ACCEPT).answer is Answer.UNKNOWN


def test_when_all_decline_the_next_level_is_asked_without_waiting() -> None:
    case, near, far = asked()
    press(case, near, Step.DECLINE)
    assert case.wants_level is None, "the other may still answer"
    press(case, far, Step.DECLINE, unit=FAR)
    assert case.wants_level == 1


def test_a_unit_that_gives_it_back_frees_the_incident_for_others() -> None:
    case, near, _ = asked()
    press(case, near, Step.ACCEPT)
    press(case, near, Step.DECLINE)
    assert case.incident.state is IncidentState.NEW
    assert case.activities[NEAR] == (Activity.AVAILABLE, None)
    assert case.wants_level == 1


def test_declining_twice_is_answered_and_accepting_after_declining_is_refused() -> None:
    case, near, _ = asked()
    press(case, near, Step.DECLINE)
    assert press(case, near, Step.DECLINE).answer is Answer.ALREADY_DONE
    assert press(case, near, Step.ACCEPT).answer is Answer.REFUSED


def test_with_a_time_to_object_a_cleared_incident_closes_later() -> None:
    policy = DeskPolicy(close_after_s=60.0)
    case, near, _ = asked()
    press(case, near, Step.ACCEPT, policy=policy)
    press(case, near, Step.CLEAR, outcome=Outcome.CONFIRMED, policy=policy)
    assert case.incident.state.value == "resolved"
    assert [line.place.measure for line in case.ledger_lines()] == [Measure.REPORTED], "not yet confirmed"
    plan = case.timers[-1]
    assert plan.kind is TimerKind.CLOSE
    assert ring(case, plan.kind, plan.fence, plan.due_us, policy) is Due.CLOSE
    assert case.incident.state is IncidentState.CLOSED
