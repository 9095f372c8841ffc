"""The watch of a room: an operator's shift from sign-on to its end, and when they should rest.

Pure: the console asks (``console.watch_desk``), the outbox keeps, this file decides. An operator has one shift at a
time; several operators may be on watch beside each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ShiftState(StrEnum):
    """Where an operator's shift stands."""

    ON_WATCH = "on_watch"
    """Signed on and watching."""
    HANDING_OVER = "handing_over"
    """Still on watch; what is open is offered to whoever comes next."""
    ENDED = "ended"
    """Signed off or relieved; the shift's figures are told."""


class ShiftAct(StrEnum):
    """What happens to a shift; the word of its line in the shift log."""

    OFFER = "hand_over_offered"
    WITHDRAW = "hand_over_withdrawn"
    RELIEVE = "handed_over"
    """Another operator on watch took the open matters over."""
    REST = "rested"
    """The operator had a rest, or looked at other pictures: the fatigue clock begins anew."""
    SIGN_OFF = "sign_off"


SIGN_ON: Final = "sign_on"
"""The line that begins a shift."""
ROUND: Final = "round"
"""The line of a finished round (``core.watch_round``)."""

SHIFT_TABLE: Final[Mapping[tuple[ShiftState, ShiftAct], ShiftState]] = {
    (ShiftState.ON_WATCH, ShiftAct.OFFER): ShiftState.HANDING_OVER,
    # Offered again with another note: the newest note counts.
    (ShiftState.HANDING_OVER, ShiftAct.OFFER): ShiftState.HANDING_OVER,
    (ShiftState.HANDING_OVER, ShiftAct.WITHDRAW): ShiftState.ON_WATCH,
    (ShiftState.HANDING_OVER, ShiftAct.RELIEVE): ShiftState.ENDED,
    (ShiftState.ON_WATCH, ShiftAct.REST): ShiftState.ON_WATCH,
    (ShiftState.HANDING_OVER, ShiftAct.REST): ShiftState.HANDING_OVER,
    # Nobody has to come: the log shows that the watch was left without a hand-over.
    (ShiftState.ON_WATCH, ShiftAct.SIGN_OFF): ShiftState.ENDED,
    (ShiftState.HANDING_OVER, ShiftAct.SIGN_OFF): ShiftState.ENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The act is possible; the caller stores its line, and with it the new state."""

    state: ShiftState


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """The act does not fit; ``reason`` is for the operator."""

    reason: str


_WHY: Final[Mapping[ShiftAct, str]] = {
    ShiftAct.WITHDRAW: "no hand-over is offered",
    ShiftAct.RELIEVE: "it offers no hand-over; the operator who leaves offers it first",
}


def step(state: ShiftState, act: ShiftAct) -> Moved | Impossible:
    """Decide about an act on a shift."""
    after = SHIFT_TABLE.get((state, act))
    if after is not None:
        return Moved(state=after)
    if state is ShiftState.ENDED:
        return Impossible(reason="the shift has ended; sign on first")
    return Impossible(reason=_WHY.get(act, f"the shift is {state.value}"))


def rest_due_us(*, began_at: int, rested_at: int, remind_after_s: float) -> int | None:
    """Return when the operator should rest next (UTC microseconds), None when nobody is reminded."""
    if remind_after_s <= 0.0:
        return None
    return max(began_at, rested_at) + round(remind_after_s * 1_000_000)
