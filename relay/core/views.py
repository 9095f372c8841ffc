"""What a unit reads about a dispatch: one view per dispatch, a later one replaces it."""

from typing import Final

from patrol_wire.ids import Severity
from patrol_wire.messages import DispatchView
from patrol_wire.records import Place
from relay.core.city import City
from relay.core.dispatches import Dispatch
from relay.core.incidents import Incident

_URGENCY_ZH: Final = {
    Severity.CRITICAL: "特急",
    Severity.HIGH: "紧急",
    Severity.NORMAL: "一般",
    Severity.LOW: "低",
}
_MAX_TEXT: Final = 2_000
_MAX_REASON: Final = 500


def sentence(incident: Incident, city: City) -> str:
    """Return what happened where, for people, in the relay's default language (simplified Chinese)."""
    category = city.category(incident.category)
    area = city.area_by_id.get(incident.area_id)
    parts = [
        f"【{_URGENCY_ZH[incident.severity]}】{category.title_zh or incident.category}",
        area.name if area is not None else incident.area_id,
    ]
    if incident.camera:
        parts.append(incident.camera)
    return "，".join(parts)[:_MAX_TEXT]


def dispatch_view(incident: Incident, dispatch: Dispatch, city: City) -> DispatchView:
    """Return everything the unit needs to know about its dispatch now."""
    return DispatchView(
        dispatch_id=dispatch.dispatch_id,
        incident_id=incident.incident_id,
        state=str(dispatch.state),
        incident_state=str(incident.state),
        category=incident.category,
        severity=incident.severity,
        area_id=incident.area_id,
        place=Place(lon=incident.lon, lat=incident.lat),
        camera=incident.camera,
        text=sentence(incident, city),
        reason=(dispatch.note or dispatch.reason)[:_MAX_REASON],
        first_alert_at=incident.first_alert_us,
        offered_at=dispatch.offered_us,
        answer_by=dispatch.answer_by_us,
        revision=dispatch.revision,
    )
