"""The writer on a real store: what one burst leaves behind, and what it answers."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from patrol_wire.ids import Forward, Measure, Outcome, Step, UnitId, Verdict
from patrol_wire.records import Alert, AlertEnd, FlagChange, Judgement, Place
from relay.core.candidates import Activity
from relay.core.commands import Act
from relay.core.dispatches import Answer, DispatchState
from relay.core.incidents import Incident, IncidentState
from relay.core.notifications import CENTRE, NotificationState
from relay.store import alerts, incidents, ledger, notifications, units
from tests.support.records import some_alert, some_flag, some_id
from tests.support.room_sender import RoomSender
from tests.support.small_city import centre_of
from tests.support.writer_site import WriterSite


@pytest.fixture
def site(store_url: str) -> Iterator[WriterSite]:
    with WriterSite(store_url) as made:
        yield made
        assert made.differences() == [], "every test ends with a store that agrees with itself"


@pytest.fixture
def room(site: WriterSite) -> RoomSender:
    sender = RoomSender()
    site.connect(sender)
    return sender


def direct_alert(number: int, **fields: object) -> Alert:
    return replace(some_alert(number), forward=Forward.DIRECT, **fields)


def test_a_direct_alert_is_stored_offered_told_and_counted_in_one_burst(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    site.deliver(room)
    incident = site.incident()
    assert (incident.state, incident.area_id, incident.month) == (IncidentState.NEW, "a0", "2026-09")
    first, second = site.dispatches()
    assert {first.unit_id, second.unit_id} == {"unit-0-near", "unit-0-far"}
    (entry,) = site.mailbox("unit-0-near")
    assert entry.page
    assert entry.dispatch.text == "【紧急】入侵，Area 0，gate"
    assert entry.dispatch.reason == "own beat; 111 m from its post"
    with site.reader.begin() as connection:
        told = notifications.of_incident(connection, incident.incident_id)
        (line,) = ledger.page_after(connection, 0)
    assert {value.recipient: value.state for value in told} == {
        CENTRE: NotificationState.SENT,
        "unit-0-near": NotificationState.PLANNED,
        "unit-0-far": NotificationState.PLANNED,
    }
    assert (line.measure, line.area, line.category, line.count) == (Measure.REPORTED, "a0", "intrusion", 1)
    assert site.hints[-1].units == {"unit-0-near", "unit-0-far"}
    assert site.hints[-1].ledger_grew


def test_from_offer_to_confirmed_count(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    site.deliver(room)
    chosen = next(value for value in site.dispatches() if value.unit_id == "unit-0-near")
    for step in (Step.ACCEPT, Step.EN_ROUTE, Step.ON_SCENE):
        site.clock.advance(5)
        assert site.press("unit-0-near", chosen.dispatch_id, step).answer is Answer.DONE
    with site.reader.begin() as connection:
        unit = units.by_id(connection, "unit-0-near")
    assert unit is not None
    assert unit.now.activity is Activity.ON_SCENE
    result = site.press("unit-0-near", chosen.dispatch_id, Step.CLEAR, Outcome.CONFIRMED)
    assert (result.answer, result.incident_state) == (Answer.DONE, "closed")
    after = {value.unit_id: value for value in site.dispatches()}
    assert after[UnitId("unit-0-far")].state is DispatchState.RECALLED
    cleared = after[UnitId("unit-0-near")]
    assert cleared.accepted_us is not None
    assert cleared.cleared_us is not None
    assert cleared.accepted_us < cleared.cleared_us
    assert [entry.dispatch.state for entry in site.mailbox("unit-0-near")] == [
        "offered",
        "accepted",
        "en_route",
        "on_scene",
        "cleared",
    ]
    assert [entry.dispatch.state for entry in site.mailbox("unit-0-far")] == ["offered", "recalled"]
    with site.reader.begin() as connection:
        totals = {value.place.measure: value.total for value in ledger.sums(connection)}
        changes = [line.change for line in incidents.history(connection, site.incident().incident_id)]
        unit = units.by_id(connection, "unit-0-near")
    assert totals == {Measure.REPORTED: 1, Measure.CONFIRMED: 1}
    assert changes == ["opened", "offered", "accepted", "en_route", "on_scene", "cleared", "closed"]
    assert unit is not None
    assert (unit.now.activity, unit.now.dispatch_id) == (Activity.AVAILABLE, None)


def test_a_suggestion_is_visible_uncounted_and_unoffered_until_its_room_accepts(
    site: WriterSite, room: RoomSender
) -> None:
    room.put(some_alert(1))
    site.deliver(room)
    assert not site.incident().verified
    assert site.dispatches() == []
    room.put(Judgement(alert_id=some_id(1), verdict=Verdict.ACCEPTED, operator="li.wei", judged_at=5))
    site.deliver(room)
    assert site.incident().verified
    assert len(site.dispatches()) == 2
    with site.reader.begin() as connection:
        assert [value.total for value in ledger.sums(connection)] == [1]


def test_alert_and_judgement_in_one_batch_do_the_same(site: WriterSite, room: RoomSender) -> None:
    room.put(some_alert(1))
    room.put(Judgement(alert_id=some_id(1), verdict=Verdict.DISMISSED, operator="li.wei", judged_at=5, reason="a cat"))
    site.deliver(room, first_seq=1)
    assert site.incident().state is IncidentState.CANCELLED
    with site.reader.begin() as connection:
        assert ledger.head(connection) == 0


def test_a_flag_named_afterwards_moves_its_count(site: WriterSite, room: RoomSender) -> None:
    room.put(some_flag(1, category="brawl"))
    site.deliver(room)
    room.put(FlagChange(alert_id=some_id(1), operator="li.wei", changed_at=5, category="intrusion"))
    site.deliver(room)
    with site.reader.begin() as connection:
        assert {value.place.category: value.total for value in ledger.sums(connection)} == {"brawl": 0, "intrusion": 1}
        assert [line.count for line in ledger.page_after(connection, 0)] == [1, -1, 1]


def test_words_added_to_a_flag_are_its_note_and_change_nothing_else(site: WriterSite, room: RoomSender) -> None:
    room.put(some_flag(1, category="brawl", note="two men"))
    site.deliver(room)
    before = site.incident()
    room.put(FlagChange(alert_id=some_id(1), operator="li.wei", changed_at=5, note="two men, one with a knife"))
    site.deliver(room)
    with site.reader.begin() as connection:
        found = alerts.by_id(connection, some_id(1))
        assert [value.total for value in ledger.sums(connection)] == [1]
    assert found is not None
    assert (found.note, found.category) == ("two men, one with a knife", "brawl")
    assert (site.incident().state, site.incident().severity) == (before.state, before.severity)


def pointed(number: int, *, area: int) -> FlagChange:
    lon, lat = centre_of(area)
    return FlagChange(alert_id=some_id(number), operator="li.wei", changed_at=5, place=Place(lon=lon, lat=lat))


def lines_of(site: WriterSite, incident: Incident) -> list[str]:
    with site.reader.begin() as connection:
        return [line.change for line in incidents.history(connection, incident.incident_id)]


def test_a_place_pointed_afterwards_moves_the_incident_its_count_and_who_is_asked(
    site: WriterSite, room: RoomSender
) -> None:
    room.put(some_flag(1, category="brawl"))
    site.deliver(room)
    assert {value.unit_id for value in site.dispatches()} == {"unit-0-near", "unit-0-far"}
    room.put(pointed(1, area=1))
    site.deliver(room)
    moved = site.incident()
    assert (moved.lon, moved.lat, moved.area_id, moved.area_given) == (*centre_of(1), "a1", False)
    assert lines_of(site, moved) == ["opened", "offered", "placed", "offered"]
    with site.reader.begin() as connection:
        found = alerts.by_id(connection, some_id(1))
        assert {value.place.area_id: value.total for value in ledger.sums(connection)} == {"a0": 0, "a1": 1}
    assert found is not None
    assert (found.lon, found.lat, found.area_id) == (*centre_of(1), "a1")
    states = {str(value.unit_id): value.state for value in site.dispatches()}
    assert states["unit-0-near"] is states["unit-0-far"] is DispatchState.RECALLED
    assert states["unit-1-near"] is DispatchState.OFFERED
    assert site.mailbox("unit-1-near")[-1].dispatch.place == Place(lon=centre_of(1)[0], lat=centre_of(1)[1])

    # What is seen there later joins it.
    room.put(replace(some_flag(2, category="brawl"), place=Place(lon=centre_of(1)[0], lat=centre_of(1)[1])))
    site.deliver(room)
    assert site.incident().alert_count == 2


def test_a_flag_and_its_place_in_one_burst_are_one_incident_there(site: WriterSite, room: RoomSender) -> None:
    room.put(some_flag(1, category="brawl"))
    room.put(pointed(1, area=1))
    room.put(replace(some_flag(2, category="brawl"), place=Place(lon=centre_of(1)[0], lat=centre_of(1)[1])))
    site.deliver(room, first_seq=1)
    assert (site.incident().area_id, site.incident().alert_count) == ("a1", 2)


def test_whoever_is_on_the_way_is_told_of_the_pointed_place_and_goes_on(site: WriterSite, room: RoomSender) -> None:
    room.put(some_flag(1, category="brawl"))
    site.deliver(room)
    mine = next(value for value in site.dispatches() if value.unit_id == "unit-0-near")
    site.press("unit-0-near", mine.dispatch_id, Step.ACCEPT)
    room.put(pointed(1, area=1))
    site.deliver(room)
    news = site.mailbox("unit-0-near")[-1]
    assert news.page
    assert (news.dispatch.place, news.dispatch.area_id) == (Place(lon=centre_of(1)[0], lat=centre_of(1)[1]), "a1")
    assert news.dispatch.state == "accepted"
    assert not [value for value in site.dispatches() if value.unit_id.startswith("unit-1")]


def test_a_place_the_desk_or_another_flag_has_said_meanwhile_holds(site: WriterSite, room: RoomSender) -> None:
    for number in (1, 2):
        room.put(some_flag(number, category="brawl"))
    site.deliver(room, first_seq=1)
    room.put(pointed(2, area=1))
    site.deliver(room)
    assert site.incident().area_id == "a1", "both lay at their room, so the first word of a person holds"
    room.put(pointed(1, area=2))
    site.deliver(room)
    assert (site.incident().area_id, lines_of(site, site.incident())[-1]) == ("a1", "place_kept")
    site.act(site.incident().incident_id, Act.RECLASSIFY, area_id="a3")
    room.put(pointed(2, area=0))
    site.deliver(room)
    assert (site.incident().area_id, lines_of(site, site.incident())[-1]) == ("a3", "place_kept")
    with site.reader.begin() as connection:
        assert {value.place.area_id: value.total for value in ledger.sums(connection)} == {"a0": 0, "a1": 0, "a3": 1}


def test_a_withdrawn_flag_recalls_the_units_and_takes_its_count_back(site: WriterSite, room: RoomSender) -> None:
    room.put(some_flag(1))
    site.deliver(room)
    room.put(FlagChange(alert_id=some_id(1), operator="li.wei", changed_at=5, withdrawn=True))
    site.deliver(room)
    assert site.incident().state is IncidentState.CANCELLED
    assert {value.state for value in site.dispatches()} == {DispatchState.RECALLED}
    with site.reader.begin() as connection:
        assert [value.total for value in ledger.sums(connection)] == [0]


def test_many_alerts_of_one_place_are_one_incident_with_one_history_line(site: WriterSite, room: RoomSender) -> None:
    for number in range(1, 61):
        room.put(direct_alert(number))
    site.deliver(room, first_seq=1)
    assert site.incident().alert_count == 60
    with site.reader.begin() as connection:
        assert [line.change for line in incidents.history(connection, site.incident().incident_id)] == [
            "opened",
            "offered",
            "alerts_added",
        ]


def test_an_alert_outside_every_area_counts_for_its_rooms_area(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1, place=Place(lon=50.0, lat=50.0)))
    site.deliver(room)
    assert site.incident().area_id == "a0"


def test_a_clock_from_the_future_counts_at_the_time_of_receipt(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1, started_at=253_402_300_799_999_999, raised_at=253_402_300_799_999_999))
    site.deliver(room)
    assert site.incident().month == "2026-09"
    with site.reader.begin() as connection:
        found = alerts.by_id(connection, some_id(1))
    assert found is not None
    assert "time of receipt taken" in found.note


def test_an_earlier_alert_from_the_month_before_moves_the_incident_there(site: WriterSite, room: RoomSender) -> None:
    october_us = int(datetime(2026, 9, 30, 16, 0, tzinfo=UTC).timestamp()) * 1_000_000
    site.clock.advance((october_us - site.clock.now_us()) / 1e6 + 120)
    for number, offset_s in ((1, 60), (2, -60)):
        at_us = october_us + offset_s * 1_000_000
        room.put(direct_alert(number, started_at=at_us, raised_at=at_us))
        site.deliver(room)
    assert (site.incident().alert_count, site.incident().month) == (2, "2026-09")
    with site.reader.begin() as connection:
        assert {value.place.month: value.total for value in ledger.sums(connection)} == {"2026-09": 1, "2026-10": 0}


def test_an_ended_alert_keeps_its_clip(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    room.put(AlertEnd(alert_id=some_id(1), ended_at=77, clip="ab" * 32))
    site.deliver(room, first_seq=1)
    with site.reader.begin() as connection:
        found = alerts.by_id(connection, some_id(1))
    assert found is not None
    assert (found.ended_us, found.clip) == (77, "ab" * 32)


# --- timers -------------------------------------------------------------------------------------------------


def test_an_unanswered_offer_climbs_the_tiers_and_ends_with_the_centre(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    site.deliver(room)
    site.tick(29)
    assert site.incident().escalation_level == 0
    site.tick(1)
    assert site.incident().escalation_level == 1
    assert {value.unit_id for value in site.dispatches() if value.level == 1} == {
        "police-0",
        "unit-1-near",
        "unit-1-far",
    }
    site.tick(30)
    assert {value.unit_id for value in site.dispatches() if value.level == 2} == {
        "police-1",
        "unit-2-near",
        "unit-2-far",
        "unit-3-near",
        "unit-3-far",
    }
    site.tick(30)
    assert {value.state for value in site.dispatches()} == {DispatchState.TIMED_OUT}
    with site.reader.begin() as connection:
        told = [
            value.reason
            for value in notifications.of_incident(connection, site.incident().incident_id)
            if value.recipient == CENTRE
        ]
    assert told == ["raised by a rule", "nobody answered"]
    site.tick(30)
    assert site.act(site.incident().incident_id, Act.ACKNOWLEDGE).answer is Answer.DONE
    for _ in range(5):
        site.tick(60)
        site.act(site.incident().incident_id, Act.ACKNOWLEDGE)
    with site.reader.begin() as connection:
        later = [
            value.reason
            for value in notifications.of_incident(connection, site.incident().incident_id)
            if value.recipient == CENTRE
        ]
    assert later[2:] == ["still nobody has it"], "nobody is paged for what somebody owns"


def test_a_timer_survives_a_restart_of_the_relay(store_url: str) -> None:
    with WriterSite(store_url) as before:
        room = RoomSender()
        before.connect(room)
        room.put(direct_alert(1))
        before.deliver(room)
        clock = before.clock
    with WriterSite(store_url) as after:
        after.clock = after.writer._clock = clock
        after.tick(31)
        assert after.incident().escalation_level == 1
        assert after.differences() == []


def test_after_a_unit_accepted_no_timer_pages_anybody(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    site.deliver(room)
    site.press("unit-0-near", site.dispatches()[0].dispatch_id, Step.ACCEPT)
    (chosen,) = [value for value in site.dispatches() if value.unit_id == "unit-0-near"]
    site.press("unit-0-near", chosen.dispatch_id, Step.ACCEPT)
    site.press("unit-0-near", chosen.dispatch_id, Step.EN_ROUTE)
    for _ in range(10):
        site.tick(60)
    assert len(site.dispatches()) == 2
