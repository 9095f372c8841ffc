"""The reference index computed from ledger entries."""

from hypothesis import given
from hypothesis import strategies as st

from patrol_wire.ids import Measure
from patrol_wire.messages import LedgerEntry
from relay.core.levels import Level, LevelRule
from relay.publish.index_levels import AreaMonth, IndexBook, take
from relay.store.city_files import IndexRule

FORMULA = IndexRule(
    measure=Measure.CONFIRMED,
    weight={"fire": 2.0},
    rule=LevelRule(blue_from=3.0, orange_from=8.0, red_from=20.0, slack=0.1),
)
PLACE = AreaMonth("t01-c03", "2026-11")


def entries(
    *counts: int, category: str = "intrusion", measure: Measure = Measure.CONFIRMED, first: int = 1
) -> list[LedgerEntry]:
    return [
        LedgerEntry(
            cursor=cursor,
            entry_id=f"{cursor:032x}",
            measure=measure,
            area=PLACE.area,
            category=category,
            month=PLACE.month,
            count=count,
            incident_id="019aaf3c-5d80-7c33-9d44-abcdef012345",
            reason="closed",
            recorded_at=1,
        )
        for cursor, count in enumerate(counts, first)
    ]


def test_weighted_incidents_raise_the_level_and_the_other_measure_does_not() -> None:
    book = take(IndexBook(), entries(1, category="fire"), FORMULA)
    assert (book.values[PLACE], book.levels[PLACE]) == (2.0, Level.GREEN)
    book = take(book, entries(1, first=2), FORMULA)
    assert (book.values[PLACE], book.levels[PLACE]) == (3.0, Level.BLUE)
    book = take(book, entries(*[1] * 30, measure=Measure.REPORTED, first=3), FORMULA)
    assert (book.values[PLACE], book.cursor) == (3.0, 32)


def test_a_correction_lowers_the_value_and_the_level_only_with_the_slack() -> None:
    book = take(IndexBook(), entries(1, 1, 1, -1), FORMULA)
    assert (book.values[PLACE], book.levels[PLACE]) == (2.0, Level.GREEN)


@given(st.lists(st.sampled_from([1, 1, 1, -1]), max_size=40), st.lists(st.integers(1, 40), max_size=6))
def test_pages_and_repetitions_do_not_change_the_index(counts: list[int], cuts: list[int]) -> None:
    whole = take(IndexBook(), entries(*counts), FORMULA)
    paged = IndexBook()
    for cut in [*sorted(cuts), len(counts)]:
        paged = take(paged, entries(*counts)[:cut], FORMULA)  # each page repeats what came before
    assert paged == whole
