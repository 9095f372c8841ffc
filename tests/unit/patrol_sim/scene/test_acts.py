"""Acts are played as ordered, and their truth says exactly what can be seen."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from edge_agent.core.zones import Direction, Line
from patrol_sim.errors import SourceError
from patrol_sim.scene.acts import Act, Furnish, Gather, KeepBag, LeaveBag, Loiter, Pass, Side, Stop, ToAndFro
from patrol_sim.scene.cast import cast_of
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.scene.true_act import TrueAct
from patrol_sim.scene.truth import TrueBox

WIDTH, HEIGHT, FPS = 352, 288, 5


def scene_of(*acts: Act, duration_s: float = 60.0) -> Scene:
    """Return a still street in which nothing but the acts happens."""
    return Scene(
        SceneSettings(width=WIDTH, height=HEIGHT, fps=FPS, duration_s=duration_s, movers=0, noise=0.0, acts=acts)
    )


def only_act(scene: Scene) -> TrueAct:
    (act,) = scene.truth.acts
    return act


def boxes_at(scene: Scene, at_s: float) -> tuple[TrueBox, ...]:
    return scene.truth.frames[round(at_s * FPS)]


def changed(scene: Scene, at_s: float) -> tuple[float, float, float, float] | None:
    """Return the bounds, in shares, of what differs from the empty street."""
    differs = np.abs(scene.picture(round(at_s * FPS)).astype(int) - scene.picture(0).astype(int)).max(axis=2) > 12
    if not differs.any():
        return None
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    return (
        columns[0] / WIDTH,
        rows[0] / HEIGHT,
        (columns[-1] + 1) / WIDTH,
        (rows[-1] + 1) / HEIGHT,
    )


LATER = 1.0
"""Acts set out a second after the loop began, so that its first picture is the empty street."""


@pytest.mark.parametrize(
    "act",
    [
        Loiter(at_s=LATER, for_s=8.0),
        Stop(at_s=LATER, for_s=8.0),
        LeaveBag(at_s=LATER),
        Furnish(at_s=LATER),
        Gather(at_s=LATER, for_s=8.0, count=5),
    ],
    ids=lambda act: act.kind,
)
def test_what_an_act_is_about_is_seen_in_its_box_and_nowhere_else(act: Act) -> None:
    """A person is narrower than their box when they stand; nothing reaches beyond it."""
    scene = scene_of(act)
    told = only_act(scene)
    owner_gone = [moment.at_s for moment in told.moments if moment.what == "owner_gone"]
    at_s = max([told.begin_s + 0.4, *(gone_s + 0.4 for gone_s in owner_gone)])
    seen = changed(scene, at_s)
    assert seen is not None
    for side, (shown, said) in enumerate(zip(seen, told.box, strict=True)):
        assert shown == pytest.approx(said, abs=0.04 if side in (0, 2) else 0.02)


def test_who_loiters_stays_within_their_roaming_ground_and_moves_about_in_it() -> None:
    scene = scene_of(Loiter(at_s=LATER, for_s=30.0, x=0.5, y=0.85, roam=0.1))
    told = only_act(scene)
    assert told.end_s - told.begin_s == pytest.approx(30.0)
    middles = []
    for index in range(round(told.begin_s * FPS) + 1, round(told.end_s * FPS)):
        (person,) = scene.truth.frames[index]
        left, _, right, foot = person.box
        middles.append((left + right) / 2)
        assert told.box[0] - 1e-6 <= left
        assert right <= told.box[2] + 1e-6
        assert foot <= told.box[3] + 1e-6
    assert all(abs(middle - 0.5) <= 0.1 + 1e-6 for middle in middles)
    assert max(middles) - min(middles) > 0.05
    (visit,) = scene.truth.visits
    assert visit.enter_s < told.begin_s
    assert visit.leave_s > told.end_s


@pytest.mark.parametrize(("spacing", "widest"), [(0.6, 0.30), (2.5, 0.95)])
def test_a_crowd_is_complete_for_as_long_as_ordered_and_as_dense(spacing: float, widest: float) -> None:
    scene = scene_of(Gather(at_s=LATER, for_s=10.0, count=8, spacing=spacing))
    told = only_act(scene)
    assert told.end_s - told.begin_s == pytest.approx(10.0)
    together = [len(boxes_at(scene, at_s)) for at_s in (told.begin_s - 0.6, told.begin_s + 0.4, told.end_s - 0.4)]
    assert together == [8, 8, 8], "the last one walks in before the crowd is complete"
    before = {box.number: box.box for box in boxes_at(scene, told.begin_s + 0.4)}
    after = {box.number: box.box for box in boxes_at(scene, told.end_s - 0.4)}
    assert before == after
    assert told.box[2] - told.box[0] < widest
    assert len({boxes[0] for boxes in before.values()}) == 8, "everybody has a place of their own"


def test_a_car_brakes_stands_exactly_still_and_drives_on() -> None:
    scene = scene_of(Stop(at_s=LATER, x=0.4, y=0.75, for_s=10.0, enters=Side.RIGHT, leaves=Side.LEFT))
    told = only_act(scene)
    (car,) = boxes_at(scene, told.begin_s + 0.2)
    assert sum(car.box[0::2]) / 2 == pytest.approx(0.4)
    assert np.array_equal(scene.picture(round(told.begin_s * FPS) + 1), scene.picture(round(told.end_s * FPS) - 1))
    lefts = [boxes_at(scene, told.begin_s - step / FPS)[0].box[0] for step in range(6)]
    paces = [later - earlier for earlier, later in pairwise(lefts)]
    assert all(slower < faster for slower, faster in pairwise(paces)), "the nearer it comes the slower it is"
    assert scene.truth.visits[0].leave_s > told.end_s


@pytest.mark.parametrize(("enters", "direction"), [(Side.LEFT, "left_to_right"), (Side.RIGHT, "right_to_left")])
@pytest.mark.parametrize("figure", ["person", "bicycle", "car"])
def test_a_passing_figure_crosses_the_middle_when_and_as_the_truth_says(
    figure: str, enters: Side, direction: str
) -> None:
    act = Pass(at_s=LATER, figure=figure, enters=enters, crossing_s=8.0)  # type: ignore[arg-type]  # of the table
    scene = scene_of(act)
    told = only_act(scene)
    ((what, at_s),) = told.moments
    assert what == direction
    before, after = (boxes_at(scene, at_s + step)[0].box for step in (-0.4, 0.4))
    assert (before[0] < after[0]) == (enters is Side.LEFT)
    assert sum(boxes_at(scene, at_s)[0].box[0::2]) / 2 == pytest.approx(0.5, abs=0.02)


def test_a_bag_is_carried_in_left_alone_and_fetched() -> None:
    scene = scene_of(LeaveBag(at_s=LATER, linger_s=3.0, back_after_s=10.0))
    told = only_act(scene)
    (owner, _), (bag, _) = told.figures
    at_s = dict(told.moments)
    assert list(at_s) == ["put_down", "owner_walks_off", "owner_gone", "owner_back", "taken"]
    assert (told.begin_s, told.end_s) == (at_s["put_down"], at_s["taken"])
    assert at_s["owner_back"] - at_s["owner_gone"] == pytest.approx(10.0)
    assert {box.number for box in boxes_at(scene, at_s["put_down"] - 1.0)} == {owner, bag}
    alone = [boxes_at(scene, at_s["owner_gone"] + late) for late in (0.4, 5.0, 9.0)]
    assert [[box.number for box in boxes] for boxes in alone] == [[bag]] * 3
    assert all(boxes[0].box == pytest.approx(told.box) for boxes in alone)
    gone_with_it = boxes_at(scene, at_s["taken"] + 1.0)
    assert {box.number for box in gone_with_it} == {owner, bag}
    assert next(box for box in gone_with_it if box.number == bag).box != pytest.approx(told.box)
    visits = [visit for visit in scene.truth.visits if visit.number == owner]
    assert len(visits) == 2, "who leaves and comes back has made two visits"
    assert scene.truth.frames[-1] == ()


def test_a_bag_that_nobody_fetches_lies_there_until_the_loop_ends() -> None:
    scene = scene_of(LeaveBag(at_s=LATER))
    assert only_act(scene).end_s == scene.settings.duration_s
    assert [box.kind.value for box in scene.truth.frames[-1]] == ["suitcase"]


def test_who_keeps_their_bag_never_leaves_it() -> None:
    scene = scene_of(KeepBag(at_s=LATER, for_s=20.0))
    told = only_act(scene)
    (owner, _), (bag, _) = told.figures
    for index in range(round(told.begin_s * FPS) + 1, round(told.end_s * FPS)):
        boxes = {box.number: box.box for box in scene.truth.frames[index]}
        assert boxes[bag] == pytest.approx(told.box)
        assert abs(boxes[owner][0] - boxes[bag][2]) < 0.15
    assert scene.truth.frames[-1] == ()


@pytest.mark.parametrize(
    "line",
    [
        ((0.5, 0.6), (0.5, 1.0)),
        ((0.5, 1.0), (0.5, 0.6)),  # drawn the other way round
        ((0.2, 0.8), (0.8, 0.8)),
        ((0.3, 0.75), (0.7, 0.9)),  # flat, falling
        ((0.3, 0.9), (0.7, 0.75)),  # flat, rising
        ((0.45, 0.6), (0.55, 1.0)),  # steep
    ],
)
@pytest.mark.parametrize("times", [3, 4])
def test_every_crossing_of_the_feet_is_told_with_its_direction(
    line: tuple[tuple[float, float], tuple[float, float]], times: int
) -> None:
    scene = scene_of(ToAndFro(at_s=LATER, line=line, times=times))
    judge = Line(name="judge", points=line)
    found = []
    feet = [((box.box[0] + box.box[2]) / 2, box.box[3]) for boxes in scene.truth.frames for box in boxes]
    first = next(index for index, boxes in enumerate(scene.truth.frames) if boxes)
    for index, (before, after) in enumerate(pairwise(feet), start=first):
        share = judge.crossed(before, after)
        if share is not None:
            rightward = judge.side(after) > judge.side(before)
            direction = Direction.LEFT_TO_RIGHT if rightward else Direction.RIGHT_TO_LEFT
            found.append((direction.value, (index + share) / FPS))
    told = only_act(scene).moments
    assert [what for what, _ in found] == [moment.what for moment in told]
    assert [at_s for _, at_s in found] == pytest.approx([moment.at_s for moment in told], abs=0.03)


def test_acts_and_movers_have_numbers_of_their_own_and_the_movers_stay_as_they_were() -> None:
    plain = SceneSettings(seed=4, duration_s=40.0)
    acts = (Loiter(at_s=2.0, for_s=5.0), LeaveBag(at_s=3.0), Gather(at_s=1.0, for_s=4.0, count=4))
    busy = SceneSettings(seed=4, duration_s=40.0, acts=acts)
    figures = cast_of(busy).figures
    assert len({figure.number for figure in figures}) == len(figures)
    assert figures[: len(cast_of(plain).figures)] == cast_of(plain).figures
    assert [act.kind for act in cast_of(busy).acts] == ["loiter", "leave_bag", "gather"]


def test_the_json_form_tells_acts_in_the_style_of_events() -> None:
    scene = scene_of(LeaveBag(at_s=LATER, back_after_s=5.0))
    told = json.loads(json.dumps(scene.truth.as_dict(scene.settings, title="gate")))["acts"][0]
    assert told["act"] == "leave_bag"
    assert told["figures"] == [{"number": 0, "label": "person"}, {"number": 1, "label": "suitcase"}]
    assert [moment["what"] for moment in told["moments"]][:2] == ["put_down", "owner_walks_off"]
    assert len(told["box"]) == 4


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (Loiter(at_s=10.0, for_s=25.0), "lasts until"),
        (LeaveBag(at_s=28.0), "lasts until"),
        (Gather(at_s=0.0, x=0.05, count=12, for_s=1.0), "no room"),
        (ToAndFro(at_s=0.0, line=((0.2, 0.97), (0.8, 0.97)), reach=0.2), "reach"),
    ],
)
def test_an_act_that_does_not_fit_is_refused(act: Act, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        cast_of(SceneSettings(duration_s=30.0, acts=(act,)))
    assert act.kind in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [("x", 1.2), ("y", 0.3), ("at_s", -1.0), ("for_s", 0.0), ("for_s", float("inf")), ("roam", float("nan"))],
)
def test_an_impossible_act_is_refused_by_its_key(key: str, value: float) -> None:
    with pytest.raises(SourceError, match=f"loiter: {key} "):
        replace(Loiter(at_s=1.0), **{key: value})  # type: ignore[arg-type]  # the table's keys are numbers
