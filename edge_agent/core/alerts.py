"""Alerts of one camera session: many pictures of one thing that meets a rule become one alert.

Owns the alert machine, the changes it tells, and AlertBook, which runs it for every rule and thing. The book only
decides; whoever drives it stores, cuts clips and takes snapshots.

An alert that lasts grows graver in stages. Each stage is told as an alert of its own with the time at which the same
thing began, after the end of the stage before: the relay folds it into the incident by camera, category and time, and
takes the graver severity; nothing is counted twice, and a stage that comes after its incident was closed is not lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from edge_agent.core.boxes import Box
from edge_agent.core.claims import Claim, Watch
from edge_agent.core.conditions import watch_for
from edge_agent.core.cool_down import CoolDown, LastSeen, Raised, last_seen
from edge_agent.core.detections import MOVING_OBJECT
from edge_agent.core.observation import Observation
from edge_agent.core.riders import Riders
from edge_agent.core.rules import ANY_SIZE, AbandonedObject, AnyRule
from edge_agent.core.still_places import StillPlace
from edge_agent.core.tracks import Track
from patrol_wire.ids import Forward, Severity

_BETTER: Final = 1.5
"""A later picture must show the thing so many times better (score × visible area) to be told as an update."""
_BORDER_DISCOUNT: Final = 0.5
"""A thing cut off by the picture's edge shows half as well."""
_SIZE_SLACK: Final = 1.25
"""What was large enough once remains so down to this many times less, and the same the other way: boxes tremble."""


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
    GRAVER = "graver"  # it has lasted into its next stage: told once more, with that stage's severity
    OVER = "over"  # the condition failed for longer than the linger, the track is gone, or the rule's window closed


