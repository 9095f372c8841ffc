"""Units of the storm's field: one incident at a time, every step in its turn, the same from the same seed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from bench.field_units import FieldUnits
from patrol_wire import messages as m
from patrol_wire.ids import Step
from tests.support.field_desk import view

NEVER_S = 60.0


@dataclass
class _Field:
    """One unit, and whoever answers its commands at once."""

    units: FieldUnits = field(default_factory=lambda: FieldUnits(7))
    now_s: float = 100.0
    told: list[tuple[str, Step]] = field(default_factory=list)

    def offer(self, dispatch_id: str, state: str = "offered") -> None:
        self.units.told(-1, replace(view(), dispatch_id=dispatch_id, state=state), self.now_s)

    def run_for(self, seconds: float, answer: Callable[[m.Command], str] = lambda _: "done") -> None:
        end_s = self.now_s + seconds
        while (due_s := self.units.next_due_s()) is not None and due_s <= end_s:
            self.now_s = due_s
            for number, command in self.units.due(self.now_s, int(self.now_s * 1e6)):
                self.told.append((command.dispatch_id, command.step))
                result = m.CommandResult(
                    command_id=command.command_id, result=answer(command), reason="", dispatch_state=""
                )
                self.units.answered(number, result, self.now_s)
        self.now_s = end_s


def _whole(dispatch_id: str) -> list[tuple[str, Step]]:
    return [(dispatch_id, step) for step in (Step.ACCEPT, Step.EN_ROUTE, Step.ON_SCENE, Step.CLEAR)]


def test_a_unit_takes_one_after_the_other_and_each_to_its_end() -> None:
    field_ = _Field()
    field_.offer("first")
    field_.offer("second")
    field_.run_for(0.9)
    assert field_.told == [], "nobody answers within a second"
    assert field_.units.busy == 1
    field_.run_for(NEVER_S)
    assert field_.told == [*_whole("first"), *_whole("second")]
    assert field_.units.busy == 0
    assert field_.units.counts == {"accept": 2, "en_route": 2, "on_scene": 2, "clear": 2}


def test_what_the_relay_takes_away_is_left_and_the_next_one_taken_in_its_own_time() -> None:
    field_ = _Field()
    field_.offer("first")
    field_.offer("second")
    field_.offer("third")
    field_.offer("second", state="timed_out")
    field_.run_for(0.9)
    field_.offer("first", state="recalled")
    field_.run_for(0.9)
    assert field_.told == [], "the time of the one that was taken away is not that of the next"
    field_.run_for(NEVER_S)
    assert field_.told == _whole("third")


def test_who_comes_too_late_is_free_for_the_next() -> None:
    field_ = _Field()
    field_.offer("first")
    field_.offer("second")
    field_.run_for(NEVER_S, lambda command: "taken_by_other" if command.dispatch_id == "first" else "done")
    assert field_.told == [("first", Step.ACCEPT), *_whole("second")]
    assert field_.units.counts["accept: taken_by_other"] == 1


def test_the_same_seed_takes_the_same_time() -> None:
    def ended_s(seed: int) -> float:
        units = FieldUnits(seed)
        found = _Field(units)
        found.offer("first")
        last = 0.0
        while (due_s := units.next_due_s()) is not None:
            last = due_s
            found.run_for(due_s - found.now_s)
        return last

    assert ended_s(1) == ended_s(1) != ended_s(2)
