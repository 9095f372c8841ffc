"""A canvas as the inputs of a graph: normalised, laid out and typed as its catalogue entry and the graph say.

Owns Feed. Some graphs want to be told the size of the picture beside the picture; these inputs are known by name and
filled so that boxes come back in pixels of the canvas.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.detect.errors import ModelError
from edge_agent.detect.manifest import ModelEntry

Canvas = npt.NDArray[np.uint8]
"""(input height, input width, 3), in the model's colour order."""
Tensor = npt.NDArray[np.generic]

DTYPES: Final[Mapping[str, type[np.generic]]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
}
SIZE_INPUTS: Final = frozenset({"orig_target_sizes", "target_sizes", "orig_size"})
"""Width and height of the picture, which finished boxes are scaled to: RT-DETR and what came after it."""
SHAPE_INPUTS: Final = frozenset({"im_shape"})
"""Height and width of the input: PaddleDetection."""
FACTOR_INPUTS: Final = frozenset({"scale_factor"})
"""What boxes are divided by: PaddleDetection."""


class Port(Protocol):
    """One input of a graph, as onnxruntime describes it."""

    @property
    def name(self) -> str:
        """The graph's word for it."""
        ...

    @property
    def shape(self) -> Sequence[int | str | None]:
        """Sides; a name or None where the graph leaves one open."""
        ...

    @property
    def type(self) -> str:
        """Such as ``tensor(float)``."""
        ...


class Feed:
    """Makes the inputs of one graph. The arrays are used again by the next canvas."""

    def __init__(self, entry: ModelEntry, ports: Sequence[Port]) -> None:
        """Look at the graph's inputs; raises ModelError when one of them is unknown."""
        picture, *others = sorted(ports, key=lambda port: len(port.shape) != 4)  # the picture is the one with four axes
        self._name = picture.name
        self._dtype = _dtype_of(picture)
        width, height = entry.input
        self._planes = entry.layout == "nchw"
        self._tensor = np.empty((3, height, width) if self._planes else (height, width, 3), dtype=self._dtype)
        deviation = np.array(entry.deviation, dtype=np.float32)
        self._scale = 1.0 / (np.float32(entry.divide_by) * deviation)
        self._shift = -np.array(entry.mean, dtype=np.float32) / deviation
        self._as_it_is = bool(np.all(self._scale == 1.0) and np.all(self._shift == 0.0))
        self._others = {port.name: _known(port, entry.input) for port in others}

    @property
    def picture_input(self) -> str:
        """Name of the input that takes the picture."""
        return self._name

    def of(self, canvas: Canvas) -> dict[str, Tensor]:
        """Return all inputs for one canvas."""
        if self._planes:
            for number, plane in enumerate(cv2.split(canvas)):
                self._fill(self._tensor[number], plane, self._scale[number], self._shift[number])
        else:
            self._fill(self._tensor, canvas, self._scale, self._shift)
        return {self._name: self._tensor[None], **self._others}

    def _fill(self, target: Tensor, values: Tensor, scale: npt.ArrayLike, shift: npt.ArrayLike) -> None:
        if self._as_it_is:
            np.copyto(target, values, casting="unsafe")
            return
        np.multiply(values, scale, out=target, casting="unsafe")
        if np.any(shift):
            np.add(target, shift, out=target, casting="unsafe")


def _dtype_of(port: Port) -> type[np.generic]:
    if port.type not in DTYPES:
        raise ModelError(f"its input {port.name} is of {port.type}, which no picture can be; export it with floats")
    return DTYPES[port.type]


def _known(port: Port, input_size: tuple[int, int]) -> Tensor:
    """Return what an input beside the picture is given; raises ModelError when its name says nothing to us."""
    width, height = input_size
    if port.name in SIZE_INPUTS:
        values = [width, height]
    elif port.name in SHAPE_INPUTS:
        values = [height, width]
    elif port.name in FACTOR_INPUTS:
        values = [1, 1]
    else:
        known = ", ".join(sorted(SIZE_INPUTS | SHAPE_INPUTS | FACTOR_INPUTS))
        raise ModelError(
            f"it has the input {port.name} {list(port.shape)} beside the picture; known are {known}; export it without"
        )
    return np.array([values], dtype=_dtype_of(port))
