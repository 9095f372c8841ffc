"""Channels: which receivers are told what, in which order, and whether telling them is still of use.

A page rings a person; news keeps another system's picture the same as ours. A page climbs a ladder of receivers: the
next rung is tried when nobody was reached in time, and above the last one the desk learns that nobody was. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from msgspec import Struct

from patrol_wire.ids import DispatchId, IncidentId, Severity
from relay.core.dispatches import Dispatch, DispatchState
from relay.core.escalation import may_page
from relay.core.incidents import OPEN_STATES, Incident, IncidentState
from relay.core.notifications import Channel, NotificationState
from relay.core.policy import MICROS

DESK_LANE: Final = "desk"
"""The lane of rungs that only tell the desk; they are carried out in the claim itself."""
ALARM_FOR_S: Final = 900.0
"""An alarm that nobody could be told for so long is no alarm any more; the desk has seen it in the incident."""
_URGENCY: Final = {Severity.LOW: 0, Severity.NORMAL: 1, Severity.HIGH: 2, Severity.CRITICAL: 3}
_REACHED: Final = frozenset({NotificationState.DELIVERED, NotificationState.SEEN})
_TAKEN: Final = _REACHED | {NotificationState.SENT}


class Occasion(StrEnum):
    """Why somebody is told."""

    PAGE = "page"
    """The duty officer is told of an incident that nobody has; of use until somebody has it."""
    ALARM = "alarm"
    """The duty officer is told of an incident that somebody has: help is asked for, a unit is silent on the scene. Of
    use until a person at the desk has it in hand anew, or it ends."""
    OFFER = "offer"
    """A unit is offered a dispatch and its terminal is silent; of use until it answers."""
    NEWS = "news"
    """An incident is new or changed; of use until there is newer news of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One receiver of the configuration: whom it is told about, and who is told instead when it does not take it."""

    name: str
    channel: Channel
    occasions: frozenset[Occasion] = frozenset({Occasion.PAGE})
    least: Severity = Severity.LOW
    """Incidents below this severity are none of its business."""
    verified_only: bool = False
    """Only what a person says is real."""
    towns: frozenset[str] = frozenset()
    """Only incidents of these towns; empty: of the whole city."""
    instead: str = ""
    """Name of the receiver that gets a page this one does not take."""
    within_s: float = 15.0
    """A page it has not taken by then goes to ``instead``, or to the desk as not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPlan:
    """All receivers, and the ladder for units whose terminal is silent."""

    receivers: Mapping[str, Receiver] = field(default_factory=dict)
    push: str = ""
    """Name of the push receiver; empty: no Web Push."""
    hook: str = ""
    """Name of the hook that reaches units by SMS or call; empty: none."""
    push_after_s: float = 5.0
    hook_after_s: float = 15.0
    report_after_s: float = 25.0
    news_for_s: float = 86_400.0
    """News that could not be told for so long is given up; the next change brings newer news."""

    def listening(self, occasion: Occasion) -> Iterable[Receiver]:
        """Return the receivers that are told on an occasion without anybody failing first."""
        return [receiver for receiver in self.receivers.values() if occasion in receiver.occasions]


class Job(Struct, frozen=True, kw_only=True, gc=False):
    """A planned send as the queue holds it; ``notification_id`` is its number and the receiver's idempotency key."""

    notification_id: int
    channel: Channel
    receiver: str
    lane: str
    """Jobs of one lane wait for one another; lanes never do."""
    target: str = ""
    """Which subscription, where a receiver has several addresses; else empty."""
    incident_id: IncidentId
    dispatch_id: DispatchId | None = None
    occasion: Occasion
    ladder: int
    """Number of the ladder's first notification (of the mailbox, for an offer)."""
    rung: int = 0
    planned_us: int
    due_us: int
    tries: int = 0
    held_by: str = ""
    held_until_us: int = 0
    """Nobody else takes it before; afterwards its holder is taken for dead."""
    came_to: str = ""
    """What its last attempt came to, or why it ended."""


def concerns(receiver: Receiver, incident: Incident, town_id: str | None) -> bool:
    """Tell whether an incident is the receiver's business."""
    return (
        _URGENCY[incident.severity] >= _URGENCY[receiver.least]
        and (incident.verified or not receiver.verified_only)
        and (not receiver.towns or town_id in receiver.towns)
    )


