"""Reading many units' mailboxes at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from patrol_wire.ids import UnitId
from relay.store import mailboxes
from tests.support.field_desk import FieldDesk, view


@pytest.fixture
def desk(store_url: str) -> Iterator[FieldDesk]:
    opened = FieldDesk(store_url)
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


def test_the_index_finds_entries_however_long_the_mailboxes_are(tmp_path: Path) -> None:
    """``(unit_id, cursor) IN (VALUES …)`` read the whole table: telling people would have become slower every day."""
    desk = FieldDesk(tmp_path)
    text = mailboxes._AT_CURSORS._text(desk.reader.dialect, 8)
    with desk.reader.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("unit-1", 1) * 8)]
    desk.close()
    assert any(step.startswith("SEARCH mailbox USING INDEX") for step in plan), plan
    assert not any(step.startswith("SCAN mailbox") for step in plan), plan


def test_postgresql_uses_the_index_too(postgres_url: str) -> None:
    desk = FieldDesk(postgres_url)
    rows = [(f"unit-{number}", cursor, 0, True, b"") for number in range(500) for cursor in range(1, 201)]
    with desk.writer.begin() as connection:
        mailboxes.insert(connection, rows)
        connection.exec_driver_sql("ANALYZE mailbox")
    text = mailboxes._AT_CURSORS._array_text(desk.reader.dialect)
    with desk.reader.connect() as connection:
        plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {text}", (["unit-1"] * 8, [1] * 8))]
    desk.close()
    assert any("Index Scan using pk_mailbox" in step for step in plan), plan
    assert not any("Seq Scan" in step for step in plan), plan
