"""The dispatch: one unit asked for one incident, until it clears it or is let go.

Forward only: what arrives late or twice is answered with a reason and never moves a state back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from msgspec import Struct

from patrol_wire.ids import DispatchId, IncidentId, Outcome, Step, UnitId
from relay.core.transitions import Illegal, Moved, look_up


class DispatchState(StrEnum):
    """Where a dispatch stands."""

    OFFERED = "offered"
    """The unit was asked and has not answered."""
    ACCEPTED = "accepted"
    """The unit takes it; others that were asked are let go."""
    DECLINED = "declined"
    """The unit said no, with or without a reason."""
    TIMED_OUT = "timed_out"
    """Nobody answered in time; the unit may still accept while nobody else has."""
    EN_ROUTE = "en_route"
    """The unit is on its way."""
    ON_SCENE = "on_scene"
    """The unit is there."""
    CLEARED = "cleared"
    """The unit is finished and reported an outcome."""
    HANDED_OVER = "handed_over"
    """Another unit took it over, because this one asked to be relieved, fell silent, or its shift ended."""
    RECALLED = "recalled"
    """Let go by the relay or the desk: another unit took it, or the incident ended."""


class DispatchEvent(StrEnum):
    """What can happen to a dispatch: a unit's steps, and what the relay decides."""

    ACCEPT = "accept"
    DECLINE = "decline"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    CLEAR = "clear"
    HAND_OVER = "hand_over"
    """Another unit accepted in its place."""
    TIME_OUT = "time_out"
    RECALL = "recall"


_S, _E = DispatchState, DispatchEvent

TABLE: Final[Mapping[tuple[DispatchState, DispatchEvent], DispatchState]] = {
    (_S.OFFERED, _E.ACCEPT): _S.ACCEPTED,
    (_S.OFFERED, _E.DECLINE): _S.DECLINED,
    (_S.OFFERED, _E.TIME_OUT): _S.TIMED_OUT,
    (_S.OFFERED, _E.RECALL): _S.RECALLED,
    # Late help is help: cases.py lets it through only while no other unit has taken the incident.
    (_S.TIMED_OUT, _E.ACCEPT): _S.ACCEPTED,
    (_S.TIMED_OUT, _E.DECLINE): _S.DECLINED,
    (_S.TIMED_OUT, _E.RECALL): _S.RECALLED,
    (_S.ACCEPTED, _E.EN_ROUTE): _S.EN_ROUTE,
    # A unit round the corner does not press twice.
    (_S.ACCEPTED, _E.ON_SCENE): _S.ON_SCENE,
    (_S.ACCEPTED, _E.CLEAR): _S.CLEARED,
    # A unit that accepted may have to give it back.
    (_S.ACCEPTED, _E.DECLINE): _S.DECLINED,
    (_S.ACCEPTED, _E.RECALL): _S.RECALLED,
    (_S.ACCEPTED, _E.HAND_OVER): _S.HANDED_OVER,
    (_S.EN_ROUTE, _E.ON_SCENE): _S.ON_SCENE,
    (_S.EN_ROUTE, _E.CLEAR): _S.CLEARED,
    (_S.EN_ROUTE, _E.DECLINE): _S.DECLINED,
    (_S.EN_ROUTE, _E.RECALL): _S.RECALLED,
    (_S.EN_ROUTE, _E.HAND_OVER): _S.HANDED_OVER,
    (_S.ON_SCENE, _E.CLEAR): _S.CLEARED,
    (_S.ON_SCENE, _E.HAND_OVER): _S.HANDED_OVER,
    (_S.ON_SCENE, _E.RECALL): _S.RECALLED,
}

WORKING_STATES: Final = frozenset({_S.ACCEPTED, _S.EN_ROUTE, _S.ON_SCENE})
"""The unit has taken the incident and is not finished."""
WAITING_STATES: Final = frozenset({_S.OFFERED})
"""The unit's answer is awaited."""
ENDED_STATES: Final = frozenset({_S.DECLINED, _S.TIMED_OUT, _S.CLEARED, _S.HANDED_OVER, _S.RECALLED})
"""Not before the unit any more; ``timed_out`` alone can come back, by a late acceptance."""

WISHES: Final = frozenset({Step.CHECK_IN, Step.ASSIST, Step.HAND_OVER})
"""Steps that say or ask something and move no state."""

