"""What differs between exports of one family of models: the catalogue says it, nothing is guessed while running.

Owns HeadOptions and the three arithmetic steps that depend on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import assert_never

import numpy as np
import numpy.typing as npt

from edge_agent.detect.errors import ModelError

Floats = npt.NDArray[np.float32]


class Scores(StrEnum):
    """What the numbers of the classes are."""

    PROBABILITIES = "probabilities"
    """0-1 already: the graph ends with its sigmoid or softmax."""
    LOGITS = "logits"
    """The sigmoid is left to us; each class for itself."""
    SOFTMAX = "softmax"
    """The softmax over all classes is left to us; one of them means nothing is there."""


class BoxForm(StrEnum):
    """What the four numbers of a box are."""

    XYXY = "xyxy"
    """Left, top, right, bottom."""
    YXYX = "yxyx"
    """Top, left, bottom, right: TensorFlow."""
    CXCYWH = "cxcywh"
    """Centre and size."""


class BoxUnit(StrEnum):
    """What a box is measured in."""

    PIXELS = "pixels"
    """Of the model's input."""
    SHARES = "shares"
    """Of the model's input, 0-1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadOptions:
    """The keys ``scores``, ``boxes``, ``unit`` and ``background`` of a catalogue entry; None: as the family has it."""

    scores: Scores | None = None
    boxes: BoxForm | None = None
    unit: BoxUnit | None = None
    background: bool | None = None
    """Whether class 0 means that nothing is there; it is never told."""

    def only(self, *allowed: str) -> "HeadOptions":
        """Return itself; raises ModelError when a key is set that this head does not read."""
        for each in fields(self):
            if getattr(self, each.name) is not None and each.name not in allowed:
                read = f"it reads {' and '.join(allowed)}" if allowed else "it reads none of these keys"
                raise ModelError(f"the head does not read the key {each.name} ({read}); remove it from the manifest")
        return self


def sigmoid(values: Floats) -> Floats:
    """Return 1 / (1 + e^-x); the largest of numbers cannot overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)), dtype=np.float32)


def softmax(values: Floats) -> Floats:
    """Return the softmax over the last axis."""
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float32)


def probabilities(values: Floats, scores: Scores) -> Floats:
    """Return 0-1 whatever the graph left to do; the last axis is the classes."""
    match scores:
        case Scores.PROBABILITIES:
            return values
        case Scores.LOGITS:
            return sigmoid(values)
        case Scores.SOFTMAX:
            return softmax(values)
        case _:
            assert_never(scores)


def corners(boxes: Floats, form: BoxForm, unit: BoxUnit, input_size: tuple[int, int]) -> Floats:
    """Return (n, 4) boxes of any form and unit as left, top, right, bottom in pixels of the input."""
    match form:
        case BoxForm.XYXY:
            turned = boxes
        case BoxForm.YXYX:
            turned = boxes[:, [1, 0, 3, 2]]
        case BoxForm.CXCYWH:
            halves = boxes[:, 2:] / 2
            turned = np.concatenate((boxes[:, :2] - halves, boxes[:, :2] + halves), axis=1)
        case _:
            assert_never(form)
    if unit is BoxUnit.SHARES:
        turned = turned * np.array(input_size * 2, dtype=np.float32)
    return np.asarray(turned, dtype=np.float32)


def shapes_said(outputs: Sequence[npt.NDArray[np.generic]]) -> str:
    """Return the shapes for a message."""
    return ", ".join(str(output.shape) for output in outputs) or "none"
