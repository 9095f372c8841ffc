"""Attestations compared with the log, camera-hours and patrol-hours: on a real store, exactly once."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from patrol_wire.ids import CommandId, Stream, UnitId
from patrol_wire.records import Attestation, RecordBody, TestAlert
from relay.core.attesting import Attested, Doubt
from relay.core.commands import Act, DeskCommand, UnitDuty, UnitPosition, UnitSeen
from relay.core.policy import MICROS
from relay.store import attestations, exposure
from tests.support.cases import next_id
from tests.support.records import some_alert, some_flag, some_report
from tests.support.room_sender import RoomSender
from tests.support.small_city import centre_of
from tests.support.stores import accept_inserts, fail_inserts
from tests.support.writer_site import WriterSite

DAY = "2026-10-01"


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * MICROS


class Room:
    """A room at work and the relay it talks to; the clock begins at noon of the first of October in the city."""

    def __init__(self, site: WriterSite, *, epoch: int = 7) -> None:
        self.site = site
        self.sender = RoomSender(epoch=epoch)
        self.at("2026-10-01T12:00:00+08:00")
        site.connect(self.sender)

    def at(self, text: str) -> None:
        self.site.clock.advance((us(text) - self.site.clock.now_us()) / MICROS)

    def send(self, *bodies: RecordBody, stream: Stream = Stream.ALERTS) -> None:
        first = len(self.sender.records[stream]) + 1
        for body in bodies:
            self.sender.put(body, stream)
        self.site.writer.apply([self.sender.batch(first, stream=stream)])

    def again(self, stream: Stream) -> None:
        """Send everything of a stream once more, as after a lost acknowledgement."""
        self.site.writer.apply([self.sender.batch(1, stream=stream)])

    def report(self, cameras: int, *, at_us: int | None = None) -> None:
        body = replace(some_report(0), at=at_us or self.site.clock.now_us(), cameras_streaming=cameras)
        self.send(body, stream=Stream.REPORTS)

    def alerts(self, *numbers: int, category: str = "intrusion") -> None:
        now_us = self.site.clock.now_us()
        self.send(
            *(
                replace(some_alert(number, category=category), alert_id=next_id(), started_at=now_us, raised_at=now_us)
                for number in numbers
            )
        )

    def attest(
        self, first_seq: int, last_seq: int, alerts: dict[str, int] | None = None, *, day: str = DAY
    ) -> Attested:
        body = Attestation(day=day, first_seq=first_seq, last_seq=last_seq, alerts=alerts or {})
        self.send(body, stream=Stream.REPORTS)
        return self.attested()[-1]

    def attested(self) -> list[Attested]:
        with self.site.reader.connect() as connection:
            return attestations.of_days(connection, "2026-01-01", "2026-12-31")

    def command(self, *commands: DeskCommand) -> None:
        self.site.writer.apply([], commands)

    def minutes(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Camera-minutes and patrol-minutes by area and month."""
        with self.site.reader.connect() as connection:
            return {
                (each.area_id, each.month): (each.camera_us / MICROS / 60, each.patrol_us / MICROS / 60)
                for each in exposure.of_areas(connection)
            }


@pytest.fixture
def room(store_url: str) -> Iterator[Room]:
    with WriterSite(store_url) as site:
        yield Room(site)
        assert site.differences() == []


# --- attestations ---------------------------------------------------------------------------------------------


def test_an_attestation_that_agrees_leaves_no_doubt(room: Room) -> None:
    room.alerts(1, 2)
    room.send(TestAlert(alert_id=next_id(), raised_at=room.site.clock.now_us()), replace(some_flag(3), place=None))
    one = room.attest(1, 4, {"intrusion": 2, "brawl": 1})
    assert (one.node, one.day, one.alerts, one.found, one.missing, one.doubts) == ("room-0", DAY, 3, 3, 0, frozenset())
    room.alerts(5)
    assert room.attest(5, 5, {"intrusion": 1}, day="2026-10-02").doubts == frozenset()
    assert room.attest(6, 5, day="2026-10-03").doubts == frozenset()  # a day on which nothing was recorded


def test_a_flag_that_was_given_another_kind_later_is_what_it_was_when_it_was_attested(room: Room) -> None:
    """The room counts what it stored; the incident's category is the desk's affair."""
    room.alerts(1)
    room.site.act(room.site.incident().incident_id, Act.RECLASSIFY, category="brawl")
    assert room.attest(1, 1, {"intrusion": 1}).doubts == frozenset()


