"""Escalation: which timers stand behind an incident and what is due when one rings.

A timer is a row; whoever acts on it re-checks the incident in the same transaction (``due``), so that nothing is
paged after a unit has taken it, after an acknowledgement or after its notify-until.
Level 0 community, 1 station, 2 centre.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from patrol_wire.ids import IncidentId
from relay.core.city import HIGHEST_LEVEL
from relay.core.dispatches import WAITING_STATES, WORKING_STATES, Dispatch
from relay.core.incidents import OPEN_STATES, Incident, IncidentState
from relay.core.policy import MICROS, DeskPolicy


class TimerKind(StrEnum):
    """What a timer is for."""

    ANSWER = "answer"
    """The offers of a level have had their time; ``fence`` is that level."""
    JUDGE = "judge"
    """A suggestion should have been judged by its room."""
    REMIND = "remind"
    """Nobody at any level answered: the duty officer is told again."""
    LAPSE = "lapse"
    """An acknowledgement has had its time; ``fence`` is when it was given."""
    DEPART = "depart"
    """A unit accepted and should have set out; ``fence`` is when it accepted."""
    ARRIVE = "arrive"
    """A unit on its way should have arrived; ``fence`` is when it set out."""
    CHECK_IN = "check_in"
    """A unit on the scene should have said that all is well; ``fence`` is when it arrived."""
    SHIFT_OVER = "shift_over"
    """The shift of a unit at work ends; ``fence`` is when it accepted."""
    SILENCE_OVER = "silence_over"
    """The silence that kept its alerts from paging anybody has ended."""
    REVIEW = "review"
    """An open incident that nobody has is looked at again."""
    CLOSE = "close"
    """A resolved incident closes by itself; ``fence`` is the revision that resolved it."""


class TimerPlan(Struct, frozen=True, kw_only=True, gc=False):
    """A timer to set. ``fence`` tells a timer that is still meant from one that life has overtaken."""

    due_us: int
    kind: TimerKind
    incident_id: IncidentId
    fence: int


class Due(StrEnum):
    """What a ringing timer means now."""

    NOTHING = "nothing"
    """Overtaken: it was answered, ended, or its notify-until has passed."""
    NEXT_LEVEL = "next_level"
    """Time out what is unanswered and ask the next level."""
    TELL_CENTRE = "tell_centre"
    """Nobody left to ask, or nobody judged: the duty officer must know, and is reminded until somebody owns it."""
    HOLD = "hold"
    """Time out what is unanswered and page nobody: a person at the desk has it, until the acknowledgement lapses."""
    LAPSE = "lapse"
    """The acknowledgement ends: nobody has it, and it goes on where it stopped."""
    WATCH = "watch"
    """Look after units that took it (relay/core/officer_safety.py)."""
    REVIEW = "review"
    """Nobody has it and nobody is paged any more: it is said once more in its history."""
    EXPIRE = "expire"
    """Time out what is unanswered; nobody is paged any more."""
    CLOSE = "close"
    """Close with the outcome the unit reported."""


def answer_us(incident: Incident, policy: DeskPolicy) -> int:
    """Return how long a unit has to answer an offer of this incident, in microseconds."""
    return int(policy.answer_s[incident.severity] * MICROS)


def may_page(incident: Incident, now_us: int) -> bool:
    """Tell whether anybody may still be paged for it."""
    return incident.state in OPEN_STATES and now_us < incident.notify_until_us


def has_enough(incident: Incident, dispatches: Iterable[Dispatch]) -> bool:
    """Tell whether as many units are at work as it needs; one that is to be relieved does not count."""
    staying = sum(value.state in WORKING_STATES and not value.handing_over for value in dispatches)
    return staying >= incident.wanted_units


def due(kind: TimerKind, fence: int, incident: Incident, dispatches: tuple[Dispatch, ...], now_us: int) -> Due:
    """Decide what a timer that rings means, looking at the incident as it is in this transaction."""
    match kind:
        case TimerKind.CLOSE:
            resolved = incident.state is IncidentState.RESOLVED and incident.revision >= fence
            return Due.CLOSE if resolved else Due.NOTHING
        case TimerKind.JUDGE:
            unjudged = incident.state is IncidentState.NEW and not incident.actionable
            return Due.TELL_CENTRE if unjudged and may_page(incident, now_us) else Due.NOTHING
        case TimerKind.REMIND:
            unowned = incident.state is IncidentState.NEW and not _waiting(dispatches)
            return Due.TELL_CENTRE if unowned and may_page(incident, now_us) else Due.NOTHING
        case TimerKind.LAPSE:
            lapsed = incident.state is IncidentState.ACKNOWLEDGED and incident.owned_us == fence
            return Due.LAPSE if lapsed else Due.NOTHING
        case TimerKind.DEPART | TimerKind.ARRIVE | TimerKind.CHECK_IN | TimerKind.SHIFT_OVER:
            return Due.WATCH if incident.state in OPEN_STATES else Due.NOTHING
        case TimerKind.REVIEW | TimerKind.SILENCE_OVER:
            if incident.state is not IncidentState.NEW or _waiting(dispatches):
                return Due.NOTHING
            return Due.TELL_CENTRE if may_page(incident, now_us) else Due.REVIEW
        case TimerKind.ANSWER:
            return _answer_due(fence, incident, dispatches, now_us)


def after_no_answer(incident: Incident, now_us: int) -> Due:
    """Decide where it goes when a level has nobody left who might answer."""
    if not may_page(incident, now_us) or not incident.actionable:
        return Due.EXPIRE
    if incident.state is IncidentState.ACKNOWLEDGED:
        return Due.HOLD
    return Due.NEXT_LEVEL if incident.escalation_level < HIGHEST_LEVEL else Due.TELL_CENTRE


def _waiting(dispatches: tuple[Dispatch, ...]) -> bool:
    return any(dispatch.state in WAITING_STATES for dispatch in dispatches)


def _answer_due(fence: int, incident: Incident, dispatches: tuple[Dispatch, ...], now_us: int) -> Due:
    if incident.state not in OPEN_STATES or incident.escalation_level != fence or has_enough(incident, dispatches):
        return Due.NOTHING
    waiting = [dispatch for dispatch in dispatches if dispatch.state in WAITING_STATES]
    # No offer waits: the level was left early by declines. One waits longer: the desk asked again meanwhile.
    if not waiting or any(dispatch.answer_by_us > now_us for dispatch in waiting):
        return Due.NOTHING
    return after_no_answer(incident, now_us)
