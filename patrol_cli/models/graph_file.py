"""Graphs read, re-shaped and written with the package onnx, which only this needs.

Owns the re-shaping of a fully convolutional graph to another input size. Exports often hold sizes of feature maps as
constants of Reshape nodes; those that are such a size are changed in proportion, and whether that was right is decided
by running the result beside the old graph.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_agent.detect.errors import ModelError

if TYPE_CHECKING:
    import onnx

_PER_CHANNEL_OPSET: Final = 13
"""Weights quantised per channel need DequantizeLinear with an axis."""


def load_graph(path: Path) -> "onnx.ModelProto":
    """Return the model of a file, fit to be quantised: opset 13 or above, weights no inputs; raises ModelError."""
    try:
        import onnx
        import onnx.version_converter
    except ImportError as error:
        raise ModelError(
            "reading graphs needs the package onnx, which is not installed; run: pip install 'video-patrol[models]'"
        ) from error
    try:
        model = onnx.load(str(path))
        weights = {weight.name for weight in model.graph.initializer}
        kept = [port for port in model.graph.input if port.name not in weights]
        del model.graph.input[:]
        model.graph.input.extend(kept)
        if max((each.version for each in model.opset_import if not each.domain), default=0) < _PER_CHANNEL_OPSET:
            model = onnx.version_converter.convert_version(model, _PER_CHANNEL_OPSET)
    except Exception as error:
        # protobuf and onnx share no exception; each means that this file cannot be worked on.
        raise ModelError(f"{path}: cannot be read as a graph ({str(error).splitlines()[0][:200]})") from error
    return model


def reshape(model: "onnx.ModelProto", picture: str, size: tuple[int, int]) -> None:
    """Change the model in place so that its input ``picture`` (1, 3, height, width) has ``size``; raises ModelError."""
    from onnx import shape_inference

    port = next(each for each in model.graph.input if each.name == picture)
    sides = port.type.tensor_type.shape.dim
    old = sides[3].dim_value, sides[2].dim_value
    if old == size or 0 in old:  # 0: the graph leaves its size open, so any will do
        return
    inferred = shape_inference.infer_shapes(model)
    shapes = [tuple(side.dim_value for side in value.type.tensor_type.shape.dim) for value in inferred.graph.value_info]
    maps: set[tuple[int, ...]] = {shape[2:] for shape in shapes if len(shape) == 4 and 0 not in shape}
    _scale_constants(model, maps, old, size)
    sides[2].dim_value, sides[3].dim_value = size[1], size[0]
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")


def _scale_constants(
    model: "onnx.ModelProto", maps: set[tuple[int, ...]], old: tuple[int, int], size: tuple[int, int]
) -> None:
    """Put the new sizes into the targets of Reshape nodes that hold the old size of a feature map."""
    from onnx import numpy_helper

    def scaled(high: int, wide: int) -> tuple[int, int]:
        return high * size[1] // old[1], wide * size[0] // old[0]

    # Padded maps do not divide evenly, and no Reshape asks for them.
    maps = {each for each in maps if each[0] * size[1] % old[1] == each[1] * size[0] % old[0] == 0 and max(each) > 1}
    areas = {high * wide: scaled(high, wide) for high, wide in maps}
    targets = {node.input[1] for node in model.graph.node if node.op_type == "Reshape"}
    for weight in model.graph.initializer:
        if weight.name not in targets:
            continue
        target = numpy_helper.to_array(weight).tolist()
        changed = list(target)
        for at, side in enumerate(target):
            if tuple(target[at : at + 2]) in maps and len(target) >= 4:
                changed[at : at + 2] = scaled(*target[at : at + 2])
                break
            if side in areas and at == len(target) - 1:  # rows and columns joined: always the last side
                high, wide = areas[side]
                changed[at] = high * wide
        if changed != target:
            import numpy as np

            weight.CopyFrom(numpy_helper.from_array(np.array(changed, dtype=np.int64), weight.name))
