"""What lasts is raised again, graver, as an alert of its own: the relay makes one incident of it, with that urgency."""

from edge_agent.core.rules import Loitering, Stage
from patrol_wire.ids import Severity
from relay.core import alerts as relay_alerts
from relay.core.case_alerts import drop, fold
from relay.core.clocking import month_of
from relay.core.correlation import choose
from relay.core.incidents import IncidentState
from relay.core.policy import MICROS
from tests.support.cases import POLICY, opened, placed_alert
from tests.support.records import BEGIN_US
from tests.support.rule_plays import play, raised
from tests.support.seen import EVERYWHERE, seen
from tests.support.small_city import small_city

CITY = small_city()
STAYS = Loitering(
    name="stay",
    category="loitering",
    severity=Severity.LOW,
    zones=(EVERYWHERE,),
    dwell_s=30.0,
    stages=(Stage(after_s=120.0, severity=Severity.NORMAL), Stage(after_s=900.0, severity=Severity.CRITICAL)),
)


def as_placed(*, loiter_s: float) -> list[relay_alerts.Alert]:
    """Return the alerts of somebody who stays so long, as the relay places them on map and clock."""
    told = raised(play(STAYS, lambda at_s: [seen("person", 0.5)] if at_s <= loiter_s else [], until_s=1_000.0, fps=1.0))
    return [
        placed_alert(
            CITY,
            at_us=BEGIN_US + int(alert.start_s * MICROS),
            category=alert.category,
            severity=alert.severity,
            forward=alert.forward,
        )
        for alert in told
    ]


def test_the_stages_of_one_thing_are_one_incident_as_grave_as_the_last() -> None:
    """The last stage comes a quarter of an hour after the first, at the end of the category's window."""
    first, *later = as_placed(loiter_s=1_000.0)
    assert [alert.severity for alert in later] == [Severity.NORMAL, Severity.CRITICAL]
    case = opened(CITY, first)
    category = CITY.category("loitering")
    for alert in later:
        assert choose(alert, [case.incident], category, POLICY) is case.incident
        fold(
            case,
            alert,
            month=month_of(alert.started_us, CITY.zone),
            now_us=alert.started_us + 900 * MICROS,
            policy=POLICY,
        )
    assert case.incident.severity is Severity.CRITICAL
    assert case.incident.alert_count == 3
    assert case.incident.first_alert_us == case.incident.last_alert_us == first.started_us


def test_a_stage_after_the_incident_was_closed_is_an_incident_of_its_own() -> None:
    """Who dismissed the first alert did not see the thing go on for a quarter of an hour; it must not be lost."""
    first, second, _ = as_placed(loiter_s=1_000.0)
    case = opened(CITY, first)
    drop(case, actor="li.wei", reason="waits for the bus", now_us=first.started_us + 40 * MICROS)
    assert case.incident.state is IncidentState.CANCELLED
    assert choose(second, [case.incident], CITY.category("loitering"), POLICY) is None


def test_who_leaves_before_the_next_stage_stays_as_urgent_as_they_were() -> None:
    (only,) = as_placed(loiter_s=100.0)
    assert opened(CITY, only).incident.severity is Severity.LOW
