"""The day's plan: its curve, its storms, and that a seed repeats it."""

from collections import Counter

from patrol_cli.day.plan import Camera, DayPlan, Judged, Source, plan_day

CAMERAS = [Camera(room=f"room-{n}", camera="cam-01", place=(121.4, 31.2)) for n in range(20)]
UNITS = ["unit-1", "unit-2"]


def _calm(plan: DayPlan) -> list[float]:
    return [each.at_s for each in plan.raises if plan.storm_at(each.at_s) is None]


def test_a_seed_repeats_the_day_and_another_does_not() -> None:
    assert plan_day(CAMERAS, UNITS, seed=3) == plan_day(CAMERAS, UNITS, seed=3)
    assert plan_day(CAMERAS, UNITS, seed=3) != plan_day(CAMERAS, UNITS, seed=4)


def test_the_day_has_as_many_raises_as_asked_and_a_quiet_hour_before_dawn() -> None:
    plan = plan_day(CAMERAS, UNITS, seed=3, raises=2_400)
    assert abs(len(_calm(plan)) - 2_400) < 60
    by_hour = Counter(int(at_s // 3_600) for at_s in _calm(plan))
    assert by_hour[3] * 4 < by_hour[19]
    assert [each.at_s for each in plan.raises] == sorted(each.at_s for each in plan.raises)


def test_one_storm_is_a_hundred_times_the_mean_and_one_a_thousand() -> None:
    plan = plan_day(CAMERAS, UNITS, seed=3, raises=1_200, storm_s=30.0)
    for storm in plan.storms:
        inside = sum(storm.at_s <= each.at_s < storm.at_s + storm.seconds for each in plan.raises)
        assert abs(inside / storm.seconds - plan.mean_per_s * storm.times) < 0.1 * plan.mean_per_s * storm.times + 0.1
    assert [storm.times for storm in plan.storms] == [100, 1_000]


def test_a_part_of_the_day_stays_within_it_and_has_both_storms() -> None:
    plan = plan_day(CAMERAS, UNITS, seed=3, begin_h=18.5, hours=1.0, storm_s=5.0)
    assert all(18.5 * 3_600 <= each.at_s < 19.5 * 3_600 for each in plan.raises)
    assert all(plan.begin_s < storm.at_s < plan.end_s - storm.seconds for storm in plan.storms)


def test_only_suggestions_are_judged() -> None:
    plan = plan_day(CAMERAS, UNITS, seed=3)
    judged = {each.source for each in plan.raises if each.judged is not Judged.NEVER}
    assert judged == {Source.SUGGEST}
    assert {each.judged for each in plan.raises if each.source is Source.SUGGEST} == set(Judged)
