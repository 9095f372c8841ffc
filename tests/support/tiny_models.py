"""Tiny ONNX graphs made on the spot: what a catalogue entry and a graph say to each other, without weights.

Each graph computes fixed outputs and only pretends to look at its picture.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper, numpy_helper

INPUT = (64, 32)
"""Width and height."""
_TYPES = {"float": TensorProto.FLOAT, "uint8": TensorProto.UINT8, "float16": TensorProto.FLOAT16}


def write_model(
    path: Path,
    outputs: Mapping[str, npt.NDArray[np.generic]],
    *,
    kind: str = "float",
    layout: str = "nchw",
    extra: Sequence[str] = (),
    sized: str = "",
    metadata: Mapping[str, str] | None = None,
    dynamic: bool = False,
) -> Path:
    """Write a graph with the input ``images`` that gives ``outputs`` whatever it is shown.

    ``extra``: names of further int64 inputs of two numbers; ``sized``: the output that is multiplied by the first of
    them twice, as finished boxes are. ``dynamic``: height and width of the input are left open.
    """
    sides: list[int | str] = ["h", "w"] if dynamic else [INPUT[1], INPUT[0]]
    shape = ["n" if dynamic else 1, 3, *sides] if layout == "nchw" else ["n" if dynamic else 1, *sides, 3]
    inputs = [helper.make_tensor_value_info("images", _TYPES[kind], shape)]
    inputs += [helper.make_tensor_value_info(name, TensorProto.INT64, [1, 2]) for name in extra]
    nodes, values, constants = [], [], []
    # The picture must be used by something, or onnxruntime would not mind what it is given.
    nodes.append(helper.make_node("Cast", ["images"], ["cast"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("ReduceMin", ["cast"], ["least"], keepdims=0))
    nodes.append(helper.make_node("Mul", ["least", "zero"], ["nothing"]))
    constants.append(numpy_helper.from_array(np.array(0.0, dtype=np.float32), "zero"))
    for name, array in outputs.items():
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), f"{name}_kept"))
        kept = f"{name}_kept"
        if name == sized:
            nodes.append(helper.make_node("Cast", [extra[0]], ["size"], to=TensorProto.FLOAT))
            nodes.append(helper.make_node("Concat", ["size", "size"], ["sizes"], axis=1))
            nodes.append(helper.make_node("Mul", [kept, "sizes"], ["scaled"]))
            kept = "scaled"
        if array.dtype == np.float32:
            nodes.append(helper.make_node("Add", [kept, "nothing"], [name]))
        else:
            nodes.append(helper.make_node("Identity", [kept], [name]))
        values.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), None))
    graph = helper.make_graph(nodes, "tiny", inputs, values, initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, text in (metadata or {}).items():
        model.metadata_props.add(key=key, value=text)
    path.write_bytes(model.SerializeToString())
    return path


def entry_text(path: Path, *, name: str = "tiny", head: str = "end_to_end", more: str = "") -> str:
    """Return the ``[[model]]`` of a file; ``more`` replaces what it names."""
    lines = {
        "name": f'"{name}"',
        "file": f'"{path.name}"',
        "sha256": f'"{hashlib.sha256(path.read_bytes()).hexdigest()}"',
        "size_bytes": str(path.stat().st_size),
        "head": f'"{head}"',
        "input": f"[{INPUT[0]}, {INPUT[1]}]",
        "layout": '"nchw"',
        "colour": '"bgr"',
        "fit": '"stretch"',
        "labels": '"l.txt"',
        "licence": '"none"',
        "source": '"here"',
    }
    for line in more.strip().splitlines():
        key, _, value = line.partition(" = ")
        lines[key] = value
    return "\n[[model]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())


def write_manifest(folder: Path, *entries: str, labels: Sequence[str] = ("person", "car")) -> Path:
    """Write a manifest and its labels; return the folder."""
    (folder / "manifest.toml").write_text("".join(entries), encoding="utf-8")
    (folder / "l.txt").write_text("\n".join(labels), encoding="utf-8")
    return folder


def one_row(*, number: int = 0, score: float = 0.9) -> npt.NDArray[np.float32]:
    """One thing of an end-to-end head."""
    return np.array([[[8.0, 4.0, 40.0, 28.0, score, number]]], dtype=np.float32)
