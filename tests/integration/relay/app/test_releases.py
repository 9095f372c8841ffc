"""Months that are published, and what arrives after that: on a real store, in the transaction of the change."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from patrol_wire.ids import CommandId, Forward, Outcome
from patrol_wire.records import FlagChange, Place
from relay.core.commands import Act, PublishMonth
from relay.core.dispatches import Answer
from relay.core.releases import AUTOMATIC
from relay.publish.month_end import MonthEnd
from relay.store import ledger, releases
from tests.support.cases import next_id
from tests.support.records import some_alert, some_flag, some_id
from tests.support.release_calendar import Calendar, us
from tests.support.small_city import centre_of
from tests.support.stores import accept_inserts, fail_inserts
from tests.support.writer_site import WriterSite

DAY_S = 86_400.0


@pytest.fixture
def calendar(store_url: str) -> Iterator[Calendar]:
    with WriterSite(store_url) as site:
        yield Calendar(site)
        assert site.differences() == []


def test_a_published_month_keeps_its_figures_and_late_arrivals_make_a_new_release(calendar: Calendar) -> None:
    calendar.alert("2026-09-30T19:59:00+08:00")
    calendar.alert("2026-09-30T19:59:00+08:00")
    calendar.at("2026-10-02T09:00:00+08:00")
    calendar.alert("2026-10-02T08:59:00+08:00")
    assert calendar.publish("2026-09").answer is Answer.DONE
    (first,) = calendar.releases()
    assert (first.number, first.month, first.release, first.cutoff, first.entries) == (1, "2026-09", 1, 3, 2)
    assert (first.begin_us, first.end_us) == (us("2026-09-01T00:00:00+08:00"), us("2026-10-01T00:00:00+08:00"))
    assert (first.actor, first.reason, first.zone) == ("wang", "the report is due", "Asia/Shanghai")
    assert calendar.figure("2026-09", 1) == 2

    calendar.alert("2026-09-30T23:59:59+08:00", area=1)  # a room that was cut off
    _, second = calendar.releases()
    assert (second.number, second.month, second.release, second.cutoff, second.entries) == (2, "2026-09", 2, 4, 1)
    assert second.actor == AUTOMATIC
    assert calendar.difference("2026-09", 2) == [("reported", "a1", 1)]
    assert (calendar.figure("2026-09", 1), calendar.figure("2026-09", 2)) == (2, 3)


def test_corrections_of_a_published_month_are_a_release_each(calendar: Calendar) -> None:
    calendar.alert("2026-09-30T19:59:00+08:00")
    incident = calendar.site.incident()
    calendar.at("2026-10-01T00:00:00+08:00")
    calendar.publish("2026-09")
    calendar.site.act(incident.incident_id, Act.CLOSE, outcome=Outcome.CONFIRMED)
    calendar.site.act(incident.incident_id, Act.RECLASSIFY, area_id="a3")
    calendar.site.act(incident.incident_id, Act.NOTE)  # changes no count, so no release
    calendar.site.act(incident.incident_id, Act.REOPEN)
    calendar.site.act(incident.incident_id, Act.CANCEL)
    assert [each.release for each in calendar.releases()] == [1, 2, 3, 4, 5]
    assert calendar.difference("2026-09", 2) == [("confirmed", "a0", 1)]
    assert calendar.difference("2026-09", 3) == [
        ("confirmed", "a0", -1),
        ("confirmed", "a3", 1),
        ("reported", "a0", -1),
        ("reported", "a3", 1),
    ]
    assert calendar.difference("2026-09", 4) == [("confirmed", "a3", -1)]
    assert calendar.difference("2026-09", 5) == [("reported", "a3", -1)]
    assert [calendar.figure("2026-09", release) for release in range(1, 6)] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("state", ["open", "closed", "cancelled"])
def test_a_place_pointed_after_its_month_was_published_is_a_release_of_its_own(calendar: Calendar, state: str) -> None:
    """DESIGN.md §6: moving writes correcting entries, and what comes to a frozen month makes a visible new release."""
    site, room = calendar.site, calendar.room
    room.put(replace(some_flag(1), flagged_at=us("2026-09-30T19:59:00+08:00")))
    site.deliver(room)
    incident_id = site.incident().incident_id
    if state == "closed":
        site.act(incident_id, Act.CLOSE, outcome=Outcome.CONFIRMED)
    elif state == "cancelled":
        site.act(incident_id, Act.CANCEL)
    calendar.at("2026-10-08T09:00:00+08:00")
    calendar.publish("2026-09")
    asked = len(site.dispatches())
    lon, lat = centre_of(1)
    room.put(FlagChange(alert_id=some_id(1), operator="li.wei", changed_at=5, place=Place(lon=lon, lat=lat)))
    site.deliver(room)
    moved = site.incident()
    assert (moved.area_id, moved.lon, moved.lat, moved.month) == ("a1", lon, lat, "2026-09")
    counted = {"open": ["reported"], "closed": ["confirmed", "reported"], "cancelled": []}[state]
    expected = [line for measure in counted for line in ((measure, "a0", -1), (measure, "a1", 1))]
    assert [each.release for each in calendar.releases()] == ([1, 2] if counted else [1])
    assert calendar.difference("2026-09", 2) == expected
    assert calendar.figure("2026-09", 1) == len(counted[:1]), "what was published stays what it was"
    if state != "open":
        assert len(site.dispatches()) == asked, "nobody is sent to what is over"
        assert moved.state.value == state


def test_a_month_is_published_with_what_the_same_transaction_counts(calendar: Calendar) -> None:
    """Else a line could lie before the cutoff and be in no release."""
    calendar.at("2026-10-01T00:00:00+08:00")
    calendar.room.put(
        replace(some_alert(5), forward=Forward.DIRECT, started_at=us("2026-09-30T23:00:00+08:00"), raised_at=1)
    )
    command = PublishMonth(command_id=CommandId(next_id()), actor="wang", month="2026-09")
    calendar.site.writer.apply([calendar.room.batch()], [command])
    (only,) = calendar.releases()
    assert (only.release, only.cutoff, only.entries, calendar.figure("2026-09", 1)) == (1, 1, 1, 1)


def test_a_running_month_a_published_one_and_a_replayed_command(calendar: Calendar) -> None:
    assert "has not ended" in calendar.publish("2026-09").reason
    calendar.at("2026-10-01T00:00:00+08:00")
    command = PublishMonth(command_id=CommandId(next_id()), actor="wang", month="2026-09")
    twice = calendar.site.writer.apply([], [command, command]).results
    again = calendar.site.writer.apply([], [command]).results
    assert {result.answer for result in (*twice, *again)} == {Answer.DONE}
    refused = calendar.publish("2026-09", actor="li")
    assert (refused.answer, len(calendar.releases())) == (Answer.REFUSED, 1)
    assert "was published" in refused.reason


def test_two_people_publish_one_month_in_one_transaction(calendar: Calendar) -> None:
    calendar.at("2026-10-01T00:00:00+08:00")
    commands = [PublishMonth(command_id=CommandId(next_id()), actor=who, month="2026-09") for who in ("wang", "li")]
    one, other = calendar.site.writer.apply([], commands).results
    assert (one.answer, other.answer) == (Answer.DONE, Answer.REFUSED)
    assert [each.actor for each in calendar.releases()] == ["wang"]


def test_months_are_published_by_themselves_after_their_days_of_grace_and_once(calendar: Calendar) -> None:
    calendar.alert("2026-09-20T12:00:00+08:00")
    site = calendar.site
    submitted: list[PublishMonth] = []

    def submit(command: object) -> object:
        assert isinstance(command, PublishMonth)
        submitted.append(command)
        return command

    month_end = MonthEnd(reader=site.reader, submit=submit, zone=site.city.zone, after_days=7)  # type: ignore[arg-type]  # the test carries out what is asked

    def look() -> None:
        month_end.look(site.clock.now_us())

    calendar.at("2026-10-07T23:59:59+08:00")
    look()
    assert submitted == []
    calendar.at("2026-12-08T00:00:00+08:00")  # the relay was off: October and November had nothing, and are published
    look()
    assert [command.month for command in submitted] == ["2026-09", "2026-10", "2026-11"]
    site.writer.apply([], submitted)
    submitted.clear()
    look()
    assert submitted == []
    assert [(each.month, each.actor, each.reason) for each in calendar.releases()] == [
        (month, AUTOMATIC, "7 days after its end") for month in ("2026-09", "2026-10", "2026-11")
    ]
    assert calendar.figure("2026-10", 1) == 0


def test_a_failed_transaction_leaves_no_release(calendar: Calendar) -> None:
    """The release is in the transaction of its lines: all or nothing."""
    calendar.alert("2026-09-30T19:59:00+08:00")
    calendar.at("2026-10-01T00:00:00+08:00")
    calendar.publish("2026-09")
    incident = calendar.site.incident()
    engine = calendar.site.writer._engine
    with engine.begin() as connection:
        fail_inserts(connection, "release_difference")
    with pytest.raises(Exception, match="no space"):
        calendar.site.act(incident.incident_id, Act.CLOSE, outcome=Outcome.CONFIRMED)
    with calendar.site.reader.connect() as connection:
        assert (len(releases.listed(connection)), ledger.head(connection)) == (1, 1)
    with engine.begin() as connection:
        accept_inserts(connection, "release_difference")
    calendar.site.act(incident.incident_id, Act.CLOSE, outcome=Outcome.CONFIRMED)
    assert [each.release for each in calendar.releases()] == [1, 2]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE release_difference SET change = 7",
        "DELETE FROM release_difference",
        "UPDATE month_release SET entries = 9",
        "UPDATE month_release SET cutoff = 0",
        "UPDATE month_release SET number = 3",
    ],
)
def test_reconcile_names_a_release_that_does_not_say_what_the_ledger_says(store_url: str, damage: str) -> None:
    with WriterSite(store_url) as site:
        calendar = Calendar(site)
        calendar.alert("2026-09-30T19:59:00+08:00")
        calendar.at("2026-10-01T00:00:00+08:00")
        calendar.publish("2026-09")
        assert site.differences() == []
        with site.writer._engine.begin() as connection:
            connection.exec_driver_sql(damage)
        assert any("release" in difference for difference in site.differences())
