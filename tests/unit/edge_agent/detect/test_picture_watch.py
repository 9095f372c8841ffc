"""The watch over a camera's pictures, on generated streets and on films: what it finds, and what it leaves alone."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edge_agent.core.camera_health import PICTURE_CONDITIONS, HealthCondition, HealthPatience, Sign
from edge_agent.core.health_book import HealthBook, HealthChange, HealthCleared, HealthRaised, Sighting
from edge_agent.detect.picture import Picture
from edge_agent.detect.picture_watch import Conditions, PictureWatch, WatchSettings
from edge_agent.settings.health import HealthSettings
from patrol_sim.scene.effects import EFFECTS
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import EffectSpan, SceneSettings

Plane = npt.NDArray[np.uint8]
LOOK_S = 2.0
QUICK = WatchSettings(first_view_s=40.0)
BEGIN_S, END_S, OVER_S = 60, 100, 130
JUDGED_S = 48.0
"""Answers are there from the first judgement after the first view on."""
LATE_S = 12.0
"""Two judgements of three looks each."""
BLACK, COVERED = HealthCondition.BLACK, HealthCondition.COVERED
DEFOCUSED, MOVED = HealthCondition.DEFOCUSED, HealthCondition.MOVED
FILMS = ("parking.mp4", "plaza.mp4", "highway.mp4", "highway_glare.mp4", "campus_path.avi")
HARMLESS = sorted(set(EFFECTS) - {condition.value for condition in PICTURE_CONDITIONS} - {"truck"})


def picture_of(luma: Plane, *, full_range: bool = False) -> Picture:
    """Return a picture of this luma plane; the watch looks at nothing else."""
    grey = np.full((1, 1), 128, np.uint8)
    return Picture(luma=luma, u=grey, v=grey, full_range=full_range)


def luma_of(bgr: npt.NDArray[np.uint8]) -> Plane:
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)[: bgr.shape[0]], dtype=np.uint8)


def street(*effects: EffectSpan, seed: int = 1) -> list[Plane]:
    """Return a street's luma every LOOK_S seconds until OVER_S: half of the time busy, with trees and parked cars."""
    settings = SceneSettings(
        seed=seed,
        width=176,
        height=144,
        fps=1,
        duration_s=float(OVER_S),
        busy_share=0.5,
        trees=seed % 3,
        sun=0.5 * (seed % 2),
        parked=seed % 4,
        effects=effects,
    )
    scene = Scene(settings)
    return [luma_of(scene.picture(index)) for index in range(0, OVER_S, int(LOOK_S))]


def seen(
    watch: PictureWatch, lumas: Iterable[Plane], *, begin_s: float = 0.0
) -> Iterator[tuple[float, Conditions | None]]:
    """Yield the watch's answers with their times."""
    for number, luma in enumerate(lumas):
        at_s = begin_s + number * LOOK_S
        yield at_s, watch.look(picture_of(luma), at_s)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("effect", "strength", "condition"),
    [
        ("black", 1.0, BLACK),
        ("covered", 1.0, COVERED),
        ("covered", 0.6, COVERED),
        ("defocused", 1.0, DEFOCUSED),
        ("defocused", 3.0, DEFOCUSED),
        ("moved", 1.0, MOVED),
        ("moved", 0.4, MOVED),
    ],
)
def test_a_condition_is_seen_while_it_lasts_and_no_other(
    effect: str, strength: float, condition: HealthCondition, seed: int
) -> None:
    span = EffectSpan(name=effect, at_s=BEGIN_S, for_s=END_S - BEGIN_S, strength=strength)
    for at_s, found in seen(PictureWatch(QUICK), street(span, seed=seed)):
        if JUDGED_S <= at_s < BEGIN_S or at_s >= END_S + LATE_S:
            assert found == frozenset(), at_s
        if BEGIN_S + LATE_S <= at_s < END_S:
            assert found == frozenset({condition}), at_s
        assert found in (None, frozenset(), {condition}), at_s


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("effect", HARMLESS)
def test_weather_light_and_wind_are_no_condition(effect: str, seed: int) -> None:
    span = EffectSpan(name=effect, at_s=BEGIN_S, for_s=END_S - BEGIN_S, strength=1.3)
    found = {found for at_s, found in seen(PictureWatch(QUICK), street(span, seed=seed)) if at_s >= JUDGED_S}
    assert found == {frozenset()}


def test_a_truck_that_stands_before_the_camera_is_seen_only_while_it_stands() -> None:
    """It does cover the view; that it is no alert is the hold-off's business."""
    span = EffectSpan(name="truck", at_s=BEGIN_S, for_s=END_S - BEGIN_S)
    answers = dict(seen(PictureWatch(QUICK), street(span, seed=2)))
    assert all(found == frozenset() for at_s, found in answers.items() if at_s >= END_S + LATE_S)


