"""The health machines of one camera, or of the room, as one: what includes another is told once.

Owns which condition says more than which, and which makes others impossible to see. One owner; a look about every
second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge_agent.core.camera_health import (
    PICTURE_CONDITIONS,
    HealthCondition,
    HealthEntry,
    HealthPatience,
    HealthState,
    Sign,
    look,
    replaced,
)

NO_PICTURES: Final = (HealthCondition.LOST, HealthCondition.STALLED, HealthCondition.FROZEN)
"""Three answers to one question (do new pictures come?), the one that says most first; at most one of them is open."""
HIDES: Final[Mapping[HealthCondition, frozenset[HealthCondition]]] = {
    # What cannot be told of a camera while this is seen of it.
    **dict.fromkeys(NO_PICTURES, PICTURE_CONDITIONS | {HealthCondition.CLOCK_DRIFT, HealthCondition.GOP_TOO_LONG}),
    HealthCondition.BLACK: PICTURE_CONDITIONS - {HealthCondition.BLACK},
    HealthCondition.COVERED: frozenset({HealthCondition.DEFOCUSED, HealthCondition.MOVED}),
    HealthCondition.MOVED: frozenset({HealthCondition.COVERED, HealthCondition.DEFOCUSED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one look shows of one condition, and in words what was seen."""

    sign: Sign
    reason: str = ""
    """One sentence for people; needed when the sign is bad."""


UNSEEN: Final = Sighting(sign=Sign.UNKNOWN)
Sightings = Mapping[HealthCondition, Sighting]
"""A condition that is missing cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRaised:
    """People must be told that something is wrong."""

    condition: HealthCondition
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCleared:
    """People must be told that it is over."""

    condition: HealthCondition
    reason: str


HealthChange = HealthRaised | HealthCleared


class HealthBook:
    """The conditions that are watched for one camera, or for the room."""

    def __init__(self, patience: Mapping[HealthCondition, HealthPatience]) -> None:
        """Watch the conditions that ``patience`` names, and no others."""
        self._patience = {condition: patience[condition] for condition in HealthCondition if condition in patience}
        self._entries = {condition: HealthEntry() for condition in self._patience}

    def restore(self, condition: HealthCondition) -> bool:
        """Take up an alert that was raised before a restart; False when the condition is not watched (any more)."""
        if condition not in self._entries:
            return False
        self._entries[condition] = HealthEntry(state=HealthState.RAISED)
        return True

    @property
    def told(self) -> frozenset[HealthCondition]:
        """The conditions people have been told of."""
        return frozenset(condition for condition, entry in self._entries.items() if entry.is_told)

    def look(self, sightings: Sightings, at_s: float) -> tuple[HealthChange, ...]:
        """Take one look at the instant ``at_s`` and return what people must be told, in order."""
        signs = self._folded(sightings)
        changes: list[HealthChange] = []
        for condition, patience in self._patience.items():
            before = self._entries[condition]
            after = look(before, signs[condition], at_s=at_s, patience=patience)
            self._entries[condition] = after
            if after.is_told and not before.is_told:
                changes.append(HealthRaised(condition=condition, reason=sightings[condition].reason))
                changes.extend(self._replace_lesser(condition))
            elif before.is_told and not after.is_told:
                changes.append(
                    HealthCleared(condition=condition, reason=f"no sign of it for {patience.clear_after_s:g} s")
                )
        return tuple(changes)

    def _folded(self, sightings: Sightings) -> dict[HealthCondition, Sign]:
        """Return the sign each machine gets, what includes or hides another taken into account."""
        seen = {condition: sightings.get(condition, UNSEEN).sign for condition in HealthCondition}
        hidden: set[HealthCondition] = set()
        for condition in HealthCondition:  # what is hidden itself hides nothing
            if seen[condition] is Sign.BAD and condition not in hidden:
                hidden |= HIDES.get(condition, frozenset())
        signs = {condition: Sign.UNKNOWN if condition in hidden else sign for condition, sign in seen.items()}
        return signs | self._no_pictures(seen)

    def _no_pictures(self, seen: Mapping[HealthCondition, Sign]) -> dict[HealthCondition, Sign]:
        """Return the signs of the three that exclude each other.

        While one of them is open, a lesser one keeps it open: an outage is over when new pictures come. A greater one
        holds it until it is itself raised. Without an open one each collects suspicion for itself, and none loses any
        while another is seen.
        """
        present = next((condition for condition in NO_PICTURES if seen[condition] is Sign.BAD), None)
        if present is None:
            return {condition: seen[condition] for condition in NO_PICTURES}
        signs = dict.fromkeys(NO_PICTURES, Sign.UNKNOWN)
        opened = next((condition for condition in NO_PICTURES if condition in self.told), None)
        if opened is not None and NO_PICTURES.index(opened) < NO_PICTURES.index(present):
            signs[opened] = Sign.BAD
        else:
            signs[present] = Sign.BAD
        return signs

    def _replace_lesser(self, condition: HealthCondition) -> list[HealthChange]:
        if condition not in NO_PICTURES:
            return []
        changes: list[HealthChange] = []
        for lesser in NO_PICTURES[NO_PICTURES.index(condition) + 1 :]:
            entry = self._entries.get(lesser)
            if entry is None:
                continue
            if entry.is_told:
                changes.append(HealthCleared(condition=lesser, reason=f"the camera is {condition.value} now"))
            self._entries[lesser] = replaced(entry)
        return changes
