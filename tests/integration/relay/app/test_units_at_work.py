"""Units at work on a real store: relief, assistance, silence, and acknowledgements that lapse; each with its reason."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from patrol_wire.ids import CommandId, Forward, Outcome, Severity, Step
from relay.core.commands import Act, UnitStep
from relay.core.dispatches import Answer, Dispatch, DispatchState
from relay.core.incidents import IncidentState
from relay.core.notifications import CENTRE
from relay.core.policy import MICROS
from relay.store import incidents, notifications, units
from tests.support.cases import next_id
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender
from tests.support.writer_site import WriterSite


@pytest.fixture
def site(store_url: str) -> Iterator[WriterSite]:
    with WriterSite(store_url) as made:
        room = RoomSender()
        made.connect(room)
        room.put(replace(some_alert(1, severity=Severity.CRITICAL), forward=Forward.DIRECT))
        made.deliver(room)
        yield made
        assert made.differences() == [], "every test ends with a store that agrees with itself"


def of(site: WriterSite, unit_id: str) -> Dispatch:
    """The unit's dispatch that is before it, else the last one."""
    mine = [value for value in site.dispatches() if value.unit_id == unit_id]
    return next((value for value in mine if value.ended_us is None), mine[-1])


def press(site: WriterSite, unit_id: str, *steps: Step) -> None:
    for step in steps:
        outcome = Outcome.CONFIRMED if step is Step.CLEAR else None
        result = site.press(unit_id, of(site, unit_id).dispatch_id, step, outcome)
        assert result.answer is Answer.DONE, result.reason


def told(site: WriterSite) -> list[str]:
    """What the centre was told about the incident, in order."""
    with site.reader.begin() as connection:
        found = notifications.of_incident(connection, site.incident().incident_id)
    return [value.reason for value in found if value.recipient == CENTRE]


def changes(site: WriterSite) -> list[str]:
    with site.reader.begin() as connection:
        return [line.change for line in incidents.history(connection, site.incident().incident_id)]


def activity(site: WriterSite, unit_id: str) -> str:
    with site.reader.begin() as connection:
        row = units.by_id(connection, unit_id)
    assert row is not None
    return row.now.activity.value


def test_whoever_asks_for_relief_stays_until_another_has_accepted(site: WriterSite) -> None:
    press(site, "unit-0-near", Step.ACCEPT, Step.ON_SCENE, Step.HAND_OVER)
    assert activity(site, "unit-0-near") == "on_scene"
    assert of(site, "unit-0-far").state is DispatchState.OFFERED
    press(site, "unit-0-far", Step.ACCEPT)
    assert of(site, "unit-0-near").state is DispatchState.HANDED_OVER
    assert of(site, "unit-0-near").note == "handed over to unit-0-far"
    assert activity(site, "unit-0-near") == "available"
    assert site.incident().state is IncidentState.DISPATCHED, "nobody is there until the relief arrives"
    press(site, "unit-0-far", Step.ON_SCENE, Step.CLEAR)
    assert site.incident().state is IncidentState.CLOSED


def test_the_desk_hands_over_to_the_unit_it_names(site: WriterSite) -> None:
    press(site, "unit-0-near", Step.ACCEPT, Step.EN_ROUTE)
    site.act(
        site.incident().incident_id,
        Act.HAND_OVER,
        dispatch_id=of(site, "unit-0-near").dispatch_id,
        unit_id="police-0",
    )
    assert of(site, "police-0").state is DispatchState.OFFERED
    press(site, "police-0", Step.ACCEPT)
    assert of(site, "unit-0-near").state is DispatchState.HANDED_OVER


