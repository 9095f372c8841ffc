"""Asking units level after level, and what ringing timers mean by then."""

import time

import pytest
from msgspec.structs import replace

from patrol_wire.ids import CommandId, Forward, Severity, Step, UnitId
from relay.core.candidates import Activity, UnitNow, judge_fitness, nearest
from relay.core.case_alerts import accept, drop, fold
from relay.core.case_offers import asked_already
from relay.core.commands import UnitStep
from relay.core.dispatches import DispatchState
from relay.core.escalation import Due, TimerKind
from relay.core.incidents import IncidentState
from relay.core.notifications import CENTRE
from relay.core.policy import MICROS
from relay.core.timers import ring
from relay.core.unit_steps import take_step
from tests.support.cases import POLICY, next_id, offer_to, opened, placed_alert
from tests.support.records import BEGIN_US
from tests.support.small_city import centre_of, small_city

CITY = small_city()
NOW_US = BEGIN_US


def after(seconds: float) -> int:
    return NOW_US + int(seconds * MICROS)


def test_a_flag_is_offered_at_once_and_the_centre_is_told_in_the_same_moment() -> None:
    case = opened(CITY, placed_alert(CITY, forward=Forward.SUGGEST, flag=True))
    assert case.wants_level == 0
    assert case.incident.verified
    assert [(value.recipient, value.planned_us) for value in case.notifications] == [(CENTRE, NOW_US)]


def test_a_direct_rule_is_offered_at_once_but_is_not_called_verified() -> None:
    case = opened(CITY, placed_alert(CITY, forward=Forward.DIRECT))
    assert case.wants_level == 0
    assert not case.incident.verified


def test_a_suggestion_waits_for_a_person_and_the_centre_sees_it() -> None:
    case = opened(CITY, placed_alert(CITY, forward=Forward.SUGGEST))
    assert case.wants_level is None
    assert case.notifications[0].recipient == CENTRE
    assert [(plan.kind, plan.due_us) for plan in case.timers] == [(TimerKind.JUDGE, after(120))]
    accept(case, actor="li.wei", reason="seen on the monitor", now_us=after(5))
    assert case.wants_level == 0


def test_a_suggestion_nobody_judges_is_brought_before_the_centre_again_and_again_until_somebody_owns_it() -> None:
    case = opened(CITY, placed_alert(CITY, forward=Forward.SUGGEST))
    assert ring(case, TimerKind.JUDGE, 1, after(120), POLICY) is Due.TELL_CENTRE
    assert case.timers[-1].kind is TimerKind.REMIND
    assert ring(case, TimerKind.REMIND, 2, after(150), POLICY) is Due.TELL_CENTRE
    case.incident = replace(case.incident, state=IncidentState.ACKNOWLEDGED, owner="wang")
    assert ring(case, TimerKind.REMIND, 3, after(180), POLICY) is Due.NOTHING


def test_an_accepted_alert_that_joins_makes_a_suggestion_go_to_units() -> None:
    case = opened(CITY, placed_alert(CITY, forward=Forward.SUGGEST))
    fold(case, placed_alert(CITY, flag=True), month="2026-09", now_us=after(3), policy=POLICY)
    assert case.wants_level == 0
    assert case.incident.alert_count == 2


def test_a_dismissed_suggestion_is_cancelled_with_its_reason() -> None:
    case = opened(CITY, placed_alert(CITY, forward=Forward.SUGGEST))
    drop(case, actor="li.wei", reason="a cat", now_us=after(9))
    assert case.incident.state is IncidentState.CANCELLED
    assert case.history[-1].reason == "a cat"


def test_one_of_two_dismissed_alerts_leaves_the_incident_open() -> None:
    case = opened(CITY, placed_alert(CITY, forward=Forward.SUGGEST))
    fold(case, placed_alert(CITY, forward=Forward.SUGGEST), month="2026-09", now_us=after(1), policy=POLICY)
    drop(case, actor="li.wei", reason="a cat", now_us=after(9))
    assert case.incident.state is IncidentState.NEW
    assert case.incident.live_alerts == 1


def test_a_late_alert_is_shown_and_counted_but_pages_nobody() -> None:
    """A backlog after an outage must not ring for what is long over."""
    case = opened(CITY, placed_alert(CITY), now_us=after(901))
    assert case.wants_level is None
    assert not case.notifications
    assert [line.change for line in case.history] == ["opened", "not_paged"]
    assert len(case.ledger_lines()) == 1


@pytest.mark.parametrize(
    ("severity", "answer_s"),
    [(Severity.CRITICAL, 30), (Severity.HIGH, 30), (Severity.NORMAL, 60), (Severity.LOW, 180)],
)
def test_an_unanswered_offer_goes_to_the_next_level_in_time(severity: Severity, answer_s: int) -> None:
    case = opened(CITY, placed_alert(CITY, severity=severity))
    (first,) = offer_to(case, "unit-0-near", now_us=NOW_US)
    assert case.timers[-1].due_us == after(answer_s)
    assert ring(case, TimerKind.ANSWER, 0, after(answer_s - 1), POLICY) is Due.NOTHING
    assert ring(case, TimerKind.ANSWER, 0, after(answer_s), POLICY) is Due.NEXT_LEVEL
    assert case.dispatches[first].state is DispatchState.TIMED_OUT
    assert case.wants_level == 1
    assert asked_already(case) == {"unit-0-near"}