@pytest.mark.parametrize(
    ("first", "last", "alerts", "doubt", "says"),
    [
        (1, 2, {"intrusion": 3}, Doubt.DIFFERS, "intrusion: room 3, here 2"),
        (1, 2, {"intrusion": 2, "brawl": 1}, Doubt.DIFFERS, "brawl: room 1, here 0"),
        (2, 2, {"intrusion": 1}, Doubt.HOLE, ""),
        (1, 3, {"intrusion": 3}, Doubt.MISSING, ""),
        (0, 2, {"intrusion": 2}, Doubt.NOT_COMPARED, ""),
    ],
)
def test_what_does_not_agree_is_named(
    room: Room, first: int, last: int, alerts: dict[str, int], doubt: Doubt, says: str
) -> None:
    room.alerts(1, 2)
    found = room.attest(first, last, alerts)
    assert found.doubts == {doubt}
    assert says in found.detail


def test_a_second_claim_on_the_same_records_is_a_hole_and_is_not_read_again(room: Room) -> None:
    """A hostile room could else have its whole log read with each record it sends."""
    room.alerts(1, 2)
    assert room.attest(1, 2, {"intrusion": 2}).doubts == frozenset()
    again = room.attest(1, 2, {"intrusion": 2})
    assert (again.found, Doubt.HOLE in again.doubts) == (0, True)


def test_an_attestation_that_overtook_its_alerts_is_settled_when_they_arrive(room: Room) -> None:
    room.alerts(1)
    early = room.attest(1, 2, {"intrusion": 2})
    assert (early.missing, early.doubts) == (1, frozenset({Doubt.MISSING}))
    room.alerts(2)
    with room.site.reader.connect() as connection:
        assert attestations.as_now(connection, early) == frozenset()
    assert room.attested()[-1] == early, "what was written is not changed"


def test_alerts_that_became_dead_letters_make_the_day_doubtful(room: Room) -> None:
    twice = some_alert(1)
    room.send(twice, twice)
    found = room.attest(1, 2, {"intrusion": 2})
    assert (found.unusable, found.doubts) == (1, frozenset({Doubt.UNUSABLE}))


def test_an_alert_of_an_unknown_category_is_attested_by_the_rooms_word_for_it(room: Room) -> None:
    """It counts as unclassified; what is compared is the record itself."""
    room.alerts(1)
    room.alerts(2, category="nobody.knows.it")
    found = room.attest(1, 2, {"intrusion": 1, "nobody.knows.it": 1})
    assert (found.found, found.unusable, found.doubts) == (2, 0, frozenset())


def test_a_room_with_a_new_outbox_says_nothing_of_the_old_one(room: Room) -> None:
    room.alerts(1)
    fresh = Room(room.site, epoch=8)
    fresh.alerts(2)
    assert fresh.attest(1, 1, {"intrusion": 1}).doubts == {Doubt.OUTBOX_REPLACED}
    assert fresh.attest(2, 1, day="2026-10-02").doubts == frozenset()


def test_a_day_that_is_none_is_a_dead_letter_and_the_next_attestation_shows_the_hole(room: Room) -> None:
    room.alerts(1)
    body = Attestation(day="someday", first_seq=1, last_seq=1, alerts={"intrusion": 1})
    room.send(body, stream=Stream.REPORTS)
    assert room.attested() == []
    assert room.site.writer.figures.dead_letters == 1
    assert room.attest(2, 1).doubts == {Doubt.HOLE}


def test_an_attestation_sent_twice_is_one(room: Room) -> None:
    room.alerts(1)
    room.attest(1, 1, {"intrusion": 1})
    room.again(Stream.REPORTS)
    assert len(room.attested()) == 1


# --- camera-hours ---------------------------------------------------------------------------------------------


def test_reports_each_minute_make_camera_hours_of_the_rooms_area(room: Room) -> None:
    for _ in range(61):
        room.report(4)
        room.site.clock.advance(60)
    assert room.minutes() == {("a0", "2026-10"): (240.0, 0.0)}
    room.again(Stream.REPORTS)
    assert room.minutes() == {("a0", "2026-10"): (240.0, 0.0)}
    with room.site.reader.connect() as connection:
        assert exposure.watched(connection, DAY, DAY) == {("room-0", DAY): 3_600 * MICROS}


def test_silence_is_a_gap_and_a_room_without_streaming_cameras_is_dark(room: Room) -> None:
    room.report(4)
    room.site.clock.advance(150)
    room.report(4)  # one report was lost
    room.site.clock.advance(151)
    room.report(4)  # who knows what was in between
    room.site.clock.advance(60)
    room.report(0)
    assert room.minutes() == {("a0", "2026-10"): (10.0, 0.0)}
    with room.site.reader.connect() as connection:
        assert exposure.watched(connection, DAY, DAY) == {("room-0", DAY): 150 * MICROS}


