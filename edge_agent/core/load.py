"""Load: in which named steps a room asks less of its model when the machine cannot pay for everything.

Owns the steps, their table and the judgement of what was seen in the last seconds. Pure. Each step keeps what the one
after it gives up: first the beat of the whole picture slows down, then believed tracks are looked at less often, then
only what is new is named at all. Motion, tracks and rules go on at every step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from edge_agent.core.looks import LookAllowance, LookKind


class LoadStep(StrEnum):
    """How much is asked of the model."""

    FULL = "full"  # every look that is of use
    SLOW_BEAT = "slow_beat"  # the whole picture a third as often
    FEWER_TRACKS = "fewer_tracks"  # and believed tracks once a second
    NEW_ONLY = "new_only"  # only new motion and what is not believed yet
    MOTION_ONLY = "motion_only"  # no looks: there is no detector now


class LoadTurn(StrEnum):
    """What the last seconds said."""

    OVERLOADED = "overloaded"  # looks are shed, or pictures come late
    CALM = "calm"  # for a good while nothing was shed and the detectors had time left
    DETECTOR_LOST = "detector_lost"  # no detector runs
    DETECTOR_BACK = "detector_back"  # one runs again


_S, _T = LoadStep, LoadTurn
TRANSITIONS: Final[Mapping[tuple[LoadStep, LoadTurn], LoadStep]] = {
    (_S.FULL, _T.OVERLOADED): _S.SLOW_BEAT,
    (_S.SLOW_BEAT, _T.OVERLOADED): _S.FEWER_TRACKS,
    (_S.FEWER_TRACKS, _T.OVERLOADED): _S.NEW_ONLY,
    (_S.NEW_ONLY, _T.OVERLOADED): _S.NEW_ONLY,
    (_S.MOTION_ONLY, _T.OVERLOADED): _S.MOTION_ONLY,
    (_S.FULL, _T.CALM): _S.FULL,
    (_S.SLOW_BEAT, _T.CALM): _S.FULL,
    (_S.FEWER_TRACKS, _T.CALM): _S.SLOW_BEAT,
    (_S.NEW_ONLY, _T.CALM): _S.FEWER_TRACKS,
    (_S.MOTION_ONLY, _T.CALM): _S.MOTION_ONLY,
    (_S.FULL, _T.DETECTOR_LOST): _S.MOTION_ONLY,
    (_S.SLOW_BEAT, _T.DETECTOR_LOST): _S.MOTION_ONLY,
    (_S.FEWER_TRACKS, _T.DETECTOR_LOST): _S.MOTION_ONLY,
    (_S.NEW_ONLY, _T.DETECTOR_LOST): _S.MOTION_ONLY,
    (_S.MOTION_ONLY, _T.DETECTOR_LOST): _S.MOTION_ONLY,
    (_S.FULL, _T.DETECTOR_BACK): _S.FULL,
    (_S.SLOW_BEAT, _T.DETECTOR_BACK): _S.SLOW_BEAT,
    (_S.FEWER_TRACKS, _T.DETECTOR_BACK): _S.FEWER_TRACKS,
    (_S.NEW_ONLY, _T.DETECTOR_BACK): _S.NEW_ONLY,
    (_S.MOTION_ONLY, _T.DETECTOR_BACK): _S.FEWER_TRACKS,
}

ALLOWED: Final[Mapping[LoadStep, LookAllowance]] = {
    _S.FULL: LookAllowance(),
    _S.SLOW_BEAT: LookAllowance(whole_every_factor=3.0),
    _S.FEWER_TRACKS: LookAllowance(whole_every_factor=3.0, moving_every_s=1.0),
    _S.NEW_ONLY: LookAllowance(kinds=frozenset({LookKind.NEW_MOTION, LookKind.UNVERIFIED})),
    _S.MOTION_ONLY: LookAllowance(kinds=frozenset()),
}
"""What each step still grants."""

WINDOW_S: Final = 2.0
"""The past that is judged at once."""
CALM_AFTER_S: Final = 10.0
"""Without overload for so long, one step is taken back; a step too early costs a quarter of a minute of flapping."""
SHED_SHARE: Final = 0.15
"""More of the granted looks than this shed in one window is overload."""
BUSY_SHARE: Final = 0.95
"""Detectors that work for more of the time than this have no reserve for the next thing that moves."""
CALM_BUSY_SHARE: Final = 0.6
LATE_S: Final = 0.15
"""Pictures that reach the analysis older than this (mean of a window) say that the whole machine is late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadWindow:
    """What happened in one window of WINDOW_S."""

    granted: int
    """Looks put in the queue."""
    shed: int
    """Of the looks, those that were shed because of load (crowded or late)."""
    busy_share: float
    """Share of the window in which the detectors worked, 0-1."""
    picture_age_s: float
    """Mean age of pictures when the analysis took them up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBook:
    """Where the room stands."""

    step: LoadStep = LoadStep.FULL
    since_s: float = 0.0
    reason: str = ""
    """Why, in words for the console; empty at full."""
    calm_since_s: float | None = None


def turn(book: LoadBook, event: LoadTurn, now_s: float, reason: str) -> LoadBook:
    """Return the book after an event; a pair that is not in the table is a broken promise of the caller (KeyError)."""
    step = TRANSITIONS[book.step, event]
    if step is book.step:
        return book
    return LoadBook(step=step, since_s=now_s, reason="" if step is LoadStep.FULL else reason)


def judge(book: LoadBook, window: LoadWindow, now_s: float) -> LoadBook:
    """Return the book after one window was seen."""
    sentence = _overload(window)
    if sentence:
        return replace(turn(book, LoadTurn.OVERLOADED, now_s, sentence), calm_since_s=None)
    if window.busy_share > CALM_BUSY_SHARE:
        return replace(book, calm_since_s=None)
    if book.calm_since_s is None:
        return replace(book, calm_since_s=now_s)
    if now_s - book.calm_since_s < CALM_AFTER_S:
        return book
    return replace(turn(book, LoadTurn.CALM, now_s, book.reason), calm_since_s=now_s)


def _overload(window: LoadWindow) -> str:
    """Return what shows that too much is asked, or nothing."""
    if window.shed > SHED_SHARE * max(1, window.granted):
        return f"{window.shed} of {window.granted} looks were shed within {WINDOW_S:g} s"
    if window.busy_share > BUSY_SHARE:
        return f"the detectors were busy for {window.busy_share:.0%} of the time"
    if window.picture_age_s > LATE_S:
        return f"pictures came to the analysis {window.picture_age_s * 1000:.0f} ms late"
    return ""
