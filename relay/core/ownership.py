"""Who has an incident: a person at the desk for a while, units at work, or nobody - and then a timer must stand.

An acknowledgement stops every page that a timer would make, and lapses: a person who took an incident and left it
does not keep it silent for ever.
"""

from msgspec.structs import replace

from relay.core.cases import Case
from relay.core.dispatches import WORKING_STATES, DispatchEvent, DispatchState
from relay.core.escalation import TimerKind, may_page
from relay.core.incidents import OPEN_STATES, IncidentEvent, IncidentState
from relay.core.policy import MICROS, DeskPolicy
from relay.core.transitions import Illegal


def own(case: Case, actor: str, now_us: int, policy: DeskPolicy) -> Illegal | None:
    """A person takes the incident until the acknowledgement lapses; None when that was possible."""
    refused = case.advance(IncidentEvent.ACKNOWLEDGE, now_us, owner=actor, owned_us=now_us)
    if refused is None:
        hold(case, now_us, policy)
    return refused


def hold(case: Case, now_us: int, policy: DeskPolicy) -> None:
    """Set the timer with which its owner's acknowledgement lapses."""
    lapse_us = int(policy.lapse_s[case.incident.severity] * MICROS)
    case.set_timer(now_us + lapse_us, TimerKind.LAPSE, fence=case.incident.owned_us)


def units_gone(case: Case, now_us: int, policy: DeskPolicy) -> None:
    """The last unit at work is gone without having cleared it: back to nobody, or to its owner at the desk."""
    if case.advance(IncidentEvent.UNITS_GONE, now_us) is None and case.incident.owner:
        own(case, case.incident.owner, now_us, policy)


def unit_left(case: Case, now_us: int, policy: DeskPolicy) -> None:
    """A unit is no longer at work on it: the incident follows the units that are left."""
    working = case.working()
    if not working:
        if case.incident.state in OPEN_STATES:
            units_gone(case, now_us, policy)
    elif case.incident.state is IncidentState.ON_SCENE and not any(
        value.state is DispatchState.ON_SCENE for value in working
    ):
        case.advance(IncidentEvent.UNIT_LEFT, now_us)


def release_relieved(case: Case, by: str, now_us: int) -> None:
    """Another unit took it over: those that asked to be relieved are let go."""
    for dispatch in case.working():
        if dispatch.handing_over and dispatch.unit_id != by:
            case.move(dispatch, DispatchEvent.HAND_OVER, now_us, note=f"handed over to {by}")


def to_be_relieved(case: Case, dispatch_ids: frozenset[str], now_us: int) -> None:
    """Mark dispatches whose units are to be relieved; they stay at work until another has accepted."""
    for dispatch in case.working():
        if dispatch.dispatch_id in dispatch_ids and not dispatch.handing_over:
            case.put(replace(dispatch, handing_over=True, revision=dispatch.revision + 1))
    case.alter(now_us)


def keep_watch(case: Case, now_us: int, policy: DeskPolicy) -> None:
    """Set a timer where an open incident has neither owner nor unit nor timer: none is ever forgotten."""
    incident = case.incident
    if incident.state not in OPEN_STATES or incident.owner or incident.look_us > now_us:
        return
    if any(value.state in WORKING_STATES for value in case.dispatches.values()):
        return
    age_us = max(0, now_us - incident.opened_us)
    wait_us = min(max(int(policy.review_s * MICROS), age_us), 86_400 * MICROS)
    case.set_timer(now_us + wait_us, TimerKind.REVIEW, fence=incident.revision)


def watch_again(case: Case, now_us: int, policy: DeskPolicy) -> None:
    """The auditor found it forgotten: the centre is told, and a timer is set whatever it knew of one."""
    if case.incident.state not in OPEN_STATES or case.incident.owner or case.working():
        return
    why = "the auditor found it with neither owner nor timer"
    case.alter(now_us)
    case.note(now_us, "unowned", why)
    if may_page(case.incident, now_us):
        case.tell_centre(now_us, why)
    case.set_timer(now_us + int(policy.review_s * MICROS), TimerKind.REVIEW, fence=case.incident.revision)
