"""What a graph says about itself: its inputs, outputs and metadata, and what it gives for a drawn picture.

Owns GraphFacts. Only onnxruntime is needed for it.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import onnxruntime as ort  # type: ignore[import-untyped]  # ships no stubs

from edge_agent.detect.errors import ModelError
from edge_agent.detect.feed import DTYPES, Canvas, Feed
from edge_agent.detect.manifest import ModelEntry
from edge_agent.detect.session import first_line, session_options

Layout = Literal["nchw", "nhwc"]
Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPort:
    """One input or output."""

    name: str
    shape: tuple[int | str | None, ...]
    """A text or None where the graph leaves the side open."""
    type: str
    """onnxruntime's word, such as ``tensor(float)``."""

    def said(self) -> str:
        """Return it for a person."""
        sides = "×".join(str(side) if isinstance(side, int) else "?" for side in self.shape) or "1"
        return f"{self.name} {sides} {self.type.removeprefix('tensor(').removesuffix(')')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphFacts:
    """What the file says."""

    inputs: tuple[GraphPort, ...]
    outputs: tuple[GraphPort, ...]
    metadata: Mapping[str, str]
    picture: GraphPort
    """The input that takes the picture."""
    layout: Layout
    size: tuple[int, int] | None
    """Width and height; None where the graph leaves them open."""

    @property
    def extra(self) -> frozenset[str]:
        """Names of the inputs beside the picture."""
        return frozenset(port.name for port in self.inputs) - {self.picture.name}

    def size_of_metadata(self) -> tuple[int, int] | None:
        """Return width and height that the metadata names where the graph is open: Ultralytics' ``imgsz``."""
        try:
            found = ast.literal_eval(self.metadata.get("imgsz", ""))
        except (ValueError, SyntaxError):
            return None
        if isinstance(found, list | tuple) and len(found) == 2 and all(isinstance(each, int) for each in found):
            return found[1], found[0]
        return None

    def labels(self) -> tuple[str, ...]:
        """Return the class names of the metadata, as Ultralytics and others write them; empty when there are none."""
        for key in ("names", "classes", "labels", "class_names"):
            try:
                found = ast.literal_eval(self.metadata.get(key, ""))
            except (ValueError, SyntaxError):
                continue
            if isinstance(found, dict):
                found = [found[number] for number in sorted(found)]
            if isinstance(found, list | tuple) and found and all(isinstance(each, str) for each in found):
                return tuple(found)
        return ()


class OpenGraph:
    """A file opened once, to be asked what it says and what it gives."""

    def __init__(self, file: Path) -> None:
        """Open it; raises ModelError."""
        self.file = file
        self._session = _open(file)
        self.facts = _facts(file, self._session)

    def outputs_for(self, draft: ModelEntry, canvas: Canvas) -> Arrays:
        """Return what the graph gives for a canvas, fed as the draft says; raises ModelError."""
        feed = Feed(draft, self._session.get_inputs())
        try:
            arrays = self._session.run(None, feed.of(canvas))
        except Exception as error:
            # onnxruntime raises its own classes without a common one.
            wide, high = draft.input
            raise ModelError(
                f"{self.file}: does not take a picture of {wide}×{high} ({first_line(error)}); give --input"
            ) from error
        ports = self._session.get_outputs()
        return {port.name: np.asarray(array) for port, array in zip(ports, arrays, strict=True)}


def _facts(path: Path, session: ort.InferenceSession) -> GraphFacts:
    inputs, outputs = ([_port(each) for each in ports] for ports in (session.get_inputs(), session.get_outputs()))
    colours_at = {"nchw": 1, "nhwc": 3}
    fitting = [
        (each, layout)
        for layout in colours_at
        for each in inputs
        if len(each.shape) == 4 and each.shape[colours_at[layout]] == 3
    ]
    if not fitting:
        said = "; ".join(each.said() for each in inputs)
        raise ModelError(f"{path}: no input takes a picture of three colours (it has {said}); this is no detector")
    picture, layout = fitting[0]
    if picture.type not in DTYPES:
        raise ModelError(f"{path}: its input {picture.said()} is of a type no picture can be; export it with floats")
    high, wide = picture.shape[2:] if layout == "nchw" else picture.shape[1:3]
    return GraphFacts(
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        metadata=dict(session.get_modelmeta().custom_metadata_map),
        picture=picture,
        layout="nchw" if layout == "nchw" else "nhwc",
        size=(wide, high) if isinstance(wide, int) and isinstance(high, int) else None,
    )


def _open(path: Path) -> ort.InferenceSession:
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file; give the path of an ONNX model")
    try:
        return ort.InferenceSession(str(path), session_options(), providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime raises its own classes without a common one; each means that this is no usable model.
        raise ModelError(f"{path}: onnxruntime cannot open it ({first_line(error)}); is it an ONNX model?") from error


def _port(node: ort.NodeArg) -> GraphPort:
    return GraphPort(name=node.name, shape=tuple(node.shape), type=node.type)
