"""The book of refusals: one line for each peer and reason, news told once, never without a bound."""

from hypothesis import given
from hypothesis import strategies as st

from relay.core.refusals import MAX_ENTRIES, QUIET_AFTER_US, RefusalBook, RefusalKey, Refused, hush, merged, note

BAD = Refused("rooms", "room:a", "bad_body", detail="noise")
KEY = RefusalKey("rooms", "room:a", "bad_body")


def test_the_first_refusal_is_news_and_the_next_ones_only_count() -> None:
    book, began = note(RefusalBook(), BAD, 10)
    assert began
    book, began = note(book, BAD._replace(times=4, detail=""), 20)
    assert not began
    entry = book.entries[KEY]
    assert (entry.count, entry.first_us, entry.last_us, entry.detail) == (5, 10, 20, "noise")
    assert book.totals == {("rooms", "bad_body"): 5}


def test_a_minute_without_one_ends_it_once_and_the_next_is_news_again_and_counts_anew() -> None:
    book, _ = note(RefusalBook(), BAD, 0)
    assert hush(book, QUIET_AFTER_US) == (book, ())
    book, ended = hush(book, QUIET_AFTER_US + 1)
    assert ended == (KEY,)
    assert hush(book, 10 * QUIET_AFTER_US) == (book, ()), "told once"
    book, began = note(book, BAD, 10 * QUIET_AFTER_US)
    assert began
    assert book.entries[KEY].count == 1
    assert book.totals["rooms", "bad_body"] == 2, "what is counted for good is not reset"


def test_a_full_book_drops_what_was_refused_longest_ago_and_says_how_many() -> None:
    book = RefusalBook()
    for number in range(MAX_ENTRIES + 3):
        book, _ = note(book, BAD._replace(peer=f"room:{number}"), number)
    assert len(book.entries) == MAX_ENTRIES
    assert book.forgotten == 3
    assert RefusalKey("rooms", "room:2", "bad_body") not in book.entries
    assert RefusalKey("rooms", "room:3", "bad_body") in book.entries
    assert book.totals["rooms", "bad_body"] == MAX_ENTRIES + 3


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(1, 9))))
def test_merging_changes_no_total(found: list[tuple[str, str, int]]) -> None:
    refusals = [Refused("rooms", peer, code, times) for peer, code, times in found]
    one_by_one = together = RefusalBook()
    for each in refusals:
        one_by_one, _ = note(one_by_one, each, 1)
    for each in merged(refusals):
        together, _ = note(together, each, 1)
    assert one_by_one == together
