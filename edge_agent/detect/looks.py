"""What the looks at one picture's regions say together: labels and places, nothing twice.

Owns Look and ``detections_of``. A look is one canvas that the model was shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_agent.core.detections import Detection, rivals
from edge_agent.detect.canvas import CanvasGeometry
from edge_agent.detect.heads.raw import RawDetections

_SAME: Final = 0.5
"""Boxes of two regions that overlap so much (IoU) are the same thing."""
_PART_COVER: Final = 0.9
"""A box so far inside a better one of its label is a part of the same thing: head and shoulders of a person."""
_SAME_COVER: Final = 0.7
"""A box so far inside another of its label, where one of them was cut by a region's edge, is a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One canvas and what the model saw on it."""

    geometry: CanvasGeometry
    raw: RawDetections


def detections_of(looks: Sequence[Look], labels: Sequence[str]) -> list[Detection]:
    """Return what all looks at one picture show; a thing in two of them or with two rival labels once.

    ``labels`` are the model's, in the order of its classes.
    """
    return _once([seen for look in looks for seen in _seen(look, labels)])


def _seen(look: Look, labels: Sequence[str]) -> list[tuple[Detection, bool]]:
    """Return the detections of one look, each with whether its region cut it."""
    found = []
    raw = look.raw
    for box, score, number in zip(raw.boxes.tolist(), raw.scores.tolist(), raw.classes.tolist(), strict=True):
        placed = look.geometry.placed(*box)
        if placed is not None:
            place, cut = placed
            # Heads whose classes are plain numbers may give one that the labels end before: told, never lost.
            label = labels[number] if 0 <= number < len(labels) else f"class_{number}"
            found.append((Detection(label, score, place), cut))
    return found


def _once(seen: list[tuple[Detection, bool]]) -> list[Detection]:
    """Drop what another region shows better: uncut before cut, then the higher score."""
    kept: list[Detection] = []
    for detection, cut in sorted(seen, key=lambda entry: (entry[1], -entry[0].score)):
        if not any(_repeats(detection, cut, other) for other in kept):
            kept.append(detection)
    return kept


def _repeats(detection: Detection, cut: bool, other: Detection) -> bool:
    if not rivals(detection.label, other.label):
        return False
    if detection.box.iou(other.box) > _SAME:
        return True
    covered = detection.box.covered_by(other.box)
    return covered > _PART_COVER or (cut and covered > _SAME_COVER)
