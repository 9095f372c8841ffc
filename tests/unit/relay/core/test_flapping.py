"""Which alerts of a source that came to nothing before belong to what ended: the table of flapping.py, row by row."""

from typing import Any

import pytest
from msgspec.structs import replace

from patrol_wire.ids import Forward, IncidentId, NodeName, Outcome, Severity
from relay.core.alerts import Alert
from relay.core.dispatches import DispatchState
from relay.core.flapping import come_back, open_again, returning
from relay.core.incidents import Incident, IncidentState
from relay.core.policy import MICROS, DeskPolicy
from tests.support.cases import opened, placed_alert
from tests.support.records import BEGIN_US
from tests.support.small_city import small_city

CITY = small_city()
POLICY = DeskPolicy()
BACK = BEGIN_US + 600 * MICROS


def _ended(**fields: Any) -> Incident:
    known: dict[str, Any] = {"state": IncidentState.CLOSED, "outcome": Outcome.NOTHING_FOUND, "alert_count": 4}
    return replace(opened(CITY, placed_alert(CITY)).incident, **{**known, **fields})


def _alert(**fields: Any) -> Alert:
    return placed_alert(CITY, at_us=BACK, **fields)


@pytest.mark.parametrize("state", [IncidentState.CLOSED, IncidentState.RESOLVED, IncidentState.CANCELLED])
def test_the_fifth_alert_of_a_source_that_came_to_nothing_is_the_last_incident_again(state: IncidentState) -> None:
    last = _ended(state=state)
    assert returning(_alert(), [last], POLICY) is last


def test_the_alerts_of_several_incidents_count_together_and_the_last_is_taken() -> None:
    every = [
        _ended(incident_id=IncidentId(f"i{nth}"), alert_count=1, last_alert_us=BEGIN_US + nth * MICROS)
        for nth in range(4)
    ]
    assert returning(_alert(), every[:3], POLICY) is None
    assert returning(_alert(), every, POLICY) is every[3]


@pytest.mark.parametrize(
    ("ended", "alert"),
    [
        ({"alert_count": 3}, {}),  # no flapping yet
        ({}, {"flag": True}),  # people's word is news
        ({"camera": ""}, {"camera": ""}),  # no camera
        ({}, {"camera": "yard"}),  # another camera
        ({"node": NodeName("room-9")}, {}),  # another room
        ({}, {"category": "loitering"}),  # another kind
        ({}, {"area": 1}),  # another area
        ({"outcome": Outcome.CONFIRMED}, {}),  # it was true
        ({}, {"severity": Severity.CRITICAL}),  # graver
        ({"last_alert_us": BACK - 1_801 * MICROS}, {}),  # long ago
        ({"merged_into": IncidentId("i9")}, {}),  # stands for another
        ({"state": IncidentState.NEW}, {}),  # open: that is correlation's
    ],
)
def test_what_is_no_flapping_is_a_new_incident(ended: dict[str, Any], alert: dict[str, Any]) -> None:
    assert returning(_alert(**alert), [_ended(**ended)], POLICY) is None


def test_one_that_was_confirmed_before_does_not_count_towards_flapping() -> None:
    old = _ended(outcome=Outcome.CONFIRMED, alert_count=9)
    new = _ended(alert_count=1, incident_id=IncidentId("i2"), last_alert_us=BEGIN_US + MICROS)
    assert returning(_alert(), [old, new], POLICY) is None


@pytest.mark.parametrize(("forward", "wants", "timers"), [(Forward.DIRECT, 0, []), (Forward.SUGGEST, None, ["judge"])])
def test_coming_back_asks_as_for_a_new_incident_and_clears_what_was_said_before(
    forward: Forward, wants: int | None, timers: list[str]
) -> None:
    case = opened(CITY, placed_alert(CITY, forward=Forward.SUGGEST))
    case.incident = replace(_ended(), direct=False, verified=False, owner="li", escalation_level=2, look_us=0)
    case.timers.clear()
    case.notifications.clear()
    assert open_again(case, BACK) is None
    come_back(case, _alert(forward=forward), month="2026-09", now_us=BACK, policy=POLICY)
    now = case.incident
    assert (now.state, now.owner, now.outcome, now.escalation_level) == (IncidentState.NEW, "", None, 0)
    assert (now.alert_count, now.live_alerts) == (5, 1)
    assert case.wants_level == wants
    assert case.ask_anew
    assert [str(plan.kind) for plan in case.timers] == timers
    assert [each.reason for each in case.notifications] == ["its source flaps: 5 alerts, nothing was found so far"]
    assert [line.reason for line in case.history if line.change == "reopened"] == [
        "its source flaps: alert 5 here, and nothing was found so far"
    ]


def test_an_open_incident_is_not_opened_again() -> None:
    case = opened(CITY, placed_alert(CITY))
    assert open_again(case, BACK) is not None
    assert all(each.state is not DispatchState.CLEARED for each in case.dispatches.values())
