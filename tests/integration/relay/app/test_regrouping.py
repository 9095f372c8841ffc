"""What is grouped and what people correct about it, on a real store: the counts follow in the same transaction."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from patrol_wire.ids import Forward, Measure, Outcome, Severity, Step, Verdict
from patrol_wire.records import Alert, Judgement, Place
from relay.core.commands import Act
from relay.core.dispatches import Answer, DispatchState
from relay.core.incidents import Incident, IncidentState
from relay.core.policy import MICROS
from relay.store import alerts, incidents, ledger
from tests.support.records import BEGIN_US, some_alert, some_flag, some_id
from tests.support.room_sender import RoomSender
from tests.support.small_city import centre_of
from tests.support.writer_site import WriterSite

HERE = Place(lon=centre_of(0)[0], lat=centre_of(0)[1])


@pytest.fixture
def site(store_url: str) -> Iterator[WriterSite]:
    with WriterSite(store_url) as made:
        yield made
        assert made.differences() == [], "rebuilt from log and history, every count agrees"


def connected(site: WriterSite, node: str) -> RoomSender:
    room = RoomSender(node, session=node.encode())
    site.connect(room)
    return room


def seen(number: int, **fields: object) -> Alert:
    return replace(some_alert(number), **{"forward": Forward.DIRECT, "place": HERE, **fields})


def elsewhere(number: int, **fields: object) -> Alert:
    """Two kilometres east, in the same area: another incident."""
    return seen(number, place=Place(lon=HERE.lon + 0.02, lat=HERE.lat), camera="yard", **fields)


def reported(site: WriterSite) -> int:
    with site.reader.begin() as connection:
        return sum(each.total for each in ledger.sums(connection) if each.place.measure is Measure.REPORTED)


def by_id(site: WriterSite, incident_id: str) -> Incident:
    with site.reader.begin() as connection:
        found = incidents.by_id(connection, incident_id)
    assert found is not None
    return found


def two_incidents(site: WriterSite) -> tuple[Incident, Incident]:
    """The first began a second before the other."""
    room = connected(site, "room-0")
    room.put(seen(1))
    room.put(elsewhere(MICROS))
    site.deliver(room, first_seq=1)
    newest, oldest = sorted(site.incidents(), key=lambda value: value.first_alert_us, reverse=True)
    return oldest, newest


def test_two_agents_on_one_camera_give_one_alert(site: WriterSite) -> None:
    mine, other = connected(site, "room-0"), connected(site, "room-1")
    mine.put(seen(1))
    site.deliver(mine)
    other.put(seen(2))
    site.deliver(other)
    assert site.incident().alert_count == 1
    with site.reader.begin() as connection:
        first, twin = alerts.of_incident(connection, site.incident().incident_id)
    assert (first.twin_of, twin.twin_of) == (None, first.alert_id)
    assert reported(site) == 1


def test_twins_in_one_burst_are_found_too_and_two_intruders_stay_two_alerts(site: WriterSite) -> None:
    mine, other = connected(site, "room-0"), connected(site, "room-1")
    for number in (1, 2):
        mine.put(seen(number))
        other.put(seen(number + 10))
    site.writer.apply([mine.batch(), other.batch()])
    assert site.incident().alert_count == 2
    with site.reader.begin() as connection:
        found = alerts.of_incident(connection, site.incident().incident_id)
    assert len({each.twin_of for each in found if each.twin_of is not None}) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"camera": "north"},  # another camera
        {"rule": "night"},  # another rule
        {"started_at": BEGIN_US + 3 * MICROS},  # too late to be the same moment
        {"place": Place(lon=HERE.lon + 0.0005, lat=HERE.lat)},  # 55 m off: a camera of the same name
    ],
)
def test_what_only_resembles_is_no_twin(site: WriterSite, fields: dict[str, object]) -> None:
    mine, other = connected(site, "room-0"), connected(site, "room-1")
    mine.put(seen(1))
    site.deliver(mine)
    other.put(seen(2, **fields))
    site.deliver(other)
    assert site.incident().alert_count == 2


def test_either_room_may_judge_the_twins_and_the_first_word_counts(site: WriterSite) -> None:
    mine, other = connected(site, "room-0"), connected(site, "room-1")
    mine.put(seen(1, forward=Forward.SUGGEST))
    site.deliver(mine)
    other.put(seen(2, forward=Forward.SUGGEST))
    other.put(Judgement(alert_id=some_id(2), verdict=Verdict.ACCEPTED, operator="zhao", judged_at=BEGIN_US))
    site.deliver(other, first_seq=1)
    assert site.incident().verified
    mine.put(Judgement(alert_id=some_id(1), verdict=Verdict.DISMISSED, operator="li.wei", judged_at=BEGIN_US))
    site.deliver(mine)
    assert site.incident().state is IncidentState.NEW
    assert reported(site) == 1


def test_merging_takes_the_absorbed_ones_count_back_and_its_alerts_over(site: WriterSite) -> None:
    older, newer = two_incidents(site)
    assert reported(site) == 2
    assert site.act(newer.incident_id, Act.MERGE, into=older.incident_id).answer is Answer.DONE
    absorbed, left = by_id(site, newer.incident_id), by_id(site, older.incident_id)
    assert (absorbed.state, absorbed.merged_into, absorbed.alert_count) == (
        IncidentState.CANCELLED,
        older.incident_id,
        0,
    )
    assert left.alert_count == 2
    assert reported(site) == 1
    asked = [value for value in site.dispatches() if value.incident_id == newer.incident_id]
    assert {value.state for value in asked} == {DispatchState.RECALLED}


def test_merging_into_a_later_one_moves_its_month_to_the_earliest_alert(site: WriterSite) -> None:
    older, newer = two_incidents(site)
    site.act(older.incident_id, Act.MERGE, into=newer.incident_id)
    assert by_id(site, newer.incident_id).first_alert_us == older.first_alert_us


def test_a_unit_at_work_goes_on_with_the_incident_that_stays(site: WriterSite) -> None:
    older, newer = two_incidents(site)
    mine = next(value for value in site.dispatches() if value.incident_id == newer.incident_id)
    site.press(mine.unit_id, mine.dispatch_id, Step.ACCEPT)
    site.press(mine.unit_id, mine.dispatch_id, Step.ON_SCENE)
    site.act(newer.incident_id, Act.MERGE, into=older.incident_id)
    assert by_id(site, older.incident_id).state is IncidentState.ON_SCENE
    told = [entry.dispatch for entry in site.mailbox(mine.unit_id) if entry.dispatch.dispatch_id == mine.dispatch_id]
    assert (told[-1].incident_id, told[-1].state) == (older.incident_id, "on_scene")
    assert site.press(mine.unit_id, mine.dispatch_id, Step.CLEAR, Outcome.CONFIRMED).answer is Answer.DONE
    assert by_id(site, older.incident_id).state is IncidentState.CLOSED
    others = [value for value in site.dispatches() if value.dispatch_id != mine.dispatch_id]
    assert {value.state for value in others} == {DispatchState.RECALLED}


def test_what_the_absorbed_one_was_found_to_be_holds_for_the_one_that_stays(site: WriterSite) -> None:
    older, newer = two_incidents(site)
    site.act(newer.incident_id, Act.CLOSE, outcome=Outcome.CONFIRMED)
    site.act(older.incident_id, Act.CLOSE, outcome=Outcome.NOTHING_FOUND)
    site.act(newer.incident_id, Act.MERGE, into=older.incident_id)
    assert by_id(site, older.incident_id).outcome is Outcome.CONFIRMED


def test_a_merged_incident_is_neither_reopened_nor_merged_into(site: WriterSite) -> None:
    older, newer = two_incidents(site)
    site.act(newer.incident_id, Act.MERGE, into=older.incident_id)
    refused = site.act(newer.incident_id, Act.REOPEN)
    assert (refused.answer, older.incident_id in refused.reason) == (Answer.REFUSED, True)
    assert site.act(older.incident_id, Act.MERGE, into=newer.incident_id).answer is Answer.REFUSED
    assert site.act(older.incident_id, Act.MERGE, into=older.incident_id).answer is Answer.REFUSED
    assert site.act(older.incident_id, Act.MERGE, into=some_id(99)).answer is Answer.REFUSED


def test_splitting_counts_one_more_and_the_first_alert_may_leave(site: WriterSite) -> None:
    room = connected(site, "room-0")
    for number in (1, 2, 3):
        room.put(seen(number * MICROS))
    site.deliver(room, first_seq=1)
    whole = site.incident()
    done = site.act(whole.incident_id, Act.SPLIT, alert_ids=(some_id(MICROS),))
    assert done.answer is Answer.DONE
    (part,) = [each for each in site.incidents() if each.incident_id != whole.incident_id]
    assert done.reason == f"split off as {part.incident_id}"
    assert (part.alert_count, part.owner, part.state) == (1, "wang", IncidentState.ACKNOWLEDGED)
    rest = by_id(site, whole.incident_id)
    assert (rest.alert_count, rest.first_alert_us) == (2, BEGIN_US + 2 * MICROS)
    assert reported(site) == 2


def test_a_split_after_a_merge_brings_both_back_as_they_were_counted(site: WriterSite) -> None:
    older, newer = two_incidents(site)
    site.act(newer.incident_id, Act.MERGE, into=older.incident_id)
    site.act(older.incident_id, Act.SPLIT, alert_ids=(some_id(MICROS),))
    assert reported(site) == 2
    assert sorted(each.alert_count for each in site.incidents()) == [0, 1, 1]


def test_a_split_that_leaves_nothing_or_takes_nothing_is_refused(site: WriterSite) -> None:
    room = connected(site, "room-0")
    room.put(seen(1))
    site.deliver(room)
    whole = site.incident().incident_id
    assert "all of its alerts" in site.act(whole, Act.SPLIT, alert_ids=(some_id(1),)).reason
    assert "none of these" in site.act(whole, Act.SPLIT, alert_ids=(some_id(2),)).reason


def test_a_reclassified_and_reopened_incident_is_counted_where_it_belongs(site: WriterSite) -> None:
    older, newer = two_incidents(site)
    site.act(newer.incident_id, Act.CANCEL)
    assert reported(site) == 1
    site.act(newer.incident_id, Act.REOPEN)
    site.act(newer.incident_id, Act.RECLASSIFY, category="brawl")
    site.act(newer.incident_id, Act.MERGE, into=older.incident_id)
    assert reported(site) == 1


def test_the_first_page_of_a_severe_alert_never_waits_for_grouping(site: WriterSite) -> None:
    """It joins an incident known as small: whoever was asked is paged again at once, with the shorter time."""
    room = connected(site, "room-0")
    room.put(seen(1, severity=Severity.LOW))
    site.deliver(room)
    before = {value.unit_id: len(site.mailbox(value.unit_id)) for value in site.dispatches()}
    site.clock.advance(5.0)
    room.put(seen(2 * MICROS, severity=Severity.CRITICAL))
    site.deliver(room)
    assert site.incident().alert_count == 2
    for value in site.dispatches():
        paged = site.mailbox(value.unit_id)[before[value.unit_id] :]
        assert [(entry.page, entry.dispatch.severity) for entry in paged] == [(True, Severity.CRITICAL)]
        assert value.answer_by_us == site.clock.now_us() + 30 * MICROS
    site.tick(31.0)
    assert site.incident().escalation_level == 1


def test_a_severe_flag_that_joins_a_suggestion_is_offered_in_the_same_commit(site: WriterSite) -> None:
    room = connected(site, "room-0")
    room.put(seen(1, forward=Forward.SUGGEST, severity=Severity.LOW))
    site.deliver(room)
    assert site.dispatches() == []
    room.put(replace(some_flag(2, category="intrusion"), severity=Severity.CRITICAL, place=HERE))
    site.deliver(room)
    assert {value.offered_us for value in site.dispatches()} == {site.clock.now_us()}
