"""Runs a rule over a film of boxes through the tracker and the alert book, as the analyser does with real pictures."""

from collections.abc import Callable, Sequence
from datetime import datetime

from edge_agent.core.alerts import AlertBook, AlertChange, AlertEnded, AlertRaised
from edge_agent.core.detections import Detection
from edge_agent.core.rules import AnyRule
from edge_agent.core.still_places import StillPlace
from edge_agent.core.tracks import Tracker
from tests.support.seen import times

Film = Callable[[float], list[Detection]]


def play(
    rule: AnyRule,
    *films: Film,
    until_s: float,
    fps: float = 5.0,
    still: Callable[[float], Sequence[StillPlace]] = lambda _: (),
    local: Callable[[float], datetime | None] = lambda _: None,
) -> list[AlertChange]:
    """Return everything the rule tells until the end of the session."""
    tracker, book = Tracker(), AlertBook([rule])
    changes: list[AlertChange] = []
    for at_s in times(until_s=until_s, fps=fps):
        tracks = tracker.step([d for film in films for d in film(at_s)], at_s)
        changes.extend(book.step(tracks, at_s, still=still(at_s), local=local(at_s)))
    return [*changes, *book.close()]


def raised(changes: Sequence[AlertChange]) -> list[AlertRaised]:
    """Return the alerts."""
    return [change for change in changes if isinstance(change, AlertRaised)]


def ended(changes: Sequence[AlertChange]) -> list[AlertEnded]:
    """Return the ends."""
    return [change for change in changes if isinstance(change, AlertEnded)]
