"""Rules that change while a camera is watched: what stays goes on as it was, what goes ends, what comes begins."""

from dataclasses import replace

from edge_agent.core.alerts import AlertBook, AlertEnded, AlertRaised
from edge_agent.core.boxes import Box
from edge_agent.core.rules import Intrusion, Loitering
from edge_agent.core.tracks import Track
from edge_agent.core.zones import Zone

ALL = Zone(name="all", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
IN = Intrusion(name="in", category="intrusion", zones=(ALL,))
STAYS = Loitering(name="stays", category="loitering", zones=(ALL,), dwell_s=10.0)
BOX = Box(0.4, 0.4, 0.5, 0.6)


def somebody(at_s: float) -> Track:
    return Track(
        track_id=1, label="person", score=0.9, box=BOX, velocity=(0.1, 0.0), first_s=0.0, last_s=at_s, first_box=BOX,
        hits=9, confirmed=True, travelled=True, seen_now=True, detection_score=0.9,
    )  # fmt: skip


def play(book: AlertBook, from_s: float, until_s: float) -> list[object]:
    steps = int((until_s - from_s) * 5)
    return [
        change for number in range(steps) for change in book.step([somebody(from_s + number / 5)], from_s + number / 5)
    ]


def test_a_rule_that_stays_keeps_its_open_alert_and_its_dwell() -> None:
    book = AlertBook([IN, STAYS])
    (told,) = play(book, 0.0, 6.0)
    assert isinstance(told, AlertRaised)
    assert book.change([STAYS, IN, replace(IN, name="twin")]) == ()
    changes = play(book, 6.0, 12.0)
    raised = [change for change in changes if isinstance(change, AlertRaised)]
    assert [one.rule for one in raised] == ["twin", "stays"], "the one that stood open is not told again"
    assert raised[1].start_s == 0.0, "the dwell of before counts"
    assert len({told.key, *(one.key for one in raised)}) == 3


def test_a_rule_that_goes_ends_what_it_told_once() -> None:
    book = AlertBook([IN])
    (told,) = play(book, 0.0, 3.0)
    assert isinstance(told, AlertRaised)
    assert book.change([]) == (AlertEnded(key=told.key, end_s=2.8, label="person"),)
    assert play(book, 3.0, 6.0) == []
    assert book.close() == ()


def test_a_rule_that_is_altered_is_another_one() -> None:
    book = AlertBook([IN])
    play(book, 0.0, 3.0)
    (ended,) = book.change([replace(IN, cool_down_s=1.0)])
    assert isinstance(ended, AlertEnded)
    assert [type(change) for change in play(book, 3.0, 6.0)] == [AlertRaised]


def test_standings_tell_what_holds_before_it_is_told() -> None:
    book = AlertBook([STAYS])
    play(book, 0.0, 5.0)
    (standing,) = book.standings()
    assert (standing.rule, standing.subject, standing.is_told, standing.since_s) == ("stays", 1, False, 0.0)
    play(book, 5.0, 12.0)
    assert [one.is_told for one in book.standings()] == [True]