def test_a_backlog_of_reports_counts_for_the_days_it_speaks_of(room: Room) -> None:
    """A room was cut off over the end of a month; its reports come late, and midnight parts them."""
    for minute in range(-60, 61):
        room.report(2, at_us=us("2026-10-01T00:00:00+08:00") + minute * 60 * MICROS)
    assert room.minutes() == {("a0", "2026-09"): (120.0, 0.0), ("a0", "2026-10"): (120.0, 0.0)}


def test_a_report_whose_clock_is_a_year_off_counts_for_nothing_and_spoils_nothing(room: Room) -> None:
    year_us = 365 * 86_400 * MICROS
    room.report(4)
    room.report(4, at_us=room.site.clock.now_us() + year_us)
    room.report(4, at_us=room.site.clock.now_us() - year_us)
    room.site.clock.advance(60)
    room.report(4)
    assert room.minutes() == {("a0", "2026-10"): (4.0, 0.0)}


def test_two_outboxes_of_one_room_do_not_double_its_hours(room: Room) -> None:
    """A cloned machine reports beside the real one."""
    clone = Room(room.site, epoch=8)
    for _ in range(61):
        room.report(3)
        clone.report(3)
        room.site.clock.advance(60)
    assert room.minutes() == {("a0", "2026-10"): (180.0, 0.0)}


# --- patrol-hours ---------------------------------------------------------------------------------------------


def position(room: Room, area: int, unit: str = "unit-0-near") -> UnitPosition:
    lon, lat = centre_of(area)
    return UnitPosition(unit_id=UnitId(unit), lon=lon, lat=lat, fixed_us=room.site.clock.now_us(), accuracy_m=5.0)


def test_positions_of_a_unit_on_duty_make_patrol_hours_where_it_walks(room: Room) -> None:
    for minute in range(31):
        room.command(position(room, 0 if minute <= 20 else 1))
        room.site.clock.advance(60)
    assert room.minutes() == {
        ("a0", "2026-10"): (0.0, 20.0),
        ("a1", "2026-10"): (0.0, 10.0),
    }


def test_a_connected_terminal_patrols_at_its_last_fix_else_at_its_post(room: Room) -> None:
    def seen() -> None:
        room.command(UnitSeen(unit_id=UnitId("unit-0-near"), at_us=room.site.clock.now_us()))

    seen()
    room.site.clock.advance(120)
    seen()  # no fix yet: its post lies in a0
    room.command(position(room, 2))
    for _ in range(12):
        room.site.clock.advance(60)
        seen()
    minutes = room.minutes()
    assert minutes["a2", "2026-10"] == (0.0, 10.0), "the fix is believed for ten minutes"
    assert minutes["a0", "2026-10"] == (0.0, 4.0)


def test_off_duty_nobody_patrols(room: Room) -> None:
    def duty(on_duty: bool) -> UnitDuty:
        return UnitDuty(command_id=CommandId(next_id()), actor="wang", unit_id=UnitId("unit-0-near"), on_duty=on_duty)

    room.command(position(room, 0))
    room.site.clock.advance(60)
    room.command(position(room, 0))
    room.command(duty(False))
    room.site.clock.advance(60)
    room.command(position(room, 0))
    room.site.clock.advance(60)
    room.command(duty(True))
    room.site.clock.advance(60)
    room.command(position(room, 0))
    assert room.minutes() == {("a0", "2026-10"): (0.0, 2.0)}


def test_two_terminals_of_one_unit_are_one_patrol(room: Room) -> None:
    for _ in range(11):
        seen = UnitSeen(unit_id=UnitId("police-0"), at_us=room.site.clock.now_us())
        room.command(seen, seen, position(room, 0, "police-0"))
        room.site.clock.advance(60)
    assert room.minutes() == {("a0", "2026-10"): (0.0, 10.0)}


def test_a_failed_transaction_credits_nothing(room: Room) -> None:
    engine = room.site.writer._engine
    room.report(1)
    room.site.clock.advance(60)
    with engine.begin() as connection:
        fail_inserts(connection, "room_day")
    with pytest.raises(Exception, match="no space"):
        room.report(1)
    assert room.minutes() == {}
    with engine.begin() as connection:
        accept_inserts(connection, "room_day")
    room.again(Stream.REPORTS)
    assert room.minutes() == {("a0", "2026-10"): (1.0, 0.0)}
