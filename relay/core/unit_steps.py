"""What a unit's step does to a case: first acceptance wins, the others are let go, an outcome resolves it."""

from typing import assert_never

from patrol_wire.ids import Outcome, Step
from relay.core.case_offers import nobody_left
from relay.core.cases import FINISHED_STATES, Case
from relay.core.commands import CommandResult, UnitStep
from relay.core.dispatches import WORKING_STATES, Answer, Dispatch, Unmoved, event_of, judge_step
from relay.core.escalation import TimerKind, TimerPlan
from relay.core.incidents import IncidentEvent
from relay.core.policy import MICROS, DeskPolicy


def take_step(case: Case, command: UnitStep, now_us: int, policy: DeskPolicy) -> CommandResult:
    """Carry out a unit's step, or say why not; whatever order and however often it arrives."""
    dispatch = case.dispatches.get(command.dispatch_id)
    if dispatch is None:
        return CommandResult(command_id=command.command_id, answer=Answer.UNKNOWN, reason="no such dispatch")
    if dispatch.unit_id != command.unit_id:
        return CommandResult(
            command_id=command.command_id, answer=Answer.NOT_YOURS, reason="this dispatch is another unit's"
        )
    judged = _overtaken(case, dispatch, command.step) or judge_step(dispatch, command.step, command.outcome)
    if isinstance(judged, Unmoved):
        if judged.answer is Answer.LATE_NOTED:
            case.alter(now_us)
            case.note(now_us, "late_step", judged.reason, actor=command.unit_id, **_detail(command))
        return _result(case, command, judged.answer, judged.reason)
    _carry_out(case, dispatch, command, now_us, policy)
    return _result(case, command, Answer.DONE, "")


def _overtaken(case: Case, dispatch: Dispatch, step: Step) -> Unmoved | None:
    """Accepting is refused where another unit has it, or where it is over."""
    if step is not Step.ACCEPT or dispatch.state in WORKING_STATES or dispatch.accepted_us is not None:
        return None
    others = [other for other in case.working() if other.dispatch_id != dispatch.dispatch_id]
    if others:
        return Unmoved(answer=Answer.TAKEN_BY_OTHER, reason=f"{others[0].unit_id} has taken it")
    if case.incident.state in FINISHED_STATES:
        return Unmoved(answer=Answer.REFUSED, reason=f"the incident is {case.incident.state.value}")
    return None


def _carry_out(case: Case, dispatch: Dispatch, command: UnitStep, now_us: int, policy: DeskPolicy) -> None:
    was_working = dispatch.state in WORKING_STATES
    fields: dict[str, object] = {}
    if command.step is Step.CLEAR:
        fields["outcome"] = command.outcome
    if command.step in (Step.CLEAR, Step.DECLINE) and command.reason:
        fields["note"] = command.reason
    case.move(dispatch, event_of(command.step), now_us, **fields)
    match command.step:
        case Step.ACCEPT:
            case.advance(IncidentEvent.UNIT_ACCEPTED, now_us)
            case.note(now_us, "accepted", command.reason, actor=command.unit_id, **_detail(command))
            case.let_go(case.waiting(), f"taken by {command.unit_id}", now_us)
        case Step.EN_ROUTE:
            case.alter(now_us)
            case.note(now_us, "en_route", command.reason, actor=command.unit_id, **_detail(command))
        case Step.ON_SCENE:
            case.advance(IncidentEvent.UNIT_ARRIVED, now_us)
            case.note(now_us, "on_scene", command.reason, actor=command.unit_id, **_detail(command))
        case Step.DECLINE:
            case.alter(now_us)
            case.note(now_us, "declined", command.reason, actor=command.unit_id, **_detail(command))
            if was_working and not case.working():
                case.units_gone(now_us)
            nobody_left(case, now_us, policy)
        case Step.CLEAR:
            _clear(case, command, now_us, policy)
        case _:
            assert_never(command.step)


def _clear(case: Case, command: UnitStep, now_us: int, policy: DeskPolicy) -> None:
    found = command.outcome
    happened = found is Outcome.CONFIRMED
    # One unit that saw it outweighs another that found nothing.
    outcome = case.incident.outcome if case.incident.outcome is Outcome.CONFIRMED else found
    case.alter(now_us, outcome=outcome, verified=case.incident.verified or happened)
    case.note(now_us, "cleared", command.reason, actor=command.unit_id, **_detail(command))
    if case.working():
        return
    case.let_go(case.waiting(), f"cleared by {command.unit_id}", now_us)
    if case.advance(IncidentEvent.CLEARED, now_us) is not None:
        return
    if policy.close_after_s > 0:
        case.note(now_us, "resolved", "every unit has cleared it")
        case.timers.append(
            TimerPlan(
                due_us=now_us + int(policy.close_after_s * MICROS),
                kind=TimerKind.CLOSE,
                incident_id=case.incident.incident_id,
                fence=case.incident.revision,
            )
        )
        return
    case.advance(IncidentEvent.CLOSE, now_us)
    case.note(now_us, "closed", outcome.value if outcome is not None else "")


def _detail(command: UnitStep) -> dict[str, object]:
    detail: dict[str, object] = {"dispatch_id": command.dispatch_id, "device_us": command.device_us}
    if command.outcome is not None:
        detail["outcome"] = command.outcome.value
    if command.place is not None:
        detail["place"] = list(command.place)
    return detail


def _result(case: Case, command: UnitStep, answer: Answer, reason: str) -> CommandResult:
    dispatch = case.dispatches[command.dispatch_id]
    return CommandResult(
        command_id=command.command_id,
        answer=answer,
        reason=reason,
        dispatch_state=dispatch.state.value,
        incident_state=case.incident.state.value,
        revision=case.incident.revision,
    )
