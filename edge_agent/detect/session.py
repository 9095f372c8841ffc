"""Runs one catalogued model with onnxruntime: a canvas in, raw detections out; one session, one thread, no spinning.

Owns ModelSession. It knows neither pictures nor boxes of the core, so that it can live in a process of its own.
Measured on two cores: batching gains nothing, spinning and more threads per session cost the other cameras more than
they give. Errors of the model are ModelError at start, never later.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import onnxruntime as ort  # type: ignore[import-untyped]  # ships no stubs; only InferenceSession is used

from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.raw import Floats, RawDetections
from edge_agent.detect.heads.registry import head_named
from edge_agent.detect.manifest import ModelEntry

Canvas = npt.NDArray[np.uint8]
"""(input height, input width, 3), in the model's colour order."""
DEFAULT_PROVIDERS: Final = ("CPUExecutionProvider",)


class ModelSession:
    """An open model. Not safe for two threads at once; make one per worker."""

    def __init__(
        self,
        entry: ModelEntry,
        file: Path,
        *,
        classes: int,
        min_score: float,
        providers: Sequence[str] = DEFAULT_PROVIDERS,
    ) -> None:
        """Open the file and try it on a grey picture; raises ModelError when anything does not fit."""
        self._entry = entry
        self._min_score = min_score
        self._head = head_named(entry.head, model=entry.name)
        self._session = _session(entry, file, providers)
        self._input_name = self._session.get_inputs()[0].name
        self._try_out(classes)

    @property
    def entry(self) -> ModelEntry:
        """The model's entry in the catalogue."""
        return self._entry

    def look(self, canvas: Canvas) -> RawDetections:
        """Return what the model sees, boxes in pixels of the canvas, each thing once per class."""
        outputs = self._session.run(None, {self._input_name: self._tensor(canvas)})
        return self._head.decode([np.asarray(output) for output in outputs], self._entry.input, self._min_score)

    def _tensor(self, canvas: Canvas) -> Floats:
        tensor = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], dtype=np.float32)
        if self._entry.divide_by != 1.0:
            tensor /= np.float32(self._entry.divide_by)
        return tensor

    def _try_out(self, classes: int) -> None:
        width, height = self._entry.input
        grey = self._tensor(np.full((height, width, 3), self._entry.fill, dtype=np.uint8))
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
        if classes + 5 not in found:
            raise ModelError(
                f"model {self._entry.name}: its output {found} does not fit the {classes} labels of "
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