def told(lumas: Iterable[Plane]) -> list[HealthChange]:
    """Return what a room with default settings tells of a street."""
    patience = {
        condition: HealthPatience(after_s=rule.after_s, clear_after_s=rule.clear_after_s)
        for condition, rule in HealthSettings().rules.items()
        if condition in PICTURE_CONDITIONS
    }
    book, found = HealthBook(patience), list[HealthChange]()
    for at_s, conditions in seen(PictureWatch(), lumas):
        signs = (
            {one: Sign.BAD if one in conditions else Sign.GOOD for one in patience} if conditions is not None else {}
        )
        found += book.look({one: Sighting(sign=sign, reason="seen") for one, sign in signs.items()}, at_s)
    return found


def test_a_room_tells_of_a_hand_before_the_lens_once_and_of_a_truck_never() -> None:
    """The truck stands there for 40 s and drives on; the hand stays for three minutes."""
    quiet = street()
    truck = street(EffectSpan(name="truck", at_s=BEGIN_S, for_s=END_S - BEGIN_S))
    assert told(quiet + truck + quiet) == []
    hand = street(EffectSpan(name="covered", at_s=0.0, for_s=float(OVER_S)))
    assert [type(change) for change in told(quiet + hand + hand[:25] + quiet)] == [HealthRaised, HealthCleared]


def looked_at(path: Path) -> list[Plane]:
    """Return a film's luma planes every LOOK_S seconds."""
    found: list[Plane] = []
    with av.open(path) as film:
        film.streams.video[0].thread_count = 1
        due_s = float("-inf")
        for frame in film.decode(video=0):
            if frame.time >= due_s:
                due_s = frame.time + LOOK_S
                found.append(Picture.of(frame).luma.copy())
    return found


@pytest.mark.parametrize("name", FILMS)
def test_a_film_of_a_real_camera_shows_no_condition_and_a_spoilt_one_does(shared_dir: Path, name: str) -> None:
    """Each film runs three times, judged from its twentieth second on; then its last ten seconds are spoilt."""
    lumas = looked_at(shared_dir / "footage" / name)
    watch = PictureWatch(replace(QUICK, first_view_s=20.0))
    answers = dict(seen(watch, lumas * 3))
    assert {found for at_s, found in answers.items() if at_s >= 28.0} == {frozenset()}
    begin_s = max(answers) + LOOK_S
    for spoil, condition in ((_blurred, DEFOCUSED), (_hidden, COVERED), (_turned, MOVED), (_dark, BLACK)):
        spoilt = [spoil(luma) for luma in islice(cycle(lumas[-5:]), 8)]
        shown = {found for _, found in seen(watch, spoilt, begin_s=begin_s)}
        assert frozenset({condition}) in shown
        assert shown <= {frozenset(), frozenset({condition})}
        begin_s += 8 * LOOK_S
        healed = list(islice(cycle(lumas[-5:]), 8))
        assert list(seen(watch, healed, begin_s=begin_s))[-1][1] == frozenset(), f"after {condition}"
        begin_s += 8 * LOOK_S


def _blurred(luma: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), luma.shape[0] * 0.01), dtype=np.uint8)


def _hidden(luma: Plane) -> Plane:
    """Hide seven tenths behind something soft and grey."""
    there = np.zeros(luma.shape, np.float32)
    there[:, : int(luma.shape[1] * 0.7)] = 1.0
    there = np.asarray(cv2.GaussianBlur(there, (0, 0), luma.shape[0] * 0.02))
    return np.asarray(luma * (1.0 - there) + 90.0 * there, dtype=np.uint8)


