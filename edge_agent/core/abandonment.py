"""Things left behind: who put them down, whether they are with it, and how long nobody was. Owns AbandonmentWatch.

A thing is known by a still place, by the track of a model that names luggage, or by both. Its owner is whoever was
beside it when it came to rest and is clearly larger: what is as large as its maker is the maker, who stands still.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from edge_agent.core.boxes import Box
from edge_agent.core.claims import Claim
from edge_agent.core.left_things import LeftState, LeftStep, step
from edge_agent.core.observation import Observation
from edge_agent.core.passers import Passer, Passers, own_sizes_apart
from edge_agent.core.rules import AbandonedObject
from edge_agent.core.still_places import STILL_OBJECT, StillPlace
from edge_agent.core.tracks import Track

_BEFORE_S: Final = 4.0
_AFTER_S: Final = 2.0
"""Whoever was beside the place from so long before until so long after it came to rest may have put it down."""
_BESIDE: Final = 0.75
"""Heights of a person within which they reach the ground beside them."""
_AS_LARGE: Final = 0.6
"""Share of the maker's area from which on a thing is the maker."""
_AS_HIGH: Final = 0.75
_HIDDEN: Final = 0.5
"""While somebody covers so much of a new place, it is not judged: they may be what is seen there."""
_FREE_S: Final = 2.0
"""A place is judged when nobody covered it for so long: a track may be wrong for a moment."""
_SAME_THING: Final = 0.3
_IS_IT: Final = 0.5
_RESTS_S: Final = 3.0
"""A named thing that has not moved for so long was put down."""
_LOST_S: Final = 3.0
"""A thing without evidence for so long was taken away; a model may miss it for a moment."""
_FRESH_S: Final = 3.0
"""A track is new for so long."""
_AWAY_S: Final = 1.0
"""An owner out of reach for less is still with the thing."""
_COMPANY_S: Final = 5.0
"""Who stays within reach for so long is with the thing, whoever they are: a track may have broken, and who only passes
is through in three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftThing:
    """A thing that lies somewhere, as the cool-down knows it (``cool_down.Sighted``)."""

    track_id: int
    """Below 0: it is no track."""
    label: str
    box: Box
    first_s: float
    first_box: Box
    velocity: tuple[float, float] = (0.0, 0.0)


@dataclass(slots=True)
class _Case:
    """What is known of one thing."""

    thing: LeftThing
    zone: str
    state: LeftState
    attended_s: float
    """When somebody it belongs to was last with it."""
    there_s: float
    """When it was last there."""
    owners: list[int] = field(default_factory=list)
    """The track of whoever put it down, and the tracks that went on with them when it broke, newest last."""
    score: float = 0.0
    still_number: int = 0
    track_id: int = 0
    company: dict[int, float] = field(default_factory=dict)
    """Others within reach, and since when."""

    def move(self, left_step: LeftStep) -> None:
        self.state = step(self.state, left_step)


@dataclass(slots=True)
class _Rest:
    """Where a named track lies, and since when."""

    box: Box
    since_s: float


class AbandonmentWatch:
    """Judges an abandoned object."""

    def __init__(self, rule: AbandonedObject) -> None:
        self._rule = rule
        self._passers = Passers(rule.owner_labels)
        self._cases: list[_Case] = []
        self._rests: dict[int, _Rest] = {}
        self._settled: set[int] = set()
        """Still places that were judged; what became a case is there by its number."""
        self._free_since_s: dict[int, float] = {}
        """Since when nobody covers a place that is not judged yet."""
        self._last_number = 0

    def observe(self, seen: Observation) -> list[Claim]:
        """Take one picture; only what is left alone is claimed."""
        self._passers.observe(seen.tracks, seen.at_s)
        named = [track for track in seen.tracks if track.label in self._rule.labels]
        self._follow_named(named, seen.at_s)
        self._look_for_evidence(seen)
        for place in seen.still:
            self._judge_place(place, seen)
        for track in named:
            self._judge_track(track, seen.at_s)
        for case in self._cases:
            self._go_on(case, seen)
        self._cases = [case for case in self._cases if seen.at_s - case.there_s <= _LOST_S]
        return [
            self._claim(case, seen.at_s)
            for case in self._cases
            if case.state in (LeftState.UNATTENDED, LeftState.ABANDONED)
        ]

    def dismiss(self, subject: int) -> bool:
        """Take it for a fixture from now on."""
        for case in self._cases:
            if case.thing.track_id == subject and case.state is not LeftState.FIXTURE:
                case.move(LeftStep.DISMISSED)
                return True
        return False

    # --- what is there ------------------------------------------------------------------------------------------

    def _follow_named(self, named: Sequence[Track], at_s: float) -> None:
        rests: dict[int, _Rest] = {}
        for track in named:
            rest = self._rests.get(track.track_id)
            if rest is None or (track.seen_now and track.box.iou(rest.box) < _SAME_THING):
                rest = _Rest(track.box, at_s)
            rests[track.track_id] = rest
        self._rests = rests

    def _look_for_evidence(self, seen: Observation) -> None:
        numbers = {place.number for place in seen.still}
        self._settled &= numbers
        self._free_since_s = {n: since_s for n, since_s in self._free_since_s.items() if n in numbers - self._settled}
        for case in self._cases:
            rest = self._rests.get(case.track_id)
            if case.still_number in numbers or (rest is not None and rest.box.iou(case.thing.box) >= _SAME_THING):
                case.there_s = seen.at_s

    def _judge_place(self, place: StillPlace, seen: Observation) -> None:
        if place.number in self._settled or STILL_OBJECT not in self._rule.labels:
            return
        known = self._case_at(place.box)
        if known is not None:
            known.still_number, known.there_s = place.number, seen.at_s
            self._settled.add(place.number)
            return
        if any(
            place.box.covered_by(track.box) >= _HIDDEN for track in seen.tracks if track.label not in self._rule.labels
        ):
            self._free_since_s[place.number] = seen.at_s
            return
        if seen.at_s - self._free_since_s.setdefault(place.number, seen.at_s) < _FREE_S:
            return
        self._settled.add(place.number)
        case = self._new_case(place.box, STILL_OBJECT, since_s=place.since_s, at_s=seen.at_s)
        if case is not None:
            case.still_number = place.number

    def _judge_track(self, track: Track, at_s: float) -> None:
        rest = self._rests[track.track_id]
        if at_s - rest.since_s < _RESTS_S or track.hits < self._rule.min_frames:
            return
        case = self._case_at(rest.box)
        if case is None and track.travelled and track.confirmed:
            # What a model names and what came from elsewhere was brought, even if the model overlooked by whom.
            case = self._new_case(rest.box, track.label, since_s=rest.since_s, at_s=at_s, brought=True)
        if case is not None and case.track_id != track.track_id:
            case.track_id, case.score = track.track_id, track.score
            case.thing = replace(case.thing, label=track.label)

    def _case_at(self, box: Box) -> _Case | None:
        return next((case for case in self._cases if case.thing.box.iou(box) >= _SAME_THING), None)

    # --- whose it is --------------------------------------------------------------------------------------------

    def _new_case(self, box: Box, label: str, *, since_s: float, at_s: float, brought: bool = False) -> _Case | None:
        """Return the case of a thing that appeared, None when it is no thing that somebody put down in the zones."""
        point = self._rule.anchor.of(box)
        zone = self._rule.zone_at(point)
        if zone is None or not self._rule.sizes.fit(box):
            return None
        maker = self._passers.nearest(box, since_s - _BEFORE_S, since_s + _AFTER_S, within=_BESIDE)
        if maker is None and self._rule.needs_owner and not brought:
            return None
        if maker is not None and _is_maker(box, maker.size_before(since_s)):
            return None
        if self._passers.has_uncovered(box, since_s):
            return None
        heirs = self._passers.born_beside(box, since_s, within=self._rule.reach)
        if not heirs and self._passers.ended_on(box):
            return None
        owners = [] if maker is None else [maker, *heirs]
        self._last_number -= 1
        case = _Case(
            thing=LeftThing(track_id=self._last_number, label=label, box=box, first_s=since_s, first_box=box),
            zone=zone,
            state=LeftState.WITH_OWNER,
            attended_s=max([since_s, *(owner.last_within(box, self._rule.reach) for owner in owners)]),
            there_s=at_s,
            owners=[owner.track_id for owner in owners],
        )
        if any(fixture.contains(point) for fixture in self._rule.fixtures):
            case.move(LeftStep.DISMISSED)
        self._cases.append(case)
        return case

    def _is_attended(self, case: _Case, seen: Observation) -> bool:
        """Whether its owner is within reach, or somebody who has been there for a while."""
        at_s = seen.at_s
        lost = [passer for number in case.owners if (passer := self._passers.gone(number)) is not None]
        attended = any(self._stands_there(owner, case, seen.still) for owner in lost)
        if lost and lost[-1].track_id == case.owners[-1]:
            attended = attended or self._is_presumed_there(lost[-1], case.thing.box)
        company: dict[int, float] = {}
        for passer in self._passers.alive():
            if at_s - passer.first_s <= _FRESH_S and self._took_over(passer, case, lost):
                case.owners.append(passer.track_id)
            # A track of motion may stay with the thing when its owner walks on: that one is the thing.
            if not _is_it(passer.box, case.thing.box) and self._is_within_reach(passer.box, case.thing.box):
                since_s = company[passer.track_id] = case.company.get(passer.track_id, at_s)
                attended = attended or passer.track_id in case.owners or at_s - since_s >= _COMPANY_S
        case.company = company
        return attended

    def _is_within_reach(self, person: Box, thing: Box) -> bool:
        return own_sizes_apart(person, thing) <= self._rule.reach

    def _stands_there(self, owner: Passer, case: _Case, still: Sequence[StillPlace]) -> bool:
        """Whether somebody whose track ended beside the thing is seen as a still place of their own."""
        return self._is_within_reach(owner.box, case.thing.box) and any(
            place.number != case.still_number and place.box.covered_by(owner.box) >= _HIDDEN for place in still
        )

    def _is_presumed_there(self, owner: Passer, thing: Box) -> bool:
        """Whether a track that ended is somebody who stands still: an owner leaves when they are seen to."""
        return not owner.box.touches_border() and self._is_within_reach(owner.box, thing)

    def _took_over(self, passer: Passer, case: _Case, lost: Sequence[Passer]) -> bool:
        """Whether a new track is the owner's that broke: it goes on with it, or began beside the thing meanwhile."""
        if not passer.believed or passer.track_id in case.owners:
            return False
        if any(owner.last_seen().continued_by(passer, cool_down_s=_FRESH_S) for owner in lost):
            return True
        began_s = case.thing.first_s
        return began_s < passer.first_s <= case.attended_s + _AWAY_S and self._is_within_reach(
            passer.first_box, case.thing.box
        )

    # --- what becomes of it -------------------------------------------------------------------------------------

    def _go_on(self, case: _Case, seen: Observation) -> None:
        at_s = seen.at_s
        if at_s - case.there_s > _LOST_S:
            case.move(LeftStep.TAKEN)
            return
        if case.state is LeftState.FIXTURE:
            return
        attended = self._is_attended(case, seen)
        if attended:
            case.attended_s = at_s
        match case.state:
            case LeftState.WITH_OWNER | LeftState.RECLAIMED if at_s - case.attended_s > _AWAY_S:
                case.move(LeftStep.OWNER_LEFT)
            case LeftState.UNATTENDED | LeftState.ABANDONED if attended:
                case.move(LeftStep.OWNER_BACK)
            case LeftState.UNATTENDED if at_s - case.attended_s >= self._grace_s(case):
                case.move(LeftStep.GRACE_OVER)
            case _:
                pass

    def _grace_s(self, case: _Case) -> float:
        """Return how long it may be alone; who is beside it right now may be its owner, and has a moment to show it."""
        return self._rule.unattended_s + (_COMPANY_S if case.company else 0.0)

    def _claim(self, case: _Case, at_s: float) -> Claim:
        return Claim(
            subject=case.thing.track_id,
            thing=case.thing,
            seen=True,
            label=case.thing.label,
            box=case.thing.box,
            score=case.score,
            look=1.0,
            place=case.zone,
            since_s=case.attended_s,
            held_s=at_s,
            ready=case.state is LeftState.ABANDONED,
        )


def _is_it(box: Box, thing: Box) -> bool:
    return box.iou(thing) >= _IS_IT or box.covered_by(thing) >= _IS_IT


def _is_maker(box: Box, maker: Box) -> bool:
    return box.area >= _AS_LARGE * maker.area or box.height >= _AS_HIGH * maker.height