_ORDER: Final = {
    _S.OFFERED: 0,
    _S.TIMED_OUT: 0,
    _S.ACCEPTED: 1,
    _S.EN_ROUTE: 2,
    _S.ON_SCENE: 3,
    _S.CLEARED: 4,
    _S.HANDED_OVER: 4,
}
_STEP_ORDER: Final = {Step.ACCEPT: 1, Step.EN_ROUTE: 2, Step.ON_SCENE: 3, Step.CLEAR: 4}


class Dispatch(Struct, frozen=True, kw_only=True, gc=False):
    """One dispatch as the store holds it; times are the relay's, in microseconds, None while not reached."""

    dispatch_id: DispatchId
    incident_id: IncidentId
    unit_id: UnitId
    state: DispatchState
    revision: int
    level: int
    reason: str
    """Why this unit was asked."""
    offered_us: int
    answer_by_us: int
    accepted_us: int | None = None
    en_route_us: int | None = None
    on_scene_us: int | None = None
    cleared_us: int | None = None
    ended_us: int | None = None
    outcome: Outcome | None = None
    note: str = ""
    """Why it was declined, recalled or handed over."""
    handing_over: bool = False
    """Its unit is to be relieved: it stays at work until another has accepted."""
    checked_us: int | None = None
    """When its unit last said on the scene that all is well."""


class Answer(StrEnum):
    """What became of a step or an act; the same words go over the wire."""

    DONE = "done"
    ALREADY_DONE = "already_done"
    LATE_NOTED = "late_noted"
    """It happened after something later was known: kept in the timeline, moves nothing."""
    TAKEN_BY_OTHER = "taken_by_other"
    NOT_YOURS = "not_yours"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmoved:
    """The step changes no state; the answer and the sentence go back to the unit."""

    answer: Answer
    reason: str


def event_of(unit_step: Step) -> DispatchEvent:
    """Return the machine's event for a unit's step that moves it (not for WISHES)."""
    return DispatchEvent(unit_step.value)


def step(state: DispatchState, happening: DispatchEvent) -> Moved[DispatchState] | Illegal:
    """Return the state after the happening, or why it cannot happen."""
    return look_up(TABLE, state, happening, machine="the dispatch")


def judge_step(dispatch: Dispatch, unit_step: Step, outcome: Outcome | None) -> Moved[DispatchState] | Unmoved:
    """Decide what a unit's step does to its dispatch, whatever order and however often it arrives."""
    if unit_step is Step.CLEAR and outcome is None:
        return Unmoved(answer=Answer.REFUSED, reason="clear needs an outcome: what was found")
    if unit_step in WISHES:
        if dispatch.state in WORKING_STATES:
            return Moved(state=dispatch.state)
        if dispatch.state in WAITING_STATES:
            return Unmoved(answer=Answer.REFUSED, reason=f"accept it first: it is {dispatch.state.value}")
        return Unmoved(answer=Answer.LATE_NOTED, reason=f"noted in the timeline; it is {dispatch.state.value} by now")
    answered = step(dispatch.state, event_of(unit_step))
    if isinstance(answered, Moved):
        return answered
    if _is_done(dispatch, unit_step):
        return Unmoved(answer=Answer.ALREADY_DONE, reason=f"already noted: {dispatch.state.value}")
    if dispatch.state is DispatchState.RECALLED:
        taken = unit_step is Step.ACCEPT
        why = dispatch.note or "the incident was taken back"
        return Unmoved(answer=Answer.TAKEN_BY_OTHER if taken else Answer.REFUSED, reason=f"recalled: {why}")
    if dispatch.state is DispatchState.DECLINED:
        return Unmoved(answer=Answer.REFUSED, reason="you declined this one; ask the desk to offer it again")
    if _STEP_ORDER.get(unit_step, 0) > _ORDER[dispatch.state]:
        return Unmoved(answer=Answer.REFUSED, reason=f"accept it first: it is {dispatch.state.value}")
    return Unmoved(answer=Answer.LATE_NOTED, reason=f"noted in the timeline; it is {dispatch.state.value} by now")


def _is_done(dispatch: Dispatch, unit_step: Step) -> bool:
    match unit_step:
        case Step.ACCEPT:
            return dispatch.accepted_us is not None
        case Step.DECLINE:
            return dispatch.state is DispatchState.DECLINED
        case Step.EN_ROUTE:
            return dispatch.en_route_us is not None
        case Step.ON_SCENE:
            return dispatch.on_scene_us is not None
        case Step.CLEAR:
            return dispatch.cleared_us is not None
        case Step.CHECK_IN | Step.ASSIST | Step.HAND_OVER:
            return False
        case _:
            assert_never(unit_step)
