"""The outbox on a real file: what put() returned for is there, and a file that cannot be used is refused."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.core.media_items import MediaState, order_key
from edge_agent.core.outbox import OutboxLimits
from edge_agent.ops.clock import SystemClock
from edge_agent.outbox.errors import OutboxClosedError, OutboxDiskError, OutboxFullError, OutboxUnusableError
from edge_agent.outbox.file_checks import move_aside
from edge_agent.outbox.store import Outbox
from edge_agent.outbox.values import Stored
from patrol_wire.chain import CHAIN_START, chain_link
from patrol_wire.codec import decode_record, encode_record
from patrol_wire.ids import Severity, Stream, Verdict
from patrol_wire.records import FlagChange, Judgement, MediaManifest
from tests.support.manual_clock import ManualClock
from tests.support.records import BEGIN_US, some_alert, some_flag, some_health_alert, some_id, some_report
from tests.support.waiting import wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite3"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    opened = Outbox(path, node="room-a", clock=SystemClock())
    yield opened
    opened.close()


def reopen(path: Path, **more: object) -> Outbox:
    return Outbox(path, node="room-a", clock=SystemClock(), **more)  # type: ignore[arg-type]  # test shorthand


def settled(outbox: Outbox, stream: Stream, *, stored: int, final: int) -> None:
    outbox.settle(stream, stored=stored, final=final)
    wait_until(
        lambda: next(lane for lane in outbox.lanes() if lane.stream is stream).stored >= stored,
        within_s=5,
        what="the settlement is committed",
    )


def test_records_come_back_in_order_with_a_chain_over_their_bodies(outbox: Outbox) -> None:
    for number in range(5):
        assert outbox.put(some_alert(number)).seq == number + 1
    chain = CHAIN_START
    records = outbox.unsettled(Stream.ALERTS, 0, 10)
    for number, record in enumerate(records):
        chain = chain_link(chain, record.body)
        assert (record.seq, record.chain) == (number + 1, chain)
        assert decode_record(record.body) == some_alert(number)


def test_each_stream_has_its_own_sequence(outbox: Outbox) -> None:
    manifest = MediaManifest(
        alert_id=some_id(1), sha256="0" * 64, media_type="image/jpeg", size_bytes=1, started_at=0, duration_ms=0,
        masked=False,
    )  # fmt: skip
    assert [outbox.put(body).seq for body in (some_alert(0), some_report(0), manifest, some_flag(2))] == [1, 1, 1, 2]


def test_settled_records_leave_the_file_and_the_sequence_goes_on_after_a_restart(outbox: Outbox, path: Path) -> None:
    for number in range(4):
        outbox.put(some_alert(number))
    epoch = outbox.epoch
    settled(outbox, Stream.ALERTS, stored=3, final=2)
    outbox.close()
    again = reopen(path)
    assert again.epoch == epoch
    assert [record.seq for record in again.unsettled(Stream.ALERTS, 0, 10)] == [3, 4]
    assert again.depth().pending[Stream.ALERTS] == 1
    assert again.put(some_alert(9)).seq == 5
    assert again.depth().tally == {"stored": 5, "acknowledged": 3}
    again.close()


def test_an_acknowledgement_never_goes_back_nor_beyond_what_exists(outbox: Outbox) -> None:
    outbox.put(some_alert(0))
    settled(outbox, Stream.ALERTS, stored=1, final=1)
    outbox.settle(Stream.ALERTS, stored=0, final=0)
    outbox.settle(Stream.ALERTS, stored=50, final=50)
    assert outbox.put(some_alert(1)).seq == 2
    settled(outbox, Stream.ALERTS, stored=1, final=1)
    assert [record.seq for record in outbox.unsettled(Stream.ALERTS, 0, 10)] == [2]


def test_what_put_returned_for_survives_a_kill_at_any_moment(path: Path) -> None:
    """SIGKILL at a random point; the parent read the acknowledged numbers from a pipe."""
    code = (
        "import sys; from pathlib import Path; from edge_agent.outbox.store import Outbox;"
        "from edge_agent.ops.clock import SystemClock; from tests.support.records import some_alert\n"
        "box = Outbox(Path(sys.argv[1]), node='room-a', clock=SystemClock())\n"
        "n = int(sys.argv[2])\n"
        "while True:\n"
        "    n += 1; print(box.put(some_alert(n)).seq, n, flush=True)"
    )
    random_source = random.Random(5)
    said: dict[int, int] = {}
    for run in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(path), str(run * 100_000)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(random_source.randrange(1, 200)):
            seq, number = child.stdout.readline().split()
            said[int(seq)] = int(number)
        os.kill(child.pid, signal.SIGKILL)
        for line in child.stdout.read().splitlines():
            seq, number = line.split()
            said[int(seq)] = int(number)
        child.stdout.close()
        child.wait(timeout=10)
    outbox = reopen(path)
    held = {record.seq: decode_record(record.body) for record in outbox.unsettled(Stream.ALERTS, 0, 1_000_000)}
    outbox.close()
    assert {seq: some_alert(number) for seq, number in said.items()}.items() <= held.items()
    assert sorted(held) == list(range(1, len(held) + 1))


def test_callers_from_many_threads_share_commits_and_lose_nothing(outbox: Outbox) -> None:
    commits: list[int] = []
    outbox.subscribe(lambda: commits.append(1))

    def put_many(start: int) -> None:
        for number in range(start, start + 50):
            outbox.put(some_alert(number))

    threads = [threading.Thread(target=put_many, args=(start * 1_000,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(outbox.unsettled(Stream.ALERTS, 0, 1_000)) == 400
    assert len(commits) < 400


def test_records_that_belong_together_share_one_commit_and_follow_the_first_of_them(path: Path) -> None:
    """An alert and what announces its picture: one sync, and nothing is announced of an alert that was refused."""
    room = len(encode_record(some_alert(1))) + len(encode_record(_manifest(1, 1)))
    small = reopen(path, limits=OutboxLimits(max_bytes=room + 1))
    commits: list[int] = []
    small.subscribe(lambda: commits.append(1))
    low = some_alert(2, severity=Severity.LOW)
    try:
        kept, refused, alone = small.put_together(
            [(some_alert(1), _manifest(1, 1)), (low, _manifest(2, 2)), (some_flag(3),)]
        )
        assert [type(answer) for answer in (*kept, *refused, *alone)] == [Stored] * 2 + [OutboxFullError] * 2 + [Stored]
        assert len(commits) == 1
        assert [decode_record(one.body) for one in small.unsettled(Stream.MEDIA, 0, 9)] == [_manifest(1, 1)]
    finally:
        small.close()


def test_a_damaged_file_is_refused_with_the_way_out_and_left_as_it_is(outbox: Outbox, path: Path) -> None:
    for number in range(200):
        outbox.put(some_flag(number, note="x" * 500))
    outbox.close()
    pages = bytearray(path.read_bytes())
    pages[8192:12288] = os.urandom(4096)
    path.write_bytes(pages)
    with pytest.raises(OutboxUnusableError, match=r"damaged .*--new-outbox"):
        reopen(path)
    assert path.read_bytes() == bytes(pages)


def test_one_flipped_bit_in_a_body_is_found_by_the_chain(outbox: Outbox, path: Path) -> None:
    outbox.put(some_alert(1))
    outbox.close()
    with sqlite3.connect(path) as connection:
        (body,) = connection.execute("SELECT body FROM record").fetchone()
        connection.execute("UPDATE record SET body = ?", (body[:-1] + bytes([body[-1] ^ 1]),))
    connection.close()
    with pytest.raises(OutboxUnusableError, match="record 1 of stream a does not follow"):
        reopen(path)


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"holiday pictures " * 500)
    with pytest.raises(OutboxUnusableError, match="--new-outbox"):
        reopen(path)
    assert path.read_bytes().startswith(b"holiday pictures")


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with pytest.raises(OutboxUnusableError, match="another program"):
        reopen(path)


def test_the_outbox_of_another_room_is_refused(outbox: Outbox, path: Path) -> None:
    outbox.close()
    with pytest.raises(OutboxUnusableError, match=r"belongs to the room room-a, the settings say room-b"):
        Outbox(path, node="room-b", clock=SystemClock())


def test_a_second_agent_on_the_same_outbox_is_refused(outbox: Outbox, path: Path) -> None:
    assert outbox.depth().fault == ""
    with pytest.raises(OutboxUnusableError, match="another agent"):
        reopen(path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(OutboxUnusableError, match=r"paths\.state_dir"):
        reopen(tmp_path / "state" / "outbox.sqlite3")


def test_an_outbox_moved_aside_is_kept_and_the_new_one_has_a_new_epoch(outbox: Outbox, path: Path) -> None:
    outbox.put(some_alert(1))
    epoch = outbox.epoch
    outbox.close()
    aside = move_aside(path, stamp="20261123")
    assert aside is not None
    new = reopen(path)
    assert new.epoch != epoch
    assert new.put(some_alert(2)).seq == 1
    new.close()
    old = reopen(aside)
    assert len(old.unsettled(Stream.ALERTS, 0, 10)) == 1
    old.close()


def test_a_full_outbox_gives_up_reports_then_refuses_low_alerts_and_takes_every_flag(path: Path) -> None:
    outbox = reopen(path, limits=OutboxLimits(max_bytes=8_000))
    for number in range(10):
        outbox.put(some_report(number))

    def put_low(count: int) -> None:
        for number in range(count):
            outbox.put(some_alert(number, severity=Severity.LOW))

    with pytest.raises(OutboxFullError, match="a low record was refused"):
        put_low(1_000)
    left = len(outbox.unsettled(Stream.REPORTS, 0, 10))
    assert left <= 1, "a report smaller than the alert does not save it, so it may stay"
    for flag in range(100):
        outbox.put(some_flag(10_000 + flag, note="x" * 200))
    with pytest.raises(OutboxFullError, match="a report record was refused"):
        outbox.put(some_report(99))
    depth = outbox.depth()
    assert depth.tally["expired_reports"] == 10
    assert len(outbox.unsettled(Stream.ALERTS, 0, 1_000)) == depth.tally["stored"]
    assert depth.tally["refused_low"] == 1
    assert depth.tally["refused_report"] == 1
    (reports,) = (lane for lane in outbox.lanes() if lane.stream is Stream.REPORTS)
    assert reports.base == reports.last
    outbox.close()


def test_a_full_disk_is_said_to_the_caller_and_the_outbox_goes_on_afterwards(outbox: Outbox) -> None:
    outbox.put(some_alert(1))
    connection = outbox._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    def put_long(count: int) -> None:
        for number in range(count):
            outbox.put(some_flag(1_000 + number, note="x" * 1_900))

    with pytest.raises(OutboxDiskError, match=r"nothing was stored .*full"):
        put_long(100)
    assert "full" in outbox.depth().fault
    held = len(outbox.unsettled(Stream.ALERTS, 0, 1_000))
    connection.execute(f"PRAGMA max_page_count = {pages + 1_000}")
    assert outbox.put(some_alert(2)).seq == held + 1
    assert outbox.depth().fault == ""


def test_old_reports_expire_and_old_alerts_do_not(path: Path) -> None:
    clock = ManualClock(now_us=BEGIN_US)
    outbox = Outbox(path, node="room-a", clock=clock, limits=OutboxLimits(max_age_s=3_600))
    outbox.put(some_alert(1))
    outbox.put(some_report(1))
    clock.advance(3_700)
    outbox.put(some_alert(2))
    assert outbox.unsettled(Stream.REPORTS, 0, 10) == []
    assert len(outbox.unsettled(Stream.ALERTS, 0, 10)) == 2
    assert outbox.depth().tally["expired_reports"] == 1
    outbox.close()


def test_the_list_of_alerts_follows_judgements_and_changes(outbox: Outbox) -> None:
    outbox.put(some_alert(1))
    outbox.put(some_flag(2))
    outbox.put(Judgement(alert_id=some_id(1), verdict=Verdict.DISMISSED, operator="li.wei", judged_at=0, reason="cat"))
    outbox.put(FlagChange(alert_id=some_id(2), operator="li.wei", changed_at=0, category="theft"))
    flag, alert = outbox.newest_alerts(10)
    assert (alert.standing, alert.reason, alert.source) == ("dismissed", "cat", "machine")
    assert (flag.standing, flag.category, flag.acknowledged) == ("classified", "theft", False)
    settled(outbox, Stream.ALERTS, stored=4, final=4)
    found = outbox.find_alert(some_id(2))
    assert found is not None
    assert found.acknowledged
    assert outbox.find_alert(some_id(77)) is None


def test_refused_records_are_noted_once(outbox: Outbox) -> None:
    outbox.put(some_alert(1))
    for _ in range(2):
        outbox.settle(Stream.ALERTS, stored=1, final=0, refused=[(1, "unknown_category")])
    settled(outbox, Stream.ALERTS, stored=1, final=1)
    wait_until(lambda: outbox.depth().tally.get("dead_letters") == 1, within_s=5, what="the refusal is counted once")
    outbox.put(some_alert(2))  # through the same thread: whatever was asked before it is done
    assert outbox.depth().tally.get("dead_letters") == 1


def test_after_close_a_put_says_that_the_agent_is_stopping(outbox: Outbox) -> None:
    outbox.close()
    with pytest.raises(OutboxClosedError, match="stopping"):
        outbox.put(some_alert(1))


def test_the_body_on_disk_is_the_body_of_the_contract(outbox: Outbox) -> None:
    outbox.put(some_alert(1))
    assert outbox.unsettled(Stream.ALERTS, 0, 1)[0].body == encode_record(some_alert(1))


def test_the_health_alerts_that_hold_are_known_after_a_restart_and_after_their_records_have_left(path: Path) -> None:
    outbox = reopen(path)
    outbox.put(some_health_alert(2))
    outbox.put(some_health_alert(1, camera=None))
    outbox.put(some_health_alert(3))
    outbox.put(some_health_alert(3, cleared_at=BEGIN_US + 9))
    settled(outbox, Stream.REPORTS, stored=4, final=4)
    outbox.close()
    again = reopen(path)
    assert again.held_health_alerts() == [some_health_alert(1, camera=None), some_health_alert(2)]
    again.put(some_health_alert(1, camera=None, cleared_at=BEGIN_US + 9))
    again.put(some_health_alert(2, cleared_at=BEGIN_US + 9))
    assert again.held_health_alerts() == []
    again.close()


def test_an_outbox_from_before_health_alerts_is_used_as_it_is(path: Path) -> None:
    """An upgrade asks for no empty outbox; nor does the way back, for the file's version is the same."""
    first = reopen(path)
    first.put(some_flag(1))
    first.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE health_alert")
    connection.close()
    upgraded = reopen(path)
    assert upgraded.held_health_alerts() == []
    upgraded.put(some_health_alert(1))
    assert upgraded.held_health_alerts() == [some_health_alert(1)]
    assert [row.alert_id for row in upgraded.newest_alerts(5)] == [some_flag(1).alert_id]
    upgraded.close()


