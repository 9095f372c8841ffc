"""The other kinds of rules against what happened: stays, crowds, ways; stops and left things where there are none.

The truth is that of ``bench/footage.py``: zone visits, people per picture, passes. A film whose truth names no stop and
nothing left behind must raise neither. Ways are drawn in a room ``NAME_ways.toml`` beside the film's own.
"""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from bench.accuracy_scores import Hits, moment_hits
from bench.footage import pictures
from edge_agent.core.alerts import AlertRaised
from edge_agent.core.rules import AbandonedObject, AnyRule, Crowd, Loitering, StoppedVehicle
from edge_agent.core.zones import Zone
from edge_agent.detect.room_rules import rules_of
from edge_agent.settings.toml_file import load_settings

_CATEGORY: Final = "bench"
_ALL: Final = Zone(name="all", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
_DWELL_S: Final = 4.0
_STOP_S: Final = 10.0
_ALONE_S: Final = 10.0
_DOUBT_S: Final = 0.6
"""A stay within so much of the dwell, or a crowd within so much of its hold, counts neither for nor against."""
_SAME_CROWD_S: Final = 3.0
"""Grace and linger of the rule: a crowd that is short of its number for less goes on."""
_WITHIN_S: Final = 1.5
AGAINST: Final = "against-the-arrow"
ALONG: Final = "along-the-arrow"


def kind_rules(truth: dict[str, Any], ways: Path) -> list[AnyRule]:
    """Return the rules that a film's truth can judge."""
    rules: list[AnyRule] = [
        Loitering(
            name=f"stays in {name}",
            category=_CATEGORY,
            zones=(Zone(name=name, polygon=tuple((x, y) for x, y in corners)),),
            labels=("person", "moving_object"),
            dwell_s=_DWELL_S,
            cool_down_s=1.0,
        )
        for name, corners in truth.get("zones", {}).items()
    ]
    rules += [
        Crowd(name=f"crowds of {count}", category=_CATEGORY, zones=(_ALL,), count=count)
        for count in _crowd_counts(truth)
    ]
    rules.append(StoppedVehicle(name="stops", category=_CATEGORY, zones=(_ALL,), stop_s=_STOP_S))
    rules.append(AbandonedObject(name="left things", category=_CATEGORY, zones=(_ALL,), unattended_s=_ALONE_S))
    if ways.is_file():
        rules += rules_of(load_settings(ways).cameras[0])
    return rules


def kind_hits(
    film: Path, truth: dict[str, Any], rules: Sequence[AnyRule], alerts: Sequence[AlertRaised]
) -> dict[str, Hits]:
    """Judge the alerts of those rules."""
    judged: dict[str, Hits] = {}
    for rule in rules:
        own = [alert for alert in alerts if alert.rule == rule.name]
        starts = [alert.start_s for alert in own]
        if isinstance(rule, Loitering):
            stays = [visit for visit in truth["zone_visits"] if visit["zone"] == rule.zones[0].name]
            lasting = [(float(stay["enter_s"]), float(stay["leave_s"])) for stay in stays]
            judged[rule.name] = _lasting_hits(starts, lasting, rule.dwell_s)
        elif isinstance(rule, Crowd):
            judged[rule.name] = _lasting_hits(starts, _crowd_spans(film, truth, rule.count), rule.hold_s)
        elif rule.name == AGAINST:
            told = [alert.raised_s for alert in own]
            judged[rule.name] = moment_hits(told, truth["passes_s"], within_s=1.0 + truth["tolerance_s"])
        else:
            judged[rule.name] = Hits(right=0, wrong=len(own), missed=0)
    return {name: one for name, one in judged.items() if one.right + one.wrong + one.missed or name in _NOTHING}


_NOTHING: Final = {"stops", "left things", ALONG}
"""Rules that are right when they say nothing."""


def _crowd_counts(truth: dict[str, Any]) -> Sequence[int]:
    """Return numbers that a film's people reach, and one that they never do."""
    people = truth.get("people_per_frame", [])
    most = max(people, default=0)
    return [count for count in (most - 3, most - 2, most - 1, most + 1) if count >= 2] if most else []


def _crowd_spans(film: Path, truth: dict[str, Any], count: int) -> list[tuple[float, float]]:
    """Return from when to when so many people are there."""
    people = truth["people_per_frame"]
    moments = [(seen.at_s, people[seen.number - 1] >= count) for seen in pictures(film) if seen.number <= len(people)]
    spans: list[tuple[float, float]] = []
    for enough, run in groupby(moments, key=lambda entry: entry[1]):
        times = [at_s for at_s, _ in run]
        if enough and spans and times[0] - spans[-1][1] <= _SAME_CROWD_S:
            spans[-1] = (spans[-1][0], times[-1])
        elif enough:
            spans.append((times[0], times[-1]))
    return spans


def _lasting_hits(said: Sequence[float], truth: Sequence[tuple[float, float]], least_s: float) -> Hits:
    """Pair each alert with something that lasts and during which it began; what is about as long as asked is free."""
    left = sorted(truth)
    right = wrong = 0
    for moment in sorted(said):
        fits = [span for span in left if span[0] - _WITHIN_S <= moment <= span[1] + _WITHIN_S]
        match = min(fits, key=lambda span: abs(span[0] - moment), default=None)
        if match is None or match[1] - match[0] < least_s - _DOUBT_S:
            wrong += 1
            continue
        left.remove(match)
        right += match[1] - match[0] > least_s + _DOUBT_S
    return Hits(right=right, wrong=wrong, missed=sum(end - begin > least_s + _DOUBT_S for begin, end in left))
