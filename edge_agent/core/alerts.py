"""Alerts of one camera session: many pictures of one thing that meets a rule become one alert.

Owns the alert machine, the changes it tells, and AlertBook, which runs it for every rule and thing. The book only
decides; whoever drives it stores, cuts clips and takes snapshots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from edge_agent.core.boxes import Box
from edge_agent.core.conditions import GROUP, Claim, Watch, watch_for
from edge_agent.core.cool_down import CoolDown, LastSeen, last_seen
from edge_agent.core.detections import MOVING_OBJECT
from edge_agent.core.rules import AnyRule, place_of
from edge_agent.core.tracks import Track
from patrol_wire.ids import Forward, Severity

_LINGER_S: Final = 1.0
"""A condition that fails for less is the same alert going on."""
_BETTER: Final = 1.5
"""A later picture must show the thing so many times better (score × visible area) to be told as an update."""
_BORDER_DISCOUNT: Final = 0.5
"""A thing cut off by the picture's edge shows half as well."""


class AlertState(StrEnum):
    """Where one alert stands."""

    CANDIDATE = "candidate"  # the condition holds, not yet long enough to tell
    RAISED = "raised"  # told
    UPDATED = "updated"  # told, and a better picture was told after it
    ENDED = "ended"  # the condition no longer holds; if it was told, its end is told too


class AlertStep(StrEnum):
    """What happens to an alert."""

    READY = "ready"  # the condition held long enough and the thing did not raise the rule lately
    BETTER = "better"  # a clearly better picture of it
    OVER = "over"  # the condition failed for longer than the linger, or the track is gone


TRANSITIONS: Final[Mapping[tuple[AlertState, AlertStep], AlertState]] = {
    (AlertState.CANDIDATE, AlertStep.READY): AlertState.RAISED,
    (AlertState.CANDIDATE, AlertStep.OVER): AlertState.ENDED,
    (AlertState.RAISED, AlertStep.BETTER): AlertState.UPDATED,
    (AlertState.UPDATED, AlertStep.BETTER): AlertState.UPDATED,
    (AlertState.RAISED, AlertStep.OVER): AlertState.ENDED,
    (AlertState.UPDATED, AlertStep.OVER): AlertState.ENDED,
}


