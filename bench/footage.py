"""Films and what is true of them: the ground truth beside each film, and its pictures, small or placed in a large one.

Whoever has other footage puts it into a folder in the same form: ``NAME.mp4``, ``NAME.gt.txt`` (MOT lines), and
``NAME.events.json``; the bench takes what is there.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.file_reader import FileReader
from edge_agent.core.boxes import Box
from edge_agent.core.link_failures import Failure
from edge_agent.detect.picture import Picture
from edge_agent.ops.clock import SystemClock

GREY: Final = 118
"""Luma around a film that is placed in a larger picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueThing:
    """One box of the ground truth."""

    number: int
    """The same thing has the same number in every picture."""
    box: Box
    """In shares of the film's own picture; may reach beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One picture of a film."""

    number: int
    """From 1."""
    at_s: float
    picture: Picture


def films_with_boxes(folder: Path) -> list[Path]:
    """Return the films that have MOT lines."""
    return [path.with_name(f"{path.name.removesuffix('.gt.txt')}.mp4") for path in sorted(folder.glob("*.gt.txt"))]


def pictures(film: Path, *, a_second: float = 0.0) -> Iterator[Seen]:
    """Yield the film's pictures as the agent reads them: all, or so many a second."""
    source = CameraSource(name=film.stem, url=str(film), analyse_fps=a_second, blind_time_s=0.0)
    reader = FileReader.open(source, clock=SystemClock())
    if isinstance(reader, Failure):
        raise SystemExit(f"{film}: {reader.sentence}")
    with reader:
        for frame in reader:
            yield Seen(number=frame.sequence, at_s=frame.media_s, picture=Picture.of(frame.video_frame))


def true_boxes(film: Path, *, size: tuple[int, int]) -> dict[int, list[TrueThing]]:
    """Return picture number → what is really there; ``size`` is the film's width and height in pixels."""
    wide, high = size
    found: dict[int, list[TrueThing]] = {}
    for line in film.with_name(f"{film.stem}.gt.txt").read_text(encoding="ascii").splitlines():
        frame, number, left, top, width, height = (float(value) for value in line.split(",")[:6])
        box = Box(left / wide, top / high, (left + width) / wide, (top + height) / high)
        found.setdefault(int(frame), []).append(TrueThing(number=int(number), box=box))
    return found


def true_events(film: Path) -> dict[str, Any]:
    """Return what happens in the film, as ``NAME.events.json`` has it."""
    found: dict[str, Any] = json.loads(film.with_name(f"{film.stem}.events.json").read_text(encoding="utf-8"))
    return found


def placed(picture: Picture, size: tuple[int, int]) -> tuple[Picture, Box]:
    """Return the picture, its pixels as they are, in the middle of a larger grey one, and where it lies there."""
    wide, high = size
    left, top = (wide - picture.width) // 4 * 2, (high - picture.height) // 4 * 2
    whole = Picture(
        luma=_around(picture.luma, (high, wide), (top, left), GREY),
        u=_around(picture.u, (high // 2, wide // 2), (top // 2, left // 2), 128),
        v=_around(picture.v, (high // 2, wide // 2), (top // 2, left // 2), 128),
        full_range=picture.full_range,
    )
    place = Box(left / wide, top / high, (left + picture.width) / wide, (top + picture.height) / high)
    return whole, place


def moved_into(box: Box, place: Box) -> Box:
    """Return a box of a placed picture in shares of the larger one."""
    return Box(
        place.left + box.left * place.width,
        place.top + box.top * place.height,
        place.left + box.right * place.width,
        place.top + box.bottom * place.height,
    )


def _around(
    plane: npt.NDArray[np.uint8], shape: tuple[int, int], corner: tuple[int, int], value: int
) -> npt.NDArray[np.uint8]:
    large = np.full(shape, value, dtype=np.uint8)
    large[corner[0] : corner[0] + plane.shape[0], corner[1] : corner[1] + plane.shape[1]] = plane
    return large
