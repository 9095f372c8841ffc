"""The health machine: what can be wrong with a camera or its room, and when people are told of it.

Owns the conditions, the states of one condition of one camera, and the hold-off on both sides: a flapping cable is told
once and cleared once. ``core.health_book`` keeps the machines of one camera together, ``core.health_signs`` says what
is seen, ``app.health_watch`` tells people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class HealthCondition(StrEnum):
    """What can be wrong; the words stand in settings, records, the API and the guide."""

    LOST = "lost"
    """No connection with the camera can be had or kept."""
    STALLED = "stalled"
    """The camera is reached, but sends no picture that can be decoded."""
    FROZEN = "frozen"
    """Pictures come, and all are the same."""
    BLACK = "black"
    """Almost no light and no detail."""
    COVERED = "covered"
    """A large part of the picture has lost its own detail."""
    DEFOCUSED = "defocused"
    """Fine detail is gone, the large structures are there."""
    MOVED = "moved"
    """The camera shows something else than it usually does."""
    CLOCK_DRIFT = "clock_drift"
    """A clock runs wrong or jumps, so that times cannot be trusted."""
    GOP_TOO_LONG = "gop_too_long"
    """Keyframes are too far apart for the camera to rest while nothing moves."""
    EVIDENCE_DISK_LOW = "evidence_disk_low"
    """The room's disk will not, or does not, take evidence any more."""


PICTURE_CONDITIONS: Final = frozenset(
    {HealthCondition.BLACK, HealthCondition.COVERED, HealthCondition.DEFOCUSED, HealthCondition.MOVED}
)
"""Those that the pictures themselves show."""
ROOM_CONDITIONS: Final = frozenset({HealthCondition.CLOCK_DRIFT, HealthCondition.EVIDENCE_DISK_LOW})
"""Those that a room can have without a camera."""
CAMERA_CONDITIONS: Final = frozenset(HealthCondition) - {HealthCondition.EVIDENCE_DISK_LOW}

LONGEST_LOOK_S: Final = 5.0
"""A pause between two looks counts for no more than this: a machine that slept has not seen anything meanwhile."""


class Sign(StrEnum):
    """What one look shows of one condition."""

    BAD = "bad"
    GOOD = "good"
    UNKNOWN = "unknown"
    """It cannot be told now: of a lost camera nobody knows whether it is covered. Everything stays as it is."""


class HealthState(StrEnum):
    """Where one condition of one camera stands."""

    CLEAR = "clear"  # no sign, and none lately
    SUSPECTED = "suspected"  # there were signs, not yet for long enough; nobody has been told
    RAISED = "raised"  # people have been told, and the sign is there
    CLEARING = "clearing"  # people have been told, and the sign is gone, not yet for long enough


class HealthTurn(StrEnum):
    """What one look comes to for the machine."""

    SIGN = "sign"
    """The sign is there."""
    SIGN_LASTED = "sign_lasted"
    """The sign has been there for after_s, the good time between taken off."""
    GOOD = "good"
    """The sign is gone."""
    GOOD_LASTED = "good_lasted"
    """Suspicion is worn off, or the sign has been gone for clear_after_s at a stretch."""
    REPLACED = "replaced"
    """A condition that says more about the same thing was raised."""


HEALTH_TABLE: Final[Mapping[tuple[HealthState, HealthTurn], HealthState]] = {
    (HealthState.CLEAR, HealthTurn.SIGN): HealthState.SUSPECTED,
    (HealthState.CLEAR, HealthTurn.SIGN_LASTED): HealthState.RAISED,  # a hold-off of 0
    (HealthState.CLEAR, HealthTurn.GOOD_LASTED): HealthState.CLEAR,
    (HealthState.CLEAR, HealthTurn.REPLACED): HealthState.CLEAR,
    (HealthState.SUSPECTED, HealthTurn.SIGN): HealthState.SUSPECTED,
    (HealthState.SUSPECTED, HealthTurn.SIGN_LASTED): HealthState.RAISED,
    (HealthState.SUSPECTED, HealthTurn.GOOD): HealthState.SUSPECTED,
    (HealthState.SUSPECTED, HealthTurn.GOOD_LASTED): HealthState.CLEAR,
    (HealthState.SUSPECTED, HealthTurn.REPLACED): HealthState.CLEAR,
    (HealthState.RAISED, HealthTurn.SIGN): HealthState.RAISED,
    (HealthState.RAISED, HealthTurn.GOOD): HealthState.CLEARING,
    (HealthState.RAISED, HealthTurn.GOOD_LASTED): HealthState.CLEAR,  # a clear_after_s of 0
    (HealthState.RAISED, HealthTurn.REPLACED): HealthState.CLEAR,
    (HealthState.CLEARING, HealthTurn.SIGN): HealthState.RAISED,
    (HealthState.CLEARING, HealthTurn.GOOD): HealthState.CLEARING,
    (HealthState.CLEARING, HealthTurn.GOOD_LASTED): HealthState.CLEAR,
    (HealthState.CLEARING, HealthTurn.REPLACED): HealthState.CLEAR,
}

