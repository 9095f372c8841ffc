"""Counting a month anew on other areas and categories: asked for, in one transaction, with a release that says so."""

import dataclasses
from collections.abc import Iterator

import msgspec
import pytest

from patrol_wire.ids import AreaId, CommandId
from relay.app.city_work import Elsewhere
from relay.core.city import City
from relay.core.commands import Act, CommandResult, Retabulate
from relay.core.dispatches import Answer
from relay.core.releases import AUTOMATIC
from relay.core.tabulation import basis_content, change_of_counts, placed_anew
from relay.store import count_bases, incidents, ledger
from relay.store.verification import verify
from tests.support.cases import next_id
from tests.support.release_calendar import Calendar
from tests.support.small_city import CELL, small_city
from tests.support.stores import accept_inserts, fail_inserts
from tests.support.writer_site import WriterSite

OCTOBER = "2026-10"


def moved_border(city: City, *, counted: bool = True) -> City:
    """Return the city with the first area ending at a third of its width; the second begins there."""
    border = CELL / 3
    first, second, *others = city.areas
    west = (((0.0, 0.0), (border, 0.0), (border, CELL), (0.0, CELL)),)
    east = (((border, 0.0), (2 * CELL, 0.0), (2 * CELL, CELL), (border, CELL)),)
    categories = tuple(
        dataclasses.replace(each, counted=counted) if each.category == "intrusion" else each for each in city.categories
    )
    areas = (dataclasses.replace(first, outline=west), dataclasses.replace(second, outline=east), *others)
    return dataclasses.replace(city, areas=areas, categories=categories)


@pytest.fixture
def calendar(store_url: str) -> Iterator[Calendar]:
    with WriterSite(store_url) as site:
        yield Calendar(site)


def import_city(calendar: Calendar, city: City, version: int) -> None:
    future = calendar.site.writer.city_work.submit(Elsewhere(city=city, version=version))
    calendar.site.writer.city_work.carry_out()
    future.result(timeout=0)


def count_anew(
    calendar: Calendar, *, basis: int, month: str = OCTOBER, reason: str = "the border moved", command_id: str = ""
) -> CommandResult:
    command = Retabulate(
        command_id=CommandId(command_id or next_id()), actor="li", month=month, reason=reason, basis=basis
    )
    (result,) = calendar.site.writer.apply([], [command]).results
    return result


def by_area(calendar: Calendar) -> dict[str, int]:
    with calendar.site.reader.connect() as connection:
        found = ledger.sums(connection, month=OCTOBER)
    totals: dict[str, int] = {}
    for each in found:
        totals[each.place.area_id] = totals.get(each.place.area_id, 0) + each.total
    return {area: total for area, total in totals.items() if total}


def agrees(calendar: Calendar) -> bool:
    with calendar.site.reader.connect() as connection:
        found = verify(connection, zone=calendar.site.city.zone)
    return found.differences == ()


def test_an_import_moves_no_count_until_somebody_asks(calendar: Calendar) -> None:
    calendar.at("2026-10-02T10:00:00+08:00")
    calendar.alert("2026-10-02T10:00:00+08:00")
    import_city(calendar, moved_border(small_city()), 1)
    assert by_area(calendar) == {"a0": 1}
    assert calendar.site.incident().basis == 1

    calendar.alert("2026-10-02T10:00:00+08:00")
    assert by_area(calendar) == {"a0": 1, "a1": 1}, "what happens from now on is placed by the new border"
    assert sorted(value.basis for value in calendar.site.incidents()) == [1, 2]


def test_counting_a_published_month_anew_is_a_release_with_its_author_and_reason(calendar: Calendar) -> None:
    calendar.at("2026-10-02T10:00:00+08:00")
    calendar.alert("2026-10-02T10:00:00+08:00")
    calendar.alert("2026-10-02T10:00:00+08:00", area=2)
    calendar.at("2026-11-02T10:00:00+08:00")
    calendar.publish(OCTOBER)
    import_city(calendar, moved_border(small_city()), 1)

    result = count_anew(calendar, basis=2)
    assert result.answer is Answer.DONE
    assert "1 incidents" in result.reason
    first, second = calendar.releases()
    assert (first.actor, second.actor, second.reason) == ("wang", "li", "the border moved")
    assert calendar.difference(OCTOBER, 2) == [("reported", "a0", -1), ("reported", "a1", 1)]
    assert calendar.figure(OCTOBER, 1) == calendar.figure(OCTOBER, 2) == 2
    assert by_area(calendar) == {"a1": 1, "a2": 1}
    assert agrees(calendar)

    # What comes later makes a release of its own, by the relay itself.
    calendar.alert("2026-10-03T10:00:00+08:00", area=3)
    assert calendar.releases()[-1].actor == AUTOMATIC


