"""Who is sent and who is not, on a real store: kinds of force, shifts, load; each with its reason in the history."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace as with_fields
from typing import Any

import pytest
from msgspec.structs import replace

from patrol_wire.ids import CommandId, Forward, Severity, Step, UnitId
from relay.core.city import UNCLASSIFIED, City
from relay.core.commands import UnitDuty
from relay.core.dispatches import Answer, DispatchState
from relay.core.forces import Force, ForceRule, Sight
from relay.core.rosters import DAY, Shift, minute_of_week
from relay.store import incidents
from tests.support.cases import next_id
from tests.support.records import BEGIN_US, some_alert, some_flag
from tests.support.room_sender import RoomSender
from tests.support.small_city import small_city
from tests.support.writer_site import WriterSite

Open = Callable[[City], WriterSite]
NOW_MIN = minute_of_week(BEGIN_US, small_city().zone)


@pytest.fixture
def open_site(store_url: str) -> Iterator[Open]:
    with ExitStack() as stack:

        def opened(city: City) -> WriterSite:
            return stack.enter_context(WriterSite(store_url, city=city))

        yield opened


def raise_one(site: WriterSite, *, severity: Severity = Severity.HIGH) -> None:
    room = RoomSender()
    site.connect(room)
    room.put(replace(some_alert(1, severity=severity), forward=Forward.DIRECT))
    site.deliver(room)


def lines(site: WriterSite, change: str) -> list[dict[str, Any]]:
    with site.reader.begin() as connection:
        found = incidents.history(connection, site.incident().incident_id)
    return [{"reason": line.reason} | json.loads(line.detail) for line in found if line.change == change]


def shift(unit_id: str, *, begins: int, ends: int) -> Shift:
    """A shift every day, in minutes from the moment at which the test begins."""
    at = NOW_MIN % DAY
    return Shift(
        shift_id=unit_id,
        unit_ids=(UnitId(unit_id),),
        days=tuple(range(7)),
        from_min=(at + begins) % DAY,
        to_min=(at + ends) % DAY,
    )


def test_a_kind_of_force_is_not_sent_to_what_it_is_not_for(open_site: Open) -> None:
    rule = ForceRule(force=Force.COMMUNITY_PATROL, gravest=Severity.NORMAL)
    site = open_site(with_fields(small_city(), forces=(rule,)))
    raise_one(site)
    assert {value.unit_id for value in site.dispatches()} == {"police-0"}, "the community's level has nobody for it"
    assert lines(site, "nobody_to_ask")[0]["passed"] == {
        "unit-0-near": "community_patrol is not sent to what is high",
        "unit-0-far": "community_patrol is not sent to what is high",
        "unit-1-near": "community_patrol is not sent to what is high",
        "unit-1-far": "community_patrol is not sent to what is high",
    }


def test_a_flag_without_a_kind_goes_to_units_whose_families_do_not_name_it(open_site: Open) -> None:
    """Each of its forces lists families: the flag was offered to nobody."""
    rules = [ForceRule(force=force, families=frozenset({"violence"})) for force in Force]
    city = with_fields(small_city(), forces=tuple(rules), categories=(*small_city().categories, UNCLASSIFIED))
    site = open_site(city)
    room = RoomSender()
    site.connect(room)
    room.put(some_flag(1, category=UNCLASSIFIED.category))
    site.deliver(room)
    assert {value.unit_id for value in site.dispatches()} == {"unit-0-near", "unit-0-far"}


def test_a_force_may_be_kept_from_flags_without_a_kind(open_site: Open) -> None:
    rule = ForceRule(force=Force.COMMUNITY_PATROL, unclassified=False)
    city = with_fields(small_city(), forces=(rule,), categories=(*small_city().categories, UNCLASSIFIED))
    site = open_site(city)
    room = RoomSender()
    site.connect(room)
    room.put(some_flag(1, category=UNCLASSIFIED.category))
    site.deliver(room)
    assert {value.unit_id for value in site.dispatches()} == {"police-0"}
    assert set(lines(site, "nobody_to_ask")[0]["passed"].values()) == {"community_patrol is not sent to unclassified"}


def test_a_kind_of_force_sees_only_what_it_may(open_site: Open) -> None:
    rule = ForceRule(force=Force.COMMUNITY_PATROL, sees=frozenset())
    site = open_site(with_fields(small_city(), forces=(rule,)))
    raise_one(site)
    view = site.mailbox("unit-0-near")[0].dispatch
    assert (view.camera, "gate" in view.text) == ("", False)
    assert (view.place.lon, view.place.lat) == (round(view.place.lon, 3), round(view.place.lat, 3))
    assert Sight.CAMERA in site.city.sees(UnitId("police-0"))


def test_off_shift_units_are_not_asked_and_a_hole_is_told_to_the_centre(open_site: Open) -> None:
    shifts = tuple(shift(f"unit-0-{name}", begins=60, ends=120) for name in ("near", "far"))
    shifts += tuple(shift(f"unit-1-{name}", begins=60, ends=120) for name in ("near", "far"))
    site = open_site(with_fields(small_city(), shifts=shifts))
    raise_one(site)
    hole = "level 0: nobody is on duty, the roster has a hole"
    assert lines(site, "nobody_to_ask")[0]["reason"] == hole
    assert {value.unit_id for value in site.dispatches()} == {"police-0"}, "the station is asked at once"


def test_a_unit_called_in_by_hand_is_asked_until_its_shift_changes(open_site: Open) -> None:
    site = open_site(with_fields(small_city(), shifts=(shift("unit-0-near", begins=60, ends=120),)))
    duty = UnitDuty(command_id=CommandId(next_id()), actor="wang", unit_id=UnitId("unit-0-near"), on_duty=True)
    site.writer.apply([], [duty])
    raise_one(site)
    assert {value.unit_id for value in site.dispatches()} == {"unit-0-near", "unit-0-far"}


def test_a_unit_at_work_is_relieved_when_its_shift_ends(open_site: Open) -> None:
    site = open_site(with_fields(small_city(), shifts=(shift("unit-0-near", begins=-60, ends=10),)))
    raise_one(site)
    (mine,) = [value for value in site.dispatches() if value.unit_id == "unit-0-near"]
    site.press("unit-0-near", mine.dispatch_id, Step.ACCEPT)
    site.press("unit-0-near", mine.dispatch_id, Step.ON_SCENE)
    site.tick(11 * 60)
    assert lines(site, "shift_over")[0]["units"] == ["unit-0-near"]
    offered = [value for value in site.dispatches() if value.state is DispatchState.OFFERED]
    assert [value.unit_id for value in offered] == ["unit-0-far"]
    assert site.press("unit-0-far", offered[0].dispatch_id, Step.ACCEPT).answer is Answer.DONE
    states = {value.dispatch_id: value.state for value in site.dispatches()}
    assert states[mine.dispatch_id] is DispatchState.HANDED_OVER


def test_a_unit_with_much_before_it_ranks_behind_one_a_little_further_off(open_site: Open) -> None:
    """Eleven metres nearer is nothing against a dispatch that waits for its answer already."""
    city = small_city()
    near = city.unit_by_id[UnitId("unit-0-near")]
    assert near.place is not None
    moved = tuple(
        with_fields(unit, place=(near.place[0] + 0.0001, near.place[1])) if unit.unit_id == "unit-0-far" else unit
        for unit in city.units
    )
    site = open_site(with_fields(city, units=moved))
    room = RoomSender()
    site.connect(room)
    for number, camera in ((1, "gate"), (2, "yard")):
        category = "intrusion" if number == 1 else "brawl"
        room.put(replace(some_alert(number, category=category), forward=Forward.DIRECT, camera=camera))
    site.deliver(room, first_seq=1)
    reasons = [value.reason for value in site.dispatches()]
    assert sum("; 1 before it" in reason for reason in reasons) == 2
