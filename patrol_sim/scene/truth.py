"""What can be seen when: boxes of every picture, and when each figure enters and leaves. Pure.

The JSON form follows the ``*.events.json`` files of recorded footage, so one check reads both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from patrol_sim.scene.cast import Cast
from patrol_sim.scene.figure import Figure, FigureBox, FigureKind
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.scene.true_act import TrueAct

VISIBLE_SHARE: Final = 0.25
"""A figure counts from the picture on in which this share of it is inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueBox:
    """A visible figure, clipped to the picture: left, top, right, bottom in shares."""

    number: int
    kind: FigureKind
    box: FigureBox


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueVisit:
    """One stay of one figure in the picture, in seconds of the loop; who comes back makes another visit."""

    number: int
    kind: FigureKind
    enter_s: float
    leave_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneTruth:
    """Boxes per picture, visits in order of entering, the times with nothing in the picture, and the acts."""

    frames: tuple[tuple[TrueBox, ...], ...]
    visits: tuple[TrueVisit, ...]
    empty_s: tuple[tuple[float, float], ...]
    acts: tuple[TrueAct, ...] = ()

    @property
    def busy_share(self) -> float:
        """Share of pictures with somebody in them."""
        return sum(1 for boxes in self.frames if boxes) / len(self.frames)

    def as_dict(self, settings: SceneSettings, *, title: str, with_frames: bool = False) -> dict[str, object]:
        """Return the JSON form; boxes per picture only when asked for, they are long."""
        table: dict[str, object] = {
            "video": title,
            "tolerance_s": 0.5,
            "time": "seconds of the loop",
            "duration_s": settings.duration_s,
            "events": [
                {
                    "label": v.kind.value,
                    "number": v.number,
                    "enter_s": round(v.enter_s, 3),
                    "leave_s": round(v.leave_s, 3),
                }
                for v in self.visits
            ],
            "empty_s": [[round(begin, 3), round(end, 3)] for begin, end in self.empty_s],
            "acts": [act.as_dict() for act in self.acts],
            "effects": [
                {
                    "name": span.name,
                    "begin_s": span.at_s,
                    "end_s": min(span.at_s + span.for_s, settings.duration_s),
                    "strength": span.strength,
                }
                for span in settings.effects
            ],
        }
        if with_frames:
            table["frames"] = [
                {
                    "at_s": round(index / settings.fps, 4),
                    "boxes": [
                        {"number": b.number, "label": b.kind.value, "box": [round(side, 5) for side in b.box]}
                        for b in boxes
                    ],
                }
                for index, boxes in enumerate(self.frames)
            ]
        return table


def visible_boxes(figures: Sequence[Figure], time_s: float) -> tuple[TrueBox, ...]:
    """Return the figures that can be seen at a time, far ones first (the order in which they are drawn)."""
    seen: list[TrueBox] = []
    for figure in figures:
        pose = figure.pose_at(time_s)
        if pose is None:
            continue
        left, top, right, bottom = pose.box
        clipped = (max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))
        if clipped[2] - clipped[0] >= VISIBLE_SHARE * (right - left) and clipped[3] > clipped[1]:
            seen.append(TrueBox(number=figure.number, kind=figure.kind, box=clipped))
    return tuple(sorted(seen, key=lambda true_box: true_box.box[3]))


def tell_truth(settings: SceneSettings, cast: Cast) -> SceneTruth:
    """Return the truth of a scene at the resolution of its pictures; that of its acts is exact already."""
    frames = tuple(visible_boxes(cast.figures, index / settings.fps) for index in range(settings.frames))
    visits: dict[tuple[int, int], TrueVisit] = {}  # by number and the picture in which it came
    here: dict[int, int] = {}
    empty: list[tuple[float, float]] = []
    for index, boxes in enumerate(frames):
        for true_box in boxes:
            first = here.setdefault(true_box.number, index)
            visits[true_box.number, first] = TrueVisit(
                number=true_box.number,
                kind=true_box.kind,
                enter_s=first / settings.fps,
                leave_s=(index + 1) / settings.fps,
            )
        here = {true_box.number: here[true_box.number] for true_box in boxes}
        if boxes:
            continue
        begin_s, end_s = index / settings.fps, (index + 1) / settings.fps
        if empty and abs(empty[-1][1] - begin_s) < 1e-9:
            empty[-1] = (empty[-1][0], end_s)
        else:
            empty.append((begin_s, end_s))
    return SceneTruth(frames=frames, visits=tuple(visits.values()), empty_s=tuple(empty), acts=cast.acts)
