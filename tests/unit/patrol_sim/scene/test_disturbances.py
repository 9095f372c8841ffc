"""What must raise no alert is really there: plain frame difference with a threshold and a least area fires on it."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from patrol_sim.errors import SourceError
from patrol_sim.scene.parking import parked_cars
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import MOST_PARKED, EffectSpan, SceneSettings

FPS, AT_S, FOR_S = 5, 2.0, 20.0
LEAST_AREA = 0.0006
"""Share of the picture, as the agent's own motion has it."""
DISTURBANCES = (
    "lightning",
    "exposure_jump",
    "cloud_shadow",
    "sun_shadow",
    "rain",
    "snow",
    "wind",
    "night",
    "headlights",
    "water",
    "insects",
    "shake",
)
CREEPING = {"cloud_shadow", "sun_shadow"}
"""From picture to picture they change little; they are seen against a picture of some seconds ago."""


STREET = SceneSettings(
    seed=2, width=352, height=288, fps=FPS, duration_s=24.0, movers=0, noise=2.0, trees=3, sun=1.0, parked=3
)
QUIET = replace(STREET, noise=0.0)


def street(*effects: EffectSpan, settings: SceneSettings = STREET) -> Scene:
    return Scene(replace(settings, effects=effects))


def span(name: str, strength: float = 1.0) -> EffectSpan:
    return EffectSpan(name=name, at_s=AT_S, for_s=FOR_S, strength=strength)


def fires(before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], *, threshold: int = 20) -> bool:
    """Tell what a detector would that compares two pictures and knows nothing else."""
    grey = [cv2.GaussianBlur(cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY), (5, 5), 0) for shown in (before, after)]
    _, differs = cv2.threshold(cv2.absdiff(grey[0], grey[1]), threshold, 255, cv2.THRESH_BINARY)
    areas = cv2.connectedComponentsWithStats(cv2.dilate(differs, np.ones((3, 3), np.uint8)))[2][1:, cv2.CC_STAT_AREA]
    return bool((areas >= LEAST_AREA * differs.size).any())


def times_fired(scene: Scene, begin_s: float = AT_S - 0.4, end_s: float = AT_S + FOR_S) -> int:
    shown = [scene.picture(index) for index in range(round(begin_s * FPS), round(end_s * FPS))]
    return sum(fires(before, after) for before, after in pairwise(shown))


def test_nothing_fires_on_the_street_as_it_stands() -> None:
    """Trees without wind, parked cars and sensor noise are still; otherwise the other tests would say nothing."""
    assert times_fired(street()) == 0


@pytest.mark.parametrize("name", DISTURBANCES)
def test_frame_difference_fires_on_every_disturbance(name: str) -> None:
    scene = street(span(name))
    if name in CREEPING:
        shown = [scene.picture(index) for index in range(10, 110, 15)]
        assert sum(fires(before, after) for before, after in pairwise(shown)) >= 2
    else:
        assert times_fired(scene) >= 1
    assert scene.truth.frames == street().truth.frames, "nothing of it is a thing"


@pytest.mark.parametrize("name", ["wind", "shake", "rain", "snow"])
def test_more_strength_disturbs_more(name: str) -> None:
    def restless(strength: float) -> float:
        scene = street(span(name, strength))
        steps = [
            np.abs(scene.picture(index).astype(int) - scene.picture(index + 1).astype(int)).mean()
            for index in range(20, 100, 16)
        ]
        return float(np.mean(steps))

    calm, usual, rough = (restless(strength) for strength in (0.5, 1.0, 3.0))
    assert calm * 1.05 < usual
    assert usual * 1.05 < rough


def test_wind_moves_leaves_and_their_shadows_and_nothing_else() -> None:
    plain, windy = street(settings=QUIET), street(span("wind"), settings=QUIET)
    changed = np.zeros(plain.picture(0).shape[:2], dtype=bool)
    for index in range(20, 100, 4):
        changed |= np.abs(windy.picture(index).astype(int) - plain.picture(index).astype(int)).max(axis=2) > 8
    assert changed[30:110].mean() > 0.1, "crowns"
    assert changed[165:].mean() > 0.003, "shadows on the ground"
    trees_off = street(settings=replace(QUIET, trees=0))
    bare = np.abs(trees_off.picture(0).astype(int) - plain.picture(0).astype(int)).max(axis=2) > 8
    around = cv2.dilate(bare.astype(np.uint8), np.ones((31, 31), np.uint8)).astype(bool)
    assert not (changed & ~around).any()


def test_wind_begins_and_ends_without_a_jump() -> None:
    """A gust that tore the leaves elsewhere between two pictures would be no wind."""
    windy, plain = street(span("wind", 3.0), settings=QUIET), street(settings=QUIET)
    assert np.array_equal(windy.picture(round(AT_S * FPS)), plain.picture(round(AT_S * FPS)))
    last = round((AT_S + FOR_S) * FPS)
    assert np.array_equal(windy.picture(last), plain.picture(last))
    assert not np.array_equal(windy.picture(last - 3), plain.picture(last - 3))


@pytest.mark.parametrize("count", range(MOST_PARKED + 1))
def test_parked_cars_stand_at_places_of_their_own(count: int) -> None:
    cars = parked_cars(SceneSettings(seed=count, parked=count))
    assert len(cars) == count
    for one, other in pairwise(sorted(cars, key=lambda car: (car.depth, car.box[0]))):
        assert one.depth != other.depth or one.box[2] <= other.box[0] + 0.05


def test_a_walker_passes_behind_a_car_that_is_parked_nearer() -> None:
    """Otherwise a parked car would be painted over from behind."""
    settings = SceneSettings(seed=1, width=352, height=288, fps=FPS, duration_s=20.0, noise=0.0, parked=MOST_PARKED)
    scene = Scene(settings)
    near = next(car for car in parked_cars(settings) if car.depth > 0.9)
    rows = slice(int((near.box[3] - 0.05) * 288), int((near.box[3] - 0.03) * 288))
    columns = slice(int((near.box[0] + 0.1) * 352), int((near.box[2] - 0.1) * 352))
    wheels = [scene.picture(index)[rows, columns] for index in range(settings.frames)]
    passes = [boxes for boxes in scene.truth.frames if any(box.box[3] < 0.86 for box in boxes)]
    assert passes
    assert all(np.array_equal(wheels[0], wheel) for wheel in wheels)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"parked": 6}, "parked 6"), ({"trees": -1}, "trees -1"), ({"sun": 1.5}, "sun 1.5")],
)
def test_an_impossible_street_is_refused_by_its_key(wrong: dict[str, float], says: str) -> None:
    with pytest.raises(SourceError, match=says):
        replace(STREET, **wrong)  # type: ignore[arg-type]  # the table holds counts and shares


def test_wind_without_trees_is_refused() -> None:
    with pytest.raises(SourceError, match="give trees"):
        street(span("wind"), settings=replace(STREET, trees=0))
