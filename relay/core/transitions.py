"""What all machine tables share: looking a step up, and saying why it is not there."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Generic[S]):
    """The machine went (or stayed, when the table says so) in this state."""

    state: S


@dataclass(frozen=True, slots=True, kw_only=True)
class Illegal:
    """The table has no such step; nothing changes, and the sentence is the answer for whoever asked."""

    reason: str


def look_up(table: Mapping[tuple[S, E], S], state: S, happening: E, *, machine: str) -> Moved[S] | Illegal:
    """Return the table's answer; anything not in the table is refused with a reason, never guessed."""
    target = table.get((state, happening))
    if target is None:
        return Illegal(reason=f"{machine} is {state.value}: {happening.value} is not possible then")
    return Moved(state=target)
