"""Verification: the counts rebuilt from log and history agree with the ledger, and whatever was changed is named."""

import pytest
from msgspec.structs import replace
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError

from patrol_wire.ids import Forward, IncidentId, Outcome, Step, Verdict
from patrol_wire.records import Alert, Flag, FlagChange, Judgement
from relay.core.commands import Act
from relay.store.verification import Verification
from tests.support.records import some_alert, some_flag, some_id
from tests.support.room_sender import RoomSender
from tests.support.writer_site import WriterSite


def _machine(number: int, **fields: object) -> Alert:
    """An alert of a camera of its own."""
    return replace(some_alert(number), camera=f"c{number}", **fields)


def _play(site: WriterSite) -> list[IncidentId]:
    """Let everything happen that changes a count; return the incidents in the order they were opened."""
    room = RoomSender()
    site.connect(room)
    opened: list[IncidentId] = []

    def put(body: object) -> None:
        before = {value.incident_id for value in site.incidents()}
        room.put(body)  # type: ignore[arg-type]  # records of any kind
        site.deliver(room)
        opened.extend(value.incident_id for value in site.incidents() if value.incident_id not in before)
        site.clock.advance(3_600)

    def machine(number: int, **fields: object) -> Alert:
        now_us = site.clock.now_us()  # an hour after the one before: folded into nothing
        return _machine(number, started_at=now_us, raised_at=now_us, **fields)

    def flag(number: int) -> Flag:
        return replace(some_flag(number), camera=f"c{number}", flagged_at=site.clock.now_us())

    put(machine(1, forward=Forward.DIRECT))  # a unit confirms it
    chosen = next(value for value in site.dispatches() if value.unit_id == "unit-0-near")
    for step in (Step.ACCEPT, Step.ON_SCENE):
        site.press("unit-0-near", chosen.dispatch_id, step)
    site.press("unit-0-near", chosen.dispatch_id, Step.CLEAR, Outcome.CONFIRMED)
    put(machine(2))  # a suggestion that nobody judges counts for nothing
    put(machine(3))  # one that its room accepts
    put(Judgement(alert_id=some_id(3), verdict=Verdict.ACCEPTED, operator="op-1", judged_at=site.clock.now_us()))
    put(flag(4))  # named anew by its operator, then by the desk, which also moves and closes it
    put(FlagChange(alert_id=some_id(4), operator="op-1", changed_at=site.clock.now_us(), category="brawl"))
    put(flag(5))  # withdrawn
    put(FlagChange(alert_id=some_id(5), operator="op-1", changed_at=site.clock.now_us(), withdrawn=True))
    put(machine(6, forward=Forward.DIRECT))  # cancelled, then reopened and closed as nothing
    return opened


def test_whatever_happened_the_rebuilt_counts_are_those_of_the_ledger(store_url: str) -> None:
    with WriterSite(store_url) as site:
        opened = _play(site)
        site.act(opened[3], Act.RECLASSIFY, area_id="a1")
        site.act(opened[3], Act.RECLASSIFY, category="intrusion")
        site.act(opened[3], Act.CLOSE, outcome=Outcome.CONFIRMED)
        site.act(opened[5], Act.CANCEL)
        site.act(opened[5], Act.REOPEN)
        site.act(opened[5], Act.CLOSE, outcome=Outcome.NOTHING_FOUND)
        found = site.verified()
        with site.reader.begin() as connection:
            sums = connection.execute(text("SELECT measure, sum(total) FROM ledger_sum GROUP BY measure")).all()
    assert found.differences == ()
    assert (found.difference, found.incidents, found.alerts) == (0, 6, 6)
    # Reported: the confirmed one, the accepted one, the flag, the one that was nothing.
    assert {row[0]: int(row[1]) for row in sums} == {"reported": 4, "confirmed": 2}
    assert found.places >= 3


