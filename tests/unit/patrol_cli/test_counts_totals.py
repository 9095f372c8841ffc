"""The consumer's arithmetic and dialogue: nothing twice, nothing left out, file and cursor always agree."""

from pathlib import Path

import pytest

from patrol_cli import counts_session
from patrol_cli.counts_session import HELLO_EVERY_S, PING_EVERY_S, SILENT_AFTER_S, UNLINKED_AFTER_S, CountsBook
from patrol_cli.counts_totals import CountKey, FeedGapError, Totals, TotalsFile, TotalsFileError, add, publish
from patrol_wire import messages as m
from patrol_wire.ids import Measure

KEY = CountKey(Measure.REPORTED, "t01-c03", "intrusion", "2026-11")


def line(cursor: int, count: int = 1) -> m.LedgerEntry:
    return m.LedgerEntry(
        cursor=cursor,
        entry_id=f"{cursor:032x}",
        measure=KEY.measure,
        area=KEY.area,
        category=KEY.category,
        month=KEY.month,
        count=count,
        incident_id="019aaf3c-5d80-7c33-9d44-abcdef012345",
        reason="opened",
        recorded_at=1,
    )


def page(*entries: m.LedgerEntry, head: int, session: int = 3) -> m.Counts:
    return m.Counts(session=session, entries=entries, head=head)


def test_known_entries_are_passed_over_and_corrections_subtract() -> None:
    totals = add(Totals(), [line(1), line(2), line(2), line(1), line(3, -1)])
    assert (totals.cursor, dict(totals.sums)) == (3, {KEY: 1})


def test_a_hole_is_an_error_and_changes_nothing() -> None:
    with pytest.raises(FeedGapError, match="entry 3 came after 1"):
        add(Totals(), [line(1), line(3)])


def test_what_is_kept_is_what_comes_back(tmp_path: Path) -> None:
    kept = TotalsFile(tmp_path / "totals.json")
    assert kept.load() == Totals()
    totals = add(Totals(), [line(1), line(2)])
    kept.keep(totals)
    assert kept.load() == totals


@pytest.mark.parametrize(
    "content", ["", "{", '{"version": 9, "cursor": 1, "sums": []}', '{"version": 1, "cursor": "x"}']
)
def test_a_damaged_file_is_refused_with_the_way_out(tmp_path: Path, content: str) -> None:
    path = tmp_path / "totals.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TotalsFileError, match=r"totals\.json"):
        TotalsFile(path).load()


def live(cursor: int = 0) -> CountsBook:
    book, hello = counts_session.linked(CountsBook(totals=Totals(cursor=cursor)), 3, 0.0)
    assert isinstance(hello, m.CountsHello)
    assert hello.cursor == cursor
    book, _ = counts_session.heard(book, page(head=cursor), 0.0)
    return book


def test_a_release_is_kept_once_and_survives_a_restart(tmp_path: Path) -> None:
    """The feed tells releases again after each hello."""
    told = m.MonthRelease(number=1, month="2026-10", release=1, cutoff=4, entries=4, published_at=9)
    totals = publish(Totals(), [told])
    assert publish(totals, [told]) is totals
    kept = TotalsFile(tmp_path / "totals.json")
    kept.keep(totals)
    assert kept.load() == totals
    (tmp_path / "totals.json").write_text('{"version":1,"cursor":0,"sums":[]}', encoding="utf-8")
    assert kept.load() == Totals(), "a file from before releases were kept is still read"


def test_hello_names_the_line_at_the_cursor_and_the_file_keeps_it(tmp_path: Path) -> None:
    totals = add(Totals(), [line(1), line(2)])
    assert totals.entry_id == line(2).entry_id
    kept = TotalsFile(tmp_path / "totals.json")
    kept.keep(totals)
    _, hello = counts_session.linked(CountsBook(totals=kept.load()), 3, 0.0)
    assert isinstance(hello, m.CountsHello)
    assert (hello.cursor, hello.entry_id) == (2, line(2).entry_id)


def test_the_consumer_is_up_to_date_when_its_cursor_is_the_head() -> None:
    book = live()
    assert book.up_to_date
    book, _ = counts_session.heard(book, page(line(1), head=2), 0.0)
    assert not book.up_to_date
    book, _ = counts_session.heard(book, page(line(2), head=2), 0.0)
    assert book.up_to_date


def test_hello_is_repeated_until_answered_and_then_pings_follow() -> None:
    book, _ = counts_session.linked(CountsBook(totals=Totals()), 3, 0.0)
    book, said = counts_session.tick(book, now_s=HELLO_EVERY_S / 2, now_us=1)
    assert said is None
    book, said = counts_session.tick(book, now_s=HELLO_EVERY_S, now_us=1)
    assert isinstance(said, m.CountsHello)
    book, _ = counts_session.heard(book, page(head=0), HELLO_EVERY_S)
    book, said = counts_session.tick(book, now_s=PING_EVERY_S, now_us=1)
    assert isinstance(said, m.Ping)


def test_a_silent_or_lost_connection_is_stuck_after_its_time_and_a_sign_is_none() -> None:
    book, _ = counts_session.heard(live(), m.Pong(ping_sent_at=1, commits=1, last_commit_at=1, clock=1), 2.0)
    assert not counts_session.is_stuck(book, 2.0 + SILENT_AFTER_S)
    assert counts_session.is_stuck(book, 2.1 + SILENT_AFTER_S)
    book = counts_session.unlinked(book)
    assert not counts_session.is_stuck(book, 100.0)
    book, said = counts_session.tick(book, now_s=100.0, now_us=1)
    assert said is None
    assert not counts_session.is_stuck(book, 100.0 + UNLINKED_AFTER_S)
    assert counts_session.is_stuck(book, 100.1 + UNLINKED_AFTER_S)


def test_a_gap_or_an_unknown_session_brings_hello_from_where_we_stand() -> None:
    for message in (page(line(5), head=5), m.Who(), m.Bye(reason="slow_reader", resync=True)):
        book, said = counts_session.heard(live(), message, 1.0)
        assert isinstance(said, m.CountsHello)
        assert said.cursor == 0
        assert not book.live


def test_a_page_of_an_earlier_connection_is_passed_over() -> None:
    book, _ = counts_session.heard(live(), page(line(1), head=1, session=2), 1.0)
    assert book.totals.cursor == 0


def test_a_ledger_that_ends_before_our_cursor_is_said_and_not_taken_for_up_to_date() -> None:
    book, _ = counts_session.linked(CountsBook(totals=Totals(cursor=9)), 3, 0.0)
    book, _ = counts_session.heard(book, page(head=4), 0.0)
    assert "before our cursor 9" in book.refused
    assert not book.up_to_date
