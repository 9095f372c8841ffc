"""Silences and the auditor on a real store: nobody is paged, nothing is lost, and nothing is forgotten."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy import delete

from patrol_wire.ids import CommandId, Forward, Measure, Severity, Verdict
from patrol_wire.records import Judgement
from relay.app.auditor import Auditor
from relay.core.commands import Act, CommandResult, SilenceEnd, SilenceSet
from relay.core.dispatches import Answer
from relay.core.notifications import CENTRE
from relay.core.policy import MICROS
from relay.core.silences import Scope, SilenceKind
from relay.store import engine as store_engine
from relay.store import incidents, ledger, notifications, silences
from relay.store.tables import timer
from tests.support.cases import next_id
from tests.support.records import BEGIN_US, some_alert, some_flag, some_id
from tests.support.room_sender import RoomSender
from tests.support.writer_site import WriterSite

HERE = Scope(node="room-0", camera="gate")


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


def silence(
    site: WriterSite, *, scope: Scope = HERE, kind: SilenceKind = SilenceKind.SILENCE, for_s: int = 3_600
) -> CommandResult:
    command = SilenceSet(
        command_id=CommandId(next_id()),
        author="wang",
        reason="leaves before the lens",
        kind=kind,
        scope=scope,
        until_us=site.clock.now_us() + for_s * MICROS,
    )
    (result,) = site.writer.apply([], [command]).results
    return result


def told(site: WriterSite) -> list[str]:
    with site.reader.begin() as connection:
        found = notifications.of_incident(connection, site.incident().incident_id)
    return [value.reason for value in found if value.recipient == CENTRE]


def changes(site: WriterSite) -> list[str]:
    with site.reader.begin() as connection:
        return [line.change for line in incidents.history(connection, site.incident().incident_id)]


def test_a_silenced_alert_pages_nobody_and_is_counted_as_ever(site: WriterSite, room: RoomSender) -> None:
    assert silence(site).answer is Answer.DONE
    room.put(replace(some_alert(1), forward=Forward.DIRECT))
    room.put(replace(some_alert(2), forward=Forward.DIRECT))
    site.deliver(room, first_seq=1)
    assert (site.dispatches(), told(site)) == ([], [])
    assert changes(site).count("silenced") == 1
    with site.reader.begin() as connection:
        assert [each.total for each in ledger.sums(connection) if each.place.measure is Measure.REPORTED] == [1]


def test_what_is_still_open_when_the_silence_ends_is_looked_at_again(site: WriterSite, room: RoomSender) -> None:
    silence(site, for_s=300)
    room.put(replace(some_alert(1), forward=Forward.DIRECT))
    site.deliver(room)
    site.tick(301)
    assert told(site) == ["nobody has it"]


@pytest.mark.parametrize("says", ["flag", "accepts"])
def test_a_person_is_never_silenced(site: WriterSite, room: RoomSender, says: str) -> None:
    silence(site)
    room.put(replace(some_alert(1), forward=Forward.DIRECT))
    site.deliver(room)
    if says == "flag":
        room.put(some_flag(2, category="intrusion"))
    else:
        room.put(Judgement(alert_id=some_id(1), verdict=Verdict.ACCEPTED, operator="li.wei", judged_at=BEGIN_US))
    site.deliver(room)
    assert {value.unit_id for value in site.dispatches()} == {"unit-0-near", "unit-0-far"}


@pytest.mark.parametrize(("kind", "paged"), [(SilenceKind.SILENCE, True), (SilenceKind.MAINTENANCE, False)])
def test_what_is_critical_is_silenced_by_maintenance_alone(
    site: WriterSite, room: RoomSender, kind: SilenceKind, paged: bool
) -> None:
    silence(site, kind=kind)
    room.put(replace(some_alert(1, severity=Severity.CRITICAL), forward=Forward.DIRECT))
    site.deliver(room)
    assert bool(site.dispatches()) is paged


@pytest.mark.parametrize(
    "scope",
    [Scope(node="room-1"), Scope(camera="yard"), Scope(category="brawl"), Scope(area_id="a1"), Scope(rule="other")],
)
def test_what_does_not_fit_the_scope_is_paged(site: WriterSite, room: RoomSender, scope: Scope) -> None:
    silence(site, scope=scope)
    room.put(replace(some_alert(1), forward=Forward.DIRECT))
    site.deliver(room)
    assert site.dispatches()


def test_a_silence_that_was_ended_silences_nothing_and_one_survives_a_restart(store_url: str) -> None:
    with WriterSite(store_url) as before:
        name = silence(before).command_id
        assert name is not None
    with WriterSite(store_url) as site:
        room = RoomSender()
        site.connect(room)
        room.put(replace(some_alert(1), forward=Forward.DIRECT))
        site.deliver(room)
        assert site.dispatches() == []
        end = SilenceEnd(command_id=CommandId(next_id()), actor="zhao", silence_id=name)
        again = replace_id(end)
        assert [each.answer for each in site.writer.apply([], [end, again]).results] == [
            Answer.DONE,
            Answer.ALREADY_DONE,
        ]
        room.put(replace(some_alert(2, category="brawl"), forward=Forward.DIRECT))
        site.deliver(room)
        assert site.dispatches()


def replace_id(command: SilenceEnd) -> SilenceEnd:
    return SilenceEnd(command_id=CommandId(next_id()), actor=command.actor, silence_id=command.silence_id)


@pytest.mark.parametrize(
    ("scope", "kind", "for_s", "why"),
    [
        (Scope(), SilenceKind.SILENCE, 60, "nobody silences the whole city"),
        (HERE, SilenceKind.SILENCE, 86_401, "lasts 1 day at most"),
        (HERE, SilenceKind.MAINTENANCE, 31 * 86_400, "lasts 30 days at most"),
        (HERE, SilenceKind.SILENCE, -1, "over before it begins"),
    ],
)
def test_a_silence_that_hides_too_much_is_refused(
    site: WriterSite, scope: Scope, kind: SilenceKind, for_s: int, why: str
) -> None:
    result = silence(site, scope=scope, kind=kind, for_s=for_s)
    assert (result.answer, why in result.reason) == (Answer.REFUSED, True)


def test_a_preview_says_what_would_have_been_silenced(site: WriterSite, room: RoomSender) -> None:
    room.put(replace(some_alert(1), forward=Forward.DIRECT))
    room.put(some_alert(2, category="brawl", severity=Severity.CRITICAL))
    room.put(replace(some_alert(3), camera="yard"))
    site.deliver(room, first_seq=1)
    with site.reader.begin() as connection:
        found = silences.preview(connection, HERE, BEGIN_US - MICROS)
        later = silences.preview(connection, HERE, BEGIN_US + MICROS)
    assert (found.alerts, found.critical, found.by_category) == (2, 1, {"intrusion": 1, "brawl": 1})
    assert (found.open_incidents, later.alerts) == (2, 0)


def test_the_auditor_finds_a_forgotten_incident_and_gives_it_back(store_url: str) -> None:
    """A timer that vanished from the store is what no machine of ours can do; the auditor trusts none of them."""
    with WriterSite(store_url) as site:
        room = RoomSender("room-0")
        site.connect(room)
        room.put(replace(some_alert(1), forward=Forward.DIRECT))
        site.deliver(room)
        auditor = Auditor(reader=site.reader, submit=site.writer.submit, clock=site.clock)
        auditor.look()
        assert (auditor.figures.unowned, auditor.figures.forgotten) == (1, 0)
        thief = store_engine.writer_engine(site.url)
        with thief.begin() as connection:
            connection.execute(delete(timer))
        thief.dispose()
        auditor.look()
        assert auditor.figures.forgotten == 1
        site.take_waiting()
        auditor.look()
        assert (auditor.figures.forgotten, auditor.figures.found) == (0, 1)
        assert told(site)[-1] == "the auditor found it with neither owner nor timer"
        site.act(site.incident().incident_id, Act.ACKNOWLEDGE)
        auditor.look()
        assert (auditor.figures.severe_open, auditor.figures.unowned) == (1, 0)


def test_the_auditor_says_how_late_timers_ring(site: WriterSite, room: RoomSender) -> None:
    room.put(replace(some_alert(1), forward=Forward.DIRECT))
    site.deliver(room)
    site.clock.advance(33.0)
    auditor = Auditor(reader=site.reader, submit=site.writer.submit, clock=site.clock)
    auditor.look()
    assert auditor.figures.timer_late_s == pytest.approx(3.0)
    site.tick()
    auditor.look()
    assert auditor.figures.timer_late_s == 0.0
