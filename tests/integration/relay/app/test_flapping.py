"""A flapping source over what has ended, on a real store: one incident, one count, and units asked each time."""

from collections.abc import Iterable, Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from patrol_wire.ids import Forward, Measure, Outcome
from patrol_wire.records import Place
from relay.core.commands import Act
from relay.core.dispatches import Answer
from relay.core.incidents import Incident, IncidentState
from relay.core.policy import MICROS
from relay.store import incidents, ledger
from tests.support.records import BEGIN_US, some_alert
from tests.support.room_sender import RoomSender
from tests.support.small_city import centre_of
from tests.support.writer_site import WriterSite

HERE = Place(lon=centre_of(0)[0], lat=centre_of(0)[1])
APART_US = 120 * MICROS


@pytest.fixture
def site(store_url: str) -> Iterator[WriterSite]:
    with WriterSite(store_url) as made:
        yield made
        assert made.differences() == [], "rebuilt from log and history, every count agrees"


def _raise(site: WriterSite, room: RoomSender, nth: int, *, category: str = "intrusion") -> None:
    at_us = BEGIN_US + nth * APART_US
    site.clock.advance(APART_US / MICROS if nth else 0.0)
    body = replace(some_alert(nth + 1), category=category)
    number = room.put(replace(body, forward=Forward.DIRECT, place=HERE, started_at=at_us, raised_at=at_us))
    site.deliver(room, first_seq=number)


def _close(site: WriterSite, outcome: Outcome) -> None:
    (open_now,) = [each for each in site.incidents() if each.state is IncidentState.NEW]
    done = site.act(open_now.incident_id, Act.CLOSE, outcome=outcome)
    assert done.answer is Answer.DONE


def _reported(site: WriterSite) -> int:
    with site.reader.begin() as connection:
        return sum(each.total for each in ledger.sums(connection) if each.place.measure is Measure.REPORTED)


def test_what_ends_and_comes_back_again_and_again_is_one_incident_from_the_fifth_alert_on(site: WriterSite) -> None:
    room = RoomSender()
    site.connect(room)
    for nth in range(7):
        _raise(site, room, nth)
        _close(site, Outcome.NOTHING_FOUND)
    incidents = sorted(site.incidents(), key=lambda each: each.first_alert_us)
    assert [each.alert_count for each in incidents] == [1, 1, 1, 4]
    assert _reported(site) == 4
    _raise(site, room, 7)
    (last,) = [each for each in site.incidents() if each.state is IncidentState.NEW]
    assert last.alert_count == 5
    asked = [each.unit_id for each in site.dispatches() if each.ended_us is None]
    assert asked == ["unit-0-near", "unit-0-far"], "asked as for a new one, also those asked before"
    _close(site, Outcome.CONFIRMED)
    _raise(site, room, 8)
    assert len(site.incidents()) == 5, "it was true: the next alert is an incident of its own"


def test_a_burst_of_a_source_that_flapped_is_folded_in_one_transaction(site: WriterSite) -> None:
    room = RoomSender()
    site.connect(room)
    for nth in range(4):
        _raise(site, room, nth)
        _close(site, Outcome.FALSE_ALARM)
    at_us = BEGIN_US + 4 * APART_US
    site.clock.advance(APART_US / MICROS)
    first = len(room.records[next(iter(room.records))]) + 1
    for nth in (4, 5, 6):
        body = some_alert(nth + 1)
        room.put(replace(body, forward=Forward.DIRECT, place=HERE, started_at=at_us + nth, raised_at=at_us + nth))
    site.deliver(room, first_seq=first)
    assert [each.alert_count for each in site.incidents() if each.state is IncidentState.NEW] == [4]
    assert len(site.incidents()) == 4


@pytest.fixture
def read_of_ended(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many ended incidents each look at the store for them has read."""
    found: list[int] = []
    load = incidents.load_ended

    def counted(connection: Connection, cells: Iterable[int], since_us: int) -> list[Incident]:
        asked = list(cells)
        rows = load(connection, asked, since_us)
        if asked:
            found.append(len(rows))
        return rows

    monkeypatch.setattr(incidents, "load_ended", counted)
    return found


def test_what_joins_an_open_incident_reads_nothing_of_those_that_ended_there(
    site: WriterSite, read_of_ended: list[int]
) -> None:
    room = RoomSender()
    site.connect(room)
    for nth in range(3):
        _raise(site, room, nth)
        _close(site, Outcome.CONFIRMED)
    assert read_of_ended == [0, 1, 2]
    _raise(site, room, 3)
    assert read_of_ended == [0, 1, 2, 3]
    for nth in range(4, 8):
        _raise(site, room, nth)
    assert read_of_ended == [0, 1, 2, 3], "a storm that folds would read all of it with every burst"
    assert [each.alert_count for each in site.incidents() if each.state is IncidentState.NEW] == [5]


def test_what_does_not_join_the_open_incident_of_its_camera_still_finds_the_one_that_ended(site: WriterSite) -> None:
    room = RoomSender()
    site.connect(room)
    for nth in range(5):
        _raise(site, room, nth)
        _close(site, Outcome.NOTHING_FOUND)
    _raise(site, room, 5, category="brawl")
    _raise(site, room, 6)
    open_now = {each.category: each.alert_count for each in site.incidents() if each.state is IncidentState.NEW}
    assert open_now == {"brawl": 1, "intrusion": 3}, "the trespass is the one that flapped, opened again"
