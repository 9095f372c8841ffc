"""Motion on drawn pictures whose truth is known: what moves, what has gone, what only changed its light."""

import numpy as np
import numpy.typing as npt
import pytest

from edge_agent.core.boxes import Box
from edge_agent.detect.motion import Motion, MotionFinder
from edge_agent.detect.picture import Picture

WIDTH, HEIGHT = 480, 360
Scene = npt.NDArray[np.uint8]


def street(seed: int = 1) -> Scene:
    """Return a street with some texture, so that edges exist."""
    rough = np.random.default_rng(seed).integers(90, 130, (HEIGHT // 8, WIDTH // 8), dtype=np.uint8)
    return rough.repeat(8, axis=0).repeat(8, axis=1)


def with_car(scene: Scene, left: float, *, top: float = 0.4, width: float = 0.15, height: float = 0.15) -> Scene:
    """Return the scene with a light car drawn at shares of the picture."""
    drawn = scene.copy()
    x, y = int(left * WIDTH), int(top * HEIGHT)
    part = drawn[y : y + int(height * HEIGHT), max(0, x) : max(0, x + int(width * WIDTH))]
    part[:] = 220
    part[part.shape[0] // 3 : part.shape[0] // 2] = 40
    return drawn


def picture(luma: Scene) -> Picture:
    grey = np.full((HEIGHT // 2, WIDTH // 2), 128, dtype=np.uint8)
    return Picture(luma=luma, u=grey, v=grey, full_range=True)


def moving(motion: Motion) -> list[Box]:
    return [found.box for found in motion.boxes if found.moving]


def test_a_car_that_drives_in_is_boxed_where_it_is() -> None:
    finder, scene = MotionFinder(), street()
    for number in range(10):
        finder.find(picture(scene), number * 0.2)
    boxes = [moving(finder.find(picture(with_car(scene, 0.05 * number)), 2.0 + number * 0.2)) for number in range(8)]
    (last,) = boxes[-1]
    assert last.iou(Box(0.35, 0.4, 0.5, 0.55)) > 0.6


def test_a_car_parked_in_the_first_picture_is_no_motion() -> None:
    finder, scene = MotionFinder(), with_car(street(), 0.4)
    assert all(finder.find(picture(scene), number * 0.2).boxes == () for number in range(30))


def test_a_car_that_leaves_its_place_leaves_no_ghost() -> None:
    finder, scene = MotionFinder(), street()
    for number in range(10):
        finder.find(picture(with_car(scene, 0.4)), number * 0.2)
    for number in range(12):  # it drives off to the right and out
        finder.find(picture(with_car(scene, 0.4 + 0.06 * number)), 2.0 + number * 0.2)
    later = [finder.find(picture(scene), 4.4 + number * 0.2).boxes for number in range(15)]
    assert all(boxes == () for boxes in later[5:])


def test_a_car_that_stands_still_is_kept_for_a_while_and_then_belongs_to_the_scene() -> None:
    finder, scene = MotionFinder(), street()
    for number in range(10):
        finder.find(picture(scene), number * 0.2)
    for number in range(8):
        finder.find(picture(with_car(scene, 0.05 * number)), 2.0 + number * 0.2)
    parked = picture(with_car(scene, 0.4))
    after = {number: finder.find(parked, 3.6 + number * 0.2) for number in range(100)}
    assert [found.moving for found in after[20].boxes] == [False]
    assert after[99].boxes == ()


@pytest.mark.parametrize("light", [40, -40])
def test_a_jump_of_the_light_proposes_nothing(light: int) -> None:
    finder, scene = MotionFinder(), street()
    for number in range(10):
        finder.find(picture(scene), number * 0.2)
    brighter = np.clip(scene.astype(np.int16) + light, 0, 255).astype(np.uint8)
    found = [finder.find(picture(brighter), 2.0 + number * 0.2) for number in range(20)]
    assert found[0].recalibrated
    assert all(motion.boxes == () for motion in found)


def test_a_slow_change_of_the_light_proposes_nothing() -> None:
    finder, scene = MotionFinder(), street()
    for number in range(60):
        lit = np.clip(scene.astype(np.int16) + number, 0, 255).astype(np.uint8)
        assert finder.find(picture(lit), number * 0.2).boxes == ()


def test_what_swings_all_the_time_raises_its_own_threshold() -> None:
    finder, scene = MotionFinder(), street()
    found = []
    for number in range(600):
        swung = scene.copy()
        swung[100:160, 100:160] = np.roll(scene, 6 * (number % 2), axis=1)[100:160, 100:160]
        found.append(len(finder.find(picture(swung), number * 0.2).boxes))
    assert sum(found[-50:]) <= sum(found[:50]) / 2


def test_a_new_picture_size_or_a_step_back_in_time_begins_anew() -> None:
    finder = MotionFinder()
    finder.find(picture(street()), 5.0)
    assert finder.find(picture(street(2)), 1.0).recalibrated
    smaller = Picture(
        luma=street()[:180, :320], u=np.zeros((90, 160), np.uint8), v=np.zeros((90, 160), np.uint8), full_range=True
    )
    assert finder.find(smaller, 1.2).recalibrated


def test_lightning_does_not_make_the_scene_forgotten() -> None:
    """A person who walks on after the flash is found at once, and what stood there is no ghost."""
    finder, scene = MotionFinder(), street()
    for number in range(20):
        finder.find(picture(scene), number * 0.2)
    flash = np.clip(scene.astype(np.float32) * 1.4 + 60, 0, 255).astype(np.uint8)
    flashed = [finder.find(picture(shown), 4.0 + number * 0.2) for number, shown in enumerate((flash, scene, flash))]
    after = [finder.find(picture(scene), 4.6 + number * 0.2) for number in range(8)]
    assert all(found.boxes == () for found in (*flashed, *after))
    boxes = [moving(finder.find(picture(with_car(scene, 0.05 * n)), 6.2 + n * 0.2)) for n in range(4)]
    assert boxes[-1][0].iou(Box(0.15, 0.4, 0.3, 0.55)) > 0.5


def rained_on(scene: Scene, dice: np.random.Generator, drops: int) -> Scene:
    wet = scene.copy()
    for _ in range(drops):
        left, top = int(dice.integers(0, WIDTH - 4)), int(dice.integers(0, HEIGHT - 20))
        for row in range(20):
            wet[top + row, left + row // 5] = 190
    return wet


def test_rain_from_one_picture_to_the_next_proposes_nothing_and_hides_no_car() -> None:
    finder, scene, dice = MotionFinder(), street(), np.random.default_rng(1)
    for number in range(20):
        finder.find(picture(scene), number * 0.2)
    wet = [finder.find(picture(rained_on(scene, dice, 500)), 4.0 + number * 0.2) for number in range(60)]
    assert sum(len(moving(motion)) for motion in wet) <= 2
    seen = [
        moving(finder.find(picture(rained_on(with_car(scene, 0.05 * number), dice, 500)), 16.0 + number * 0.2))
        for number in range(10)
    ]
    assert all(any(box.intersection(Box(0.2, 0.4, 0.6, 0.55)) > 0 for box in boxes) for boxes in seen[5:])
