"""What people correct about grouping: two incidents that are one, and one that is two.

Counts follow by themselves, in the same transaction: a merged incident holds no place of the ledger any more, a split
one holds its own. The caller moves the alerts' rows.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from patrol_wire.ids import AlertId, IncidentId, Outcome
from relay.core.alerts import Alert, AlertJudgement
from relay.core.case_alerts import graver
from relay.core.case_offers import begin_asking, joined, renewed_until_us
from relay.core.cases import FINISHED_STATES, Case
from relay.core.city import City
from relay.core.clocking import month_of
from relay.core.dispatches import DispatchState
from relay.core.incidents import Incident, IncidentEvent, IncidentState
from relay.core.officer_safety import watch_over
from relay.core.ownership import own
from relay.core.policy import DeskPolicy

MOST_TO_SPLIT: Final = 2_000
"""Alerts of an incident that can be split: all of them are looked at in one transaction."""
_TAKEN_BACK: Final = frozenset({AlertJudgement.DISMISSED, AlertJudgement.WITHDRAWN})


def merge(absorbed: Case, into: Case, *, actor: str, reason: str, now_us: int, policy: DeskPolicy) -> str | None:
    """Let one incident be part of another; return why that cannot be (nothing changed then), or None."""
    if absorbed is into:
        return "an incident cannot be merged into itself"
    if into.incident.state is IncidentState.CANCELLED:
        return f"{into.incident.incident_id} is cancelled; reopen it first, or merge the other way round"
    if absorbed.working() and into.incident.state in FINISHED_STATES:
        return f"units work on it and {into.incident.incident_id} is {into.incident.state.value}; reopen that first"
    before = absorbed.incident
    refused = absorbed.advance(
        IncidentEvent.MERGE, now_us, merged_into=into.incident.incident_id, alert_count=0, live_alerts=0
    )
    if refused is not None:
        return refused.reason
    absorbed.wants_level = None
    absorbed.let_go(absorbed.waiting(), "merged into another incident", now_us)
    absorbed.note(now_us, "merged", reason, actor=actor, into=into.incident.incident_id)
    _absorb(into, before, actor=actor, reason=reason, now_us=now_us, policy=policy)
    _move_units(absorbed, into, now_us, policy)
    return None


def _absorb(into: Case, other: Incident, *, actor: str, reason: str, now_us: int, policy: DeskPolicy) -> None:
    mine = into.incident
    earlier = other.first_alert_us < mine.first_alert_us
    confirmed = other.outcome is Outcome.CONFIRMED
    into.alter(
        now_us,
        alert_count=mine.alert_count + other.alert_count,
        live_alerts=mine.live_alerts + other.live_alerts,
        first_alert_us=min(mine.first_alert_us, other.first_alert_us),
        last_alert_us=max(mine.last_alert_us, other.last_alert_us),
        month=other.month if earlier else mine.month,
        severity=graver(mine.severity, other.severity),
        notify_until_us=max(mine.notify_until_us, other.notify_until_us),
        verified=mine.verified or other.verified or confirmed,
        direct=mine.direct or other.direct,
        outcome=other.outcome if confirmed else mine.outcome,
        shared=mine.shared or other.shared or mine.node != other.node,
    )
    found = {"outcome": Outcome.CONFIRMED.value} if confirmed else {}
    into.note(
        now_us, "absorbed", reason, actor=actor, incident_id=other.incident_id, real=into.incident.actionable, **found
    )
    if other.owner and into.incident.state is IncidentState.NEW:
        own(into, other.owner, now_us, policy)
    joined(into, mine, now_us, policy)


def _move_units(absorbed: Case, into: Case, now_us: int, policy: DeskPolicy) -> None:
    """Units at work go on with the incident that is left; whoever was only asked for that one is let go."""
    moving = absorbed.working()
    for dispatch in moving:
        into.adopt(absorbed, dispatch)
        watch_over(into, dispatch, now_us, policy)
    if not moving:
        return
    into.wants_level = None
    into.let_go(into.waiting(), f"taken by {moving[0].unit_id}", now_us)
    into.alter(now_us, wanted_units=max(into.incident.wanted_units, len(into.working())))
    into.advance(IncidentEvent.UNIT_ACCEPTED, now_us)
    if any(dispatch.state is DispatchState.ON_SCENE for dispatch in moving):
        into.advance(IncidentEvent.UNIT_ARRIVED, now_us)


def with_twins(chosen: Sequence[AlertId], alerts: Sequence[Alert]) -> tuple[list[Alert], list[Alert]]:
    """Divide an incident's alerts in those that leave and those that stay; an alert goes with its twins."""
    first_of = {alert.alert_id: alert.twin_of or alert.alert_id for alert in alerts}
    leaving = {first_of[alert_id] for alert_id in chosen if alert_id in first_of}
    return (
        [alert for alert in alerts if first_of[alert.alert_id] in leaving],
        [alert for alert in alerts if first_of[alert.alert_id] not in leaving],
    )


