"""What the desk does to a case, and what it writes into the ledger."""

import pytest

from patrol_wire.ids import AreaId, CommandId, Forward, Measure, Outcome, Step, UnitId
from relay.core.case_alerts import fold
from relay.core.case_offers import asked_already
from relay.core.cases import Case
from relay.core.commands import Act, CommandResult, IncidentAct, UnitStep
from relay.core.desk_acts import take_act
from relay.core.dispatches import Answer, DispatchState
from relay.core.incidents import IncidentState
from relay.core.policy import MICROS
from relay.core.unit_steps import take_step
from tests.support.cases import POLICY, next_id, offer_to, opened, placed_alert
from tests.support.records import BEGIN_US
from tests.support.small_city import small_city

CITY = small_city()


def act(case: Case, what: Act, *, reason: str = "because", at_s: float = 10.0, **fields: object) -> CommandResult:
    command = IncidentAct(
        command_id=CommandId(next_id()),
        actor="wang",
        incident_id=case.incident.incident_id,
        act=what,
        reason=reason,
        **fields,  # type: ignore[arg-type]  # each test names the fields of its act
    )
    return take_act(case, command, BEGIN_US + int(at_s * MICROS), POLICY, CITY)


def stored(case: Case) -> Case:
    """The case as a later transaction loads it."""
    return Case(case.incident, case.dispatches.values())


def signs(case: Case) -> list[tuple[Measure, str, str, int]]:
    return [(line.place.measure, line.place.area_id, line.place.category, line.count) for line in case.ledger_lines()]


def closed_as_confirmed() -> Case:
    case = opened(CITY, placed_alert(CITY))
    act(case, Act.CLOSE, outcome=Outcome.CONFIRMED)
    return stored(case)


def test_acknowledging_makes_an_owner_and_units_go_on_being_asked() -> None:
    case = opened(CITY, placed_alert(CITY))
    (first,) = offer_to(case, "unit-0-near", now_us=BEGIN_US)
    assert act(case, Act.ACKNOWLEDGE).answer is Answer.DONE
    assert (case.incident.state, case.incident.owner) == (IncidentState.ACKNOWLEDGED, "wang")
    assert case.dispatches[first].state is DispatchState.OFFERED


def test_a_verified_suggestion_counts_from_then_on() -> None:
    case = opened(CITY, placed_alert(CITY, forward=Forward.SUGGEST))
    assert not case.ledger_lines()
    act(case, Act.VERIFY)
    assert signs(case) == [(Measure.REPORTED, "a0", "intrusion", 1)]
    assert case.wants_level == 0


def test_cancelling_takes_the_count_back_and_lets_units_go() -> None:
    case = opened(CITY, placed_alert(CITY))
    (first,) = offer_to(case, "unit-0-near", now_us=BEGIN_US)
    case = stored(case)
    act(case, Act.CANCEL)
    assert signs(case) == [(Measure.REPORTED, "a0", "intrusion", -1)]
    assert case.dispatches[first].state is DispatchState.RECALLED
    assert case.superseded == [first]


def test_reclassifying_writes_the_old_place_off_and_the_new_one_on() -> None:
    case = closed_as_confirmed()
    assert act(case, Act.RECLASSIFY, category="brawl").answer is Answer.DONE
    assert signs(case) == [
        (Measure.CONFIRMED, "a0", "intrusion", -1),
        (Measure.REPORTED, "a0", "intrusion", -1),
        (Measure.CONFIRMED, "a0", "brawl", 1),
        (Measure.REPORTED, "a0", "brawl", 1),
    ]


def test_moving_to_another_area_moves_the_count() -> None:
    case = stored(opened(CITY, placed_alert(CITY)))
    act(case, Act.RECLASSIFY, area_id=AreaId("a1"))
    assert signs(case) == [(Measure.REPORTED, "a0", "intrusion", -1), (Measure.REPORTED, "a1", "intrusion", 1)]


def test_a_category_that_is_not_counted_leaves_the_ledger() -> None:
    case = stored(opened(CITY, placed_alert(CITY)))
    act(case, Act.RECLASSIFY, category="drill")
    assert signs(case) == [(Measure.REPORTED, "a0", "intrusion", -1)]


def test_reopening_takes_only_the_confirmation_back_and_the_actor_owns_it() -> None:
    case = closed_as_confirmed()
    act(case, Act.REOPEN)
    assert signs(case) == [(Measure.CONFIRMED, "a0", "intrusion", -1)]
    assert (case.incident.state, case.incident.owner) == (IncidentState.ACKNOWLEDGED, "wang")
    assert case.history[-1].change == "reopened"