def test_assistance_brings_a_second_unit_and_the_first_stays(site: WriterSite) -> None:
    press(site, "unit-0-near", Step.ACCEPT, Step.ON_SCENE, Step.ASSIST)
    assert "unit-0-near asks for assistance" in told(site)
    press(site, "unit-0-far", Step.ACCEPT)
    assert {of(site, name).state for name in ("unit-0-near", "unit-0-far")} == {
        DispatchState.ON_SCENE,
        DispatchState.ACCEPTED,
    }
    press(site, "unit-0-near", Step.CLEAR)
    assert site.incident().state is IncidentState.DISPATCHED
    press(site, "unit-0-far", Step.CLEAR)
    assert site.incident().state is IncidentState.CLOSED


def test_the_desk_sends_another_unit_beside_the_one_at_work(site: WriterSite) -> None:
    press(site, "unit-0-near", Step.ACCEPT)
    done = site.act(site.incident().incident_id, Act.REINFORCE, unit_id="police-1")
    assert done.answer is Answer.DONE
    press(site, "police-1", Step.ACCEPT)
    assert site.incident().wanted_units == 2
    third = site.press("unit-0-far", of(site, "unit-0-far").dispatch_id, Step.ACCEPT)
    assert third.answer is Answer.TAKEN_BY_OTHER


def test_fifteen_minutes_of_silence_on_the_scene_are_an_officer_safety_alert(site: WriterSite) -> None:
    press(site, "unit-0-near", Step.ACCEPT, Step.ON_SCENE)
    site.tick(899)
    assert "check_in_missed" not in changes(site)
    before = len(site.mailbox("unit-0-near"))
    site.tick(2)
    assert told(site)[-1] == "officer safety: unit-0-near silent on the scene for 15 min"
    assert [entry.page for entry in site.mailbox("unit-0-near")[before:]] == [True], "the unit itself is asked first"
    assert of(site, "unit-0-far").state is DispatchState.RECALLED
    site.tick(121)
    assert of(site, "unit-0-far").state is DispatchState.OFFERED, "then others are sent to it"
    assert site.incident().wanted_units == 2


def test_a_unit_that_says_that_all_is_well_starts_the_time_again(site: WriterSite) -> None:
    press(site, "unit-0-near", Step.ACCEPT, Step.ON_SCENE)
    site.tick(600)
    press(site, "unit-0-near", Step.CHECK_IN)
    site.tick(600)
    site.act(site.incident().incident_id, Act.CHECK_IN, dispatch_id=of(site, "unit-0-near").dispatch_id)
    site.tick(890)
    assert "check_in_missed" not in changes(site)
    site.tick(20)
    assert "check_in_missed" in changes(site)


def test_a_unit_that_never_sets_out_is_asked_and_then_relieved(site: WriterSite) -> None:
    press(site, "unit-0-near", Step.ACCEPT)
    site.tick(121)
    assert changes(site)[-1] == "unit_asked"
    site.tick(120)
    assert told(site)[-1] == "unit-0-near has not set out"
    assert of(site, "unit-0-far").state is DispatchState.OFFERED
    press(site, "unit-0-near", Step.EN_ROUTE)
    assert of(site, "unit-0-far").state is DispatchState.RECALLED, "it was not silent after all"


def test_a_unit_that_never_arrives_is_relieved(site: WriterSite) -> None:
    press(site, "unit-0-near", Step.ACCEPT, Step.EN_ROUTE)
    site.tick(1_201)
    assert told(site)[-1] == "unit-0-near has not arrived"
    press(site, "unit-0-far", Step.ACCEPT)
    assert of(site, "unit-0-near").state is DispatchState.HANDED_OVER


def test_an_acknowledgement_stops_paging_and_lapses(site: WriterSite) -> None:
    site.act(site.incident().incident_id, Act.ACKNOWLEDGE)
    site.tick(60)
    assert {value.level for value in site.dispatches()} == {0}, "nobody else is paged"
    assert "held" in changes(site)
    site.tick(61)
    assert "lapsed" in changes(site)
    assert told(site)[-1] == "wang acknowledged it and has not renewed that"
    assert {value.level for value in site.dispatches()} == {0, 1}, "it goes on where it stopped"
    assert site.incident().owner == ""


