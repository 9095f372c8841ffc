"""What a change of rules does to the alerts of some films: which stay, which are gone, which are new, how many a day.

Pure values and arithmetic. ``patrol detect --what-if`` plays films to it, the room what it saw in the last hour; a
"film" here is either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_agent.core.boxes import Box

DAY_S: Final = 86_400.0
_NEAR_S: Final = 2.0
"""Two alerts whose times do not touch are the same when one begins so soon after the other ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAlert:
    """One alert of one film under one set of rules."""

    video: str
    rule: str
    label: str
    zone: str
    severity: str
    stage: int
    start_s: float
    end_s: float
    thing: int
    """Number of the track; the same thing has it under both sets of rules when the tracks are the same."""
    box: Box | None = None
    """Where it was in the picture that told it."""
    snapshot: Path | None = None
    clip: Path | None = None
    told_by: tuple[str, ...] = ()
    """Rules that still tell the same thing at that time after the change; for what is gone."""

    def touches(self, other: "ToldAlert") -> bool:
        """Whether both are of the same film at about the same time."""
        return (
            self.video == other.video
            and self.start_s <= other.end_s + _NEAR_S
            and other.start_s <= self.end_s + _NEAR_S
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How much of the films a rule was armed in, and how much of an ordinary day it is."""

    armed_s: float
    share: float
    """Armed share of an ordinary week (0-1)."""

    def per_day(self, alerts: int) -> float | None:
        """Return alerts a day at the rate of the films; None when the rule was never armed in them."""
        return alerts / self.armed_s * DAY_S * self.share if self.armed_s > 0.0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One rule on one side of the change."""

    alerts: int
    per_day: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleComparison:
    """One rule before and after."""

    rule: str
    before: Side | None
    """None: the rule is new."""
    after: Side | None
    """None: the rule is gone."""
    gone: tuple[ToldAlert, ...]
    new: tuple[ToldAlert, ...]


def compared(
    before: Sequence[ToldAlert],
    after: Sequence[ToldAlert],
    *,
    exposures_before: dict[str, Exposure],
    exposures_after: dict[str, Exposure],
    same_tracks: bool,
) -> list[RuleComparison]:
    """Return each rule's comparison, in the order of the files; the exposures name the rules of each side."""
    found: list[RuleComparison] = []
    for rule in dict.fromkeys((*exposures_before, *exposures_after)):
        old = [alert for alert in before if alert.rule == rule]
        new = [alert for alert in after if alert.rule == rule]
        gone, added = _unmatched(old, new, same_tracks=same_tracks)
        found.append(
            RuleComparison(
                rule=rule,
                before=_side(exposures_before.get(rule), len(old)),
                after=_side(exposures_after.get(rule), len(new)),
                gone=tuple(gone),
                new=tuple(added),
            )
        )
    return found


def still_told(alert: ToldAlert, after: Sequence[ToldAlert]) -> tuple[str, ...]:
    """Return the rules that tell the same thing at that time after the change, for runs over the same tracks."""
    return tuple(
        dict.fromkeys(
            other.rule
            for other in after
            if other.rule != alert.rule and other.thing == alert.thing and alert.thing > 0 and alert.touches(other)
        )
    )


def _side(exposure: Exposure | None, alerts: int) -> Side | None:
    return None if exposure is None else Side(alerts=alerts, per_day=exposure.per_day(alerts))


def _unmatched(
    before: Sequence[ToldAlert], after: Sequence[ToldAlert], *, same_tracks: bool
) -> tuple[list[ToldAlert], list[ToldAlert]]:
    """Pair alerts of one rule, the same thing first, then the nearest in time; return what is left on each side."""
    pairs = sorted(
        (_apart(old, new, same_tracks=same_tracks), number, other)
        for number, old in enumerate(before)
        for other, new in enumerate(after)
        if old.stage == new.stage and old.touches(new)
    )
    used_before: set[int] = set()
    used_after: set[int] = set()
    for _, number, other in pairs:
        if number not in used_before and other not in used_after:
            used_before.add(number)
            used_after.add(other)
    return (
        [alert for number, alert in enumerate(before) if number not in used_before],
        [alert for number, alert in enumerate(after) if number not in used_after],
    )


def _apart(old: ToldAlert, new: ToldAlert, *, same_tracks: bool) -> tuple[bool, float]:
    return not (same_tracks and old.thing == new.thing), abs(old.start_s - new.start_s)
