"""What becomes of a thing that somebody puts down: the machine of an abandoned object. ``abandonment.py`` runs it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class LeftState(StrEnum):
    """Where one thing stands."""

    WITH_OWNER = "with_owner"  # somebody it belongs to is within reach
    UNATTENDED = "unattended"  # its owner went away, not yet for long enough to tell
    ABANDONED = "abandoned"  # left alone for longer than the grace; told
    RECLAIMED = "reclaimed"  # told, and then its owner came back to it, or it was taken away
    FIXTURE = "fixture"  # a person said that it belongs there, or it stands where things are put; never told


class LeftStep(StrEnum):
    """What happens to a thing."""

    OWNER_LEFT = "owner_left"  # nobody it belongs to is within reach any more
    OWNER_BACK = "owner_back"  # its owner is within reach again, or somebody stays with it
    GRACE_OVER = "grace_over"  # it was alone for unattended_s
    TAKEN = "taken"  # it is no longer there
    DISMISSED = "dismissed"  # a person said that it is a fixture


TRANSITIONS: Final[Mapping[tuple[LeftState, LeftStep], LeftState]] = {
    (LeftState.WITH_OWNER, LeftStep.OWNER_LEFT): LeftState.UNATTENDED,
    (LeftState.WITH_OWNER, LeftStep.TAKEN): LeftState.RECLAIMED,
    (LeftState.WITH_OWNER, LeftStep.DISMISSED): LeftState.FIXTURE,
    (LeftState.UNATTENDED, LeftStep.OWNER_BACK): LeftState.WITH_OWNER,
    (LeftState.UNATTENDED, LeftStep.GRACE_OVER): LeftState.ABANDONED,
    (LeftState.UNATTENDED, LeftStep.TAKEN): LeftState.RECLAIMED,
    (LeftState.UNATTENDED, LeftStep.DISMISSED): LeftState.FIXTURE,
    (LeftState.ABANDONED, LeftStep.OWNER_BACK): LeftState.RECLAIMED,
    (LeftState.ABANDONED, LeftStep.TAKEN): LeftState.RECLAIMED,
    (LeftState.ABANDONED, LeftStep.DISMISSED): LeftState.FIXTURE,
    (LeftState.RECLAIMED, LeftStep.OWNER_LEFT): LeftState.UNATTENDED,
    (LeftState.RECLAIMED, LeftStep.TAKEN): LeftState.RECLAIMED,
    (LeftState.RECLAIMED, LeftStep.DISMISSED): LeftState.FIXTURE,
    (LeftState.FIXTURE, LeftStep.TAKEN): LeftState.RECLAIMED,
}


def step(state: LeftState, left_step: LeftStep) -> LeftState:
    """Return the next state; a pair that is not in the table is a broken promise of the caller (KeyError)."""
    return TRANSITIONS[state, left_step]