def test_reopening_and_closing_again_writes_new_entries_not_the_old_ones() -> None:
    case = closed_as_confirmed()
    act(case, Act.REOPEN)
    first = case.ledger_lines()
    case = stored(case)
    act(case, Act.CLOSE, outcome=Outcome.CONFIRMED)
    second = case.ledger_lines()
    assert {line.count for line in first} == {-1}
    assert {line.count for line in second} == {1}
    assert not {line.entry_id for line in first} & {line.entry_id for line in second}


@pytest.mark.parametrize(
    ("what", "fields", "says"),
    [
        (Act.CANCEL, {"reason": "  "}, "needs a reason"),
        (Act.CLOSE, {}, "needs an outcome"),
        (Act.RECLASSIFY, {}, "needs a category"),
        (Act.RECLASSIFY, {"category": "witchcraft"}, "no category witchcraft"),
        (Act.RECLASSIFY, {"area_id": "nowhere"}, "no area nowhere"),
        (Act.OFFER, {"unit_id": "nobody"}, "no unit nobody"),
        (Act.REOPEN, {}, "not possible"),
        (Act.RECALL, {"dispatch_id": "none"}, "no open dispatch"),
        (Act.NOTE, {"reason": ""}, "needs a reason"),
        (Act.ACKNOWLEDGE, {"expected_revision": 99}, "changed since"),
    ],
)
def test_an_act_that_makes_no_sense_is_refused_and_changes_nothing(
    what: Act, fields: dict[str, object], says: str
) -> None:
    case = stored(opened(CITY, placed_alert(CITY)))
    answer = act(case, what, **fields)  # type: ignore[arg-type]  # the table names each act's fields
    assert answer.answer is Answer.REFUSED
    assert says in answer.reason
    assert not case.changed


def test_the_desk_may_ask_a_named_unit_after_notify_until() -> None:
    """A person asks now, so the time in which units are paged begins anew."""
    case = opened(CITY, placed_alert(CITY), now_us=BEGIN_US + 2_000 * MICROS)
    assert act(case, Act.OFFER, unit_id=UnitId("police-1"), at_s=2_001).answer is Answer.DONE
    assert case.wants_unit == "police-1"


def test_asking_anew_is_refused_while_a_unit_has_it() -> None:
    case = opened(CITY, placed_alert(CITY))
    (first,) = offer_to(case, "unit-0-near", now_us=BEGIN_US)
    take_step(
        case,
        UnitStep(
            command_id=CommandId(next_id()),
            unit_id=UnitId("unit-0-near"),
            dispatch_id=first,
            step=Step.ACCEPT,
            device_us=0,
        ),
        BEGIN_US,
        POLICY,
    )
    answer = act(case, Act.OFFER)
    assert answer.answer is Answer.REFUSED
    assert "unit-0-near has it" in answer.reason
    assert act(case, Act.RECALL, dispatch_id=first).answer is Answer.DONE
    assert case.incident.state is IncidentState.NEW


def test_a_unit_that_the_desk_recalls_is_not_asked_in_its_own_stead() -> None:
    """The last one asked is recalled, so others are asked at once: it must not hear of it again in the same moment."""
    case = opened(CITY, placed_alert(CITY))
    (first,) = offer_to(case, "unit-0-near", now_us=BEGIN_US)
    case = stored(case)
    assert act(case, Act.RECALL, dispatch_id=first).answer is Answer.DONE
    assert case.wants_level is not None
    assert asked_already(case) == {"unit-0-near"}
    # A later transaction may: it was recalled, it has not said no.
    assert asked_already(stored(case)) == frozenset()


def test_an_earlier_alert_that_arrives_late_moves_the_count_to_its_month() -> None:
    """The month is that of the first alert, in whatever order they arrive."""
    case = stored(opened(CITY, placed_alert(CITY)))
    fold(case, placed_alert(CITY, at_us=BEGIN_US - MICROS), month="2026-08", now_us=BEGIN_US, policy=POLICY)
    assert [(line.place.month, line.count) for line in case.ledger_lines()] == [("2026-09", -1), ("2026-08", 1)]
    fold(case, placed_alert(CITY, at_us=BEGIN_US + MICROS), month="2026-10", now_us=BEGIN_US, policy=POLICY)
    assert case.incident.month == "2026-08"
