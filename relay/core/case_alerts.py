"""What alerts and later words about them do to a case: open it, join it, verify it, take it back, name it anew."""

from typing import Final

from patrol_wire.ids import Forward, IncidentId, Severity
from relay.core.alerts import Alert, AlertSource
from relay.core.case_offers import begin_asking, graver_than, joined, urge
from relay.core.cases import Case
from relay.core.city import Category
from relay.core.escalation import TimerKind, may_page
from relay.core.incidents import Incident, IncidentEvent, IncidentState
from relay.core.policy import MICROS, DeskPolicy
from relay.core.silences import Silence
from relay.core.transitions import Illegal

_NEW: Final = IncidentState.NEW  # bound once: see relay/core/counting.py
_FLAG: Final = AlertSource.FLAG
_MACHINE: Final = AlertSource.MACHINE
_DIRECT: Final = Forward.DIRECT


def open_case(
    alert: Alert,
    incident_id: IncidentId,
    *,
    category: Category,
    month: str,
    now_us: int,
    policy: DeskPolicy,
    silence: Silence | None = None,
    basis: int = 0,
) -> Case:
    """Return the case of a new incident; the centre is told in the same moment as units are asked.

    With a ``silence`` nobody is paged; it is shown and counted, and looked at again when the silence ends.
    """
    incident = Incident(
        incident_id=incident_id,
        state=_NEW,
        revision=1,
        category=alert.category,
        family=category.family,
        severity=alert.severity,
        area_id=alert.area_id,
        lon=alert.lon,
        lat=alert.lat,
        month=month,
        node=alert.node,
        camera=alert.camera,
        first_alert_us=alert.started_us,
        last_alert_us=alert.started_us,
        opened_us=now_us,
        updated_us=now_us,
        notify_until_us=alert.notify_until_us,
        alert_count=1,
        live_alerts=1,
        verified=alert.verified,
        direct=_is_direct(alert),
        counted=category.counted,
        basis=basis,
    )
    case = Case(incident, is_new=True)
    flagged = alert.source is _FLAG
    case.note(now_us, "opened", alert.note if flagged else alert.rule, alert_id=alert.alert_id)
    if silence is not None:
        silenced(case, alert, silence, now_us)
        return case
    if may_page(incident, now_us):
        case.tell_centre(now_us, "flagged by an operator" if flagged else "raised by a rule")
    if incident.actionable:
        begin_asking(case, now_us)
    else:
        case.set_timer(now_us + int(policy.judge_within_s * MICROS), TimerKind.JUDGE, fence=1)
    return case


def silenced(case: Case, alert: Alert, silence: Silence, now_us: int) -> None:
    """Note that nobody is paged for an alert, and look again when the silence ends."""
    told = {"alert_id": alert.alert_id, "silence_id": silence.silence_id, "until_us": silence.until_us}
    case.note_aside(now_us, "silenced", f"{silence.kind.value} by {silence.author}: {silence.reason}", **told)
    case.set_timer(silence.until_us, TimerKind.SILENCE_OVER, fence=case.incident.revision)


def fold(
    case: Case, alert: Alert, *, month: str, now_us: int, policy: DeskPolicy, silence: Silence | None = None
) -> None:
    """Add an alert to the case; ``month`` is the alert's, taken when it turns out to be the earliest.

    A twin (``alert.twin_of``) is no further alert, but what it says more is believed: a graver severity, a rule that
    goes straight on.
    """
    incident = case.incident
    was_actionable = incident.actionable
    earlier = alert.started_us < incident.first_alert_us
    more = 1 if alert.twin_of is None else 0
    case.alter(
        now_us,
        alert_count=incident.alert_count + more,
        live_alerts=incident.live_alerts + more,
        first_alert_us=alert.started_us if earlier else incident.first_alert_us,
        last_alert_us=max(alert.started_us, incident.last_alert_us),
        month=month if earlier else incident.month,
        severity=graver(alert.severity, incident.severity),
        notify_until_us=max(alert.notify_until_us, incident.notify_until_us),
        verified=incident.verified or alert.verified,
        direct=incident.direct or _is_direct(alert),
        shared=incident.shared or alert.node != incident.node,
    )
    case.folded += more
    if alert.twin_of is not None:
        told = {"alert_id": alert.alert_id, "twin_of": alert.twin_of}
        case.note_aside(now_us, "twin", f"{alert.node} saw the same on the same camera", **told)
    if not was_actionable and case.incident.actionable:
        case.note(now_us, "verified" if case.incident.verified else "direct", "by an alert that joined it")
    if silence is None:
        joined(case, incident, now_us, policy)
    elif not case.dispatches and not case.incident.owner and case.incident.look_us < silence.until_us:
        silenced(case, alert, silence, now_us)


def accept(case: Case, *, actor: str, reason: str, now_us: int) -> None:
    """A person says it is real: units are asked, and it counts from now on."""
    if case.incident.verified:
        case.note(now_us, "accepted", reason, actor=actor)
        return
    was_actionable = case.incident.actionable
    case.alter(now_us, verified=True)
    case.note(now_us, "verified", reason, actor=actor)
    if not was_actionable or not case.dispatches:  # a silence may have kept a rule from asking anybody
        begin_asking(case, now_us)


def drop(case: Case, *, actor: str, reason: str, now_us: int) -> None:
    """The room takes one of its alerts back; with its last one the incident is cancelled, unless a unit is there."""
    left = max(0, case.incident.live_alerts - 1)
    case.alter(now_us, live_alerts=left)
    case.note(now_us, "alert_dropped", reason, actor=actor, live_alerts=left)
    if left > 0:
        return
    refused = case.advance(IncidentEvent.TAKE_BACK, now_us)
    if isinstance(refused, Illegal):
        case.note(now_us, "kept", f"its room took it back, but {refused.reason}")
        return
    case.wants_level = None
    case.let_go([*case.waiting(), *case.working()], "taken back by its room", now_us)
    case.note(now_us, "cancelled", reason or "taken back by its room", actor=actor)


def reclassify(
    case: Case,
    *,
    actor: str,
    reason: str,
    now_us: int,
    category: Category | None = None,
    severity: Severity | None = None,
    policy: DeskPolicy,
) -> None:
    """Give it another category or urgency; the counts follow in the same transaction."""
    before = case.incident
    case.alter(
        now_us,
        category=category.category if category is not None else before.category,
        family=category.family if category is not None else before.family,
        counted=category.counted if category is not None else before.counted,
        severity=severity if severity is not None else before.severity,
    )
    case.note(
        now_us,
        "reclassified",
        reason,
        actor=actor,
        category=[before.category, case.incident.category],
        severity=[before.severity.value, case.incident.severity.value],
    )
    if graver_than(case.incident.severity, before.severity):
        urge(case, now_us, policy)


def _is_direct(alert: Alert) -> bool:
    return alert.source is _MACHINE and alert.forward is _DIRECT


def graver(one: Severity, other: Severity) -> Severity:
    """Return the more urgent of two."""
    return one if graver_than(one, other) else other
