"""What the writer keeps of units is what the store holds: also after a failure, and beside another relay."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy.exc import SQLAlchemyError

from patrol_wire.ids import CommandId, Forward, Step, UnitId
from patrol_wire.records import Alert, Place
from relay.app.known_units import JUDGED_FOR_S, KnownUnits
from relay.app.writer import Writer
from relay.core.commands import UnitDuty
from relay.store import dispatches, units
from relay.store import engine as store_engine
from relay.store.sequences import Numbers
from tests.support.cases import next_id
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender
from tests.support.stores import accept_inserts, fail_inserts
from tests.support.writer_site import WriterSite


@pytest.fixture
def site(store_url: str) -> Iterator[WriterSite]:
    with WriterSite(store_url) as made:
        yield made
        assert made.differences() == []


@pytest.fixture
def room(site: WriterSite) -> RoomSender:
    sender = RoomSender()
    site.connect(sender)
    return sender


def _alert(number: int) -> Alert:
    """Return one of a camera and place of its own: an incident of its own."""
    place = Place(lon=0.05, lat=0.01 * number)
    return replace(some_alert(number), forward=Forward.DIRECT, camera=f"camera-{number}", place=place)


def _known(site: WriterSite) -> KnownUnits:
    return site.writer._worker._known


def _agrees(site: WriterSite) -> None:
    known = _known(site)
    counted = tuple(known.open)
    with site.reader.begin() as connection:
        assert known.units(connection, Numbers(connection)) == units.everybody(connection)
        held = dispatches.open_before(connection, counted)
    assert {unit_id: count for unit_id, count in known.open.items() if count} == held


def _off_duty(unit_id: str) -> UnitDuty:
    return UnitDuty(command_id=CommandId(next_id()), actor="wang", unit_id=UnitId(unit_id), on_duty=False)


def test_what_is_kept_equals_what_the_store_holds(site: WriterSite, room: RoomSender) -> None:
    """After offers, an acceptance, a decline, offers that ran out and duty by hand: read anew it is the same."""
    for number in range(1, 5):
        room.put(_alert(number))
        site.deliver(room)
        _agrees(site)
    first, second, *_ = site.dispatches()
    for dispatch, step in ((first, Step.ACCEPT), (second, Step.DECLINE)):
        site.press(dispatch.unit_id, dispatch.dispatch_id, step)
        _agrees(site)
    site.writer.apply([], [_off_duty("unit-1-near")])
    for _ in range(4):
        site.tick(120.0)
        _agrees(site)
    assert any(_known(site).open.values())


def test_units_that_another_relay_took_off_duty_are_not_asked(site: WriterSite, room: RoomSender) -> None:
    """They were judged fit here a moment before."""
    room.put(_alert(1))
    site.deliver(room)
    asked = {value.unit_id for value in site.dispatches()}
    assert asked
    engine = store_engine.writer_engine(site.url)
    Writer(engine, city=site.city, clock=site.clock).apply([], [_off_duty(unit_id) for unit_id in asked])
    engine.dispose()
    room.put(_alert(3))
    site.deliver(room)
    first, *_ = sorted(value.incident_id for value in site.dispatches())
    later = {value.unit_id for value in site.dispatches() if value.incident_id != first}
    assert later
    assert asked.isdisjoint(later)
    _agrees(site)


def test_a_transaction_that_failed_leaves_nothing_behind(site: WriterSite, room: RoomSender) -> None:
    """It had counted an offer that never was."""
    room.put(_alert(1))
    batch = room.batch(1)
    with site.writer._engine.begin() as connection:
        fail_inserts(connection, "ledger")
    with pytest.raises(SQLAlchemyError):
        site.writer.apply([batch])
    assert not _known(site).open
    with site.writer._engine.begin() as connection:
        accept_inserts(connection, "ledger")
    site.writer.apply([batch])
    assert _known(site).open
    _agrees(site)


def test_who_is_fit_is_judged_again_after_a_second(site: WriterSite, room: RoomSender) -> None:
    """A fix grows old, and a shift ends, without anybody changing a unit."""
    room.put(_alert(1))
    site.deliver(room)
    before = dict(_known(site).fit)
    assert before
    site.tick(JUDGED_FOR_S / 2)
    assert _known(site).fit == before
    site.tick(JUDGED_FOR_S)
    assert not _known(site).fit
