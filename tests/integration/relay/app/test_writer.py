"""The writer on a real store: what one burst leaves behind, and what it answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from patrol_wire.chain import CHAIN_START
from patrol_wire.ids import CommandId, Forward, Measure, NodeName, Outcome, Step, Stream, UnitId, Verdict
from patrol_wire.messages import Ack, Error, Nack, Pong, StreamMark, Welcome, Who
from patrol_wire.records import Alert, AlertEnd, FlagChange, Judgement, Place, TestAlert
from relay.core.alerts import AlertSource
from relay.core.candidates import Activity
from relay.core.commands import Act, MailboxMark, Mark, UnitDuty, UnitPosition, UnitStep
from relay.core.dispatches import Answer, DispatchState
from relay.core.incidents import IncidentState
from relay.core.notifications import CENTRE, NotificationState
from relay.core.presence import Presence
from relay.store import alerts, figures, incidents, ledger, mailboxes, notifications, records, rooms, timers, units
from tests.support.cases import next_id
from tests.support.records import some_alert, some_flag, some_id, some_report
from tests.support.room_sender import RoomSender, said
from tests.support.writer_site import WriterSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WriterSite]:
    with WriterSite(tmp_path) as made:
        yield made
        assert made.differences() == [], "every test ends with a store that agrees with itself"


@pytest.fixture
def room(site: WriterSite) -> RoomSender:
    sender = RoomSender()
    site.connect(sender)
    return sender


def direct_alert(number: int, **fields: object) -> Alert:
    return replace(some_alert(number), forward=Forward.DIRECT, **fields)


# --- sessions and intake ------------------------------------------------------------------------------------


def test_hello_is_answered_with_the_marks_the_relay_holds(site: WriterSite) -> None:
    room = RoomSender()
    (welcome,) = said(site.writer.apply([room.hello()]).replies)
    assert isinstance(welcome, Welcome)
    assert welcome.credit > 0
    assert {mark.stream: (mark.seq, mark.chain) for mark in welcome.stored} == dict.fromkeys(Stream, (0, CHAIN_START))
    room.put(direct_alert(1))
    site.deliver(room)
    (again,) = said(site.writer.apply([room.hello()]).replies)
    assert isinstance(again, Welcome)
    assert again.stored == again.final
    assert again.stored[0] == StreamMark(stream=Stream.ALERTS, seq=1, chain=room.records[Stream.ALERTS][0].chain)


def test_a_batch_from_a_session_nobody_opened_is_answered_with_who(site: WriterSite) -> None:
    room = RoomSender()
    room.put(direct_alert(1))
    assert said(site.writer.apply([room.batch(), room.ping()]).replies) == [Who(), Who()]
    assert site.incidents() == []


def test_a_session_belongs_to_the_peer_that_opened_it(site: WriterSite, room: RoomSender) -> None:
    stranger = RoomSender("room-1", session=room.session)
    assert said(site.writer.apply([stranger.ping()]).replies) == [Who()]


def test_a_newer_session_of_a_room_ends_the_older_one(site: WriterSite, room: RoomSender) -> None:
    newer = RoomSender(session=b"s2")
    site.connect(newer)
    assert said(site.writer.apply([room.ping()]).replies) == [Who()]
    assert isinstance(said(site.writer.apply([newer.ping()]).replies, b"s2")[0], Pong)


def test_a_version_nobody_speaks_is_refused(site: WriterSite) -> None:
    (answer,) = said(site.writer.apply([RoomSender().hello(lowest=7, highest=9)]).replies)
    assert isinstance(answer, Error)
    assert answer.code == "unknown_version"


def test_bytes_that_are_no_message_are_refused_and_the_rest_of_the_burst_goes_on(
    site: WriterSite, room: RoomSender
) -> None:
    room.put(direct_alert(1))
    broken = room.batch()._replace(frame=b"VP\x01\x06rubbish that is long enough")
    answers = said(site.writer.apply([broken, room.batch()]).replies)
    assert [type(answer) for answer in answers] == [Error, Ack]
    assert site.writer.figures.refused_frames == 1


def test_a_pong_tells_how_far_commits_have_come(site: WriterSite, room: RoomSender) -> None:
    (first,) = said(site.writer.apply([room.ping()]).replies)
    (second,) = said(site.writer.apply([room.ping()]).replies)
    assert isinstance(first, Pong)
    assert isinstance(second, Pong)
    assert second.commits == first.commits + 1


def test_a_batch_sent_again_is_acknowledged_again_and_counts_once(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    assert site.deliver(room).stored == 1
    assert site.deliver(room).stored == 1
    with site.reader.begin() as connection:
        assert figures.read(connection).records == 1
    assert site.incident().alert_count == 1


def test_the_same_batch_twice_in_one_burst_counts_once(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    answers = said(site.writer.apply([room.batch(), room.batch()]).replies)
    assert [answer.stored for answer in answers if isinstance(answer, Ack)] == [1, 1]
    assert site.incident().alert_count == 1


def test_a_gap_is_answered_with_what_is_expected_and_nothing_is_taken(site: WriterSite, room: RoomSender) -> None:
    for number in range(1, 4):
        room.put(direct_alert(number))
    assert said(site.writer.apply([room.batch(2)]).replies) == [Nack(expected=1, reason="gap")]
    assert site.incidents() == []
    assert site.deliver(room, first_seq=1).stored == 3


def test_a_cloned_outbox_is_quarantined_and_stays_so_after_a_restart(site: WriterSite, room: RoomSender) -> None:
    room.put(direct_alert(1))
    site.deliver(room)
    clone = RoomSender(session=b"s2")
    clone.put(direct_alert(2))
    clone.put(direct_alert(3))
    site.connect(clone)
    assert said(site.writer.apply([clone.batch(2)]).replies, b"s2") == [Nack(expected=2, reason="fork")]
    site.connect(room)
    room.put(direct_alert(4))
    assert said(site.writer.apply([room.batch(2)]).replies) == [Nack(expected=2, reason="quarantined")]
    with site.reader.begin() as connection:
        (row,) = records.streams(connection)
    assert row.position.reason == "the chain breaks at record 2"
    fresh = RoomSender(epoch=8, session=b"s3")
    fresh.put(direct_alert(4))
    site.connect(fresh)
    assert site.deliver(fresh).stored == 1, "a new epoch goes on"


def test_a_room_that_moves_here_from_another_relay_goes_on_at_its_mark(site: WriterSite) -> None:
    room = RoomSender()
    for number in range(1, 4):
        room.put(direct_alert(number))
    mark = StreamMark(stream=Stream.ALERTS, seq=2, chain=room.records[Stream.ALERTS][1].chain)
    site.writer.apply([room.hello(retained=[mark])])
    assert site.deliver(room, first_seq=3).stored == 3


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xc1 no record", "bad_body"),
        (some_report(1), "wrong_stream"),
        (some_alert(1, category="witchcraft"), "unknown_category"),
        (Judgement(alert_id=some_id(9), verdict=Verdict.ACCEPTED, operator="li.wei", judged_at=5), "unknown_alert"),
        (AlertEnd(alert_id=some_id(9), ended_at=5), "unknown_alert"),
    ],
)
def test_a_record_that_cannot_be_used_is_acknowledged_shown_and_blocks_nothing(
    site: WriterSite, room: RoomSender, body: object, reason: str
) -> None:
    room.put(body)  # type: ignore[arg-type]  # records of several types, one of them none
    room.put(direct_alert(2))
    answer = site.deliver(room, first_seq=1)
    assert answer.stored == 2
    assert answer.refused == ((1, reason),)
    with site.reader.begin() as connection:
        (letter,) = records.dead_letters(connection)
    assert (letter.node, letter.seq, letter.reason) == ("room-0", 1, reason)
    assert letter.detail
    assert site.incident().alert_count == 1


def test_an_alert_known_from_another_epoch_is_not_counted_twice(site: WriterSite, room: RoomSender) -> None:
    """The room's outbox was made anew and its alert sent again under another number."""
    room.put(direct_alert(1))
    site.deliver(room)
    reborn = RoomSender(epoch=8, session=b"s2")
    reborn.put(direct_alert(1))
    site.connect(reborn)
    assert site.deliver(reborn).refused == ((1, "duplicate_alert"),)
    assert site.incident().alert_count == 1


