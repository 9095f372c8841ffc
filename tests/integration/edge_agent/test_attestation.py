"""What a room attests: every alert and flag of stream A exactly once, whenever the agent falls or the day turns."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.core.outbox import OutboxLimits
from edge_agent.ops.clock import SystemClock
from edge_agent.outbox.errors import OutboxDiskError, OutboxFullError
from edge_agent.outbox.store import Outbox
from patrol_wire.codec import decode_record, encode_record
from patrol_wire.ids import Severity, Stream
from patrol_wire.records import Alert, Attestation, Flag, TestAlert
from tests.support.records import BEGIN_US, some_alert, some_flag, some_health_alert, some_id

MONDAY, TUESDAY, FRIDAY = "2026-11-23", "2026-11-24", "2026-11-27"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite3"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    opened = reopen(path)
    yield opened
    opened.close()


def reopen(path: Path, *, limits: OutboxLimits | None = None) -> Outbox:
    return Outbox(path, node="room-a", clock=SystemClock(), limits=limits)


def attestations(outbox: Outbox) -> list[Attestation]:
    found = [decode_record(record.body) for record in outbox.unsettled(Stream.REPORTS, 0, 1_000)]
    return [body for body in found if isinstance(body, Attestation)]


def test_a_day_is_attested_when_the_next_one_begins(outbox: Outbox) -> None:
    outbox.put(some_alert(1))  # before the first look at the clock
    assert outbox.turn_day(MONDAY, camera_seconds=0) is None
    outbox.put(some_flag(2))
    outbox.put(some_alert(3))
    outbox.put(TestAlert(alert_id=some_id(4), raised_at=BEGIN_US))
    outbox.put(some_health_alert(5))
    assert outbox.turn_day(MONDAY, camera_seconds=9) is None
    assert attestations(outbox) == []
    outbox.turn_day(TUESDAY, camera_seconds=86_000)
    assert attestations(outbox) == [
        Attestation(
            day=MONDAY,
            first_seq=1,
            last_seq=4,
            alerts={"intrusion": 2, "brawl": 1},
            camera_seconds=86_000,
        )
    ]


def test_a_day_without_alerts_is_attested_with_none(outbox: Outbox) -> None:
    outbox.turn_day(MONDAY, camera_seconds=0)
    outbox.turn_day(TUESDAY, camera_seconds=0)
    (only,) = attestations(outbox)
    assert (only.day, only.first_seq, only.last_seq, only.alerts) == (MONDAY, 1, 0, {})


def test_a_room_that_was_off_over_midnight_attests_when_it_comes_back(path: Path) -> None:
    first = reopen(path)
    first.turn_day(MONDAY, camera_seconds=0)
    first.put(some_alert(1))
    first.close()
    second = reopen(path)
    second.put(some_alert(2))  # before the look that finds out what day it is
    second.turn_day(FRIDAY, camera_seconds=3)
    assert [(each.day, each.first_seq, each.last_seq, each.alerts) for each in attestations(second)] == [
        (MONDAY, 1, 2, {"intrusion": 2})
    ]
    second.close()


def test_a_clock_that_is_put_back_attests_the_same_day_again_and_no_record_twice(outbox: Outbox) -> None:
    outbox.turn_day(TUESDAY, camera_seconds=0)
    outbox.put(some_alert(1))
    outbox.turn_day(MONDAY, camera_seconds=0)
    outbox.put(some_alert(2))
    outbox.turn_day(TUESDAY, camera_seconds=0)
    outbox.put(some_alert(3))
    outbox.turn_day(FRIDAY, camera_seconds=0)
    assert [(each.day, each.first_seq, each.last_seq) for each in attestations(outbox)] == [
        (TUESDAY, 1, 1),
        (MONDAY, 2, 2),
        (TUESDAY, 3, 3),
    ]


def test_what_a_full_outbox_refused_is_attested_as_refused(path: Path) -> None:
    size = len(encode_record(some_alert(1, severity=Severity.LOW)))
    full = reopen(path, limits=OutboxLimits(max_bytes=3 * size + 9))
    full.turn_day(MONDAY, camera_seconds=0)
    refused = 0
    for number in range(8):
        try:
            full.put(some_alert(number, severity=Severity.LOW))
        except OutboxFullError:
            refused += 1
    assert 0 < refused < 8
    with pytest.raises(OutboxFullError):
        full.turn_day(TUESDAY, camera_seconds=0)  # there is no room for the attestation either: the day stays open
    full.close()
    roomy = reopen(path)
    roomy.turn_day(TUESDAY, camera_seconds=0)
    (only,) = attestations(roomy)
    assert (only.day, only.alerts, only.refused) == (MONDAY, {"intrusion": 8 - refused}, refused)
    roomy.close()


def test_what_a_failing_disk_refused_is_attested_as_refused(outbox: Outbox) -> None:
    outbox.turn_day(MONDAY, camera_seconds=0)
    outbox._connection.execute("CREATE TRIGGER fail BEFORE INSERT ON record BEGIN SELECT RAISE(ABORT, 'disk'); END")
    for body in (some_alert(1), some_flag(2)):
        with pytest.raises(OutboxDiskError):
            outbox.put(body)
    outbox._connection.execute("DROP TRIGGER fail")
    outbox.put(some_alert(3))
    outbox.turn_day(TUESDAY, camera_seconds=0)
    (only,) = attestations(outbox)
    assert (only.alerts, only.refused) == ({"intrusion": 1}, 2)


def test_an_outbox_from_before_attests_what_comes_after_the_upgrade(path: Path) -> None:
    """What it holds already was never tallied: the first attestation begins behind it, and the relay sees the gap."""
    old = reopen(path)
    old.put(some_alert(1))
    old.close()
    with sqlite3.connect(path) as connection:
        connection.executescript("DROP TABLE attested; DROP TABLE unattested;")
    connection.close()
    upgraded = reopen(path)
    upgraded.turn_day(MONDAY, camera_seconds=0)
    upgraded.put(some_alert(2))
    upgraded.turn_day(TUESDAY, camera_seconds=0)
    (only,) = attestations(upgraded)
    assert (only.first_seq, only.last_seq, only.alerts) == (2, 2, {"intrusion": 1})
    upgraded.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["alert", "flag", "test", "health", "day", "restart"]), max_size=40))
def test_the_attestations_and_what_is_open_make_up_the_stream(
    tmp_path_factory: pytest.TempPathFactory, does: list[str]
) -> None:
    """Every record of stream A is in one attestation or in none yet; the figures are those of the records."""
    path = tmp_path_factory.mktemp("room") / "outbox.sqlite3"
    outbox = reopen(path)
    day = 1
    for number, what in enumerate(does):
        match what:
            case "alert":
                outbox.put(some_alert(number))
            case "flag":
                outbox.put(some_flag(number))
            case "test":
                outbox.put(TestAlert(alert_id=some_id(number), raised_at=BEGIN_US))
            case "health":
                outbox.put(some_health_alert(number))
            case "day":
                day += 1
                outbox.turn_day(f"2026-01-{day:02d}", camera_seconds=0)
            case _:
                outbox.close()
                outbox = reopen(path)
    outbox.turn_day("2026-02-01", camera_seconds=0)
    outbox.turn_day("2026-02-02", camera_seconds=0)
    stream = [decode_record(record.body) for record in outbox.unsettled(Stream.ALERTS, 0, 1_000)]
    reached = 0
    for each in attestations(outbox):
        assert each.first_seq == reached + 1
        covered = stream[reached : each.last_seq]
        assert each.alerts == Counter(body.category for body in covered if isinstance(body, Alert | Flag))
        reached = each.last_seq
    assert reached == len(stream)
    outbox.close()