def test_a_decline_storm_ends_with_the_centre(site: WriterSite) -> None:
    while open_offers := [value for value in site.dispatches() if value.state is DispatchState.OFFERED]:
        press(site, open_offers[0].unit_id, Step.DECLINE)
    assert len(site.dispatches()) == 10, "every unit of the city said no"
    assert told(site)[-1] == "nobody is left to ask"
    site.tick(31)
    assert told(site)[-1] == "still nobody has it"


def test_an_open_incident_is_looked_at_for_ever_and_pages_nobody_after_its_notify_until(site: WriterSite) -> None:
    site.tick(1_000)
    count = len(told(site))
    for _ in range(20):
        site.tick(3_600)
    assert len(told(site)) == count
    assert 2 <= changes(site).count("unowned") <= 12, "ever slower"


@pytest.mark.parametrize("step", [Step.CHECK_IN, Step.ASSIST, Step.HAND_OVER])
def test_a_wish_before_accepting_or_after_the_end_is_answered_with_a_reason(site: WriterSite, step: Step) -> None:
    early = site.press("unit-0-near", of(site, "unit-0-near").dispatch_id, step)
    assert (early.answer, early.reason) == (Answer.REFUSED, "accept it first: it is offered")
    press(site, "unit-0-near", Step.ACCEPT, Step.CLEAR)
    late = site.press("unit-0-near", of(site, "unit-0-near").dispatch_id, step)
    assert late.answer is Answer.LATE_NOTED
    stranger = site.press("unit-0-far", of(site, "unit-0-near").dispatch_id, step)
    assert stranger.answer is Answer.NOT_YOURS


def test_a_late_arrival_after_a_recall_is_told_so_and_moves_nothing(site: WriterSite) -> None:
    press(site, "unit-0-near", Step.ACCEPT)
    mine = of(site, "unit-0-near").dispatch_id
    site.act(site.incident().incident_id, Act.RECALL, dispatch_id=mine)
    site.tick(7_200)
    answer = site.press("unit-0-near", mine, Step.ON_SCENE)
    assert (answer.answer, answer.reason) == (Answer.REFUSED, "recalled: because")


@pytest.mark.parametrize(
    ("desk", "why"),
    [
        ("room-0", ""),
        ("room-1", "room-1 acts in a1; the incident lies in a0"),
        ("nowhere", "the city has no room nowhere"),
    ],
)
def test_a_desk_acts_in_its_own_area_only(site: WriterSite, desk: str, why: str) -> None:
    answer = site.act(site.incident().incident_id, Act.ACKNOWLEDGE, desk=desk)
    assert answer.reason == why
    assert (answer.answer is Answer.DONE) is (why == "")


@pytest.mark.parametrize("wrong_h", [-9, 0, 9])
def test_a_step_hours_late_with_a_wrong_clock_is_stamped_by_the_relay(site: WriterSite, wrong_h: int) -> None:
    """The device's time is kept in the timeline and decides nothing."""
    mine = of(site, "unit-0-near")
    site.clock.advance(7_200.0)
    command = UnitStep(
        command_id=CommandId(next_id()),
        unit_id=mine.unit_id,
        dispatch_id=mine.dispatch_id,
        step=Step.ACCEPT,
        device_us=site.clock.now_us() + wrong_h * 3_600 * MICROS,
    )
    first, again = (site.writer.apply([], [command]).results[0] for _ in range(2))
    assert (first.answer, again) == (Answer.DONE, first)
    assert of(site, "unit-0-near").accepted_us == site.clock.now_us()
    backwards = site.press("unit-0-near", mine.dispatch_id, Step.DECLINE)
    assert backwards.answer is Answer.DONE, "it gives it back: that is the table's own way"
    assert site.press("unit-0-near", mine.dispatch_id, Step.EN_ROUTE).answer is Answer.REFUSED
