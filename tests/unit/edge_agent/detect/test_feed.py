"""A canvas as the inputs of a graph: what the entry says about numbers, order and types is what the graph gets."""

from dataclasses import dataclass, field

import msgspec
import numpy as np
import pytest

from edge_agent.detect.errors import ModelError
from edge_agent.detect.feed import Feed
from edge_agent.detect.manifest import ModelEntry


@dataclass
class Port:
    """One input as onnxruntime describes it."""

    name: str
    type: str = "tensor(float)"
    shape: list[int | str | None] = field(default_factory=lambda: [1, 3, 32, 64])


ENTRY = ModelEntry(
    name="m",
    file="m.onnx",
    sha256="0" * 64,
    size_bytes=1,
    head="yolox",
    input=(64, 32),
    layout="nchw",
    colour="bgr",
    fit="stretch",
    labels="l.txt",
    licence="",
    source="",
)
CANVAS = np.random.default_rng(3).integers(0, 256, size=(32, 64, 3), dtype=np.uint8)


def entry(**changes: object) -> ModelEntry:
    return msgspec.structs.replace(ENTRY, **changes)


@pytest.mark.parametrize("dtype", ["float", "float16", "uint8"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_pixels_arrive_as_they_are_in_the_graphs_layout_and_type(layout: str, dtype: str) -> None:
    port = Port("images", f"tensor({dtype})")
    tensor = Feed(entry(layout=layout), [port]).of(CANVAS)["images"]
    expected = CANVAS[None] if layout == "nhwc" else CANVAS.transpose(2, 0, 1)[None]
    assert tensor.dtype == np.dtype("float32" if dtype == "float" else dtype)
    assert np.array_equal(tensor, expected)


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_pixels_are_divided_then_the_mean_goes_and_then_the_deviation(layout: str) -> None:
    """(pixel / divide_by - mean) / deviation, each channel its own."""
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    feed = Feed(entry(layout=layout, divide_by=255.0, mean=mean, deviation=deviation), [Port("x")])
    expected = (CANVAS / 255.0 - np.array(mean)) / np.array(deviation)
    found = feed.of(CANVAS)["x"][0]
    np.testing.assert_allclose(found if layout == "nhwc" else found.transpose(1, 2, 0), expected, atol=1e-5)


def test_a_second_canvas_leaves_nothing_of_the_first() -> None:
    feed = Feed(entry(), [Port("x")])
    feed.of(CANVAS)
    assert not feed.of(np.zeros_like(CANVAS))["x"].any()


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("orig_target_sizes", "tensor(int64)", [[64, 32]]),  # width first, so that boxes come back in its pixels
        ("im_shape", "tensor(float)", [[32.0, 64.0]]),  # height first
        ("scale_factor", "tensor(float)", [[1.0, 1.0]]),
    ],
)
def test_inputs_beside_the_picture_are_filled_wherever_they_stand(
    name: str, kind: str, expected: list[list[float]]
) -> None:
    feed = Feed(entry(), [Port(name, kind, ["n", 2]), Port("images")])
    given = feed.of(CANVAS)
    assert feed.picture_input == "images"
    assert given[name].tolist() == expected
    assert given["images"].shape == (1, 3, 32, 64)


def test_an_input_nobody_knows_is_refused_with_those_that_are() -> None:
    with pytest.raises(ModelError, match=r"the input prompt \[1, 2\].*known are im_shape, orig_size"):
        Feed(entry(), [Port("images"), Port("prompt", shape=[1, 2])])


def test_a_picture_of_strings_is_refused() -> None:
    with pytest.raises(ModelError, match="no picture can be"):
        Feed(entry(), [Port("images", "tensor(string)")])
