"""Camera health in pictures: from which strength on a spoilt one is told, what is left alone, and what it costs.

Each source (a generated street, and every film of a folder) plays six times, so that its view is known; then each way
of spoiling it plays for a minute. A share is that of the judgements, from the fifteenth second on, that show the
condition.
"""

import argparse
import copy
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from bench.footage import pictures
from bench.plot import Bar, Chart
from bench.spoilt_pictures import CONDITIONS, HARMLESS, Plane, Spoil
from edge_agent.core.camera_health import HealthCondition
from edge_agent.detect.camera_view import Glance, compare
from edge_agent.detect.picture import Picture
from edge_agent.detect.picture_watch import PictureWatch, WatchSettings
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import SceneSettings

ABOUT: Final = "what a camera's pictures tell of its health, and what is left alone"
_SETTINGS: Final = WatchSettings(look_every_s=1.0, first_view_s=10.0)
_SPOILT_S: Final = 60
_COUNTED_S: Final = 15
_FILMS: Final = frozenset({".mp4", ".avi", ".mkv"})


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--footage", type=Path, help="folder of films to use beside the generated street")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Spoil every source in every way."""
    cv2.setNumThreads(1)
    films = sorted(path for path in options.footage.iterdir() if path.suffix in _FILMS) if options.footage else []
    sources = {"street": _street(), **{film.name: _film(film) for film in films}}
    told: dict[str, dict[str, float]] = {}
    false: dict[str, dict[str, list[str]]] = {"as it is": {}}
    for name, planes in sources.items():
        watch = PictureWatch(_SETTINGS)
        false["as it is"][name] = _words(_seen(watch, (plane for _ in range(6) for plane in planes), 0.0))
        begin_s = 6.0 * len(planes)
        for condition, ways in CONDITIONS.items():
            for way, spoil in ways.items():
                answers = list(_seen(copy.deepcopy(watch), _spoilt(planes, spoil), begin_s))[_COUNTED_S:]
                told.setdefault(way, {})[name] = round(
                    sum(condition in (one or ()) for one in answers) / len(answers), 2
                )
        for way, spoil in HARMLESS.items():
            false.setdefault(way, {})[name] = _words(_seen(copy.deepcopy(watch), _spoilt(planes, spoil), begin_s))
    return {"told": told, "harmless": false, "cost_ms": _costs(sources["street"][0])}


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    return Chart(
        title="What ails the picture is told from some strength on",
        unit="share of judgements, mean over the sources",
        bars=[Bar(label=way, value=round(sum(by.values()) / len(by), 2)) for way, by in found["told"].items()],
    )


def _street() -> list[Plane]:
    scene = Scene(SceneSettings(seed=3, duration_s=40.0, fps=1))
    return [np.asarray(cv2.cvtColor(one, cv2.COLOR_BGR2YUV_I420)[:576], dtype=np.uint8) for one in scene.pictures()]


def _film(path: Path) -> list[Plane]:
    return [seen.picture.luma.copy() for seen in pictures(path, a_second=1.0)]


def _spoilt(planes: list[Plane], spoil: Spoil) -> Iterator[Plane]:
    dice = np.random.default_rng(0)
    return (spoil(plane, dice) for plane in islice(cycle(planes), _SPOILT_S))


def _seen(watch: PictureWatch, planes: Iterator[Plane], begin_s: float) -> Iterator[frozenset[HealthCondition] | None]:
    grey = np.full((1, 1), 128, np.uint8)
    for number, plane in enumerate(planes):
        yield watch.look(Picture(luma=plane, u=grey, v=grey, full_range=False), begin_s + number)


def _words(answers: Iterator[frozenset[HealthCondition] | None]) -> list[str]:
    return sorted({condition.value for answer in answers for condition in answer or ()})


def _costs(plane: Plane) -> dict[str, float]:
    large = np.asarray(cv2.resize(plane, (1920, 1080)), dtype=np.uint8)
    glance, other = Glance.at(plane), Glance.at(np.roll(plane, plane.shape[1] // 4, axis=1))
    return {
        "glance_704x576": _cost_ms(lambda: Glance.at(plane)),
        "glance_1920x1080": _cost_ms(lambda: Glance.at(large)),
        "comparison": _cost_ms(lambda: compare(glance, glance)),
        "comparison_with_shift": _cost_ms(lambda: compare(glance, other)),
    }


def _cost_ms(work: Callable[[], object]) -> float:
    """Return the CPU time of one call, the best of five hundreds: neighbours only add to it."""
    best_s = float("inf")
    for _ in range(5):
        began_s = time.process_time()
        for _ in range(100):
            work()
        best_s = min(best_s, time.process_time() - began_s)
    return round(best_s * 10.0, 3)