def test_a_room_cannot_judge_anothers_alert(site: WriterSite, room: RoomSender) -> None:
    room.put(some_alert(1))
    site.deliver(room)
    other = RoomSender("room-1", session=b"s2")
    other.put(Judgement(alert_id=some_id(1), verdict=Verdict.DISMISSED, operator="x", judged_at=5))
    site.connect(other)
    assert site.deliver(other).refused == ((1, "not_your_alert"),)
    assert site.incident().state is IncidentState.NEW


def test_reports_are_kept_and_decide_nothing(site: WriterSite, room: RoomSender) -> None:
    room.put(some_report(1), Stream.REPORTS)
    (answer,) = said(site.writer.apply([room.batch(stream=Stream.REPORTS)]).replies)
    assert isinstance(answer, Ack)
    assert (answer.stored, answer.refused) == (1, ())
    assert site.incidents() == []


def test_a_test_alert_travels_the_whole_way_and_makes_nothing(site: WriterSite, room: RoomSender) -> None:
    room.put(TestAlert(alert_id=some_id(1), raised_at=5))
    site.deliver(room)
    with site.reader.begin() as connection:
        found = alerts.by_id(connection, some_id(1))
        assert ledger.head(connection) == 0
    assert found is not None
    assert found.source is AlertSource.TEST
    assert site.incidents() == []


