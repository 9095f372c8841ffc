"""What the outbox counts of an operator's acts, on a real file."""

from pathlib import Path

from edge_agent.core.watch_figures import ActKind
from edge_agent.ops.clock import SystemClock
from edge_agent.outbox import watch_rows
from edge_agent.outbox.store import Outbox
from patrol_wire.ids import Verdict
from patrol_wire.records import Judgement
from tests.support.records import BEGIN_US, some_alert, some_id


def judgement(number: int, operator: str, verdict: Verdict, *, after_s: int) -> Judgement:
    return Judgement(
        alert_id=some_id(number), verdict=verdict, operator=operator, judged_at=BEGIN_US + after_s * 1_000_000
    )


def test_another_verdict_on_the_same_suggestion_corrects_the_act_and_is_no_second(tmp_path: Path) -> None:
    """Who dismisses in a hurry and then accepts has judged one suggestion, and was as quick as the first time."""
    path = tmp_path / "outbox.sqlite3"
    outbox = Outbox(path, node="room-a", clock=SystemClock())
    outbox.put(some_alert(1))
    outbox.put(some_alert(2))
    outbox.put(judgement(1, "li", Verdict.DISMISSED, after_s=1))
    outbox.put(judgement(2, "li", Verdict.DISMISSED, after_s=2))
    outbox.close()
    outbox = Outbox(path, node="room-a", clock=SystemClock())  # known after a restart as well
    outbox.put(judgement(1, "li", Verdict.ACCEPTED, after_s=60))
    outbox.put(judgement(1, "wang", Verdict.DISMISSED, after_s=90))
    li = outbox.read(lambda found: watch_rows.acts(found, "li", since_us=0))
    wang = outbox.read(lambda found: watch_rows.acts(found, "wang", since_us=0))
    outbox.close()
    assert [act.kind for act in li] == [ActKind.ACCEPTED, ActKind.DISMISSED]
    assert [act.kind for act in wang] == [ActKind.DISMISSED]