def test_the_same_command_twice_and_a_second_one_change_nothing_more(calendar: Calendar) -> None:
    calendar.at("2026-10-02T10:00:00+08:00")
    calendar.alert("2026-10-02T10:00:00+08:00")
    import_city(calendar, moved_border(small_city()), 1)
    command_id = next_id()
    first = count_anew(calendar, basis=2, command_id=command_id)
    revision = calendar.site.incident().revision
    again = count_anew(calendar, basis=2, command_id=command_id)
    assert again == first
    assert count_anew(calendar, basis=2).answer is Answer.ALREADY_DONE
    assert by_area(calendar) == {"a1": 1}
    assert calendar.site.incident().revision == revision


def test_a_basis_that_nobody_looked_at_and_a_missing_reason_are_refused(calendar: Calendar) -> None:
    calendar.at("2026-10-02T10:00:00+08:00")
    calendar.alert("2026-10-02T10:00:00+08:00")
    import_city(calendar, moved_border(small_city()), 1)
    assert "basis 2 is in force, you saw 1" in count_anew(calendar, basis=1).reason
    assert "needs a reason" in count_anew(calendar, basis=2, reason=" ").reason
    assert by_area(calendar) == {"a0": 1}


def test_an_area_that_a_person_named_stays(calendar: Calendar) -> None:
    calendar.at("2026-10-02T10:00:00+08:00")
    calendar.alert("2026-10-02T10:00:00+08:00")
    calendar.site.act(calendar.site.incident().incident_id, Act.RECLASSIFY, area_id=AreaId("a3"))
    import_city(calendar, moved_border(small_city()), 1)
    assert count_anew(calendar, basis=2).answer is Answer.ALREADY_DONE
    assert by_area(calendar) == {"a3": 1}


def test_other_months_stay_as_they_are(calendar: Calendar) -> None:
    calendar.alert("2026-09-30T20:00:00+08:00")
    calendar.at("2026-10-02T10:00:00+08:00")
    calendar.alert("2026-10-02T10:00:00+08:00")
    import_city(calendar, moved_border(small_city()), 1)
    count_anew(calendar, basis=2)
    assert {value.month: value.area_id for value in calendar.site.incidents()} == {OCTOBER: "a1", "2026-09": "a0"}


def test_a_category_that_no_longer_counts_leaves_the_counts_and_comes_back(calendar: Calendar) -> None:
    calendar.at("2026-10-02T10:00:00+08:00")
    calendar.alert("2026-10-02T10:00:00+08:00")
    city = small_city()
    import_city(calendar, moved_border(city, counted=False), 1)
    count_anew(calendar, basis=2)
    assert by_area(calendar) == {}
    assert agrees(calendar)
    import_city(calendar, city, 2)
    count_anew(calendar, basis=1)
    assert by_area(calendar) == {"a0": 1}
    assert agrees(calendar)


def test_a_failure_of_the_store_leaves_all_or_nothing(calendar: Calendar) -> None:
    calendar.at("2026-10-02T10:00:00+08:00")
    calendar.alert("2026-10-02T10:00:00+08:00")
    import_city(calendar, moved_border(small_city()), 1)
    with calendar.site._engine.begin() as connection:
        fail_inserts(connection, "ledger")
    with pytest.raises(Exception, match="no space"):
        count_anew(calendar, basis=2)
    assert by_area(calendar) == {"a0": 1}
    assert calendar.site.incident().area_id == "a0"
    with calendar.site._engine.begin() as connection:
        accept_inserts(connection, "ledger")
    assert count_anew(calendar, basis=2).answer is Answer.DONE
    assert agrees(calendar)


def test_the_preview_says_what_the_ledger_will_say(calendar: Calendar) -> None:
    calendar.at("2026-10-02T10:00:00+08:00")
    for area in (0, 0, 1):
        calendar.alert("2026-10-02T10:00:00+08:00", area=area)
    import_city(calendar, moved_border(small_city()), 1)
    city = calendar.site.writer.cities.city
    with calendar.site.reader.connect() as connection:
        month = list(incidents.of_month(connection, OCTOBER, 0))
    foreseen = change_of_counts([(value, placed_anew(value, city)) for value in month])
    count_anew(calendar, basis=2)
    assert {(place.area_id, change) for place, change in foreseen.items()} == {("a0", -2), ("a1", 2)}
    assert by_area(calendar) == {"a1": 3}


def test_every_basis_is_kept_with_its_content_and_the_same_content_has_one_number(calendar: Calendar) -> None:
    city = small_city()
    other = moved_border(city)
    import_city(calendar, other, 1)
    import_city(calendar, city, 2)
    with calendar.site.reader.connect() as connection:
        assert [each.basis for each in count_bases.listed(connection)] == [1, 2]
        kept = count_bases.content(connection, 2)
    assert kept == basis_content(other)
    assert msgspec.json.decode(kept)["areas"]["a0"][0][1] == [CELL / 3, 0.0]
    assert calendar.site.writer.cities.city.basis == 1


def test_a_restart_with_changed_settings_is_a_new_basis(store_url: str) -> None:
    with WriterSite(store_url) as site:
        assert site.writer.cities.city.basis == 1
    with WriterSite(store_url, city=moved_border(small_city())) as site:
        assert site.writer.cities.city.basis == 2
    with WriterSite(store_url) as site:
        assert site.writer.cities.city.basis == 1
