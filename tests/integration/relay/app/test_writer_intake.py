"""Sessions and intake of the writer on a real store: what is taken, what is answered, what becomes a dead letter."""

import dataclasses
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from patrol_wire.chain import CHAIN_START
from patrol_wire.ids import Forward, Severity, Stream, Verdict
from patrol_wire.messages import Ack, Error, Nack, Pong, StreamMark, Welcome, Who
from patrol_wire.records import Alert, AlertEnd, Flag, FlagChange, Judgement, TestAlert
from relay.core.alerts import AlertSource
from relay.core.city import City
from relay.core.commands import Act
from relay.core.incidents import IncidentState
from relay.store import alerts, figures, incidents, ledger, records
from relay.store.tables import record_log
from tests.support.records import some_alert, some_flag, some_health_alert, some_id, some_report
from tests.support.room_sender import RoomSender, said
from tests.support.small_city import small_city
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
        (some_health_alert(1), "wrong_stream"),
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


@pytest.mark.parametrize("body", [some_alert(1, category="witchcraft"), some_flag(1, category="witchcraft")])
def test_a_category_that_the_city_does_not_know_costs_no_alert(
    site: WriterSite, room: RoomSender, body: Alert | Flag
) -> None:
    """It is unclassified until somebody names it; the incident and the book of refusals say what the room called it."""
    room.put(body)
    assert site.deliver(room).refused == ()
    (incident,) = site.incidents()
    assert (incident.category, incident.family) == ("unclassified", "unclassified")
    with site.reader.connect() as connection:
        (alert,) = alerts.of_incident(connection, incident.incident_id)
        (line,) = [
            line for line in incidents.history(connection, incident.incident_id) if line.change == "category_unknown"
        ]
    assert (alert.category, alert.severity) == ("unclassified", body.severity)
    assert "'witchcraft'" in alert.note
    assert "'witchcraft'" in line.reason
    (told,) = [each for each in site.refusals if each.code == "unknown_category"]
    assert (told.peer, told.times) == ("room:room-0", 1)
    assert "'witchcraft'" in told.detail


def test_an_operators_word_that_the_city_does_not_know_loses_nothing_else_of_what_was_said(
    site: WriterSite, room: RoomSender
) -> None:
    room.put(some_flag(1, category="brawl"))
    room.put(
        FlagChange(
            alert_id=some_id(1),
            operator="li.wei",
            changed_at=5,
            category="witchcraft",
            severity=Severity.CRITICAL,
            note="two men at the kiosk",
        )
    )
    assert site.deliver(room, first_seq=1).refused == ()
    incident = site.incident()
    assert (incident.category, incident.severity) == ("brawl", Severity.CRITICAL)
    with site.reader.connect() as connection:
        (alert,) = alerts.of_incident(connection, incident.incident_id)
        changes = [line.change for line in incidents.history(connection, incident.incident_id)]
    assert (alert.category, alert.note) == ("brawl", "two men at the kiosk")
    assert "category_unknown" in changes


def _grave_city() -> City:
    plain = small_city()
    kinds = (dataclasses.replace(each, severity=_KINDS.get(each.category, each.severity)) for each in plain.categories)
    return dataclasses.replace(plain, categories=tuple(kinds))


_KINDS = {"brawl": Severity.CRITICAL, "loitering": Severity.LOW}


@pytest.mark.parametrize(
    ("kind", "at_once", "severity"),
    [
        ("brawl", True, Severity.CRITICAL),
        ("brawl", False, Severity.CRITICAL),
        ("loitering", True, Severity.HIGH),
        ("loitering", False, Severity.HIGH),
    ],
)
def test_the_kind_that_an_operator_chooses_makes_a_flag_as_grave_as_the_city_says_and_never_less(
    store_url: str, kind: str, at_once: bool, severity: Severity
) -> None:
    """The room's page flags everything as high: what burns is critical as soon as somebody says that it burns."""
    with WriterSite(store_url, city=_grave_city()) as site:
        room = RoomSender()
        site.connect(room)
        room.put(replace(some_flag(1, category=kind if at_once else "unclassified"), severity=Severity.HIGH))
        if not at_once:
            room.put(FlagChange(alert_id=some_id(1), operator="li.wei", changed_at=5, category=kind))
        site.deliver(room, first_seq=1)
        incident = site.incident()
        assert (incident.category, incident.severity) == (kind, severity)
        with site.reader.connect() as connection:
            (alert,) = alerts.of_incident(connection, incident.incident_id)
        assert alert.severity is severity
        assert site.differences() == []


def test_a_kind_does_not_make_an_incident_less_grave_than_the_desk_made_it(store_url: str) -> None:
    with WriterSite(store_url, city=_grave_city()) as site:
        room = RoomSender()
        site.connect(room)
        room.put(replace(some_flag(1, category="unclassified"), severity=Severity.LOW))
        site.deliver(room)
        site.act(site.incident().incident_id, Act.RECLASSIFY, severity=Severity.CRITICAL)
        room.put(FlagChange(alert_id=some_id(1), operator="li.wei", changed_at=5, category="intrusion"))
        site.deliver(room)
        assert (site.incident().category, site.incident().severity) == ("intrusion", Severity.CRITICAL)


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


def test_a_health_alert_is_kept_in_the_log_and_is_never_an_incident_or_a_count(
    site: WriterSite, room: RoomSender
) -> None:
    """Raised, cleared, and the room's own without a camera; a second copy of one harms nothing."""
    for body in (
        some_health_alert(1),
        some_health_alert(1, cleared_at=9),
        some_health_alert(1, cleared_at=9),
        some_health_alert(2, camera=None),
    ):
        room.put(body, Stream.REPORTS)
    (answer,) = said(site.writer.apply([room.batch(stream=Stream.REPORTS)]).replies)
    assert isinstance(answer, Ack)
    assert (answer.stored, answer.refused) == (4, ())
    with site.reader.begin() as connection:
        assert {row.kind for row in connection.execute(record_log.select())} == {"health_alert"}
        assert ledger.head(connection) == 0
        assert alerts.by_id(connection, some_id(1)) is None
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