def is_news(before: Incident | None, after: Incident) -> bool:
    """Tell whether other systems must learn of a change: what it is, how grave, where, how it stands."""
    return before is None or any(
        getattr(before, name) != getattr(after, name)
        for name in ("state", "severity", "category", "area_id", "verified", "outcome", "owner")
    )


def overtaken(
    job: Job,
    incident: Incident,
    dispatch: Dispatch | None,
    ladder: Sequence[tuple[int, NotificationState]],
    *,
    newer_news: bool,
    plan: ChannelPlan,
    now_us: int,
) -> str | None:
    """Return why a job is no longer of use, None while it is. ``ladder`` is (number, state) of its other rungs.

    Called in the transaction that claims the attempt: what is sent afterwards was of use at that moment.
    """
    if job.occasion is Occasion.NEWS:
        if newer_news:
            return "there is newer news of this incident"
        return "given up: too old" if now_us > job.planned_us + int(plan.news_for_s * MICROS) else None
    if job.occasion is Occasion.ALARM:
        return _alarm_overtaken(job, incident, now_us) or _taken(job, ladder)
    if not may_page(incident, now_us):
        ended = now_us < incident.notify_until_us
        return f"the incident is {incident.state.value}" if ended else "its notify-until has passed"
    if job.occasion is Occasion.OFFER:
        if dispatch is None or dispatch.state is not DispatchState.OFFERED:
            return f"the offer is {dispatch.state.value if dispatch is not None else 'gone'}"
        reached = any(state in _REACHED for number, state in ladder if number != job.notification_id)
        return "the terminal has it" if reached else None
    if incident.state is not IncidentState.NEW:
        who = incident.owner or "a unit"
        return f"{who} has it"
    return _taken(job, ladder)


def _alarm_overtaken(job: Job, incident: Incident, now_us: int) -> str | None:
    if incident.state not in OPEN_STATES:
        return f"the incident is {incident.state.value}"
    if incident.owned_us > job.planned_us:
        return f"{incident.owner} has it"
    return "given up: too old" if now_us > job.planned_us + int(ALARM_FOR_S * MICROS) else None


def _taken(job: Job, ladder: Sequence[tuple[int, NotificationState]]) -> str | None:
    taken = any(state in _TAKEN for number, state in ladder if number != job.notification_id)
    return "another receiver took it" if taken else None


@dataclass(frozen=True, slots=True)
class Rung:
    """The next step of a ladder. An empty ``receiver`` means the desk: it learns that nobody was reached."""

    receiver: str
    due_us: int


def first_rung_of_offer(plan: ChannelPlan, planned_us: int, *, has_push: bool) -> Rung | None:
    """Return who tries first when a unit's terminal stays silent; None: nothing but the terminal reaches units."""
    if plan.push and has_push:
        return Rung(plan.push, planned_us + int(plan.push_after_s * MICROS))
    if plan.hook:
        return Rung(plan.hook, planned_us + int(plan.hook_after_s * MICROS))
    return None


def next_rung(job: Job, plan: ChannelPlan, *, ladder_began_us: int) -> Rung | None:
    """Return what follows a rung that is being tried; None above the desk and for news."""
    if job.occasion is Occasion.NEWS or job.channel is Channel.DESK:
        return None
    if job.occasion is Occasion.OFFER:
        if job.channel is Channel.PUSH and plan.hook:
            return Rung(plan.hook, ladder_began_us + int(plan.hook_after_s * MICROS))
        return Rung("", ladder_began_us + int(plan.report_after_s * MICROS))
    receiver = plan.receivers.get(job.receiver)
    if receiver is None:
        return Rung("", job.due_us)
    instead = receiver.instead if receiver.instead in plan.receivers else ""
    return Rung(instead, job.due_us + int(receiver.within_s * MICROS))


def unheard(rungs: Sequence[tuple[str, NotificationState, str]]) -> str:
    """Return in one sentence what each rung (its receiver, state and what it came to) of a ladder came to."""
    told = [f"{name} {_CAME_TO[state]}" + (f" ({reason})" if reason else "") for name, state, reason in rungs]
    return "; ".join(told)[:500]


_CAME_TO: Final = {
    NotificationState.PLANNED: "was not tried yet",
    NotificationState.SENT: "took it and delivered nothing",
    NotificationState.DELIVERED: "has it",
    NotificationState.SEEN: "saw it",
    NotificationState.FAILED_RETRYABLE: "does not take it now",
    NotificationState.FAILED_PERMANENT: "refused it",
    NotificationState.SUPERSEDED: "was no longer wanted",
}
