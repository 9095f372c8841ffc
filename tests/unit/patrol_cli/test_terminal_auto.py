"""The simulated person: human pauses, one dispatch at a time, each step once."""

from random import Random
from types import MappingProxyType

from patrol_cli.terminal_auto import AutoPilot, Pace, Press
from patrol_cli.terminal_keys import KeyReader, Typed, read_line
from patrol_cli.terminal_session import Phase, Sending, TerminalBook
from patrol_wire.ids import Outcome, Step
from patrol_wire.messages import Command, DispatchView
from tests.support.field_desk import view


def book(*views: DispatchView, pending: tuple[Sending, ...] = ()) -> TerminalBook:
    return TerminalBook(
        session=1,
        phase=Phase.LIVE,
        dispatches=MappingProxyType({each.dispatch_id: each for each in views}),
        pending=pending,
    )


def first_press(pilot: AutoPilot, seen: TerminalBook, *, from_s: float) -> tuple[Press, float]:
    now_s = from_s
    while (press := pilot.press(seen, now_s)) is None:
        now_s += 0.01
        assert now_s < from_s + 10
    return press, now_s - from_s


def test_each_step_comes_after_a_human_pause_and_clear_names_what_was_found() -> None:
    pilot = AutoPilot(Pace.HUMAN, Random(7))
    offer = view()
    pauses = {"offered": (1, 3), "accepted": (1, 2), "en_route": (3, 6), "on_scene": (3, 5)}
    steps: list[Step] = []
    now_s = 0.0
    for state, (shortest, longest) in pauses.items():
        press, pause_s = first_press(pilot, book(view(state, dispatch_id=offer.dispatch_id)), from_s=now_s)
        assert shortest - 0.02 <= pause_s <= longest + 0.02
        assert (press.outcome is not None) == (press.step is Step.CLEAR)
        now_s += pause_s
        steps.append(press.step)
    assert steps == [Step.ACCEPT, Step.EN_ROUTE, Step.ON_SCENE, Step.CLEAR]


def test_a_step_is_taken_once_even_if_it_is_refused() -> None:
    pilot = AutoPilot(Pace.FAST, Random(1))
    seen = book(view())
    first_press(pilot, seen, from_s=0)
    assert pilot.press(seen, 100.0) is None


def test_while_one_dispatch_is_worked_on_other_offers_wait() -> None:
    pilot = AutoPilot(Pace.FAST, Random(1))
    working, offer = view("en_route"), view()
    press, _ = first_press(pilot, book(offer, working), from_s=0)
    assert press.dispatch_id == working.dispatch_id
    assert pilot.press(book(offer, working), 100.0) is None


def test_no_second_offer_is_accepted_while_the_first_acceptance_waits_for_its_answer() -> None:
    pilot = AutoPilot(Pace.FAST, Random(1))
    one, two = view(), view()
    press, _ = first_press(pilot, book(one, two), from_s=0)
    asked = Command(command_id=one.incident_id, dispatch_id=press.dispatch_id, step=press.step, device_at=1)
    assert pilot.press(book(one, two, pending=(Sending(command=asked),)), 100.0) is None
    again, _ = first_press(pilot, book(one, two), from_s=100)  # answered: not ours
    assert again.dispatch_id == two.dispatch_id


def test_keys_mean_steps_and_clear_asks_for_the_outcome() -> None:
    reader = KeyReader()
    assert list(reader.read("a?E")) == [Typed(step=Step.ACCEPT), Typed(step=Step.EN_ROUTE)]
    assert list(reader.read("c")) == [Typed(wants_outcome=True)]
    assert list(reader.read("2q")) == [Typed(step=Step.CLEAR, outcome=Outcome.NOTHING_FOUND), Typed(quit=True)]
    assert list(reader.read("cx1")) == [Typed(wants_outcome=True)], "any other key takes clear back"


def test_lines_mean_steps_and_a_clear_without_outcome_means_nothing() -> None:
    assert read_line(" en_route ") == Typed(step=Step.EN_ROUTE)
    assert read_line("clear confirmed") == Typed(step=Step.CLEAR, outcome=Outcome.CONFIRMED)
    assert read_line("next") == Typed(next_dispatch=True)
    assert [read_line(line) for line in ("clear", "clear perhaps", "fly", "")] == [None] * 4