# --- from alert to count ------------------------------------------------------------------------------------


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
    with site.reader.begin() as connection:
        assert timers.next_due_us(connection) is None, "nothing rings for what somebody owns"


def test_a_timer_survives_a_restart_of_the_relay(tmp_path: Path) -> None:
    with WriterSite(tmp_path) as before:
        room = RoomSender()
        before.connect(room)
        room.put(direct_alert(1))
        before.deliver(room)
        clock = before.clock
    with WriterSite(tmp_path) as after:
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
    for _ in range(10):
        site.tick(60)
    assert len(site.dispatches()) == 2


# --- commands -----------------------------------------------------------------------------------------------


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
    answers = [result.answer for result in site.writer.apply([], [duty, position, mark]).results]
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
        site.writer.apply([], [MailboxMark(unit_id=unit, mark=mark, cursor=99, at_us=site.clock.now_us())])
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
        connection.execute(
            text("CREATE TRIGGER fail BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'no space'); END")
        )
    room.put(direct_alert(1))
    commits = site.writer.figures.commits
    with pytest.raises(Exception, match="no space"):
        site.writer.apply([room.batch()])
    assert site.incidents() == []
    assert site.writer.figures.commits == commits
    with site.writer._engine.begin() as connection:
        connection.execute(text("DROP TRIGGER fail"))
    assert site.deliver(room).stored == 1
    assert site.incident().alert_count == 1


def test_rooms_and_units_of_the_city_are_enrolled_once(tmp_path: Path) -> None:
    with WriterSite(tmp_path):
        pass
    with WriterSite(tmp_path) as site, site.reader.begin() as connection:
        assert len(units.listed(connection)) == len(site.city.units)
        assert [row.node for row in rooms.listed(connection)] == [NodeName(f"room-{number}") for number in range(4)]
        assert {row.presence for row in rooms.listed(connection)} == {Presence.LOST}


def test_a_flag_without_camera_or_place_lies_at_its_room(site: WriterSite, room: RoomSender) -> None:
    room.put(replace(some_flag(1), camera=None))
    site.deliver(room)
    assert (site.incident().lon, site.incident().lat) == site.city.rooms[0].place


def test_a_room_the_city_does_not_know_needs_a_place(site: WriterSite) -> None:
    stranger = RoomSender("room-9", session=b"s9")
    site.connect(stranger)
    stranger.put(some_flag(1))
    stranger.put(replace(some_flag(2), place=Place(lon=0.05, lat=0.05)))
    assert site.deliver(stranger, first_seq=1).refused == ((1, "unknown_place"),)
    assert site.incident().area_id == "a0"
