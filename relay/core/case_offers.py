"""Asking units for a case, level after level."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from patrol_wire.ids import DispatchId, Severity, UnitId
from relay.core.candidates import Candidate, PassedOver, in_short, is_hole
from relay.core.cases import Case
from relay.core.city import HIGHEST_LEVEL
from relay.core.dispatches import Dispatch, DispatchEvent, DispatchState
from relay.core.escalation import Due, TimerKind, after_no_answer, answer_us, may_page
from relay.core.incidents import Incident, IncidentEvent, IncidentState
from relay.core.notifications import Channel, Notification, NotificationState
from relay.core.policy import MICROS, DeskPolicy

URGENCY: Final = {Severity.LOW: 0, Severity.NORMAL: 1, Severity.HIGH: 2, Severity.CRITICAL: 3}
_OFFERED: Final = DispatchState.OFFERED  # bound once: see relay/core/counting.py
_RECALLED: Final = DispatchState.RECALLED
_MAILBOX: Final = Channel.MAILBOX
_PLANNED: Final = NotificationState.PLANNED
_ANSWER: Final = TimerKind.ANSWER


def asked_already(case: Case) -> frozenset[UnitId]:
    """Return the units that are not asked (again): they have it before them, said no, or did not answer."""
    if not case.dispatches:
        return case.sent_away
    if case.ask_anew:
        return frozenset(value.unit_id for value in (*case.waiting(), *case.working()))
    asked = frozenset(value.unit_id for value in case.dispatches.values() if value.state is not _RECALLED)
    return asked | case.sent_away


def begin_asking(case: Case, now_us: int, *, level: int = 0) -> None:
    """Ask units from this level on, when it is of use: it may go to units, pages are still wanted, nobody has it."""
    incident = case.incident
    if not incident.actionable or (case.dispatches and (case.has_enough() or case.waiting())):
        return
    if may_page(incident, now_us):
        case.wants_level = level
    else:
        case.note(now_us, "not_paged", "its notify-until has passed: shown and counted, nobody is paged")


def graver_than(one: Severity, other: Severity) -> bool:
    """Tell whether the first is the more urgent."""
    return URGENCY[one] > URGENCY[other]


def renewed_until_us(incident: Incident, now_us: int, policy: DeskPolicy) -> int:
    """Return the notify-until after a person asked: paging is wanted again from now on."""
    return max(incident.notify_until_us, now_us + int(policy.notify_for_s * MICROS))


def joined(case: Case, before: Incident, now_us: int, policy: DeskPolicy) -> None:
    """Something joined an incident: ask units when they may be asked only now, or more urgently than before."""
    after = case.incident
    heard_first = after.verified and not before.verified and not case.dispatches  # a silence kept the rule from asking
    if heard_first or (not before.actionable and after.actionable):
        begin_asking(case, now_us)
    elif may_page(after, now_us) and not may_page(before, now_us):
        begin_asking(case, now_us)  # nobody was paged any more; what joined is fresh
    elif graver_than(after.severity, before.severity):
        urge(case, now_us, policy)


def urge(case: Case, now_us: int, policy: DeskPolicy) -> None:
    """It turned out graver: whoever was asked is asked again with less time, the centre is told once more.

    So an alert that joins an incident known as small is paged as if it had come alone; grouping delays nothing.
    """
    incident = case.incident
    if not may_page(incident, now_us):
        return
    case.note_aside(now_us, "urged", f"it is {incident.severity.value} now")
    case.tell_centre(now_us, f"it turned out to be {incident.severity.value}")
    by_us = now_us + answer_us(incident, policy)
    waiting = case.waiting()
    for dispatch in (*waiting, *case.working()):
        answer_by_us = min(dispatch.answer_by_us, by_us)
        case.put(replace(dispatch, answer_by_us=answer_by_us, revision=dispatch.revision + 1))
    if waiting:
        case.set_timer(by_us, TimerKind.ANSWER, fence=incident.escalation_level)
    elif case.wants_level is None:
        begin_asking(case, now_us)


def offer(
    case: Case,
    level: int,
    chosen: Sequence[tuple[Candidate, DispatchId]],
    now_us: int,
    policy: DeskPolicy,
    passed: Sequence[PassedOver] = (),
) -> None:
    """Offer the case to the chosen units of a level; with nobody to ask it goes on to the next level or the centre.

    ``passed`` are the units of that level that are not asked; a level where nobody is on duty is a hole of the roster.
    """
    case.wants_level = case.wants_unit = None
    case.alter(now_us, escalation_level=level)
    incident = case.incident
    if not chosen:
        hole = is_hole(passed)
        why = f"level {level}: nobody is on duty, the roster has a hole" if hole else f"level {level} has nobody to ask"
        case.note(now_us, "nobody_to_ask", why, level=level, passed=in_short(passed))
        if hole and may_page(incident, now_us):
            case.tell_centre(now_us, why)
        # Nobody was paged at this level, so going on is still the same wish to have units asked.
        _go_on(case, now_us, policy, held=False)
        return
    answer_by_us = now_us + answer_us(incident, policy)
    for candidate, dispatch_id in chosen:
        case.put(
            Dispatch(
                dispatch_id=dispatch_id,
                incident_id=incident.incident_id,
                unit_id=candidate.unit_id,
                state=_OFFERED,
                revision=1,
                level=level,
                reason=candidate.reason,
                offered_us=now_us,
                answer_by_us=answer_by_us,
            )
        )
        case.notifications.append(
            Notification(
                incident_id=incident.incident_id,
                dispatch_id=dispatch_id,
                recipient=candidate.unit_id,
                channel=_MAILBOX,
                state=_PLANNED,
                reason=candidate.reason,
                planned_us=now_us,
            )
        )
    case.set_timer(answer_by_us, _ANSWER, fence=level)
    units = {candidate.unit_id: candidate.reason for candidate, _ in chosen}
    case.note(now_us, "offered", f"level {level}", level=level, units=units, passed=in_short(passed))


def nobody_left(case: Case, now_us: int, policy: DeskPolicy) -> None:
    """After a decline or a recall: when units are missing and none might still answer, go on at once."""
    if not case.has_enough() and not case.waiting():
        _go_on(case, now_us, policy)


def follow_timer(case: Case, kind: TimerKind, meant: Due, now_us: int, policy: DeskPolicy) -> None:
    """Do what a ringing timer means for asking units (relay/core/timers.py decides what it means)."""
    match meant:
        case Due.NOTHING | Due.WATCH | Due.LAPSE:
            pass
        case Due.REVIEW:
            case.alter(now_us)
            case.note(now_us, "unowned", "open, nobody has it, and nobody is paged for it any more")
        case Due.CLOSE:
            case.advance(IncidentEvent.CLOSE, now_us)
            case.note(now_us, "closed", "time to object has passed")
        case Due.NEXT_LEVEL | Due.EXPIRE | Due.TELL_CENTRE | Due.HOLD:
            _time_out(case, now_us)
            follow(case, meant, now_us, policy, why=_WHY.get(kind, "nobody has it"))


_WHY = {
    TimerKind.ANSWER: "nobody answered",
    TimerKind.JUDGE: "the room has not judged it",
    TimerKind.REMIND: "still nobody has it",
}


def _time_out(case: Case, now_us: int) -> None:
    unanswered = case.waiting()
    for dispatch in unanswered:
        case.move(dispatch, DispatchEvent.TIME_OUT, now_us, note="not answered in time")
    if unanswered:
        case.alter(now_us)
        units = [dispatch.unit_id for dispatch in unanswered]
        case.note(now_us, "timed_out", "not answered in time", units=units)


def _go_on(case: Case, now_us: int, policy: DeskPolicy, *, held: bool = True) -> None:
    meant = after_no_answer(case.incident, now_us)
    if meant is Due.HOLD and not held:
        meant = Due.NEXT_LEVEL if case.incident.escalation_level < HIGHEST_LEVEL else Due.HOLD
    follow(case, meant, now_us, policy, why="nobody is left to ask")


def follow(case: Case, meant: Due, now_us: int, policy: DeskPolicy, *, why: str) -> None:
    """Go on after nobody answered: the next level, the centre, or nobody."""
    incident = case.incident
    if meant is Due.NEXT_LEVEL:
        case.wants_level = min(incident.escalation_level + 1, HIGHEST_LEVEL)
    elif meant is Due.HOLD:
        case.alter(now_us)
        case.note(now_us, "held", f"{why}; {incident.owner} has it: nobody else is paged until that lapses")
    elif meant is Due.EXPIRE:
        case.note(now_us, "not_paged", f"{why}; its notify-until has passed: nobody is paged any more")
    elif meant is Due.TELL_CENTRE:
        case.tell_centre(now_us, why)
        case.alter(now_us, escalation_level=HIGHEST_LEVEL)
        case.note(now_us, "centre_told", why)
        if incident.state is IncidentState.NEW:
            case.set_timer(
                now_us + max(answer_us(incident, policy), MICROS), TimerKind.REMIND, fence=case.incident.revision
            )
