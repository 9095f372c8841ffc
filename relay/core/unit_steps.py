"""What a unit's step does to a case: first acceptance wins, the others are let go, an outcome resolves it."""

from typing import assert_never

from msgspec.structs import replace

from patrol_wire.ids import Outcome, Step
from relay.core.case_offers import begin_asking, nobody_left, renewed_until_us
from relay.core.cases import FINISHED_STATES, Case
from relay.core.commands import CommandResult, UnitStep
from relay.core.dispatches import WISHES, WORKING_STATES, Answer, Dispatch, Unmoved, event_of, judge_step
from relay.core.escalation import TimerKind
from relay.core.incidents import IncidentEvent
from relay.core.officer_safety import reinforce, watch_over
from relay.core.ownership import release_relieved, to_be_relieved, unit_left
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
    others = [other for other in case.working() if not other.handing_over]
    if case.has_enough() and others:
        return Unmoved(answer=Answer.TAKEN_BY_OTHER, reason=f"{others[0].unit_id} has taken it")
    if case.incident.state in FINISHED_STATES:
        return Unmoved(answer=Answer.REFUSED, reason=f"the incident is {case.incident.state.value}")
    return None


def _carry_out(case: Case, dispatch: Dispatch, command: UnitStep, now_us: int, policy: DeskPolicy) -> None:
    if command.step in WISHES:
        _wish(case, dispatch, command, now_us, policy)
        return
    was_working = dispatch.state in WORKING_STATES
    fields: dict[str, object] = {}
    if command.step is Step.CLEAR:
        fields["outcome"] = command.outcome
    if command.step in (Step.CLEAR, Step.DECLINE) and command.reason:
        fields["note"] = command.reason
    if dispatch.handing_over and command.step in (Step.EN_ROUTE, Step.ON_SCENE):
        fields["handing_over"] = False  # it is not silent after all
    case.move(dispatch, event_of(command.step), now_us, **fields)
    watch_over(case, case.dispatches[dispatch.dispatch_id], now_us, policy)
    match command.step:
        case Step.ACCEPT:
            case.advance(IncidentEvent.UNIT_ACCEPTED, now_us)
            case.note(now_us, "accepted", command.reason, actor=command.unit_id, **_detail(command))
            release_relieved(case, command.unit_id, now_us)
            unit_left(case, now_us, policy)
            _enough(case, f"taken by {command.unit_id}", now_us)
        case Step.EN_ROUTE:
            case.alter(now_us)
            case.note(now_us, "en_route", command.reason, actor=command.unit_id, **_detail(command))
            _enough(case, f"{command.unit_id} is on its way", now_us)
        case Step.ON_SCENE:
            case.advance(IncidentEvent.UNIT_ARRIVED, now_us)
            case.note(now_us, "on_scene", command.reason, actor=command.unit_id, **_detail(command))
            _enough(case, f"{command.unit_id} is there", now_us)
        case Step.DECLINE:
            case.alter(now_us)
            case.note(now_us, "declined", command.reason, actor=command.unit_id, **_detail(command))
            if was_working:
                unit_left(case, now_us, policy)
            nobody_left(case, now_us, policy)
        case Step.CLEAR:
            _clear(case, command, now_us, policy)
        case Step.CHECK_IN | Step.ASSIST | Step.HAND_OVER:
            raise ValueError(f"{command.step} moves no state")
        case _:
            assert_never(command.step)


def _enough(case: Case, why: str, now_us: int) -> None:
    """Let go whom it does not need any more."""
    if case.has_enough():
        case.wants_level = None
        case.let_go(case.waiting(), why, now_us)


def _wish(case: Case, dispatch: Dispatch, command: UnitStep, now_us: int, policy: DeskPolicy) -> None:
    """Carry out what a unit at work says or asks beside its steps."""
    unit_id = command.unit_id
    match command.step:
        case Step.CHECK_IN:
            case.put(replace(dispatch, checked_us=now_us, revision=dispatch.revision + 1))
            case.alter(now_us)
            case.note(now_us, "checked_in", command.reason, actor=unit_id, **_detail(command))
        case Step.ASSIST:
            case.tell_centre(now_us, f"{unit_id} asks for assistance")
            case.note(now_us, "assistance_asked", command.reason, actor=unit_id, **_detail(command))
            reinforce(case, f"{unit_id} asks for assistance", now_us, policy)
        case _:
            case.alter(now_us, notify_until_us=renewed_until_us(case.incident, now_us, policy))
            case.note(now_us, "hand_over_asked", command.reason, actor=unit_id, **_detail(command))
            to_be_relieved(case, frozenset({dispatch.dispatch_id}), now_us)
            if not case.waiting():
                begin_asking(case, now_us)


def _clear(case: Case, command: UnitStep, now_us: int, policy: DeskPolicy) -> None:
    found = command.outcome
    happened = found is Outcome.CONFIRMED
    # One unit that saw it outweighs another that found nothing.
    outcome = case.incident.outcome if case.incident.outcome is Outcome.CONFIRMED else found
    case.alter(now_us, outcome=outcome, verified=case.incident.verified or happened)
    case.note(now_us, "cleared", command.reason, actor=command.unit_id, **_detail(command))
    if case.working():
        # Whoever is left goes on; a unit that has cleared it does not have to be replaced.
        case.alter(now_us, wanted_units=max(1, min(case.incident.wanted_units - 1, len(case.working()))))
        unit_left(case, now_us, policy)
        _enough(case, f"cleared by {command.unit_id}", now_us)
        return
    case.let_go(case.waiting(), f"cleared by {command.unit_id}", now_us)
    if case.advance(IncidentEvent.CLEARED, now_us) is not None:
        return
    if policy.close_after_s > 0:
        case.note(now_us, "resolved", "every unit has cleared it")
        case.set_timer(now_us + int(policy.close_after_s * MICROS), TimerKind.CLOSE, fence=case.incident.revision)
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
