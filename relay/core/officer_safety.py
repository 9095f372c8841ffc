"""Watching over units that took an incident: one that does not set out, does not arrive, or falls silent on the scene.

Each silence ends in an escalation with its reason. A silent unit keeps its dispatch: it may only have lost its signal.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from relay.core.case_offers import begin_asking, renewed_until_us
from relay.core.cases import Case
from relay.core.city import HIGHEST_LEVEL
from relay.core.dispatches import Dispatch, DispatchState
from relay.core.escalation import TimerKind
from relay.core.ownership import to_be_relieved
from relay.core.policy import MICROS, DeskPolicy


def watch_over(case: Case, dispatch: Dispatch, now_us: int, policy: DeskPolicy) -> None:
    """Set the timer of the silence that would come next; its fence is when the unit reached where it is."""
    match dispatch.state:
        case DispatchState.ACCEPTED:
            kind, after_s, began_us = TimerKind.DEPART, policy.depart_s, dispatch.accepted_us
        case DispatchState.EN_ROUTE:
            kind, after_s, began_us = TimerKind.ARRIVE, policy.arrive_s, dispatch.en_route_us
        case DispatchState.ON_SCENE:
            kind, after_s, began_us = TimerKind.CHECK_IN, policy.check_in_s, dispatch.on_scene_us
        case _:
            return
    case.set_timer(now_us + int(after_s * MICROS), kind, fence=began_us or now_us)


def silent(case: Case, kind: TimerKind, fence: int, now_us: int, policy: DeskPolicy) -> bool:
    """A timer of a silence rings; return whether any unit still is silent."""
    match kind:
        case TimerKind.DEPART:
            late = _since(case, DispatchState.ACCEPTED, fence)
            if late and now_us < fence + int(2 * policy.depart_s * MICROS):
                _ask_unit(case, late, "it has not set out", now_us)
                case.set_timer(now_us + int(policy.depart_s * MICROS), kind, fence=fence)
            elif late:
                _ask_others(case, late, "has not set out", now_us, policy)
        case TimerKind.ARRIVE:
            late = _since(case, DispatchState.EN_ROUTE, fence)
            if late:
                _ask_others(case, late, "has not arrived", now_us, policy)
        case TimerKind.CHECK_IN:
            late = _since(case, DispatchState.ON_SCENE, fence)
            if late:
                _check_in_due(case, late, fence, now_us, policy)
        case TimerKind.SHIFT_OVER:
            late = [value for value in case.working() if value.accepted_us == fence]
            if late:
                case.note(now_us, "shift_over", "its shift ends", units=[value.unit_id for value in late])
                _ask_others(case, late, "is off shift now", now_us, policy)
        case _:
            raise ValueError(f"{kind} is no timer of a silent unit")
    return bool(late)


def _since(case: Case, state: DispatchState, began_us: int) -> list[Dispatch]:
    reached = {DispatchState.ACCEPTED: "accepted_us", DispatchState.EN_ROUTE: "en_route_us"}.get(state, "on_scene_us")
    return [value for value in case.working() if value.state is state and getattr(value, reached) == began_us]


def _check_in_due(case: Case, late: Sequence[Dispatch], fence: int, now_us: int, policy: DeskPolicy) -> None:
    """On the scene for longer than the check-in time: the unit is asked, then others are sent to it."""
    limit_us, again_us = int(policy.check_in_s * MICROS), int(policy.check_in_again_s * MICROS)
    heard_us = max(max(value.checked_us or fence for value in late), fence)
    if now_us < heard_us + limit_us:
        case.set_timer(heard_us + limit_us, TimerKind.CHECK_IN, fence=fence)
        return
    units = ", ".join(value.unit_id for value in late)
    why = f"officer safety: {units} silent on the scene for {(now_us - heard_us) // (60 * MICROS)} min"
    case.alter(now_us, notify_until_us=renewed_until_us(case.incident, now_us, policy))
    case.tell_centre(now_us, why)
    case.note(now_us, "check_in_missed", why, units=[value.unit_id for value in late])
    if now_us < heard_us + limit_us + again_us:
        _ask_unit(case, late, "check in: nothing was heard of you", now_us)
    else:
        reinforce(case, why, now_us, policy)
    case.set_timer(now_us + again_us, TimerKind.CHECK_IN, fence=fence)


def reinforce(case: Case, why: str, now_us: int, policy: DeskPolicy) -> None:
    """Ask for one unit more than are at work; asked again while one is on its way, it changes nothing."""
    incident = case.incident
    wanted = max(incident.wanted_units, len(case.working()) + 1)
    case.alter(now_us, wanted_units=wanted, verified=True, notify_until_us=renewed_until_us(incident, now_us, policy))
    case.note(now_us, "reinforcement", why, wanted=wanted)
    if not case.waiting():
        begin_asking(case, now_us)


def _ask_unit(case: Case, late: Sequence[Dispatch], why: str, now_us: int) -> None:
    for dispatch in late:
        case.put(replace(dispatch, revision=dispatch.revision + 1))
        case.paged[dispatch.dispatch_id] = None
    case.alter(now_us)
    case.note(now_us, "unit_asked", why, units=[value.unit_id for value in late])


def _ask_others(case: Case, late: Sequence[Dispatch], why: str, now_us: int, policy: DeskPolicy) -> None:
    units = ", ".join(value.unit_id for value in late)
    case.alter(now_us, notify_until_us=renewed_until_us(case.incident, now_us, policy))
    case.tell_centre(now_us, f"{units} {why}")
    case.note(now_us, "unit_silent", f"{units} {why}; others are asked", units=[value.unit_id for value in late])
    to_be_relieved(case, frozenset(value.dispatch_id for value in late), now_us)
    if not case.waiting():
        begin_asking(case, now_us, level=min(case.incident.escalation_level, HIGHEST_LEVEL))
