"""What a unit reads about a dispatch: one view per dispatch, a later one replaces it."""

from typing import Final

from patrol_wire.ids import Severity
from patrol_wire.messages import DispatchView
from patrol_wire.records import Place
from relay.core.city import City
from relay.core.dispatches import Dispatch
from relay.core.forces import EVERYTHING, Sight
from relay.core.incidents import Incident

_URGENCY_ZH: Final = {
    Severity.CRITICAL: "特急",
    Severity.HIGH: "紧急",
    Severity.NORMAL: "一般",
    Severity.LOW: "低",
}
_PLACE: Final = Sight.PLACE  # bound once: see relay/core/counting.py
_CAMERA: Final = Sight.CAMERA
_MAX_TEXT: Final = 2_000
_MAX_REASON: Final = 500


def sentence(incident: Incident, city: City, sees: frozenset[Sight] = EVERYTHING) -> str:
    """Return what happened where, for people, in the relay's default language (simplified Chinese)."""
    category = city.category(incident.category)
    area = city.area_by_id.get(incident.area_id)
    parts = [
        f"【{_URGENCY_ZH[incident.severity]}】{category.title_zh or incident.category}",
        area.name if area is not None else incident.area_id,
    ]
    if incident.camera and _CAMERA in sees:
        parts.append(incident.camera)
    return "，".join(parts)[:_MAX_TEXT]


class DispatchViews:
    """Makes views, incident by incident: what the units of one incident are told alike is worked out once."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._incident: Incident | None = None
        self._told: dict[frozenset[Sight], tuple[Place, str, str]] = {}

    def of(self, incident: Incident, dispatch: Dispatch) -> DispatchView:
        """Return everything the unit needs and may know about its dispatch now."""
        if incident is not self._incident:
            self._incident, self._told = incident, {}
        sees = self._city.sees(dispatch.unit_id)
        told = self._told.get(sees)
        if told is None:
            told = self._told[sees] = self._tell(incident, sees)
        place, camera, text = told
        return DispatchView(
            dispatch_id=dispatch.dispatch_id,
            incident_id=incident.incident_id,
            state=str(dispatch.state),
            incident_state=str(incident.state),
            category=incident.category,
            severity=incident.severity,
            area_id=incident.area_id,
            place=place,
            camera=camera,
            text=text,
            reason=(dispatch.note or dispatch.reason)[:_MAX_REASON],
            first_alert_at=incident.first_alert_us,
            offered_at=dispatch.offered_us,
            answer_by=dispatch.answer_by_us,
            revision=dispatch.revision,
        )

    def _tell(self, incident: Incident, sees: frozenset[Sight]) -> tuple[Place, str, str]:
        exact = _PLACE in sees
        place = (incident.lon, incident.lat) if exact else (round(incident.lon, 3), round(incident.lat, 3))
        camera = incident.camera if _CAMERA in sees else ""
        return Place(lon=place[0], lat=place[1]), camera, sentence(incident, self._city, sees)
