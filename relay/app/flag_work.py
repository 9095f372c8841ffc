"""What an operator says of a flag after it was stored: its kind, urgency, words or place, or that it was none."""

from collections.abc import Callable

from msgspec.structs import replace

from patrol_wire.ids import AlertId, AreaId, NodeName, Severity
from patrol_wire.records import Flag, FlagChange, Place
from relay.app.casebook import Casebook
from relay.core.alerts import Alert, AlertJudgement, AlertSource
from relay.core.case_alerts import drop, graver, reclassify
from relay.core.case_offers import graver_than
from relay.core.cases import Case
from relay.core.city import UNCLASSIFIED, UNKNOWN_CATEGORY, Category, City
from relay.core.ids import CategoryId
from relay.core.placing import point
from relay.core.policy import DeskPolicy


def named_severity(flag: Flag, category: Category) -> Severity:
    """Return how urgent a flag is: as its room says, or as the city says of the kind that its operator chose, if that
    is graver."""
    return flag.severity if category.category == UNCLASSIFIED.category else graver(category.severity, flag.severity)


def own_alert(book: Casebook, node: NodeName, alert_id: str) -> tuple[Alert, None] | tuple[None, tuple[str, str]]:
    """Return the alert a later record speaks of; a room speaks only of its own."""
    alert = book.alerts.get(AlertId(alert_id))
    if alert is None:
        return None, ("unknown_alert", f"no alert {alert_id}")
    if alert.node != node:
        return None, ("not_your_alert", f"alert {alert_id} is from {alert.node}")
    return alert, None


class FlagWork:
    """Carries out changes of flags on a casebook; ``area_for`` finds the area of a point that a room names."""

    def __init__(self, city: City, policy: DeskPolicy, area_for: Callable[[NodeName, float, float], AreaId]) -> None:
        self._city = city
        self._policy = policy
        self._area_for = area_for

    def change(self, book: Casebook, node: NodeName, body: FlagChange, now_us: int) -> tuple[str, str] | None:
        """Let it take effect; return the reason and detail when it belongs to the dead letters."""
        alert, fault = own_alert(book, node, body.alert_id)
        if alert is None:
            return fault
        if alert.source is not AlertSource.FLAG:
            return ("not_a_flag", f"alert {body.alert_id} is a {alert.source.value} alert; judge it instead")
        if alert.judgement is AlertJudgement.WITHDRAWN:
            return None if body.withdrawn else ("withdrawn_already", "the flag was withdrawn before")
        case = book.cases.get(alert.incident_id) if alert.incident_id is not None else None
        category_id = self._renamed(book, case, alert, body, now_us)
        severity = body.severity
        if severity is None and category_id is not None:
            known = case.incident.severity if case is not None else alert.severity
            named = self._city.category(category_id).severity
            severity = named if graver_than(named, known) else None
        if category_id is not None or severity is not None:
            alert = replace(
                alert,
                category=category_id if category_id is not None else alert.category,
                severity=severity if severity is not None else alert.severity,
            )
            if case is not None:
                reclassify(
                    case,
                    actor=body.operator,
                    reason=body.reason or "named by the operator",
                    now_us=now_us,
                    category=self._city.category(category_id) if category_id is not None else None,
                    severity=severity,
                    policy=self._policy,
                )
        if body.note:
            alert = replace(alert, note=body.note)
        if body.place is not None:
            alert = self._pointed(book, case, alert, body.operator, body.place, now_us)
        if body.withdrawn:
            alert = replace(alert, judgement=AlertJudgement.WITHDRAWN)
            if case is not None:
                drop(case, actor=body.operator, reason=body.reason or "withdrawn by the operator", now_us=now_us)
        book.change_alert(alert)
        if case is not None:
            book.settle(case)
        return None

    def _renamed(
        self, book: Casebook, case: Case | None, flag: Alert, body: FlagChange, now_us: int
    ) -> CategoryId | None:
        """Return what the operator calls the flag now; None: no word of it, or one that the city does not know."""
        if body.category is None:
            return None
        category_id, unknown = self._city.known_category(body.category)
        if not unknown:
            return category_id
        kept = f"{body.category!r} is not in the city's categories; it stays {flag.category}"
        book.mistaken.append((flag.node, UNKNOWN_CATEGORY, kept))
        if case is not None:
            case.note_aside(now_us, "category_unknown", kept, alert_id=flag.alert_id)
        return None

    def _pointed(
        self, book: Casebook, case: Case | None, flag: Alert, operator: str, place: Place, now_us: int
    ) -> Alert:
        """Return the flag where its operator pointed; its incident goes along if it lies where the flag lay."""
        lon, lat = place.lon, place.lat
        area_id = self._area_for(flag.node, lon, lat)
        if case is not None:
            basis = self._city.basis
            point(case, flag, lon=lon, lat=lat, area_id=area_id, basis=basis, actor=operator, now_us=now_us)
            book.file_anew(case)
        return replace(flag, lon=lon, lat=lat, area_id=area_id)
