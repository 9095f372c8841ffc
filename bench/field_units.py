"""Units that answer as units do: one incident at a time, a while for each step, an outcome at the end.

A unit takes an offer after a second or two; one that comes while it is at work waits until it is free or the relay
takes it away. How long each step takes and what was found is drawn from a fixed seed. No socket and no clock in here.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from patrol_wire import messages as m
from patrol_wire.ids import Micros, Outcome, Step
from patrol_wire.uuid7 import RANDOM_BYTES, uuid7
from relay.core.dispatches import ENDED_STATES, WAITING_STATES

_TAKES_S: Final = {
    Step.ACCEPT: (1.0, 2.0),
    Step.EN_ROUTE: (0.5, 1.5),
    Step.ON_SCENE: (1.0, 3.0),
    Step.CLEAR: (1.0, 4.0),
}
"""The steps in their order, and within which time of the one before each is taken."""
_ORDER: Final = tuple(_TAKES_S)
_FOUND: Final = (Outcome.CONFIRMED, Outcome.NOTHING_FOUND, Outcome.FALSE_ALARM)
_WAITING: Final = frozenset(state.value for state in WAITING_STATES)
_ENDED: Final = frozenset(state.value for state in ENDED_STATES)
_TAKEN: Final = frozenset({"done", "already_done"})


@dataclass(slots=True)
class _Unit:
    waiting: dict[str, None] = field(default_factory=dict)
    """Dispatches offered to it, the oldest first."""
    at_work: str | None = None
    step: int = 0
    """The step it takes next, or is waiting to be answered."""
    due_s: float = 0.0
    """When it takes it."""
    asked: str = ""
    """Its command that is not answered yet."""


class FieldUnits:
    """All units of a field, by any number; whoever has the sockets tells it what came and sends what is due."""

    def __init__(self, seed: int) -> None:
        self._drawn = random.Random(seed)  # noqa: S311  # spreads the steps, protects nothing
        self._units: dict[int, _Unit] = {}
        self._due: list[tuple[float, int]] = []
        """When which unit takes a step; one that the relay took away stays and means nothing."""
        self.counts: Counter[str] = Counter()
        """Steps that were taken, and why others were not."""

    @property
    def busy(self) -> int:
        """How many units have something before them."""
        return sum(unit.at_work is not None or bool(unit.waiting) for unit in self._units.values())

    def next_due_s(self) -> float | None:
        """Return when the next step is taken; None: nobody has anything to do."""
        return self._due[0][0] if self._due else None

    def told(self, number: int, view: m.DispatchView, now_s: float) -> None:
        """Take in what a unit's terminal reads about one of its dispatches."""
        unit = self._units.setdefault(number, _Unit())
        if view.state in _WAITING:
            if view.dispatch_id != unit.at_work:
                unit.waiting.setdefault(view.dispatch_id)
        elif view.state in _ENDED:
            unit.waiting.pop(view.dispatch_id, None)
            if view.dispatch_id == unit.at_work:
                unit.at_work = None
        self._begin(number, unit, now_s)

    def answered(self, number: int, result: m.CommandResult, now_s: float) -> None:
        """Take in what became of a unit's step."""
        unit = self._units[number]
        if result.command_id != unit.asked:
            return
        unit.asked = ""
        if result.result in _TAKEN:
            self.counts[_ORDER[unit.step].value] += 1
            unit.step += 1
        else:
            self.counts[f"{_ORDER[unit.step].value}: {result.result}"] += 1
            unit.at_work = None
        if unit.at_work is not None and unit.step < len(_ORDER):
            self._plan(number, unit, now_s)
            return
        unit.at_work = None
        self._begin(number, unit, now_s)

    def due(self, now_s: float, now_us: int) -> Iterator[tuple[int, m.Command]]:
        """Give the commands that are due, each with its unit."""
        while self._due and self._due[0][0] <= now_s:
            due_s, number = heappop(self._due)
            unit = self._units[number]
            if unit.at_work is None or unit.asked or unit.due_s != due_s:
                continue
            step = _ORDER[unit.step]
            unit.asked = uuid7(now_us, os.urandom(RANDOM_BYTES))
            yield (
                number,
                m.Command(
                    command_id=unit.asked,
                    dispatch_id=unit.at_work,
                    step=step,
                    device_at=Micros(now_us),
                    outcome=self._drawn.choice(_FOUND) if step is Step.CLEAR else None,
                ),
            )

    def _begin(self, number: int, unit: _Unit, now_s: float) -> None:
        if unit.at_work is not None or unit.asked or not unit.waiting:
            return
        unit.at_work = next(iter(unit.waiting))
        del unit.waiting[unit.at_work]
        unit.step = 0
        self._plan(number, unit, now_s)

    def _plan(self, number: int, unit: _Unit, now_s: float) -> None:
        unit.due_s = now_s + self._drawn.uniform(*_TAKES_S[_ORDER[unit.step]])
        heappush(self._due, (unit.due_s, number))
