"""A simulated person at a terminal: answers after human pauses, one dispatch at a time, and says it is simulated."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from patrol_cli.terminal_session import TerminalBook
from patrol_wire.ids import Outcome, Step
from patrol_wire.messages import DispatchView

SIMULATED: Final = "simulated 模拟"
"""Reason of every command given here, so that nobody takes it for a person's."""
_NEXT: Final = {
    "offered": Step.ACCEPT,
    "accepted": Step.EN_ROUTE,
    "en_route": Step.ON_SCENE,
    "on_scene": Step.CLEAR,
}
_PAUSE_S: Final = {
    Step.ACCEPT: (1.0, 3.0),
    Step.EN_ROUTE: (1.0, 2.0),
    Step.ON_SCENE: (3.0, 6.0),
    Step.CLEAR: (3.0, 5.0),
}
_OUTCOMES: Final = (
    *(Outcome.CONFIRMED,) * 7,
    *(Outcome.NOTHING_FOUND,) * 2,
    Outcome.FALSE_ALARM,
)


class Pace(StrEnum):
    """How fast the simulated person is."""

    HUMAN = "human"
    """Accepts after 1-3 s, leaves after 1-2 s, arrives after 3-6 s, clears after 3-5 s."""
    FAST = "fast"
    """A tenth of that, for drills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A step the simulated person takes now."""

    dispatch_id: str
    step: Step
    outcome: Outcome | None


class AutoPilot:
    """Decides when the next step is taken; randomness comes from outside, so a run can be repeated."""

    def __init__(self, pace: Pace, random: Random) -> None:
        self._share = 0.1 if pace is Pace.FAST else 1.0
        self._random = random
        self._due_s: dict[tuple[str, Step], float] = {}
        self._taken: set[tuple[str, Step]] = set()

    def press(self, book: TerminalBook, now_s: float) -> Press | None:
        """Return the step whose time has come; each step of a dispatch is taken once."""
        self._forget_ended(book)
        view = self._attended(book)
        if view is None:
            return None
        unit_step = _NEXT[view.state]
        key = (view.dispatch_id, unit_step)
        if key in self._taken:
            return None  # it waits for its answer, or was refused
        shortest, longest = _PAUSE_S[unit_step]
        due_s = self._due_s.setdefault(key, now_s + self._share * self._random.uniform(shortest, longest))
        if now_s < due_s:
            return None
        self._taken.add(key)
        outcome = self._random.choice(_OUTCOMES) if unit_step is Step.CLEAR else None
        return Press(dispatch_id=view.dispatch_id, step=unit_step, outcome=outcome)

    def _attended(self, book: TerminalBook) -> DispatchView | None:
        """Return the dispatch the person works on, else the oldest offer that was not refused to it."""
        views = [view for view in book.dispatches.values() if view.state in _NEXT]
        working = [view for view in views if view.state != "offered"]
        if working:
            return working[0]
        offers = [view for view in views if (view.dispatch_id, Step.ACCEPT) not in self._taken]
        if len(offers) < len(views):  # an acceptance waits for its answer: no second one meanwhile
            waiting = {sending.command.dispatch_id for sending in book.pending}
            if any(view.dispatch_id in waiting for view in views):
                return None
        return offers[0] if offers else None

    def _forget_ended(self, book: TerminalBook) -> None:
        gone = {dispatch_id for dispatch_id, _ in (*self._taken, *self._due_s)} - set(book.dispatches)
        if gone:
            self._taken = {key for key in self._taken if key[0] not in gone}
            self._due_s = {key: due_s for key, due_s in self._due_s.items() if key[0] not in gone}
