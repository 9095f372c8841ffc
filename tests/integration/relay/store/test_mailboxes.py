"""Reading many units' mailboxes at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from patrol_wire.ids import UnitId
from relay.store import mailboxes
from tests.support.field_desk import FieldDesk, view


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[FieldDesk]:
    opened = FieldDesk(tmp_path)
    yield opened
    opened.close()


def test_each_unit_gets_its_own_missing_entries_in_order(desk: FieldDesk) -> None:
    """More pairs than one statement holds, and units that have come differently far."""
    told = {UnitId(f"unit-{number}"): 1 + number % 4 for number in range(300)}
    for unit, count in told.items():
        desk.tell(unit, [view() for _ in range(count)])
    missing = {unit: range(min(2, count), count + 1) for unit, count in told.items()}
    with desk.reader.connect() as connection:
        found = mailboxes.entries_between(connection, missing)
        pages = {unit: mailboxes.page_after(connection, unit, cursors.start - 1) for unit, cursors in missing.items()}
    assert found == pages


def test_a_unit_without_entries_there_is_left_out(desk: FieldDesk) -> None:
    desk.tell("unit-1", [view()])
    with desk.reader.connect() as connection:
        assert (
            mailboxes.entries_between(connection, {UnitId("unit-1"): range(2, 5), UnitId("nobody"): range(1, 2)}) == {}
        )


def test_the_index_finds_entries_however_long_the_mailboxes_are(desk: FieldDesk) -> None:
    """``(unit_id, cursor) IN (VALUES …)`` read the whole table: telling people would have become slower every day."""
    text = mailboxes._AT_CURSORS._text(desk.reader.dialect, 8)
    with desk.reader.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("unit-1", 1) * 8)]
    assert any(step.startswith("SEARCH mailbox USING INDEX") for step in plan), plan
    assert not any(step.startswith("SCAN mailbox") for step in plan), plan
