"""What units of the day do with an offer."""

from random import Random

from patrol_cli.day.behaviour import Habit, conduct
from patrol_wire.ids import Step

DRAWN = [conduct(Random(seed), busy=False, answer_within_s=30.0) for seed in range(2_000)]


def test_every_habit_occurs_and_most_take_the_offer() -> None:
    share = {habit: sum(each.habit is habit for each in DRAWN) / len(DRAWN) for habit in Habit}
    assert 0.75 < share[Habit.TAKES] < 0.85
    assert all(share.values())


def test_who_takes_it_goes_the_whole_way_and_reports_an_outcome() -> None:
    for each in DRAWN:
        if each.habit is Habit.TAKES:
            assert [press.step for press in each.presses] == [Step.ACCEPT, Step.EN_ROUTE, Step.ON_SCENE, Step.CLEAR]
            assert each.presses[-1].outcome is not None
            assert each.presses[0].after_s < 30.0


def test_who_is_late_answers_after_the_time_to_answer() -> None:
    assert all(each.presses[0].after_s > 30.0 for each in DRAWN if each.habit is Habit.LATE)


def test_who_vanishes_has_accepted_and_never_clears() -> None:
    for each in DRAWN:
        if each.habit is Habit.VANISHES:
            assert each.presses[0].step is Step.ACCEPT
            assert Step.CLEAR not in [press.step for press in each.presses]
            assert each.vanishes_after_s is not None


def test_a_busy_unit_declines_with_its_reason() -> None:
    (press,) = conduct(Random(1), busy=True, answer_within_s=30.0).presses
    assert (press.step, press.reason) == (Step.DECLINE, "at another incident")
