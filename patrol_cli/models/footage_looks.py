"""Looks cut from the user's own footage as the agent cuts them: motion, regions, canvases; some to learn from, some to
judge by.

Owns the sampling. Of every twelve seconds of a film the last four are held out, so that what judges was not learned
from; which looks of each part are taken is decided by a seed.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.file_reader import FileReader
from edge_agent.core.boxes import Box
from edge_agent.core.link_failures import Failure
from edge_agent.detect.canvas import CanvasForm, CanvasGeometry, canvas_of
from edge_agent.detect.detector import WHOLE_PICTURE
from edge_agent.detect.errors import ModelError
from edge_agent.detect.feed import Canvas
from edge_agent.detect.motion import MotionFinder
from edge_agent.detect.picture import Picture
from edge_agent.detect.regions import regions_for
from edge_agent.ops.clock import SystemClock

_FILMS: Final = frozenset({".mp4", ".avi", ".mkv", ".mov", ".ts", ".m4v", ".webm"})
_A_SECOND: Final = 5.0
_BLOCK_S: Final = 4.0
_HELD_OUT: Final = 2
"""Of each three blocks, counted from 0."""

Shown = tuple[Canvas, CanvasGeometry]


@dataclass(slots=True)
class FootageLooks:
    """What was cut: for each look one canvas per form that was asked for."""

    films: int = 0
    pictures: int = 0
    learn: list[tuple[Shown, ...]] = field(default_factory=list)
    judge: list[tuple[Shown, ...]] = field(default_factory=list)


def films_of(footage: Path) -> list[Path]:
    """Return the films of a folder, or the one film; raises ModelError when there is none."""
    if footage.is_file():
        return [footage]
    films = [path for path in sorted(footage.glob("*")) if path.suffix.lower() in _FILMS] if footage.is_dir() else []
    if not films:
        raise ModelError(f"{footage}: holds no film ({', '.join(sorted(_FILMS))}); give --footage a film or a folder")
    return films


def cut_looks(footage: Path, forms: Sequence[CanvasForm], *, learn: int, judge: int, seed: int) -> FootageLooks:
    """Return at most ``learn`` and ``judge`` looks, spread over all films; raises ModelError when there are none."""
    dice = random.Random(seed)  # noqa: S311 - a sample that can be drawn again
    found = FootageLooks()
    offered = {"learn": 0, "judge": 0}
    for film in films_of(footage):
        found.films += 1
        for picture, at_s, regions in _regions(film, forms[0].size):
            found.pictures += 1
            part = "judge" if int(at_s // _BLOCK_S) % 3 == _HELD_OUT else "learn"
            kept, most = (found.judge, judge) if part == "judge" else (found.learn, learn)
            for region in regions:
                offered[part] += 1
                # A reservoir: each look offered has the same chance, and only what is taken is cut.
                place = len(kept) if len(kept) < most else dice.randrange(offered[part])
                if place < most:
                    kept[place : place + 1] = [tuple(canvas_of(picture, region, form) for form in forms)]
    if not found.learn or not found.judge:
        raise ModelError(f"{footage}: is too short to learn from and to judge by; give at least 12 seconds of film")
    return found


def _regions(film: Path, input_size: tuple[int, int]) -> Iterator[tuple[Picture, float, list[Box]]]:
    """Yield pictures with what the agent would look at: the whole, and regions around what moves."""
    source = CameraSource(name=film.stem, url=str(film), analyse_fps=_A_SECOND, blind_time_s=0.0)
    reader = FileReader.open(source, clock=SystemClock())
    if isinstance(reader, Failure):
        raise ModelError(f"{film}: {reader.sentence}; remove it from the footage")
    motion = MotionFinder()
    with reader:
        for frame in reader:
            picture = Picture.of(frame.video_frame)
            moving = [each.box for each in motion.find(picture, frame.media_s).boxes if each.moving]
            size = (picture.width, picture.height)
            around = regions_for(moving, picture_size=size, input_size=input_size)
            yield picture, frame.media_s, [WHOLE_PICTURE, *(each for each in around if each != WHOLE_PICTURE)]
