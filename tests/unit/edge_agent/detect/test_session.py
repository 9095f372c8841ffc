"""Sessions: what does not fit is refused at start in words; what a graph says is passed on in pixels of the canvas."""

from pathlib import Path

import numpy as np
import pytest

from edge_agent.detect.errors import ModelError
from edge_agent.detect.manifest import load_catalogue
from edge_agent.detect.session import ModelSession
from tests.support.tiny_models import INPUT, entry_text, one_row, write_manifest, write_model

CANVAS = np.zeros((INPUT[1], INPUT[0], 3), dtype=np.uint8)


def session(folder: Path, text: str, *, classes: int = 2) -> ModelSession:
    entry = load_catalogue(write_manifest(folder, text)).entry("tiny")
    return ModelSession(entry, folder / entry.file, classes=classes, min_score=0.3)


@pytest.mark.parametrize(("kind", "layout"), [("float", "nchw"), ("float16", "nchw"), ("uint8", "nhwc")])
def test_a_graph_gets_the_type_and_layout_it_wants(tmp_path: Path, kind: str, layout: str) -> None:
    path = write_model(tmp_path / "m.onnx", {"out": one_row()}, kind=kind, layout=layout)
    raw = session(tmp_path, entry_text(path, more=f'layout = "{layout}"')).look(CANVAS)
    assert raw.boxes.tolist() == [[8.0, 4.0, 40.0, 28.0]]
    assert raw.scores.tolist() == pytest.approx([0.9])


def test_finished_boxes_come_back_in_pixels_of_the_canvas_through_the_second_input(tmp_path: Path) -> None:
    """And outputs in another order than the head's are put right by their names."""
    outputs = {
        "labels": np.array([[1, 0]]),
        "boxes": np.array([[[0.25, 0.5, 0.5, 1.0], [0, 0, 1, 1]]], dtype=np.float32),
        "scores": np.array([[0.8, 0.1]], dtype=np.float32),
    }
    path = write_model(tmp_path / "m.onnx", outputs, extra=["orig_target_sizes"], sized="boxes")
    raw = session(tmp_path, entry_text(path, head="detr", more='outputs = ["boxes", "scores", "labels"]')).look(CANVAS)
    assert raw.boxes.tolist() == [[16.0, 16.0, 32.0, 32.0]]
    assert raw.classes.tolist() == [1]


def test_an_output_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.onnx", {"out": one_row()})
    with pytest.raises(ModelError, match=r'model tiny: has no output "rows"; it has out'):
        session(tmp_path, entry_text(path, more='outputs = ["rows"]'))


def test_a_graph_of_another_size_is_refused_at_start(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.onnx", {"out": one_row()})
    with pytest.raises(ModelError, match="model tiny: does not take a picture of 96×96"):
        session(tmp_path, entry_text(path, more="input = [96, 96]"))


def test_outputs_of_another_family_are_refused_at_start_with_the_models_name(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.onnx", {"out": np.zeros((1, 7, 9), dtype=np.float32)})
    with pytest.raises(ModelError, match=r"model tiny: .*\(1, 7, 9\).*end-to-end head gives"):
        session(tmp_path, entry_text(path))


def test_labels_that_do_not_fit_are_refused_at_start(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.onnx", {"out": np.zeros((1, 7, 42), dtype=np.float32)})
    with pytest.raises(ModelError, match="tells 3 classes apart, which does not fit the 2 labels"):
        session(tmp_path, entry_text(path, head="yolov8"))


def test_boxes_that_are_no_numbers_are_dropped_and_counted(tmp_path: Path) -> None:
    rows = np.concatenate((one_row(), one_row()), axis=1)
    rows[0, 1, 2] = np.nan
    tried = session(tmp_path, entry_text(write_model(tmp_path / "m.onnx", {"out": rows})))
    assert len(tried.look(CANVAS).boxes) == 1
    assert len(tried.look(CANVAS).boxes) == 1
    assert tried.broken == 2


def test_an_input_nobody_knows_is_refused_with_the_models_name(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.onnx", {"out": one_row()}, extra=["prompt"])
    with pytest.raises(ModelError, match="model tiny: it has the input prompt"):
        session(tmp_path, entry_text(path))
