"""What must hold between the keys of one rule: sizes that leave room, stages that grow, a density one can reach.

Pure functions over the parsed settings, as ``checks.py``, which asks them for every rule of a room.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from edge_agent.core.still_places import STILL_OBJECT
from edge_agent.settings.rules import (
    AbandonedObjectSettings,
    AnyRule,
    LineCrossingSettings,
    RuleSettings,
    WrongWaySettings,
    ZoneRuleSettings,
)
from edge_agent.settings.toml_lines import KeyPath
from patrol_wire.ids import Severity

URGENCY: Final = {Severity.LOW: 0, Severity.NORMAL: 1, Severity.HIGH: 2, Severity.CRITICAL: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong at one key, in words that end with what to do."""

    path: KeyPath
    text: str
    code: str = "unusable"
    """A word for pages that have their own sentence for it."""


def rule_problems(rule: AnyRule, path: KeyPath) -> Iterator[Problem]:
    """Yield what makes a rule impossible although each of its keys is fine."""
    yield from _sizes(rule, path)
    if not isinstance(rule, LineCrossingSettings):
        yield from _stages(rule, path)
    if STILL_OBJECT in rule.labels and not isinstance(rule, AbandonedObjectSettings):
        yield Problem(
            path=(*path, "labels"),
            text=f'names "{STILL_OBJECT}", which only a rule of kind "abandoned_object" can judge; remove it',
            code="labels",
        )
    if isinstance(rule, AbandonedObjectSettings) and not set(rule.labels).isdisjoint(rule.owner_labels):
        both = sorted(set(rule.labels) & set(rule.owner_labels))
        yield Problem(
            path=(*path, "owner_labels"),
            text=f'names "{both[0]}", which labels names too; what is left behind cannot be who left it, remove one',
            code="labels",
        )
    if isinstance(rule, WrongWaySettings) and rule.way[0] == rule.way[1]:
        text = "has two equal points; draw from where one comes to where one may go"
        yield Problem(path=(*path, "way"), text=text, code="no_length")


def _sizes(rule: RuleSettings, path: KeyPath) -> Iterator[Problem]:
    for least, most in (("min_height", "max_height"), ("min_area", "max_area")):
        low, high = getattr(rule, least), getattr(rule, most)
        if low >= high:
            yield Problem(
                path=(*path, least),
                text=f"is {low:g} and {most} {high:g}, so that nothing fits; make {least} the smaller one",
                code="nothing_fits",
            )


def _stages(rule: ZoneRuleSettings, path: KeyPath) -> Iterator[Problem]:
    told_s = 0.0 if isinstance(rule, WrongWaySettings) else rule.told_after_s
    steps = [(told_s, rule.severity), *((stage.after_s, stage.severity) for stage in rule.stages)]
    for (before_s, before), (after_s, severity) in pairwise(steps):
        if after_s <= before_s:
            yield Problem(
                path=(*path, "stages"),
                text=f"has a stage after {after_s:g} s that is not later than the {before_s:g} s before it; "
                "order them by time, all later than the alert itself",
                code="stages",
            )
        elif URGENCY[severity] <= URGENCY[before]:
            yield Problem(
                path=(*path, "stages"),
                text=f'goes from "{before}" to "{severity}" after {after_s:g} s; each stage must be graver than the '
                "alert or stage before it",
                code="stages",
            )