def test_the_last_level_without_an_answer_tells_the_centre_and_goes_on_telling_it() -> None:
    case = opened(CITY, placed_alert(CITY))
    for level in range(3):
        offer_to(case, f"unit-{level}-near", now_us=after(30 * level))
        meant = ring(case, TimerKind.ANSWER, level, after(30 * (level + 1)), POLICY)
    assert meant is Due.TELL_CENTRE
    assert case.notifications[-1].recipient == CENTRE
    assert case.timers[-1].kind is TimerKind.REMIND


def test_no_unit_at_a_level_goes_straight_on() -> None:
    case = opened(CITY, placed_alert(CITY))
    levels = []
    while case.wants_level is not None:
        levels.append(case.wants_level)
        offer_to(case, now_us=NOW_US)
    assert levels == [0, 1, 2]
    assert case.history[-1].change == "centre_told"


def test_a_timer_that_rings_after_a_unit_has_it_pages_nobody() -> None:
    case = opened(CITY, placed_alert(CITY))
    (first,) = offer_to(case, "unit-0-near", now_us=NOW_US)
    step = UnitStep(
        command_id=CommandId(next_id()), unit_id=UnitId("unit-0-near"), dispatch_id=first, step=Step.ACCEPT, device_us=0
    )
    take_step(case, step, after(29), POLICY)
    before = len(case.history)
    assert ring(case, TimerKind.ANSWER, 0, after(30), POLICY) is Due.NOTHING
    assert len(case.history) == before


def test_nothing_is_paged_after_notify_until() -> None:
    case = opened(CITY, placed_alert(CITY, notify_until_us=after(20)))
    offer_to(case, "unit-0-near", now_us=NOW_US)
    assert ring(case, TimerKind.ANSWER, 0, after(30), POLICY) is Due.EXPIRE
    assert case.wants_level is None
    assert case.history[-1].change == "not_paged"


def test_the_timer_of_a_level_that_was_left_does_nothing() -> None:
    case = opened(CITY, placed_alert(CITY))
    offer_to(case, "unit-0-near", now_us=NOW_US)
    ring(case, TimerKind.ANSWER, 0, after(30), POLICY)
    offer_to(case, "unit-1-near", now_us=after(30))
    assert ring(case, TimerKind.ANSWER, 0, after(300), POLICY) is Due.NOTHING


def test_units_are_asked_by_distance_and_those_passed_over_have_a_reason() -> None:
    ring_units = CITY.rings_at_level(CITY.areas[0].area_id, 1)[0]
    now = {
        UnitId("unit-0-near"): UnitNow(unit_id=UnitId("unit-0-near"), on_duty=True),
        UnitId("unit-0-far"): UnitNow(
            unit_id=UnitId("unit-0-far"), on_duty=True, lon=centre_of(0)[0], lat=centre_of(0)[1], fix_us=after(-12)
        ),
        UnitId("unit-1-near"): UnitNow(unit_id=UnitId("unit-1-near"), on_duty=False),
        UnitId("unit-1-far"): UnitNow(unit_id=UnitId("unit-1-far"), on_duty=True, activity=Activity.EN_ROUTE),
    }
    fit, passed = judge_fitness(ring_units, now, now_us=NOW_US, policy=POLICY, busy_too=False)
    chosen = nearest(fit, centre_of(0), limit=5, now_us=NOW_US, ring="the town")
    assert [(value.unit_id, value.reason) for value in chosen] == [
        ("unit-0-far", "the town; 0 m, fix 12 s old"),
        ("unit-0-near", "the town; 111 m from its post"),
    ]
    assert {value.unit_id: value.reason for value in passed} == {
        "unit-1-near": "off duty",
        "unit-1-far": "busy: en_route",
        "police-0": "not in the store",
    }


def test_an_old_fix_is_not_taken_for_where_the_unit_is() -> None:
    spec = CITY.unit_by_id[UnitId("unit-0-near")]
    stale = UnitNow(unit_id=spec.unit_id, on_duty=True, lon=9.0, lat=9.0, fix_us=after(-601))
    fit, _ = judge_fitness([spec], {spec.unit_id: stale}, now_us=NOW_US, policy=POLICY, busy_too=False)
    assert (fit[0].lon, fit[0].lat, fit[0].fix_us) == (*spec.place, None)  # type: ignore[misc]  # the unit has a post


def test_the_rings_of_a_level_lead_from_the_beat_to_the_city() -> None:
    area = CITY.areas[0].area_id
    beat, town = CITY.rings_at_level(area, 0)
    assert {unit.unit_id for unit in beat} == {"unit-0-near", "unit-0-far"}
    assert "police-0" not in {unit.unit_id for unit in town}
    assert "police-0" in {unit.unit_id for unit in CITY.units_at_level(area, 1)}
    assert len(CITY.units_at_level(area, 2)) == len(CITY.units)


def test_ranking_ten_thousand_units_is_quick() -> None:
    """Issue 5 asks for 5 ms; the bound here leaves room for a busy machine."""
    spec = CITY.units[0]
    fit, _ = judge_fitness(
        [spec],
        {spec.unit_id: UnitNow(unit_id=spec.unit_id, on_duty=True)},
        now_us=NOW_US,
        policy=POLICY,
        busy_too=True,
    )
    many = fit * 10_000
    began = time.perf_counter()
    assert len(nearest(many, centre_of(1), limit=40, now_us=NOW_US, ring="the city")) == 40
    assert time.perf_counter() - began < 0.5