@pytest.mark.parametrize(
    ("changes", "says", "difference"),
    [
        # A line of the ledger that is gone, one that is there twice, one that says another place.
        (("DELETE FROM ledger WHERE cursor = 1",), "the log says 1, the ledger 0", 1),
        (("UPDATE ledger SET count = 2 WHERE cursor = 1",), "the log says 1, the ledger 2", 1),
        (
            ("UPDATE ledger SET area_id = 'a9' WHERE cursor = 1",),
            "a9 intrusion 2026-09: the log says 0, the ledger 1",
            2,
        ),
        # The incident, the ledger and its sums agree with each other, and none with what was recorded.
        (
            (
                "UPDATE incident SET month = '2020-01'",
                "UPDATE ledger SET month = '2020-01'",
                "UPDATE ledger_sum SET month = '2020-01'",
            ),
            "2026-09: the log says 1, the ledger 0",
            2,
        ),
        (
            (
                "UPDATE incident SET category = 'brawl'",
                "UPDATE ledger SET category = 'brawl'",
                "UPDATE ledger_sum SET category = 'brawl'",
            ),
            "brawl 2026-09: the log says 0, the ledger 1",
            2,
        ),
        (
            (
                "UPDATE incident SET state = 'cancelled', is_open = NOT is_open",
                "DELETE FROM ledger",
                "DELETE FROM ledger_sum",
            ),
            "the log says 1, the ledger 0",
            1,
        ),
        # An alert that the log holds and the table does not, and the other way round.
        (("DELETE FROM alert",), "raises an alert that the table of alerts does not hold", 1),
        (("UPDATE alert SET incident_id = NULL",), "belongs to no incident", 1),
        (("UPDATE alert SET started_us = 1",), "began neither when its room says nor when it was received", 2),
        (("DELETE FROM incident_history",), "the alert that opened it (none is named) is not among its alerts", 1),
        (("UPDATE record_log SET body = chain",), "can no longer be read", 1),
    ],
)
def test_what_was_changed_is_named(store_url: str, changes: tuple[str, ...], says: str, difference: int) -> None:
    with WriterSite(store_url) as site:
        room = RoomSender()
        site.connect(room)
        room.put(_machine(1, forward=Forward.DIRECT))
        site.deliver(room)
        assert site.verified().agrees
        with site.writer._engine.begin() as connection:
            for change in changes:
                connection.execute(text(change))
        found: Verification = site.verified()
    assert not found.agrees
    assert any(says in sentence for sentence in found.differences), found.differences
    assert found.difference == difference


@pytest.mark.parametrize(
    ("orphan", "says"),
    [
        ("UPDATE alert SET log_id = 77", "alert: 1 rows without record_log, the first names log_id 77"),
        ("UPDATE incident_history SET incident_id = 'none'", "rows without incident, the first names incident_id none"),
        ("UPDATE dispatch SET incident_id = 'none'", "dispatch: 2 rows without incident"),
        ("UPDATE notification SET incident_id = 'none'", "notification: 3 rows without incident"),
        ("UPDATE timer SET incident_id = 'none'", "timer: 1 rows without incident"),
        ("UPDATE ledger SET incident_id = 'none'", "ledger: 1 rows without incident"),
    ],
)
def test_a_row_without_its_parent_is_named(store_url: str, orphan: str, says: str) -> None:
    """Neither database sees to it on the tables of every alert."""
    with WriterSite(store_url) as site:
        room = RoomSender()
        site.connect(room)
        room.put(_machine(1, forward=Forward.DIRECT))
        site.deliver(room)
        assert site.differences() == []
        with site.writer._engine.begin() as connection:
            connection.execute(text(orphan))
        found = site.differences()
    assert any(says in sentence for sentence in found), found


def test_an_orphan_of_a_rare_table_is_refused_or_named(store_url: str) -> None:
    """PostgreSQL keeps the keys of rare rows; SQLite looks for parents when somebody asks whether the store agrees."""
    orphan = text("INSERT INTO dead_letter (log_id, reason, detail) VALUES (77, 'bad_body', '')")
    with WriterSite(store_url) as site:
        if make_url(store_url).get_backend_name() == "sqlite":
            with site.writer._engine.begin() as connection:
                connection.execute(orphan)
            assert site.differences() == ["dead_letter: 1 rows without record_log"]
        else:
            with pytest.raises(IntegrityError), site.writer._engine.begin() as connection:
                connection.execute(orphan)
            assert site.differences() == []
