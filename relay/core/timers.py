"""What a ringing timer does to a case: re-checked as the case is now, in the transaction that acts."""

from relay.core.case_offers import begin_asking, follow, follow_timer
from relay.core.cases import Case
from relay.core.city import HIGHEST_LEVEL
from relay.core.escalation import Due, TimerKind, due, may_page
from relay.core.incidents import IncidentEvent
from relay.core.officer_safety import silent
from relay.core.policy import DeskPolicy


def ring(case: Case, kind: TimerKind, fence: int, now_us: int, policy: DeskPolicy) -> Due:
    """Act on a timer; return what it meant."""
    meant = due(kind, fence, case.incident, tuple(case.dispatches.values()), now_us)
    if meant is Due.WATCH:
        return Due.WATCH if silent(case, kind, fence, now_us, policy) else Due.NOTHING
    if meant is Due.LAPSE:
        _lapse(case, now_us, policy)
    follow_timer(case, kind, meant, now_us, policy)
    return meant


def _lapse(case: Case, now_us: int, policy: DeskPolicy) -> None:
    """Nobody has it any more: the centre is told, and the level after the last one asked is asked."""
    owner = case.incident.owner
    case.advance(IncidentEvent.LAPSE, now_us, owner="")
    why = f"{owner} acknowledged it and has not renewed that"
    case.note(now_us, "lapsed", why)
    if not may_page(case.incident, now_us):
        return
    if case.incident.actionable and case.incident.escalation_level < HIGHEST_LEVEL and not case.waiting():
        case.tell_centre(now_us, why)
        asked = any(value.level == case.incident.escalation_level for value in case.dispatches.values())
        begin_asking(case, now_us, level=case.incident.escalation_level + (1 if asked else 0))
    elif not case.waiting():
        follow(case, Due.TELL_CENTRE, now_us, policy, why=why)
    else:
        case.tell_centre(now_us, why)
