"""Runs one catalogued model with onnxruntime: a canvas in, raw detections out; one session, one thread, no spinning.

Owns ModelSession. It knows neither pictures nor boxes of the core, so that it can live in a process of its own.
Measured on two cores: batching gains nothing, spinning and more threads per session cost the other cameras more than
they give. Errors of the model are ModelError at start, never later.
"""

from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # ships no stubs; only InferenceSession is used

from edge_agent.detect.errors import ModelError
from edge_agent.detect.feed import Canvas, Feed
from edge_agent.detect.heads.raw import Outputs, RawDetections
from edge_agent.detect.heads.registry import head_named
from edge_agent.detect.manifest import ModelEntry
from edge_agent.detect.providers import CPU_ONLY, Provider

_ONLY_ERRORS: Final = 3
"""onnxruntime's level: old exports warn about every weight."""


class ModelSession:
    """An open model. Not safe for two threads at once; make one per worker."""

    def __init__(
        self,
        entry: ModelEntry,
        file: Path,
        *,
        classes: int,
        min_score: float,
        provider: Provider = CPU_ONLY,
    ) -> None:
        """Open the file and try it on a grey picture; raises ModelError when anything does not fit.

        ``classes`` is how many labels there are for it.
        """
        self._entry = entry
        self._provider = provider
        self._min_score = min_score
        self._session = _session(entry, file, provider)
        self._wanted = _wanted_outputs(entry, self._session)
        self._broken = 0
        try:
            self._head = head_named(entry.head, entry.options)
            self._feed = Feed(entry, self._session.get_inputs())
            self._try_out(classes)
        except ModelError as error:
            raise ModelError(f"model {entry.name}: {error}") from error

    @property
    def entry(self) -> ModelEntry:
        """The model's entry in the catalogue."""
        return self._entry

    @property
    def provider(self) -> Provider:
        """What it calculates on."""
        return self._provider

    @property
    def broken(self) -> int:
        """Boxes dropped so far because one of their sides was not a number."""
        return self._broken

    def look(self, canvas: Canvas) -> RawDetections:
        """Return what the model sees, boxes in pixels of the canvas, each thing once per class."""
        raw = self._head.decode(self._run(canvas), self._entry.input, self._min_score)
        finite = np.isfinite(raw.boxes).all(axis=1)
        if finite.all():
            return raw
        self._broken += int(np.count_nonzero(~finite))
        return RawDetections(boxes=raw.boxes[finite], scores=raw.scores[finite], classes=raw.classes[finite])

    def _run(self, canvas: Canvas) -> Outputs:
        return [np.asarray(output) for output in self._session.run(self._wanted, self._feed.of(canvas))]

    def _try_out(self, classes: int) -> None:
        width, height = self._entry.input
        try:
            outputs = self._run(np.full((height, width, 3), self._entry.fill, dtype=np.uint8))
        except Exception as error:
            # onnxruntime raises its own classes without a common one; at start every one means the same.
            raise ModelError(
                f"does not take a picture of {width}×{height} ({first_line(error)}); correct its entry in the manifest"
            ) from error
        self._head.decode(outputs, self._entry.input, self._min_score)
        found = self._head.classes(outputs)
        if found is not None and found != classes:
            raise ModelError(
                f"tells {found} classes apart, which does not fit the {classes} labels of {self._entry.labels}; "
                "correct labels in the manifest"
            )


def _wanted_outputs(entry: ModelEntry, session: ort.InferenceSession) -> list[str]:
    there = [output.name for output in session.get_outputs()]
    missing = next((name for name in entry.outputs if name not in there), None)
    if missing is not None:
        raise ModelError(
            f'model {entry.name}: has no output "{missing}"; it has {", ".join(there)}; correct outputs in the manifest'
        )
    return list(entry.outputs) or there


def _session(entry: ModelEntry, file: Path, provider: Provider) -> ort.InferenceSession:
    provider.load_libraries()
    try:
        session = ort.InferenceSession(str(file), sess_options=session_options(), providers=provider.arguments())
    except Exception as error:
        # onnxruntime's exceptions share no class of their own; every one here means that the file cannot be used.
        again = "fetch it anew" if entry.url else "add or make it anew"
        raise ModelError(
            f"{file}: onnxruntime cannot open the model {entry.name} ({first_line(error)}); {again}"
        ) from error
    used: list[str] = session.get_providers()
    if provider.name not in used:
        raise provider.not_started(used)
    return session


def session_options() -> ort.SessionOptions:
    """Return one thread, no spinning, errors only."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ONLY_ERRORS
    return options


def first_line(error: Exception) -> str:
    """Return what onnxruntime says, without its pages of context."""
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