TRANSITIONS: Final[Mapping[tuple[AlertState, AlertStep], AlertState]] = {
    (AlertState.CANDIDATE, AlertStep.READY): AlertState.RAISED,
    (AlertState.CANDIDATE, AlertStep.OVER): AlertState.ENDED,
    (AlertState.RAISED, AlertStep.BETTER): AlertState.UPDATED,
    (AlertState.UPDATED, AlertStep.BETTER): AlertState.UPDATED,
    (AlertState.RAISED, AlertStep.GRAVER): AlertState.RAISED,
    (AlertState.UPDATED, AlertStep.GRAVER): AlertState.RAISED,
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
    """Media time at which the condition began to hold, for every stage alike; between two pictures for a crossing."""
    clip_from_s: float
    """Media time at which the clip's event begins: for a later stage when that stage began, since what came before has
    a clip of its own."""
    raised_s: float
    """Media time of the picture on which it was decided: the picture ``box`` belongs to."""
    box: Box
    score: float
    track_id: int
    """0 and below for a group, or a thing that is no track."""
    stage: int = 0
    """How often the same thing was raised before because it lasted."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A rule's condition holds for a subject now."""

    rule: str
    subject: int
    """Track id; 0 and below for a group, or a thing that is no track."""
    is_told: bool
    """Whether an alert was raised of it."""
    since_s: float
    held_s: float


AlertChange = AlertRaised | AlertUpdated | AlertEnded


@dataclass(slots=True)
class _Alert:
    subject: int
    since_s: float
    held_s: float
    label: str
    state: AlertState = AlertState.CANDIDATE
    key: int = 0
    stage: int = 0
    best: float = 0.0
    last: LastSeen | None = None
    halves: set[int] = field(default_factory=set)
    """Tracks that are other halves of the same thing: the bicycle of the rider that raised it. Once one, always one."""


class AlertBook:
    """All alerts of one camera session; one owner, steps in order of time."""

    def __init__(self, rules: Sequence[AnyRule]) -> None:
        self._keys = _Keys()
        self._riders = Riders()
        self._pages = [_RulePage(rule, self._keys, self._riders) for rule in rules]

    def change(self, rules: Sequence[AnyRule]) -> tuple[AlertEnded, ...]:
        """Judge by these rules from the next picture on; return the ends of what only the old ones told.

        A rule that stays as it is goes on: its open alerts, its dwells and its cool-downs are untouched.
        """
        kept = [next((page for page in self._pages if page.rule == rule), None) for rule in rules]
        gone = [page for page in self._pages if page not in kept]
        self._pages = [
            _RulePage(rule, self._keys, self._riders) if page is None else page
            for rule, page in zip(rules, kept, strict=True)
        ]
        return tuple(ended for page in gone for ended in page.close())

    def standings(self) -> tuple[Standing, ...]:
        """Return what holds now, candidates included, rule by rule."""
        return tuple(standing for page in self._pages for standing in page.standings())

    def step(
        self,
        tracks: Sequence[Track],
        at_s: float,
        *,
        still: Sequence[StillPlace] = (),
        local: datetime | None = None,
    ) -> tuple[AlertChange, ...]:
        """Take all live tracks and still places of one picture; return what is to be told, in order.

        ``local`` is the room's clock at the picture (``schedules.local_time``); without it every rule is armed.
        """
        seen = Observation(at_s=at_s, tracks=tracks, still=still)
        self._riders.observe(tracks, at_s)
        changes: list[AlertChange] = []
        for page in self._pages:
            changes.extend(page.step(seen, local))
        return tuple(changes)

    def dismiss_as_fixture(self, key: int) -> tuple[AlertEnded, ...]:
        """Take what a person says about an alert: the thing belongs there. It ends and is not raised again.

        Empty when there is no such open alert, or it is not about a thing that lies somewhere.
        """
        return tuple(ended for page in self._pages for ended in page.dismiss(key))

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

    def __init__(self, rule: AnyRule, keys: _Keys, riders: Riders) -> None:
        self.rule = self._rule = rule
        self._keys = keys
        self._riders = riders
        self._watch: Watch = watch_for(rule)
        self._alerts: dict[int, _Alert] = {}
        self._cool_down = CoolDown(rule.cool_down_s)
        self._groups: dict[int, tuple[float, Raised]] = {}
        """Until when a group does not raise the rule again, and what was told of it."""
        self._resting = False
        self._fitting: set[int] = set()
        # The size of an abandoned object is that of the thing, and its watch needs its owner whatever their size.
        self._any_size = rule.sizes == ANY_SIZE or isinstance(rule, AbandonedObject)

    def step(self, seen: Observation, local: datetime | None) -> list[AlertChange]:
        alive = seen.tracks
        if not self._any_size:
            seen = replace(seen, tracks=self._large_enough(seen.tracks))
        if self._rule.schedule is not None and local is not None and not self._rule.schedule.armed(local):
            return [*self._rest(seen)]
        self._resting = False
        changes: list[AlertChange] = []
        claims = self._of_riders({claim.subject: claim for claim in self._watch.observe(seen)})
        if not claims and not self._alerts:
            return changes
        self._hand_over(claims)
        for claim in claims.values():
            changes.extend(self._take(claim, seen.at_s))
        for alert in [alert for alert in self._alerts.values() if alert.subject not in claims]:
            gone = alert.subject > 0 and all(track.track_id != alert.subject for track in alive)
            if gone or seen.at_s - alert.held_s > self._rule.linger_s:
                changes.extend(self._end(alert))
        return changes

    def standings(self) -> list[Standing]:
        return [
            Standing(
                rule=self._rule.name,
                subject=alert.subject,
                is_told=alert.state is not AlertState.CANDIDATE,
                since_s=alert.since_s,
                held_s=alert.held_s,
            )
            for alert in self._alerts.values()
        ]

    def close(self) -> list[AlertEnded]:
        return [ended for alert in list(self._alerts.values()) for ended in self._end(alert)]

    def dismiss(self, key: int) -> list[AlertEnded]:
        alert = next((alert for alert in self._alerts.values() if alert.key == key), None)
        return self._end(alert) if alert is not None and self._watch.dismiss(alert.subject) else []

    def _rest(self, seen: Observation) -> list[AlertEnded]:
        """Outside its window a rule judges nothing, and what began before the window begins with it.

        One thing must be known from before: who put a thing down.
        """
        if isinstance(self._rule, AbandonedObject):
            self._watch.observe(seen)
        elif not self._resting:
            self._watch = watch_for(self._rule)
        self._resting = True
        return self.close()

    def _large_enough(self, tracks: Sequence[Track]) -> list[Track]:
        kept: list[Track] = []
        for track in tracks:
            known = track.track_id in self._fitting
            if track.seen_now:
                known = self._rule.sizes.fit(track.box, slack=_SIZE_SLACK if known else 1.0)
            if known:
                kept.append(track)
        self._fitting = {track.track_id for track in kept}
        return kept

    def _of_riders(self, claims: dict[int, Claim]) -> dict[int, Claim]:
        """Let what is claimed of half a rider begin with the half that met the condition first."""
        for subject, claim in claims.items():
            halves = [claims[half] for half in self._riders.halves_of(subject) if half in claims]
            since_s = min((half.since_s for half in halves), default=claim.since_s)
            if since_s < claim.since_s:
                claims[subject] = replace(claim, since_s=since_s)
        return claims

    def _hand_over(self, claims: Mapping[int, Claim]) -> None:
        """Let a told alert go on with the track that is the same thing, when its own track broke."""
        for alert in [alert for alert in self._alerts.values() if alert.state is not AlertState.CANDIDATE]:
            current = claims.get(alert.subject)
            if current is not None and (current.thing is None or current.seen):
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
            if taken or claim.thing is None or not claim.seen or claim.subject == alert.subject:
                continue
            continues = alert.last is not None and alert.last.continued_by(
                claim.thing, cool_down_s=self._rule.cool_down_s
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
        if alert.state is AlertState.CANDIDATE:
            return self._consider(alert, claim, at_s)
        self._see(alert, claim, at_s)
        if claim.ready and self._stage_of(alert) > alert.stage:
            ended = AlertEnded(key=alert.key, end_s=alert.held_s, label=alert.label)
            return [ended, self._raise(alert, claim, at_s, AlertStep.GRAVER)]
        return self._improve(alert, claim)

    def _consider(self, alert: _Alert, claim: Claim, at_s: float) -> list[AlertChange]:
        """Tell a candidate that is ready, unless it is a thing that is told already or was told lately.

        What was told lately goes on as that: when it has lasted into its next stage, it is told after all.
        """
        alert.since_s = claim.since_s
        if self._is_half_of_told(claim, at_s) or not claim.ready:
            return []
        lately = self._told_lately(claim, at_s)
        if lately is not None:
            alert.since_s = lately.since_s
            if self._stage_of(alert) <= lately.stage:
                return []
        self._see(alert, claim, at_s)
        raised = self._raise(alert, claim, at_s, AlertStep.READY)
        return [raised, *self._end(alert)] if claim.momentary else [raised]

    @staticmethod
    def _see(alert: _Alert, claim: Claim, at_s: float) -> None:
        if claim.thing is not None and claim.seen:
            alert.last = last_seen(claim.thing, box=claim.box, at_s=at_s)

    def _stage_of(self, alert: _Alert) -> int:
        if not self._rule.stages:
            return 0
        lasted_s = alert.held_s - alert.since_s
        return sum(lasted_s >= stage.after_s for stage in self._rule.stages)

    def _told_lately(self, claim: Claim, at_s: float) -> Raised | None:
        """Return what was told of this thing, if it raised the rule lately."""
        if claim.thing is not None:
            halves = self._riders.halves_of(claim.subject)
            known = self._cool_down.suppresses(claim.thing, at_s, halves=halves)
            return self._cool_down.raised(claim.thing) if known else None
        free_s, raised = self._groups.get(claim.subject, (float("-inf"), None))
        return raised if at_s < free_s else None

    def _is_half_of_told(self, claim: Claim, at_s: float) -> bool:
        """Whether it is the other half of a thing that is told now; remembered, in case the first half is lost."""
        if claim.thing is None or not claim.seen:
            return False
        for alert in self._alerts.values():
            if alert.state is AlertState.CANDIDATE or alert.last is None:
                continue
            is_rider = alert.subject in self._riders.halves_of(claim.subject)
            if claim.subject in alert.halves or is_rider or alert.last.half_of(claim.thing, at_s):
                alert.halves.add(claim.subject)
                return True
        return False

    def _raise(self, alert: _Alert, claim: Claim, at_s: float, alert_step: AlertStep) -> AlertRaised:
        """Tell the alert with the severity of its stage: for the first time, or because it has lasted so long."""
        alert.state = step(alert.state, alert_step)
        alert.key = self._keys.next()
        alert.best = _shown(claim)
        alert.label = claim.label if alert_step is AlertStep.READY else alert.label
        alert.stage = self._stage_of(alert)
        stage = self._rule.stages[alert.stage - 1] if alert.stage > 0 else None
        return AlertRaised(
            key=alert.key,
            rule=self._rule.name,
            category=self._rule.category,
            severity=self._rule.severity if stage is None else stage.severity,
            forward=self._rule.forward,
            label=alert.label,
            zone=claim.place,
            start_s=alert.since_s,
            clip_from_s=alert.since_s if stage is None else min(at_s, alert.since_s + stage.after_s),
            raised_s=at_s,
            box=claim.box,
            score=claim.score,
            track_id=claim.subject,
            stage=alert.stage,
        )

    def _improve(self, alert: _Alert, claim: Claim) -> list[AlertChange]:
        if not claim.seen:
            return []
        # A name stays when the thing goes on as a track that only motion sees.
        if claim.label in self._rule.labels and (claim.label != MOVING_OBJECT or alert.label not in self._rule.labels):
            alert.label = claim.label
        shown = _shown(claim)
        if shown <= alert.best * _BETTER:
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
        raised = Raised(since_s=alert.since_s, stage=alert.stage)
        if alert.last is not None:
            self._cool_down.remember(replace(alert.last, last_s=alert.held_s), raised)
        else:
            self._groups[alert.subject] = (alert.held_s + self._rule.cool_down_s, raised)
        return [AlertEnded(key=alert.key, end_s=alert.held_s, label=alert.label)]


def _shown(claim: Claim) -> float:
    """Return how well a picture shows the thing: score of this picture × visible area, less at the edge."""
    return claim.look * claim.box.area * (_BORDER_DISCOUNT if claim.box.touches_border() else 1.0)
