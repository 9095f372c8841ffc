"""Runs one catalogued model with onnxruntime: one session, one thread, no spinning.

Owns the session. Measured on two cores: batching gains nothing, spinning and more threads per session cost the other
cameras more than they give (docs of the design, §11). Errors of the model are ModelError at start, never later.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # ships no stubs; only InferenceSession is used

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection, rivals
from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.raw import Floats, RawDetections
from edge_agent.detect.heads.registry import head_named
from edge_agent.detect.manifest import ModelEntry, load_catalogue, verified_file
from edge_agent.detect.picture import Picture, Plane

DEFAULT_PROVIDERS: Final = ("CPUExecutionProvider",)
_CUT_WITHIN_PX: Final = 2.0
_SAME: Final = 0.5
"""Boxes of two regions that overlap so much (IoU) are the same thing."""
_PART_COVER: Final = 0.9
"""A box so far inside a better one of its label is a part of the same thing: head and shoulders of a person."""
_SAME_COVER: Final = 0.7
"""A box so far inside another of its label, where one of them was cut by a region's edge, is a part of it."""


class OnnxDetector:
    """A detector with a model. Not safe for two threads at once; make one per worker."""

    def __init__(
        self,
        entry: ModelEntry,
        file: Path,
        labels: tuple[str, ...],
        *,
        min_score: float,
        providers: Sequence[str] = DEFAULT_PROVIDERS,
    ) -> None:
        """Open the session and try it on a grey picture; raises ModelError when anything does not fit."""
        self._entry = entry
        self._labels = labels
        self._min_score = min_score
        self._head = head_named(entry.head, model=entry.name)
        self._session = _session(entry, file, providers)
        self._input_name = self._session.get_inputs()[0].name
        self._try_out()

    @classmethod
    def from_catalogue(
        cls, name: str, *, models_dir: Path, min_score: float, providers: Sequence[str] = DEFAULT_PROVIDERS
    ) -> "OnnxDetector":
        """Return the detector of a catalogued model whose file in ``models_dir`` has the right hash; or ModelError."""
        catalogue = load_catalogue(models_dir)
        entry = catalogue.entry(name)
        file = verified_file(entry, models_dir)
        return cls(entry, file, catalogue.labels(entry), min_score=min_score, providers=providers)

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's classes."""
        return self._labels

    @property
    def usual_labels(self) -> frozenset[str]:
        """The classes worth telling unasked."""
        return frozenset(self._entry.usual_labels or self._labels)

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height the model sees."""
        return self._entry.input

    def detect(self, picture: Picture, regions: Sequence[Box]) -> list[Detection]:
        """Return what the model sees in the regions; a thing in two regions or with two rival labels once."""
        seen: list[tuple[Detection, bool]] = []
        for region in regions:
            seen.extend(self._detect_one(picture, region))
        return _once(seen)

    def _detect_one(self, picture: Picture, region: Box) -> list[tuple[Detection, bool]]:
        left, top, right, bottom = picture.pixels(region)
        tensor, scale_x, scale_y = self._tensor(picture.crop_bgr(region))
        raw = self._run(tensor)
        found = []
        for box, score, number in zip(raw.boxes, raw.scores, raw.classes, strict=True):
            x1, x2 = (min(right - left, max(0.0, float(x) / scale_x)) for x in (box[0], box[2]))
            y1, y2 = (min(bottom - top, max(0.0, float(y) / scale_y)) for y in (box[1], box[3]))
            if x2 - x1 < 1.0 or y2 - y1 < 1.0:
                continue
            cut = (
                (x1 < _CUT_WITHIN_PX and left > 0)
                or (y1 < _CUT_WITHIN_PX and top > 0)
                or (right - left - x2 < _CUT_WITHIN_PX and right < picture.width)
                or (bottom - top - y2 < _CUT_WITHIN_PX and bottom < picture.height)
            )
            place = Box(
                (left + x1) / picture.width,
                (top + y1) / picture.height,
                (left + x2) / picture.width,
                (top + y2) / picture.height,
            )
            found.append((Detection(self._labels[int(number)], float(score), place), cut))
        return found

    def _tensor(self, crop: Plane) -> tuple[Floats, float, float]:
        """Return the model's input and the model pixels per crop pixel across and down."""
        width, height = self._entry.input
        high, wide = crop.shape[:2]
        scale_x, scale_y = width / wide, height / high
        if self._entry.fit == "letterbox":
            scale_x = scale_y = min(scale_x, scale_y)
        size = (max(1, round(wide * scale_x)), max(1, round(high * scale_y)))
        # INTER_LINEAR, as all these models were trained; INTER_AREA blurs what they look for.
        shrunk = crop if size == (wide, high) else cv2.resize(crop, size, interpolation=cv2.INTER_LINEAR)
        if size != (width, height):
            filled = np.full((height, width, 3), self._entry.fill, dtype=np.uint8)
            filled[: size[1], : size[0]] = shrunk
            shrunk = filled
        if self._entry.colour == "rgb":
            shrunk = shrunk[:, :, ::-1]
        tensor = np.ascontiguousarray(shrunk.transpose(2, 0, 1)[None], dtype=np.float32)
        if self._entry.divide_by != 1.0:
            tensor /= np.float32(self._entry.divide_by)
        return tensor, scale_x, scale_y

    def _run(self, tensor: Floats) -> RawDetections:
        outputs = self._session.run(None, {self._input_name: tensor})
        return self._head.decode([np.asarray(output) for output in outputs], self._entry.input, self._min_score)

    def _try_out(self) -> None:
        width, height = self._entry.input
        grey = np.full((1, 3, height, width), self._entry.fill / self._entry.divide_by, dtype=np.float32)
        try:
            outputs = self._session.run(None, {self._input_name: grey})
        except Exception as error:
            # onnxruntime raises its own classes without a common one; at start every one means the same.
            raise ModelError(
                f"model {self._entry.name}: does not take a picture of {width}×{height} ({_first_line(error)}); "
                "correct its entry in the manifest"
            ) from error
        self._head.decode([np.asarray(output) for output in outputs], self._entry.input, self._min_score)
        found = np.asarray(outputs[0]).shape
        if len(self._labels) + 5 not in found:
            raise ModelError(
                f"model {self._entry.name}: its output {found} does not fit the {len(self._labels)} labels of "
                f"{self._entry.labels}; correct labels in the manifest"
            )