def step(state: AlertState, alert_step: AlertStep) -> AlertState:
    """Return the next state; a pair that is not in the table is a broken promise of the caller (KeyError)."""
    return TRANSITIONS[state, alert_step]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """A rule fired."""

    key: int
    """Unique in one camera session."""
    rule: str
    category: str
    severity: Severity
    forward: Forward
    label: str
    zone: str
    """Name of the rule's zone or line."""
    start_s: float
    """Media time at which the condition began to hold; between two pictures for a crossing."""
    raised_s: float
    """Media time of the picture on which it was decided: the picture ``box`` belongs to."""
    box: Box
    score: float
    track_id: int
    """0 for a rule about several things."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertUpdated:
    """A later picture shows the thing better: the snapshot is to be taken from the picture of this step."""

    key: int
    box: Box
    score: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEnded:
    """The condition no longer holds."""

    key: int
    end_s: float
    """Media time at which it was last seen to hold."""
    label: str
    """What it was taken for in the end."""


AlertChange = AlertRaised | AlertUpdated | AlertEnded


@dataclass(slots=True)
class _Alert:
    subject: int
    since_s: float
    held_s: float
    label: str
    state: AlertState = AlertState.CANDIDATE
    key: int = 0
    best: float = 0.0
    last: LastSeen | None = None
    halves: set[int] = field(default_factory=set)
    """Tracks that are other halves of the same thing: the bicycle of the rider that raised it. Once one, always one."""


class AlertBook:
    """All alerts of one camera session; one owner, steps in order of time."""

    def __init__(self, rules: Sequence[AnyRule]) -> None:
        self._keys = _Keys()
        self._pages = [_RulePage(rule, self._keys) for rule in rules]

    def step(self, tracks: Sequence[Track], at_s: float) -> tuple[AlertChange, ...]:
        """Take all live tracks of one picture; return what is to be told, in order."""
        changes: list[AlertChange] = []
        for page in self._pages:
            changes.extend(page.step(tracks, at_s))
        return tuple(changes)

    def close(self) -> tuple[AlertEnded, ...]:
        """End every open alert: the session is over."""
        return tuple(ended for page in self._pages for ended in page.close())


class _Keys:
    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last += 1
        return self._last


class _RulePage:
    """The alerts of one rule."""

    def __init__(self, rule: AnyRule, keys: _Keys) -> None:
        self._rule = rule
        self._keys = keys
        self._watch: Watch = watch_for(rule)
        self._alerts: dict[int, _Alert] = {}
        self._cool_down = CoolDown(rule.cool_down_s)
        self._group_free_s = float("-inf")

    def step(self, tracks: Sequence[Track], at_s: float) -> list[AlertChange]:
        changes: list[AlertChange] = []
        alive = {track.track_id for track in tracks}
        claims = {claim.subject: claim for claim in self._watch.observe(tracks, at_s)}
        self._hand_over(claims)
        for claim in claims.values():
            changes.extend(self._take(claim, at_s))
        for alert in list(self._alerts.values()):
            gone = alert.subject != GROUP and alert.subject not in alive
            if gone or (alert.subject not in claims and at_s - alert.held_s > _LINGER_S):
                changes.extend(self._end(alert))
        return changes

    def close(self) -> list[AlertEnded]:
        return [ended for alert in list(self._alerts.values()) for ended in self._end(alert)]

    def _hand_over(self, claims: Mapping[int, Claim]) -> None:
        """Let a told alert go on with the track that is the same thing, when its own track broke."""
        for alert in [alert for alert in self._alerts.values() if alert.state is not AlertState.CANDIDATE]:
            current = claims.get(alert.subject)
            if current is not None and (current.track is None or current.track.seen_now):
                continue
            heir = self._heir(alert, claims)
            if heir is not None:
                del self._alerts[alert.subject]
                alert.subject = heir
                self._alerts[heir] = alert

    def _heir(self, alert: _Alert, claims: Mapping[int, Claim]) -> int | None:
        for claim in claims.values():
            known = self._alerts.get(claim.subject)
            taken = known is not None and known.state is not AlertState.CANDIDATE
            if taken or claim.track is None or not claim.track.seen_now or claim.subject == alert.subject:
                continue
            continues = alert.last is not None and alert.last.continued_by(
                claim.track, cool_down_s=self._rule.cool_down_s
            )
            half_left = claim.subject in alert.halves and alert.subject not in claims
            if continues or half_left:
                return claim.subject
        return None

    def _take(self, claim: Claim, at_s: float) -> list[AlertChange]:
        alert = self._alerts.get(claim.subject)
        if alert is None:
            alert = _Alert(subject=claim.subject, since_s=claim.since_s, held_s=claim.held_s, label=claim.label)
            self._alerts[claim.subject] = alert
        alert.held_s = max(alert.held_s, claim.held_s)
        if claim.track is not None and claim.track.seen_now:
            alert.last = last_seen(claim.track, box=claim.box, at_s=at_s)
        if alert.state is AlertState.CANDIDATE:
            alert.since_s = claim.since_s
            if self._is_half_of_told(claim, at_s) or not claim.ready or self._is_known(claim, at_s):
                return []
            raised = self._raise(alert, claim, at_s)
            return [raised, *self._end(alert)] if claim.momentary else [raised]
        return self._improve(alert, claim)

    def _is_known(self, claim: Claim, at_s: float) -> bool:
        """Whether this thing raised the rule lately."""
        if claim.track is None:
            return at_s < self._group_free_s
        return self._cool_down.suppresses(claim.track, at_s)

    def _is_half_of_told(self, claim: Claim, at_s: float) -> bool:
        """Whether it is the other half of a thing that is told now; remembered, in case the first half is lost."""
        if claim.track is None or not claim.track.seen_now:
            return False
        for alert in self._alerts.values():
            if alert.state is AlertState.CANDIDATE or alert.last is None:
                continue
            if claim.subject in alert.halves or alert.last.half_of(claim.track, at_s):
                alert.halves.add(claim.subject)
                return True
        return False

    def _raise(self, alert: _Alert, claim: Claim, at_s: float) -> AlertRaised:
        alert.state = step(alert.state, AlertStep.READY)
        alert.key = self._keys.next()
        alert.best = _shown(claim)
        alert.label = claim.label
        return AlertRaised(
            key=alert.key,
            rule=self._rule.name,
            category=self._rule.category,
            severity=self._rule.severity,
            forward=self._rule.forward,
            label=claim.label,
            zone=place_of(self._rule),
            start_s=claim.since_s,
            raised_s=at_s,
            box=claim.box,
            score=claim.score,
            track_id=claim.subject,
        )

    def _improve(self, alert: _Alert, claim: Claim) -> list[AlertChange]:
        if claim.track is not None and not claim.track.seen_now:
            return []
        # A name stays when the thing goes on as a track that only motion sees.
        if claim.label in self._rule.labels and (claim.label != MOVING_OBJECT or alert.label not in self._rule.labels):
            alert.label = claim.label
        shown = _shown(claim)
        if shown < alert.best * _BETTER:
            return []
        alert.best = shown
        alert.state = step(alert.state, AlertStep.BETTER)
        return [AlertUpdated(key=alert.key, box=claim.box, score=claim.score, label=alert.label)]

    def _end(self, alert: _Alert) -> list[AlertEnded]:
        told = alert.state is not AlertState.CANDIDATE
        alert.state = step(alert.state, AlertStep.OVER)
        del self._alerts[alert.subject]
        if not told:
            return []
        if alert.last is not None:
            self._cool_down.remember(replace(alert.last, last_s=alert.held_s))
        else:
            self._group_free_s = alert.held_s + self._rule.cool_down_s
        return [AlertEnded(key=alert.key, end_s=alert.held_s, label=alert.label)]


def _shown(claim: Claim) -> float:
    """Return how well a picture shows the thing: score of this picture × visible area, less at the edge."""
    score = claim.track.detection_score if claim.track is not None else 1.0
    return score * claim.box.area * (_BORDER_DISCOUNT if claim.box.touches_border() else 1.0)
