"""What can be seen when: boxes of every picture, and when each figure enters and leaves. Pure.

The JSON form follows the ``*.events.json`` files of recorded footage, so one check reads both.
"""

from dataclasses import dataclass
from typing import Final

from patrol_sim.scene.script import FigureKind, Mover
from patrol_sim.scene.settings import SceneSettings

VISIBLE_SHARE: Final = 0.25
"""A figure counts from the picture on in which this share of it is inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueBox:
    """A visible figure, clipped to the picture: left, top, right, bottom in shares."""

    number: int
    kind: FigureKind
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueVisit:
    """One figure's stay in the picture, in seconds of the loop."""

    number: int
    kind: FigureKind
    enter_s: float
    leave_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneTruth:
    """Boxes per picture, visits in order of entering, and the times with nobody in the picture."""

    frames: tuple[tuple[TrueBox, ...], ...]
    visits: tuple[TrueVisit, ...]
    empty_s: tuple[tuple[float, float], ...]

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


def visible_boxes(movers: tuple[Mover, ...], time_s: float) -> tuple[TrueBox, ...]:
    """Return the figures that can be seen at a time, far ones first (the order in which they are drawn)."""
    seen: list[TrueBox] = []
    for mover in movers:
        box = mover.box_at(time_s)
        if box is None:
            continue
        left, top, right, bottom = box
        clipped = (max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))
        if clipped[2] - clipped[0] >= VISIBLE_SHARE * (right - left) and clipped[3] > clipped[1]:
            seen.append(TrueBox(number=mover.number, kind=mover.kind, box=clipped))
    return tuple(sorted(seen, key=lambda true_box: true_box.box[3]))


def tell_truth(settings: SceneSettings, movers: tuple[Mover, ...]) -> SceneTruth:
    """Return the truth of a scene at the resolution of its pictures."""
    frames = tuple(visible_boxes(movers, index / settings.fps) for index in range(settings.frames))
    spans: dict[int, tuple[FigureKind, int, int]] = {}
    empty: list[tuple[float, float]] = []
    for index, boxes in enumerate(frames):
        begin_s, end_s = index / settings.fps, (index + 1) / settings.fps
        for true_box in boxes:
            first = spans[true_box.number][1] if true_box.number in spans else index
            spans[true_box.number] = (true_box.kind, first, index)
        if not boxes and empty and abs(empty[-1][1] - begin_s) < 1e-9:
            empty[-1] = (empty[-1][0], end_s)
        elif not boxes:
            empty.append((begin_s, end_s))
    visits = tuple(
        TrueVisit(number=number, kind=kind, enter_s=first / settings.fps, leave_s=(last + 1) / settings.fps)
        for number, (kind, first, last) in sorted(spans.items(), key=lambda item: item[1][1])
    )
    return SceneTruth(frames=frames, visits=visits, empty_s=tuple(empty))
