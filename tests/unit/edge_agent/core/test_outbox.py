"""The life of a record, and who yields when the outbox is full."""

import itertools

import pytest

from edge_agent.core.outbox import (
    ENTRY_TABLE,
    Admission,
    EntryChange,
    EntryState,
    OutboxLimits,
    RecordClass,
    admit,
    class_of,
    step,
    stream_of,
)
from patrol_wire.ids import Severity, Stream
from tests.support.records import some_alert, some_flag, some_report

LIMITS = OutboxLimits(max_bytes=1_000)


@pytest.mark.parametrize(
    ("record_class", "bytes_after", "report_bytes", "expected"),
    [
        # there is room
        (RecordClass.LOW, 1_000, 0, Admission.ACCEPT),
        # reports yield first, to whomever it helps
        (RecordClass.LOW, 1_001, 500, Admission.DROP_REPORTS),
        (RecordClass.HUMAN, 1_001, 1, Admission.DROP_REPORTS),
        # reports would not be enough for a low alert, so they stay
        (RecordClass.LOW, 1_500, 100, Admission.REFUSE),
        # the lower the severity, the sooner it is refused
        (RecordClass.LOW, 1_001, 0, Admission.REFUSE),
        (RecordClass.NORMAL, 1_100, 0, Admission.ACCEPT),
        (RecordClass.NORMAL, 1_101, 0, Admission.REFUSE),
        (RecordClass.HIGH, 1_200, 0, Admission.ACCEPT),
        (RecordClass.HIGH, 1_201, 0, Admission.REFUSE),
        (RecordClass.CRITICAL, 99_000, 0, Admission.ACCEPT),
        # what a person did is never refused
        (RecordClass.HUMAN, 99_000, 0, Admission.ACCEPT),
        # what can be made again, or is not needed by anybody, goes without
        (RecordClass.TEST, 1_001, 0, Admission.REFUSE),
        (RecordClass.REPORT, 1_001, 0, Admission.REFUSE),
        (RecordClass.MANIFEST, 1_001, 0, Admission.REFUSE),
    ],
)
def test_who_yields_when_it_is_full(
    record_class: RecordClass, bytes_after: int, report_bytes: int, expected: Admission
) -> None:
    assert admit(record_class, bytes_after=bytes_after, report_bytes=report_bytes, limits=LIMITS) is expected


def test_records_are_worth_what_they_say() -> None:
    assert class_of(some_flag(1)) is RecordClass.HUMAN
    assert class_of(some_alert(1, severity=Severity.LOW)) is RecordClass.LOW
    assert class_of(some_report(1)) is RecordClass.REPORT


def test_each_record_has_one_stream() -> None:
    assert stream_of(some_alert(1)) is Stream.ALERTS
    assert stream_of(some_report(1)) is Stream.REPORTS


@pytest.mark.parametrize(("state", "change"), list(itertools.product(EntryState, EntryChange)))
def test_what_the_table_does_not_allow_is_an_error(state: EntryState, change: EntryChange) -> None:
    if (state, change) in ENTRY_TABLE:
        assert step(state, change) in EntryState
    else:
        with pytest.raises(KeyError):
            step(state, change)


def test_an_acknowledged_record_never_becomes_unsent_again() -> None:
    for change in (EntryChange.LOSE_SESSION, EntryChange.ACKNOWLEDGE):
        assert step(EntryState.ACKNOWLEDGED, change) is EntryState.ACKNOWLEDGED
