"""Alerts and cases with plausible values, for tests of the relay's decisions."""

from itertools import count

from patrol_wire.ids import AlertId, DispatchId, Forward, IncidentId, NodeName, Severity, UnitId
from relay.core.alerts import Alert, AlertSource
from relay.core.candidates import Candidate
from relay.core.case_alerts import open_case
from relay.core.case_offers import offer
from relay.core.cases import Case
from relay.core.city import City
from relay.core.clocking import month_of
from relay.core.ids import UNMAPPED
from relay.core.policy import MICROS, DeskPolicy
from tests.support.records import BEGIN_US, some_id
from tests.support.small_city import centre_of

POLICY = DeskPolicy()
_NUMBERS = count(1_000_000)


def next_id() -> str:
    """Return an id no test has had."""
    return some_id(next(_NUMBERS))


def placed_alert(
    city: City,
    *,
    at_us: int = BEGIN_US,
    area: int = 0,
    east: float = 0.0,
    category: str = "intrusion",
    forward: Forward = Forward.DIRECT,
    severity: Severity = Severity.HIGH,
    flag: bool = False,
    camera: str = "gate",
    notify_until_us: int | None = None,
) -> Alert:
    """Return an alert as the relay places it, ``east`` degrees from the area's middle."""
    lon, lat = centre_of(area)
    lon += east
    return Alert(
        alert_id=AlertId(next_id()),
        source=AlertSource.FLAG if flag else AlertSource.MACHINE,
        node=NodeName(f"room-{area}"),
        camera=camera,
        rule="" if flag else "yard",
        category=category,
        severity=severity,
        forward=forward,
        verified=flag,
        label="person",
        raised_us=at_us,
        started_us=at_us,
        notify_until_us=at_us + 900 * MICROS if notify_until_us is None else notify_until_us,
        lon=lon,
        lat=lat,
        area_id=city.area_of(lon, lat) or UNMAPPED,
    )


def opened(city: City, alert: Alert, *, now_us: int | None = None, policy: DeskPolicy = POLICY) -> Case:
    """Return the case that an alert opens."""
    return open_case(
        alert,
        IncidentId(next_id()),
        category=city.category(alert.category),
        month=month_of(alert.started_us, city.zone),
        now_us=alert.started_us if now_us is None else now_us,
        policy=policy,
    )


def offer_to(case: Case, *unit_ids: str, now_us: int, policy: DeskPolicy = POLICY) -> list[DispatchId]:
    """Ask these units at the level the case wants; return their dispatches."""
    assert case.wants_level is not None
    chosen = [
        (Candidate(unit_id=UnitId(unit_id), distance_m=10.0, reason="own beat; 10 m"), DispatchId(next_id()))
        for unit_id in unit_ids
    ]
    offer(case, case.wants_level, chosen, now_us, policy)
    return [dispatch_id for _, dispatch_id in chosen]