# --- evidence that has to go to the relay ---------------------------------------------------------------------


def _manifest(number: int, content: int, *, clip: bool = False) -> MediaManifest:
    return MediaManifest(
        alert_id=some_id(number),
        sha256=f"{content:064x}",
        media_type="video/mp4" if clip else "image/jpeg",
        size_bytes=100,
        started_at=BEGIN_US,
        duration_ms=0,
        masked=False,
    )


def _upcoming(outbox: Outbox) -> list[int]:
    return [int(item.sha256, 16) for item in outbox.upcoming_media(100)]


def test_evidence_is_offered_once_its_manifest_is_acknowledged_in_the_order_of_the_core(outbox: Outbox) -> None:
    for number, severity in enumerate((Severity.LOW, Severity.CRITICAL, Severity.HIGH, Severity.HIGH)):
        outbox.put(some_alert(number, severity=severity))
    for number in range(4):
        outbox.put(_manifest(number, 10 + number))
        outbox.put(_manifest(number, 20 + number, clip=True))
    assert _upcoming(outbox) == [], "the relay would not know what they belong to"
    settled(outbox, Stream.MEDIA, stored=7, final=7)
    found = outbox.upcoming_media(100)
    assert [int(item.sha256, 16) for item in found] == [11, 13, 12, 10, 21, 22, 20], "the last clip's is on its way"
    assert found == sorted(found, key=order_key), "the query sorts as the core does"