def split(
    case: Case,
    incident_id: IncidentId,
    *,
    leaving: Sequence[Alert],
    staying: Sequence[Alert],
    actor: str,
    reason: str,
    now_us: int,
    city: City,
    policy: DeskPolicy,
) -> Case | str:
    """Open a new case for the alerts that leave; return it, or why that cannot be (nothing changed then)."""
    mine = case.incident
    if mine.merged_into is not None:
        return f"it was merged into {mine.merged_into}; split that one"
    if not leaving:
        return "none of these alerts belongs to it; name some in alert_ids"
    if not staying:
        return "all of its alerts would leave; name fewer, or reclassify it"
    was_open = mine.state not in FINISHED_STATES
    other = Case(_part(mine, incident_id, leaving, now_us=now_us, city=city), is_new=True)
    other.note(now_us, "opened", reason, actor=actor, alert_id=_first(leaving).alert_id)
    other.note(now_us, "split_off", reason, actor=actor, **{"from": mine.incident_id}, **_as_counted(other.incident))
    earliest = _first(staying)
    case.alter(
        now_us,
        alert_count=_counted(staying),
        live_alerts=_live(staying),
        first_alert_us=earliest.started_us,
        last_alert_us=max(alert.started_us for alert in staying),
        month=month_of(earliest.started_us, city.zone),
    )
    case.note(now_us, "split", reason, actor=actor, into=incident_id, alerts=len(leaving), **_as_counted(case.incident))
    # Whoever splits owns the new one, so that it is never open and nobody's.
    own(other, actor, now_us, policy)
    if was_open:
        other.alter(now_us, notify_until_us=renewed_until_us(other.incident, now_us, policy))
        begin_asking(other, now_us)
    return other


def _part(mine: Incident, incident_id: IncidentId, leaving: Sequence[Alert], *, now_us: int, city: City) -> Incident:
    first = _first(leaving)
    category = city.category(first.category)
    severity = first.severity
    for alert in leaving:
        severity = graver(severity, alert.severity)
    return replace(
        mine,
        incident_id=incident_id,
        state=IncidentState.NEW,
        revision=1,
        category=first.category,
        family=category.family,
        counted=category.counted,
        severity=severity,
        area_id=city.area_for(first.node, first.lon, first.lat),
        basis=city.basis,
        area_given=False,
        lon=first.lon,
        lat=first.lat,
        month=month_of(first.started_us, city.zone),
        node=first.node,
        camera=first.camera,
        first_alert_us=first.started_us,
        last_alert_us=max(alert.started_us for alert in leaving),
        opened_us=now_us,
        updated_us=now_us,
        notify_until_us=max(alert.notify_until_us for alert in leaving),
        alert_count=_counted(leaving),
        live_alerts=max(1, _live(leaving)),
        # What was said of the whole was said of its parts.
        verified=mine.verified or any(alert.verified for alert in leaving),
        outcome=None,
        owner="",
        owned_us=0,
        escalation_level=0,
        wanted_units=1,
        look_us=0,
        shared=len({alert.node for alert in leaving}) > 1,
    )


def _first(alerts: Sequence[Alert]) -> Alert:
    return min(alerts, key=lambda alert: (alert.started_us, alert.alert_id))


def _counted(alerts: Sequence[Alert]) -> int:
    return sum(alert.twin_of is None for alert in alerts)


def _live(alerts: Sequence[Alert]) -> int:
    return sum(alert.twin_of is None and alert.judgement not in _TAKEN_BACK for alert in alerts)


def _as_counted(incident: Incident) -> dict[str, object]:
    return {"category": incident.category, "area": incident.area_id, "real": incident.actionable}