def _session(entry: ModelEntry, file: Path, providers: Sequence[str]) -> ort.InferenceSession:
    available = ort.get_available_providers()
    missing = [provider for provider in providers if provider not in available]
    if missing:
        raise ModelError(
            f"the execution provider {missing[0]} is not in this build of onnxruntime (it has {', '.join(available)}); "
            "install the package that brings it or take another"
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(file), sess_options=options, providers=list(providers))
    except Exception as error:
        # onnxruntime's exceptions share no class of their own; every one here means that the file cannot be used.
        raise ModelError(
            f"{file}: onnxruntime cannot open the model {entry.name} ({_first_line(error)}); fetch it anew"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__


def _once(seen: list[tuple[Detection, bool]]) -> list[Detection]:
    """Drop what another region shows better: uncut before cut, then the higher score."""
    kept: list[tuple[Detection, bool]] = []
    for detection, cut in sorted(seen, key=lambda entry: (entry[1], -entry[0].score)):
        if not any(_repeats(detection, cut, other) for other, _ in kept):
            kept.append((detection, cut))
    return [detection for detection, _ in kept]


def _repeats(detection: Detection, cut: bool, other: Detection) -> bool:
    if not rivals(detection.label, other.label):
        return False
    if detection.box.iou(other.box) > _SAME:
        return True
    covered = detection.box.covered_by(other.box)
    return covered > _PART_COVER or (cut and covered > _SAME_COVER)
