"""Flapping over what has ended: a source that alarms again and again, and each time it came to nothing.

Each return would be one incident more for the counts and the desk, though it is one thing: a tree before a camera, a
door that does not close. So the return is folded into the incident that ended last, which is opened again.

| the alert | what ended here within the window | it is |
|---|---|---|
| a person's flag, or without a camera | anything | a new incident: people's word is news |
| a machine's | nothing, or only by other cameras, rooms, kinds or areas | a new incident |
| a machine's | with it no more alerts than ``flap_alerts`` | a new incident: that is no flapping yet |
| a machine's | the last one was confirmed | a new incident: the source tells the truth |
| a machine's, graver than the last one | anything | a new incident: that is more than before |
| a machine's | more alerts than ``flap_alerts``, nothing was ever found | the last one, opened again |

Nobody is spared by it: units are asked as for a new incident, since it may be true this time. What must not ring is
silenced by a person, with a reason and an end (silences.py).
"""

from collections.abc import Iterable

from patrol_wire.ids import Outcome
from relay.core.alerts import Alert, AlertSource
from relay.core.case_alerts import fold, silenced
from relay.core.case_offers import begin_asking, graver_than
from relay.core.cases import FINISHED_STATES, Case
from relay.core.escalation import TimerKind, may_page
from relay.core.incidents import Incident, IncidentEvent
from relay.core.policy import MICROS, DeskPolicy
from relay.core.silences import Silence
from relay.core.transitions import Illegal


def returning(alert: Alert, ended: Iterable[Incident], policy: DeskPolicy) -> Incident | None:
    """Return the ended incident that a flapping source's alert belongs to; None: it is a new one."""
    if alert.source is not AlertSource.MACHINE or not alert.camera:
        return None
    reach_us = int(policy.flap_window_s * MICROS)
    mine = [
        each for each in ended if _same_source(each, alert) and abs(alert.started_us - each.last_alert_us) <= reach_us
    ]
    if not mine:
        return None
    last = max(mine, key=lambda each: (each.last_alert_us, each.incident_id))
    if last.outcome is Outcome.CONFIRMED or graver_than(alert.severity, last.severity):
        return None
    told = sum(each.alert_count for each in mine if each.outcome is not Outcome.CONFIRMED) + 1
    return last if told > policy.flap_alerts else None


def _same_source(incident: Incident, alert: Alert) -> bool:
    return (
        incident.state in FINISHED_STATES
        and incident.merged_into is None
        and (incident.node, incident.camera) == (alert.node, alert.camera)
        and (incident.category, incident.area_id) == (alert.category, alert.area_id)
    )


def open_again(case: Case, now_us: int) -> Illegal | None:
    """Open the case of a flapping source again, before its alert is folded in; None when that was possible."""
    refused = case.advance(
        IncidentEvent.RETURN, now_us, owner="", outcome=None, escalation_level=0, wanted_units=1, live_alerts=0
    )
    if refused is None:
        why = f"its source flaps: alert {case.incident.alert_count + 1} here, and nothing was found so far"
        case.note(now_us, "reopened", why)
    return refused


def come_back(
    case: Case, alert: Alert, *, month: str, now_us: int, policy: DeskPolicy, silence: Silence | None = None
) -> None:
    """Fold the alert into the case that was opened again, and ask as for a new incident unless it is silenced."""
    fold(case, alert, month=month, now_us=now_us, policy=policy, silence=silence)
    incident = case.incident
    if silence is not None:
        if incident.look_us < silence.until_us:
            silenced(case, alert, silence, now_us)
        return
    if may_page(incident, now_us):
        case.tell_centre(now_us, f"its source flaps: {incident.alert_count} alerts, nothing was found so far")
    case.ask_anew = True  # whoever was there before may be nearest again
    if incident.actionable:
        begin_asking(case, now_us)
    else:
        case.set_timer(now_us + int(policy.judge_within_s * MICROS), TimerKind.JUDGE, fence=incident.revision)
