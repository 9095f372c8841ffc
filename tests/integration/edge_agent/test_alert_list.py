"""The room's list of alerts and flags: an operator's flag is not pushed out of it."""

from contextlib import closing
from pathlib import Path

from edge_agent.ops.clock import SystemClock
from edge_agent.outbox.store import Outbox
from tests.support.records import some_alert, some_flag, some_id


def test_a_flag_stays_in_the_list_however_many_alerts_came_since(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "outbox.sqlite3", node="room-a", clock=SystemClock())) as outbox:
        for number in (1, 2, 3):
            outbox.put(some_flag(number))
        for number in range(4, 12):
            outbox.put(some_alert(number))
        shown = [row.alert_id for row in outbox.newest_alerts(3, flags=2)]
        assert shown == [some_id(number) for number in (11, 10, 9, 3, 2)]
        assert [row.alert_id for row in outbox.newest_alerts(10, flags=2)] == [some_id(n) for n in range(11, 1, -1)]