def _turned(luma: Plane) -> Plane:
    high, wide = luma.shape
    matrix = np.array([[1.0, 0.0, 0.15 * wide], [0.0, 1.0, -0.1 * high]])
    return np.asarray(cv2.warpAffine(luma, matrix, (wide, high), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)


def _dark(luma: Plane) -> Plane:
    return np.asarray(17.0 + luma * 0.01, dtype=np.uint8)


# --- what is remembered ------------------------------------------------------------------------------------------


def still(seed: int = 4) -> Plane:
    return street(seed=seed)[0]


def test_nothing_but_darkness_is_told_in_the_first_minute() -> None:
    """A camera that was covered when the room began has no other view; a black one is black from the beginning on."""
    watch = PictureWatch()
    answers = list(seen(watch, [still(), _hidden(still()), _turned(still())] * 9))
    assert {found for at_s, found in answers if at_s < 60.0} == {None}
    assert PictureWatch().look(picture_of(_dark(still())), 0.0) == frozenset({BLACK})


@pytest.mark.parametrize(("black", "full_range"), [(16, False), (0, True)])
def test_black_is_told_by_the_range_of_the_picture_and_in_spite_of_a_clock_drawn_in(
    black: int, full_range: bool
) -> None:
    luma = np.full((288, 352), black, np.uint8)
    cv2.putText(luma, "2026-11-26 03:27:09 GATE", (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 235, 2)
    luma += np.random.default_rng(1).integers(0, 9, luma.shape, dtype=np.uint8)
    assert PictureWatch().look(picture_of(luma, full_range=full_range), 0.0) == frozenset({BLACK})
    brighter = cv2.circle(luma.copy(), (150, 150), 6, 200, -1)
    assert PictureWatch().look(picture_of(np.asarray(brighter, np.uint8), full_range=full_range), 0.0) is None, "a lamp"


def test_a_view_without_detail_is_not_judged() -> None:
    watch = PictureWatch(QUICK)
    wall = np.full((288, 352), 150, np.uint8)
    assert {found for _, found in seen(watch, [wall] * 60)} == {None}


def test_a_room_that_began_in_fog_knows_its_view_some_minutes_after_it_lifted() -> None:
    watch = PictureWatch(QUICK)
    list(seen(watch, [np.full((144, 176), 190, np.uint8)] * 60))
    answers = dict(seen(watch, [still()] * 150, begin_s=120.0))
    assert answers[410.0] == frozenset()
    assert list(seen(watch, [_turned(still())] * 9, begin_s=420.0))[-1][1] == frozenset({MOVED})


def test_a_picture_that_is_too_small_is_not_judged() -> None:
    assert PictureWatch().look(picture_of(np.zeros((64, 96), np.uint8)), 0.0) is None


def test_another_shape_and_a_step_back_in_time_begin_anew() -> None:
    watch = PictureWatch(QUICK)
    assert list(seen(watch, [still()] * 30))[-1][1] == frozenset()
    larger = np.asarray(cv2.resize(still(), (704, 576)), dtype=np.uint8)
    assert watch.look(picture_of(larger), 60.0) is None
    assert list(seen(watch, [still()] * 30, begin_s=62.0))[-1][1] == frozenset()
    assert watch.look(picture_of(still()), 3.0) is None


def test_between_two_looks_the_last_answer_holds() -> None:
    watch = PictureWatch(QUICK)
    assert list(seen(watch, [still()] * 30))[-1][1] == frozenset()
    assert watch.look(picture_of(_dark(still())), 59.0) == frozenset()
    assert watch.look(picture_of(_dark(still())), 60.0) == frozenset({BLACK})


def test_nightfall_is_followed_until_there_is_nothing_left_to_see() -> None:
    """Twenty minutes from day to a thousandth of the light, with the noise of a sensor that runs out of it."""
    dice = np.random.default_rng(5)
    day = still()
    watch = PictureWatch(QUICK)
    list(seen(watch, [day] * 40))
    looks = 600
    dusk = (
        (day - 16.0) * 10.0 ** (-3.0 * number / looks) + 16.0 + dice.normal(0.0, 4.0, day.shape)
        for number in range(looks)
    )
    night = (np.clip(luma, 0, 255).astype(np.uint8) for luma in dusk)
    found = {found for _, found in seen(watch, night, begin_s=80.0)}
    assert found <= {frozenset(), None, frozenset({BLACK})}


def test_dew_that_settles_on_the_glass_over_half_an_hour_is_seen() -> None:
    """The view follows within minutes, what focus is judged by does not."""
    watch = PictureWatch(QUICK)
    clear = still()
    list(seen(watch, [clear] * 600))
    steps = [np.asarray(cv2.GaussianBlur(clear, (0, 0), 0.3 + 0.1 * step), np.uint8) for step in range(45)]
    answers = list(seen(watch, (luma for luma in steps for _ in range(20)), begin_s=1_200.0))
    assert answers[-1][1] == frozenset({DEFOCUSED})


def test_a_view_that_lasts_for_its_time_is_the_cameras_view_from_then_on() -> None:
    """A camera that was turned on purpose is not told for ever; turned back, it is moved again."""
    watch = PictureWatch(replace(QUICK, anew_after_s=100.0))
    list(seen(watch, [still()] * 30))
    turned = dict(seen(watch, [_turned(still())] * 120, begin_s=60.0))
    assert turned[100.0] == frozenset({MOVED})
    assert turned[298.0] == frozenset()
    assert list(seen(watch, [still()] * 9, begin_s=300.0))[-1][1] == frozenset({MOVED})
