"""The life of an operator's flag in the room. Pure: the console asks, the outbox keeps, this file decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

UNCLASSIFIED: Final = "unclassified"
"""Category of a flag pressed in a hurry; the operator names the kind afterwards."""
CHANGE_WINDOW_S: Final = 24 * 3600.0
"""After this time the centre's word counts: a change from the room would surprise whoever handled the incident."""


class FlagState(StrEnum):
    """Where an operator's flag stands."""

    PRESSED = "pressed"
    """Durable in the room, its kind not yet named; units are told all the same."""
    CLASSIFIED = "classified"
    """Durable, and the operator has said what it is."""
    WITHDRAWN = "withdrawn"
    """The operator took it back; the relay is told by a record of its own, nothing is erased."""
    SETTLED = "settled"
    """The time for changes from the room is over."""


class FlagAct(StrEnum):
    """What an operator, or time, does to a flag."""

    CLASSIFY = "classify"
    REMARK = "remark"
    """Words, a voice note or a place are added; what the flag is stays open."""
    WITHDRAW = "withdraw"
    SETTLE = "settle"


FLAG_TABLE: Final[Mapping[tuple[FlagState, FlagAct], FlagState]] = {
    (FlagState.PRESSED, FlagAct.CLASSIFY): FlagState.CLASSIFIED,
    (FlagState.PRESSED, FlagAct.WITHDRAW): FlagState.WITHDRAWN,
    (FlagState.PRESSED, FlagAct.REMARK): FlagState.PRESSED,
    (FlagState.PRESSED, FlagAct.SETTLE): FlagState.SETTLED,
    # An operator may correct the kind as often as needed.
    (FlagState.CLASSIFIED, FlagAct.CLASSIFY): FlagState.CLASSIFIED,
    (FlagState.CLASSIFIED, FlagAct.WITHDRAW): FlagState.WITHDRAWN,
    (FlagState.CLASSIFIED, FlagAct.REMARK): FlagState.CLASSIFIED,
    (FlagState.CLASSIFIED, FlagAct.SETTLE): FlagState.SETTLED,
    (FlagState.WITHDRAWN, FlagAct.SETTLE): FlagState.SETTLED,
    (FlagState.SETTLED, FlagAct.SETTLE): FlagState.SETTLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The act is allowed; the caller stores a record of it and then the new state."""

    state: FlagState


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The act is not possible any more; ``reason`` is for the operator."""

    reason: str


def first_state(category: str) -> FlagState:
    """Return the state of a flag at the moment it is stored."""
    return FlagState.PRESSED if category == UNCLASSIFIED else FlagState.CLASSIFIED


def step(state: FlagState, act: FlagAct, *, age_s: float) -> Changed | Refused:
    """Decide about an operator's act on a flag of this age."""
    if age_s > CHANGE_WINDOW_S and act is not FlagAct.SETTLE:
        hours = int(CHANGE_WINDOW_S // 3600)
        return Refused(reason=f"the flag is older than {hours} hours and settled; tell the centre instead")
    after = FLAG_TABLE.get((state, act))
    if after is None:
        return Refused(reason=f"the flag is already {state.value}; nothing was changed")
    return Changed(state=after)
