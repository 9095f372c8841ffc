"""Commands carried out by the writer on a real store, and what a failing transaction leaves: nothing."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from patrol_wire.ids import CommandId, Forward, NodeName, Step, UnitId
from patrol_wire.records import Alert, Place
from relay.core.commands import Act, MailboxMark, Mark, MarksReached, UnitDuty, UnitPosition, UnitStep
from relay.core.dispatches import Answer, DispatchState
from relay.core.notifications import NotificationState
from relay.core.presence import Presence
from relay.store import incidents, ledger, mailboxes, notifications, rooms, units
from tests.support.cases import next_id
from tests.support.records import some_alert, some_flag
from tests.support.room_sender import RoomSender
from tests.support.stores import accept_inserts, fail_inserts
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


def test_a_command_sent_again_gets_its_first_answer_and_does_nothing(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    site.deliver(room)
    chosen = next(value for value in site.dispatches() if value.unit_id == "unit-0-near")
    name = next_id()
    first = site.press("unit-0-near", chosen.dispatch_id, Step.ACCEPT, command_id=name)
    revision = site.incident().revision
    site.press("unit-0-near", chosen.dispatch_id, Step.EN_ROUTE)
    again = site.press("unit-0-near", chosen.dispatch_id, Step.ACCEPT, command_id=name)
    assert again == first
    assert site.incident().revision == revision + 1
    stolen = site.press("unit-0-far", chosen.dispatch_id, Step.ACCEPT, command_id=name)
    assert stolen.answer is Answer.REFUSED


def test_two_acceptances_in_one_burst_make_one_assignment(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    site.deliver(room)
    commands = [
        UnitStep(
            command_id=CommandId(next_id()),
            unit_id=value.unit_id,
            dispatch_id=value.dispatch_id,
            step=Step.ACCEPT,
            device_us=0,
        )
        for value in site.dispatches()
    ]
    results = site.writer.apply([], commands).results
    assert [result.answer for result in results] == [Answer.DONE, Answer.TAKEN_BY_OTHER]


@pytest.mark.parametrize("dispatch_id", ["no-such-dispatch"])
def test_commands_about_nothing_known_are_answered(site: WriterSite, dispatch_id: str) -> None:
    assert site.press("unit-0-near", dispatch_id, Step.ACCEPT).answer is Answer.UNKNOWN
    assert site.act("no-such-incident", Act.ACKNOWLEDGE).answer is Answer.UNKNOWN
    duty = UnitDuty(command_id=CommandId(next_id()), actor="wang", unit_id=UnitId("nobody"), on_duty=True)
    position = UnitPosition(unit_id=UnitId("nobody"), lon=1.0, lat=1.0, fixed_us=5, accuracy_m=3.0)
    mark = MailboxMark(unit_id=UnitId("nobody"), mark=Mark.SEEN, cursor=4, at_us=5)
    answers = [result.answer for result in site.writer.apply([], [duty, position, MarksReached(marks=(mark,))]).results]
    assert answers == [Answer.UNKNOWN, Answer.UNKNOWN, Answer.ALREADY_DONE]


def test_a_unit_off_duty_or_busy_is_not_asked(site: WriterSite, room: RoomSender) -> None:
    off = UnitDuty(command_id=CommandId(next_id()), actor="wang", unit_id=UnitId("unit-0-near"), on_duty=False)
    site.writer.apply([], [off])
    room.put(direct_alert(1))
    site.deliver(room)
    (only,) = site.dispatches()
    assert only.unit_id == "unit-0-far"
    site.press("unit-0-far", only.dispatch_id, Step.ACCEPT)
    room.put(some_flag(2, category="brawl"))
    site.deliver(room)
    brawl = next(value for value in site.incidents() if value.category == "brawl")
    asked = {value.unit_id for value in site.dispatches() if value.incident_id == brawl.incident_id}
    assert asked == {"unit-1-near", "unit-1-far"}, "the beat has nobody, so the town's community units are asked"


def test_a_fix_decides_who_is_nearest_and_an_older_one_does_not_replace_it(site: WriterSite, room: RoomSender) -> None:
    now_us = site.clock.now_us()
    there = UnitPosition(unit_id=UnitId("unit-0-far"), lon=0.05, lat=0.05, fixed_us=now_us, accuracy_m=5.0)
    late = UnitPosition(unit_id=UnitId("unit-0-far"), lon=9.0, lat=9.0, fixed_us=now_us - 1, accuracy_m=5.0)
    answers = [result.answer for result in site.writer.apply([], [there, late]).results]
    assert answers == [Answer.DONE, Answer.LATE_NOTED]
    room.put(direct_alert(1))
    site.deliver(room)
    reasons = {value.unit_id: value.reason for value in site.dispatches()}
    assert reasons[UnitId("unit-0-far")] == "own beat; 0 m, fix 0 s old"


def test_receipts_climb_the_ladder_and_never_go_back(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    site.deliver(room)
    unit = UnitId("unit-0-near")
    for mark, state in (
        (Mark.SENT, NotificationState.SENT),
        (Mark.SEEN, NotificationState.SEEN),
        (Mark.DELIVERED, NotificationState.SEEN),
    ):
        reached = MailboxMark(unit_id=unit, mark=mark, cursor=99, at_us=site.clock.now_us())
        site.writer.apply([], [MarksReached(marks=(reached,))])
        with site.reader.begin() as connection:
            told = notifications.of_incident(connection, site.incident().incident_id)
            marks = mailboxes.marks_of(connection, unit)
        assert next(value.state for value in told if value.recipient == unit) is state
    assert (marks.head, marks.sent, marks.delivered, marks.seen) == (1, 1, 1, 1)


def test_the_desk_asks_a_named_unit_and_counts_follow_a_reclassification(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    site.deliver(room)
    name = site.incident().incident_id
    assert site.act(name, Act.OFFER, unit_id=UnitId("police-1")).answer is Answer.DONE
    open_now = [value for value in site.dispatches() if value.state is DispatchState.OFFERED]
    assert [(value.unit_id, value.reason.split(";")[0]) for value in open_now] == [("police-1", "named by the desk")]
    assert site.act(name, Act.RECLASSIFY, category="loitering").answer is Answer.DONE
    with site.reader.begin() as connection:
        assert {value.place.category: value.total for value in ledger.sums(connection)} == {
            "intrusion": 0,
            "loitering": 1,
        }


# --- failure ------------------------------------------------------------------------------------------------


def test_nothing_is_stored_or_answered_when_the_transaction_fails(site: WriterSite, room: RoomSender) -> None:
    """A trigger stands for a full disk: the last write of the burst fails, so all of it must be undone."""
    with site.writer._engine.begin() as connection:
        fail_inserts(connection, "ledger")
    room.put(direct_alert(1))
    commits = site.writer.figures.commits
    with pytest.raises(Exception, match="no space"):
        site.writer.apply([room.batch()])
    assert site.incidents() == []
    assert site.writer.figures.commits == commits
    with site.writer._engine.begin() as connection:
        accept_inserts(connection, "ledger")
    assert site.deliver(room).stored == 1
    assert site.incident().alert_count == 1


def test_rooms_and_units_of_the_city_are_enrolled_once(store_url: str) -> None:
    with WriterSite(store_url):
        pass
    with WriterSite(store_url) as site, site.reader.begin() as connection:
        assert len(units.listed(connection)) == len(site.city.units)
        assert [row.node for row in rooms.listed(connection)] == [NodeName(f"room-{number}") for number in range(4)]
        assert {row.presence for row in rooms.listed(connection)} == {Presence.LOST}


def test_a_flag_without_camera_or_place_lies_at_its_room(site: WriterSite, room: RoomSender) -> None:
    room.put(replace(some_flag(1), camera=None))
    site.deliver(room)
    assert (site.incident().lon, site.incident().lat) == site.city.rooms[0].place


def test_what_a_room_tells_that_the_city_does_not_know_reaches_the_desk(site: WriterSite) -> None:
    """Its key is known, but the city's file forgot it: nobody knows where it is, and that is said."""
    for number, node in enumerate(("room-8", "room-9"), 1):
        stranger = RoomSender(node, session=node.encode())
        site.connect(stranger)
        stranger.put(some_flag(number))
        assert site.deliver(stranger).refused == ()
    first, second = site.incidents()
    for incident in (first, second):
        assert (incident.area_id, incident.lon, incident.lat) == ("unmapped", *site.city.middle)
        with site.reader.connect() as connection:
            changes = {line.change for line in incidents.history(connection, incident.incident_id)}
        assert {"place_unknown", "nobody_to_ask"} <= changes
    assert {(each.peer, each.code) for each in site.refusals} >= {
        ("room:room-8", "unknown_place"),
        ("room:room-9", "unknown_place"),
    }


def test_a_place_that_such_a_room_names_is_taken(site: WriterSite) -> None:
    stranger = RoomSender("room-9", session=b"s9")
    site.connect(stranger)
    stranger.put(replace(some_flag(2), place=Place(lon=0.05, lat=0.05)))
    site.deliver(stranger)
    assert site.incident().area_id == "a0"