TOLD: Final = frozenset({HealthState.RAISED, HealthState.CLEARING})
"""States in which the alert is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPatience:
    """The hold-off of one condition, in seconds."""

    after_s: float
    """Signs fill up to this before the alert is raised; good time empties it, full to empty in clear_after_s. So what
    is there for more than after_s / (after_s + clear_after_s) of the time is raised in the end, however it flaps."""
    clear_after_s: float
    """Good time at a stretch before the alert is cleared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthEntry:
    """Everything the machine remembers about one condition of one camera."""

    state: HealthState = HealthState.CLEAR
    sign: Sign = Sign.UNKNOWN
    """What the last look showed."""
    at_s: float = float("-inf")
    """Instant of the last look."""
    suspicion_s: float = 0.0
    """How full the suspicion is, 0 to after_s; only while nobody has been told."""
    good_s: float = 0.0
    """Good time at a stretch; only while people have been told."""

    @property
    def is_told(self) -> bool:
        """Whether the alert is open."""
        return self.state in TOLD


def look(entry: HealthEntry, sign: Sign, *, at_s: float, patience: HealthPatience) -> HealthEntry:
    """Take one look at the instant ``at_s`` (monotonic seconds); people are told where ``is_told`` turns.

    Time counts only between two looks that agree, so that the hold-off is never shorter than it says.
    """
    elapsed_s = min(max(0.0, at_s - entry.at_s), LONGEST_LOOK_S)
    held_s = elapsed_s if sign is entry.sign else 0.0
    entry = replace(entry, sign=sign, at_s=at_s)
    match sign:
        case Sign.UNKNOWN:
            return entry
        case Sign.BAD:
            return _bad(entry, held_s, patience)
        case Sign.GOOD:
            return _good(entry, held_s, patience)


def replaced(entry: HealthEntry) -> HealthEntry:
    """Tell the machine that a condition which says more was raised instead."""
    return _turn(entry, HealthTurn.REPLACED)


def _bad(entry: HealthEntry, held_s: float, patience: HealthPatience) -> HealthEntry:
    if entry.is_told:
        return _turn(entry, HealthTurn.SIGN)
    entry = replace(entry, suspicion_s=min(patience.after_s, entry.suspicion_s + held_s))
    return _turn(entry, HealthTurn.SIGN_LASTED if entry.suspicion_s >= patience.after_s else HealthTurn.SIGN)


def _good(entry: HealthEntry, held_s: float, patience: HealthPatience) -> HealthEntry:
    if entry.is_told:
        entry = replace(entry, good_s=entry.good_s + held_s)
        return _turn(entry, HealthTurn.GOOD_LASTED if entry.good_s >= patience.clear_after_s else HealthTurn.GOOD)
    worn_s = held_s * patience.after_s / patience.clear_after_s if patience.clear_after_s > 0 else entry.suspicion_s
    entry = replace(entry, suspicion_s=max(0.0, entry.suspicion_s - worn_s))
    return _turn(entry, HealthTurn.GOOD if entry.suspicion_s > 0 else HealthTurn.GOOD_LASTED)


def _turn(entry: HealthEntry, turn: HealthTurn) -> HealthEntry:
    """Enter the table's state; what is counted begins anew where it no longer belongs to the state."""
    state = HEALTH_TABLE[entry.state, turn]
    return replace(
        entry,
        state=state,
        suspicion_s=entry.suspicion_s if state is HealthState.SUSPECTED else 0.0,
        good_s=entry.good_s if state is HealthState.CLEARING else 0.0,
    )