def test_what_became_of_evidence_is_durable_and_said_once(outbox: Outbox, path: Path) -> None:
    outbox.put(some_alert(1))
    for content in (1, 2, 3):
        outbox.put(_manifest(1, content))
    settled(outbox, Stream.MEDIA, stored=3, final=3)
    outbox.settle_media(f"{1:064x}", MediaState.DELIVERED)
    outbox.settle_media(f"{1:064x}", MediaState.REFUSED, reason="too late to say otherwise")
    outbox.settle_media(f"{2:064x}", MediaState.LOST, reason="gone")
    outbox.close()
    again = reopen(path)
    assert _upcoming(again) == [3]
    assert again.media_holders() == {f"{3:064x}": {some_id(1)}}
    tally = again.depth().tally
    assert (tally["media_delivered"], tally["media_lost"], tally.get("media_refused", 0)) == (1, 1, 0)
    assert (again.media_depth().snapshots, again.media_depth().waiting_bytes) == (1, 100)
    again.close()


def test_the_same_content_of_two_alerts_waits_once(outbox: Outbox) -> None:
    outbox.put(_manifest(1, 7))
    outbox.put(_manifest(2, 7))
    settled(outbox, Stream.MEDIA, stored=2, final=2)
    assert _upcoming(outbox) == [7]


def test_manifests_from_before_the_upgrade_are_taken_in(path: Path) -> None:
    """A room that was down while its program was exchanged still has pictures nobody fetched."""
    before = reopen(path)
    before.put(some_alert(1))
    before.put(_manifest(1, 7))
    before.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE media_item")
    after = reopen(path)
    settled(after, Stream.MEDIA, stored=1, final=1)
    assert _upcoming(after) == [7]
    after.close()


def test_evidence_nobody_could_send_for_a_week_is_given_up_and_counted(path: Path) -> None:
    clock = ManualClock()
    opened = Outbox(path, node="room-a", clock=clock, limits=OutboxLimits(max_age_s=3_600.0))
    opened.put(_manifest(1, 7))
    settled(opened, Stream.MEDIA, stored=1, final=1)
    clock.advance(3_601)
    opened.put(some_report(1))
    wait_until(lambda: opened.depth().tally.get("media_expired") == 1, within_s=5, what="it is given up")
    assert (_upcoming(opened), opened.media_holders()) == ([], {})
    opened.close()
