"""Still places: what came to rest, and none of what moves, leaves, or is only light."""

import gc
import tracemalloc
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edge_agent.core.rules import AbandonedObject
from edge_agent.core.still_places import StillPlace
from edge_agent.core.zones import Zone
from edge_agent.detect.analyser import AnalyserSettings, CameraAnalysis, ModelFacts
from edge_agent.detect.motion import MotionSettings
from edge_agent.detect.picture import Picture
from edge_agent.detect.still_finder import StillFinder, StillSettings

WIDTH, HEIGHT = 320, 240
Luma = npt.NDArray[np.uint8]
Draw = Callable[[Luma, float], None]
BLOCK = (slice(150, 180), slice(100, 130))
"""Where things lie: left 0.3125, top 0.625, right 0.40625, bottom 0.75."""


@cache
def ground() -> Luma:
    """Return paving with structure, as ground has."""
    rough = np.random.default_rng(3).normal(110.0, 12.0, (HEIGHT // 8, WIDTH // 8)).astype(np.float32)
    paving = cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(paving, 40, 200).astype(np.uint8)


def look(
    draw: Draw, *, until_s: float, finder: StillFinder | None = None, noise: float = 2.0, fps: float = 2.0
) -> list[tuple[float, tuple[StillPlace, ...]]]:
    """Show a film to a finder; return what it knew at each picture."""
    finder = finder or StillFinder()
    grain = np.random.default_rng(1).normal(0.0, noise, (5, HEIGHT, WIDTH)).astype(np.float32)
    half = np.full((HEIGHT // 2, WIDTH // 2), 128, dtype=np.uint8)
    told = []
    for number in range(int(until_s * fps)):
        luma = ground().copy()
        draw(luma, number / fps)
        seen = np.clip(luma + grain[number % 5], 0, 255).astype(np.uint8)
        told.append((number / fps, finder.find(Picture(luma=seen, u=half, v=half, full_range=True), number / fps)))
    return told


def bag(luma: Luma, at_s: float, *, from_s: float = 4.0, until_s: float = float("inf")) -> None:
    if from_s <= at_s < until_s:
        luma[BLOCK] = 40


def test_what_comes_to_rest_is_told_with_its_place_and_its_moment() -> None:
    told = look(bag, until_s=20.0)
    first_s = next(at_s for at_s, places in told if places)
    assert 8.0 <= first_s <= 11.0
    (place,) = told[-1][1]
    assert (place.box.left, place.box.top) == pytest.approx((0.3125, 0.625), abs=0.015)
    assert (place.box.right, place.box.bottom) == pytest.approx((0.40625, 0.75), abs=0.015)
    assert place.since_s == pytest.approx(4.0, abs=1.0)
    assert {p.number for _, places in told for p in places} == {place.number}


def test_what_is_taken_away_is_gone_some_looks_later() -> None:
    told = look(lambda luma, at_s: bag(luma, at_s, until_s=20.0), until_s=30.0)
    last_s = max(at_s for at_s, places in told if places)
    assert 20.0 <= last_s <= 24.0


def test_what_stood_there_and_leaves_is_no_still_place() -> None:
    """The ground it uncovers differs from what was always seen there, and stays."""
    assert not any(
        places for _, places in look(lambda luma, at_s: bag(luma, at_s, from_s=0.0, until_s=10.0), until_s=40.0)
    )


def walker(luma: Luma, at_s: float, *, pauses_s: float = 0.0) -> None:
    """Somebody crosses the picture in eight seconds, with a pause in the middle."""
    way = at_s if at_s < 6.0 else max(6.0, at_s - pauses_s)
    left = int((way - 2.0) * WIDTH / 8.0)
    if 2.0 <= way < 10.0:
        luma[100:200, max(0, left) : left + 36] = 30


def test_what_passes_leaves_no_trace() -> None:
    assert not any(places for _, places in look(walker, until_s=30.0))


def test_a_pause_of_a_few_seconds_is_no_rest() -> None:
    assert not any(places for _, places in look(lambda luma, at_s: walker(luma, at_s, pauses_s=3.0), until_s=30.0))


def test_who_stands_before_a_thing_does_not_take_it_away() -> None:
    """Seven seconds in front of it are seven looks at somebody else."""

    def film(luma: Luma, at_s: float) -> None:
        bag(luma, at_s)
        if 20.0 <= at_s < 27.0:
            luma[90:200, 96:126] = 70

    told = look(film, until_s=40.0)
    assert all(places for at_s, places in told if at_s >= 12.0)
    assert len(told[-1][1]) == 1


def test_a_thing_that_a_passer_by_hides_while_it_settles_keeps_its_moment() -> None:
    def film(luma: Luma, at_s: float) -> None:
        bag(luma, at_s)
        if 6.0 <= at_s < 7.6:
            luma[90:200, 60 + int((at_s - 6.0) * 60) : 96 + int((at_s - 6.0) * 60)] = 160

    (place,) = look(film, until_s=20.0)[-1][1]
    assert place.since_s == pytest.approx(4.0, abs=1.0)


def test_who_stays_beside_it_for_a_while_leaves_it_as_a_place_of_its_own() -> None:
    """While both stand still they are one; when the owner goes, what stays is told anew, with its own moment."""

    def film(luma: Luma, at_s: float) -> None:
        bag(luma, at_s)
        if 3.0 <= at_s < 16.0:
            luma[80:180, 130:160] = 60

    told = look(film, until_s=30.0)
    assert any(place.box.height > 0.3 for _, places in told for place in places)
    (left,) = told[-1][1]
    assert left.box.height < 0.2
    assert left.since_s == pytest.approx(4.0, abs=1.5)


@pytest.mark.parametrize("strength", [0.55, 0.7, 0.85])
def test_a_hard_shadow_that_stays_keeps_the_structure_of_the_ground(strength: float) -> None:
    def film(luma: Luma, at_s: float) -> None:
        if at_s >= 4.0:
            luma[120:200, 80:200] = (luma[120:200, 80:200] * strength).astype(np.uint8)

    assert not any(places for _, places in look(film, until_s=40.0))


def test_a_change_of_exposure_neither_makes_a_place_nor_loses_one() -> None:
    def film(luma: Luma, at_s: float) -> None:
        bag(luma, at_s)
        if at_s >= 20.0:
            luma[:] = (luma * 0.6).astype(np.uint8)

    told = look(film, until_s=45.0)
    assert all(len(places) == 1 for at_s, places in told if at_s >= 12.0)


def test_a_slow_evening_is_followed() -> None:
    """Over four minutes the light fades from one side to nothing much: nothing is put down."""

    def film(luma: Luma, at_s: float) -> None:
        fade = 1.0 - 0.5 * at_s / 240.0 * np.linspace(0.2, 1.0, WIDTH)
        luma[:] = (luma * fade).astype(np.uint8)

    assert not any(places for _, places in look(film, until_s=240.0, fps=1.0))


def test_a_camera_that_was_turned_begins_anew() -> None:
    def film(luma: Luma, at_s: float) -> None:
        bag(luma, at_s)
        if at_s >= 20.0:
            luma[:] = np.random.default_rng(9).integers(20, 230, (6, 8), dtype=np.uint8).repeat(40, 0).repeat(40, 1)

    told = look(film, until_s=60.0)
    assert told[int(19.0 * 2)][1]
    assert told[-1][1] == ()


def test_a_moment_of_lightning_changes_nothing() -> None:
    def film(luma: Luma, at_s: float) -> None:
        bag(luma, at_s)
        if 20.0 <= at_s < 22.0:
            luma[:] = 250

    told = look(film, until_s=40.0)
    assert all(len(places) == 1 for at_s, places in told if at_s >= 12.0)


def test_between_two_looks_nothing_is_computed() -> None:
    """A look costs as much as five pictures of motion; one a second is enough for what stays."""
    finder = StillFinder()
    look(bag, until_s=20.0, finder=finder)
    picture = Picture(
        luma=np.full((HEIGHT, WIDTH), 255, dtype=np.uint8),
        u=np.full((HEIGHT // 2, WIDTH // 2), 128, dtype=np.uint8),
        v=np.full((HEIGHT // 2, WIDTH // 2), 128, dtype=np.uint8),
        full_range=True,
    )
    before = finder.find(picture, 19.9)
    assert len(before) == 1
    assert finder.find(picture, 19.95) == before


def test_a_step_back_in_time_and_another_shape_begin_anew() -> None:
    finder = StillFinder()
    told = look(bag, until_s=20.0, finder=finder)
    assert len(told[-1][1]) == 1
    assert look(lambda _luma, _s: None, until_s=1.0, finder=finder)[-1][1] == ()


def test_more_places_than_anybody_looks_after_become_background() -> None:
    """The oldest goes first, and is counted."""

    def film(luma: Luma, at_s: float) -> None:
        for n in range(6):
            if at_s >= 4.0 + 6.0 * n:
                luma[150:180, 10 + 50 * n : 40 + 50 * n] = 40

    finder = StillFinder(StillSettings(most_places=4))
    told = look(film, until_s=60.0, finder=finder)
    assert finder.absorbed == 2
    assert [place.number for place in told[-1][1]] == [3, 4, 5, 6]


def test_the_analysis_looks_at_the_picture_that_was_made_small_for_motion() -> None:
    """It tells what a finder tells that makes its own, also where another height was chosen for motion."""
    wanted = look(bag, until_s=20.0, finder=StillFinder(StillSettings(height=120)))
    whole = Zone(name="all", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    analysis = CameraAnalysis(
        [AbandonedObject(name="left", category="abandoned_object", zones=(whole,))],
        ModelFacts(input_size=(0, 0), usual_labels=frozenset()),
        AnalyserSettings(motion=MotionSettings(height=120)),
    )

    class Told(StillFinder):
        def find(self, picture: Picture, at_s: float, *, small: Luma | None = None) -> tuple[StillPlace, ...]:
            assert small is None
            return analysis.begin(picture, at_s).still or ()

    found = look(bag, until_s=20.0, finder=Told())
    assert found == wanted
    assert found[-1][1]


def test_a_still_place_is_remembered_by_its_own_pixels_alone() -> None:
    """A view of the picture in which it was found would keep 27 KB for each of them, 32 places a camera."""

    def grown(bags: int) -> int:
        def draw(luma: Luma, at_s: float) -> None:
            for number in range(bags if at_s >= 4.0 else 0):
                luma[150:180, 20 + 50 * number : 50 + 50 * number] = 40

        finder = StillFinder()
        tracemalloc.start()
        try:
            told = look(draw, until_s=20.0, finder=finder)[-1][1]
            assert len(told) == bags
            del told
            gc.collect()
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    look(bag, until_s=20.0)  # what is made once is there before
    assert grown(5) - grown(0) < 5 * 5_000
