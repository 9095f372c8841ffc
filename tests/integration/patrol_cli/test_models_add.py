"""``patrol models add`` and ``remove``: every family is recognised from its graph, and nothing is asked of a script."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from typer.testing import CliRunner

from edge_agent.detect.detector import WHOLE_PICTURE
from edge_agent.detect.manifest import load_catalogue, read_manifest
from edge_agent.detect.onnx_detector import OnnxDetector
from edge_agent.detect.picture import Picture
from patrol_cli.__main__ import app
from tests.support.raw_tensors import (
    CLASSES,
    Thing,
    by_scale,
    centred,
    distribution_cells,
    logit,
    shares,
    yolo_rows,
    yolox_rows,
)
from tests.support.small_video import make_film
from tests.support.tiny_models import INPUT, entry_text, one_row, write_manifest, write_model

THINGS = (
    Thing(number=0, score=0.9, box=(8.0, 4.0, 28.0, 28.0)),
    Thing(number=2, score=0.6, box=(40.0, 8.0, 60.0, 24.0)),
)
Outputs = Mapping[str, npt.NDArray[np.generic]]


def pixels() -> npt.NDArray[np.float32]:
    return np.array([thing.box for thing in THINGS], dtype=np.float32)


def scales(strides: tuple[int, ...]) -> Outputs:
    scores, distances = distribution_cells(THINGS, INPUT, strides=strides, offset=0.5)
    parts = {
        "cls": by_scale(scores, INPUT, strides, maps=False),
        "dis": by_scale(distances, INPUT, strides, maps=False),
    }
    # Mixed up on purpose: coarse before fine, distances before scores.
    return {f"{kind}_{at}": parts[kind][at] for at in reversed(range(len(strides))) for kind in ("dis", "cls")}


def plus() -> Outputs:
    return {"out": np.concatenate(distribution_cells(THINGS, INPUT, strides=(8, 16, 32, 64), offset=0.0), axis=1)[None]}


def finished(names: tuple[str, str, str], boxes: npt.NDArray[np.float32]) -> Outputs:
    """Boxes, scores and classes of both things, and one that is nothing."""
    rows = np.concatenate((boxes, np.zeros((1, 4), dtype=np.float32)))
    return {
        names[2]: np.array([[thing.number for thing in THINGS] + [0]], dtype=np.float32),
        names[0]: rows[None],
        names[1]: np.array([[thing.score for thing in THINGS] + [0.01]], dtype=np.float32),
    }


def softmaxed() -> npt.NDArray[np.float32]:
    """Scores with the background first, adding up to one."""
    rows = np.full((1, 2, CLASSES + 1), 0.001, dtype=np.float32)
    for at, thing in enumerate(THINGS):
        rows[0, at, thing.number + 1] = thing.score
        rows[0, at, 0] = 1.0 - thing.score - 0.001 * (CLASSES - 1)
    return rows


def queries() -> npt.NDArray[np.float32]:
    """Twenty rows of centre and size in shares and scores; more rows than numbers in a row, as real ones have."""
    rows = np.full((1, 20, 4 + CLASSES), 0.01, dtype=np.float32)
    rows[0, : len(THINGS), :4] = centred(shares(THINGS, INPUT))
    for at, thing in enumerate(THINGS):
        rows[0, at, 4 + thing.number] = thing.score
    return rows


def query_logits() -> npt.NDArray[np.float32]:
    rows = np.full((1, 2, CLASSES), -7.0, dtype=np.float32)
    for at, thing in enumerate(THINGS):
        rows[0, at, thing.number] = logit(thing.score)
    return rows


def row_array() -> npt.NDArray[np.float32]:
    numbers = np.array([(thing.score, thing.number) for thing in THINGS], dtype=np.float32)
    return np.concatenate((pixels(), numbers), axis=1)


SIX = tuple(f"thing{number}" for number in range(CLASSES))
TF = ("detection_boxes", "detection_scores", "detection_classes")
FAMILIES: list[tuple[str, str, Callable[[], Outputs], tuple[str, ...], tuple[str, ...]]] = [
    ("yolox", "cells", lambda: {"out": yolox_rows(THINGS, INPUT)[0]}, (), SIX),
    ("yolov5", "anchors", lambda: {"out": yolo_rows(THINGS, INPUT, objectness=True)[0]}, (), SIX),
    (
        "yolov8",
        "transposed",
        lambda: {"out": yolo_rows(THINGS, INPUT, objectness=False)[0].transpose(0, 2, 1)},
        (),
        SIX,
    ),
    ("yolov8", "queries", lambda: {"out": queries()}, (), SIX),
    ("end_to_end", "rows", lambda: {"out": row_array()[None]}, (), SIX),
    ("nanodet", "scales", lambda: scales((8, 16, 32)), (), SIX),
    ("nanodet_plus", "joined", plus, (), SIX),
    ("picodet", "raw", lambda: scales((8, 16, 32, 64)), (), SIX),
    (
        "picodet",
        "decoded",
        lambda: {"b": pixels()[None], "s": softmaxed()[:, :, 1:].transpose(0, 2, 1)},
        ("scale_factor",),
        SIX,
    ),
    ("picodet", "finished", lambda: {"rows": row_array()[:, [5, 4, 0, 1, 2, 3]]}, ("scale_factor",), SIX),
    ("ssd", "TensorFlow", lambda: finished(TF, shares(THINGS, INPUT)[:, [1, 0, 3, 2]]), (), ("thing0", *SIX)),
    ("ssd", "torchvision", lambda: finished(("boxes", "scores", "labels"), pixels()), (), SIX),
    ("ssd", "all classes", lambda: {"s": softmaxed(), "b": shares(THINGS, INPUT)[None]}, (), ("background", *SIX)),
    ("detr", "raw", lambda: {"l": query_logits(), "b": centred(shares(THINGS, INPUT))[None]}, (), SIX),
    (
        "detr",
        "finished",
        lambda: finished(("boxes", "scores", "labels"), shares(THINGS, INPUT)),
        ("orig_target_sizes",),
        SIX,
    ),
]


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["models", *map(str, arguments)])
    assert "Traceback" not in result.output
    return result.exit_code, result.output


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_model(tmp_path / "My Tiny.onnx", {"out": one_row()}, metadata={"names": "{0: 'person', 1: 'car'}"})


@pytest.mark.parametrize(
    ("head", "outputs", "extra", "labels"),
    [(head, outputs, extra, labels) for head, _, outputs, extra, labels in FAMILIES],
    ids=[f"{head}, {export}" for head, export, *_ in FAMILIES],
)
def test_a_family_is_recognised_and_its_entry_finds_what_was_encoded(
    tmp_path: Path,
    models_dir: Path,
    head: str,
    outputs: Callable[[], Outputs],
    extra: tuple[str, ...],
    labels: tuple[str, ...],
) -> None:
    """The whole way: graph → entry in the manifest → detector → the things, under their labels."""
    sized = "boxes" if "orig_target_sizes" in extra else ""
    arrays = {name: np.ascontiguousarray(array) for name, array in outputs().items()}
    file = write_model(tmp_path / "m.onnx", arrays, extra=extra, sized=sized)
    (tmp_path / "names.txt").write_text("\n".join(labels), encoding="utf-8")
    code, said = run("add", file, "--models-dir", models_dir, "--labels", tmp_path / "names.txt")
    assert code == 0, said
    assert f"head {head}:" in said
    assert "drawn picture" in said
    entry = load_catalogue(models_dir).entry("m")
    assert entry.head == head
    detector = OnnxDetector.from_catalogue("m", models_dir=models_dir, min_score=0.3)
    blank = detector.detect(blank_picture(), [WHOLE_PICTURE])
    expected = {"thing0": THINGS[0], "thing2": THINGS[1]}
    if labels[0] == "thing0" and len(labels) > CLASSES:  # TensorFlow counts from 1: class 0 is the background
        assert [each.label for each in blank] == ["thing1"]
        return
    assert {each.label for each in blank} == set(expected)
    for each in blank:
        wanted = expected[each.label]
        assert each.score == pytest.approx(wanted.score, abs=0.01)
        box = (each.box.left * INPUT[0], each.box.top * INPUT[1], each.box.right * INPUT[0], each.box.bottom * INPUT[1])
        assert box == pytest.approx(wanted.box, abs=0.6)


def blank_picture() -> Picture:
    return Picture.from_bgr(np.full((INPUT[1], INPUT[0], 3), 90, dtype=np.uint8))


def test_names_in_the_metadata_become_the_labels(tiny: Path, models_dir: Path) -> None:
    code, said = run("add", tiny, "--models-dir", models_dir, "--licence", "MIT", "--source", "a friend")
    assert code == 0, said
    assert "2 labels from the metadata" in said
    catalogue = load_catalogue(models_dir)
    entry = catalogue.entry("my-tiny")
    assert catalogue.labels(entry) == ("person", "car")
    assert (entry.file, entry.labels) == ("My_Tiny.onnx", "my-tiny.labels.txt")  # of its own: no other model's labels
    assert (entry.licence, entry.source) == ("MIT", "a friend")
    assert entry.usual_labels == ("person", "car")


def test_what_it_sees_is_drawn_and_said(tiny: Path, models_dir: Path, tmp_path: Path) -> None:
    """The tiny model sees a person at the left: there the written picture has changed."""
    picture, shown = tmp_path / "p.png", tmp_path / "shown.jpg"
    cv2.imwrite(str(picture), np.full((320, 640, 3), 90, dtype=np.uint8))
    code, said = run("add", tiny, "--models-dir", models_dir, "--picture", picture, "--show", shown)
    assert code == 0, said
    assert "person 0.90" in said
    drawn = cv2.imread(str(shown))
    assert drawn is not None
    assert drawn.shape == (320, 640, 3)
    assert np.abs(drawn[:, :420].astype(int) - 90).max() > 60
    assert np.abs(drawn[:, 460:].astype(int) - 90).max() < 20


def test_a_moment_of_a_video_can_be_the_picture(tiny: Path, models_dir: Path, tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", seconds=1.0)
    assert "film.mp4 at 0.5 s it sees" in run("add", tiny, "--models-dir", models_dir, "--video", film, "--at", 0.5)[1]
    code, said = run("add", tiny, "--models-dir", models_dir, "--name", "b", "--video", film, "--at", 60)
    assert (code, "ends before 60 s" in said) == (2, True)


MISSING: list[tuple[str, dict[str, object], Outputs, str]] = [
    ("nobody knows the outputs", {}, {"out": np.zeros((1, 3, 5, 7), dtype=np.float32)}, "--head"),
    ("the size is open", {"dynamic": True}, {"out": one_row()}, "--input"),
    ("classes are numbers", {}, {"out": one_row()}, "--labels"),
    ("the input is unknown", {"extra": ["prompt"]}, {"out": one_row()}, "the input prompt"),
    ("it segments", {"metadata": {"task": "segment"}}, {"out": one_row()}, "it does segment"),
]


@pytest.mark.parametrize(("more", "outputs", "word"), [row[1:] for row in MISSING], ids=[row[0] for row in MISSING])
def test_a_script_is_told_in_one_sentence_what_is_missing(
    tmp_path: Path, models_dir: Path, more: dict[str, object], outputs: Outputs, word: str
) -> None:
    """Without a terminal nothing is asked, nothing hangs and nothing is added."""
    file = write_model(tmp_path / "m.onnx", outputs, **more)  # type: ignore[arg-type]  # a table of keywords
    code, said = run("add", file, "--models-dir", models_dir)
    assert code == 2
    assert word in said
    assert list(models_dir.iterdir()) == []


def test_an_open_input_is_closed_by_the_option(tmp_path: Path, models_dir: Path) -> None:
    file = write_model(tmp_path / "m.onnx", {"out": one_row()}, dynamic=True)
    code, said = run("add", file, "--models-dir", models_dir, "--input", "96x64", "--labels", "coco80.txt")
    assert code == 0, said
    assert load_catalogue(models_dir).entry("m").input == (96, 64)


def test_an_open_input_is_closed_by_the_metadata(tmp_path: Path, models_dir: Path) -> None:
    """Ultralytics writes height and width; TensorFlow's numbers of classes begin at 1 and leave some out."""
    file = write_model(tmp_path / "m.onnx", {"out": one_row()}, dynamic=True, metadata={"imgsz": "[64, 96]"})
    code, said = run("add", file, "--models-dir", models_dir, "--labels", "coco91.txt")
    assert code == 0, said
    catalogue = load_catalogue(models_dir)
    entry = catalogue.entry("m")
    assert (entry.input, entry.labels) == ((96, 64), "coco91.txt")
    assert [catalogue.labels(entry)[number] for number in (0, 1, 3, 44, 90)] == [
        *("background", "person", "car", "bottle", "toothbrush"),
    ]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--input", "big"], "320x320"),
        (["--mean", "1,2"], "three numbers"),
        (["--scores", "maybe"], "scores"),
        (["--divide-by", "0"], "divide_by"),
        (["--deviation", "1,0,1"], "deviation"),
        (["--name", "My Tiny"], "name"),
        (["--head", "retina"], "known are"),
        (["--labels", "nowhere.txt"], "nowhere.txt"),
        (["--picture", "nowhere.png"], "JPEG or PNG"),
        (["--name", "yolox-nano"], "give --name another"),
        (["--outputs", "rows"], 'no output "rows"'),
        (["--boxes", "xyxy"], "does not read the key boxes"),
    ],
)
def test_a_bad_option_is_one_sentence_and_adds_nothing(
    tiny: Path, models_dir: Path, options: list[str], word: str
) -> None:
    code, said = run("add", tiny, "--models-dir", models_dir, *options)
    assert code == 2
    assert word in said
    assert list(models_dir.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, models_dir: Path, content: bytes) -> None:
    (tmp_path / "x.onnx").write_bytes(content)
    code, said = run("add", tmp_path / "x.onnx", "--models-dir", models_dir)
    assert code == 2
    assert "cannot open it" in said


def test_on_a_terminal_it_asks_what_it_cannot_know(tmp_path: Path, models_dir: Path) -> None:
    """A real terminal: the size, then the labels; a wrong answer is asked again, an empty one too."""
    file = write_model(tmp_path / "m.onnx", {"out": one_row()}, dynamic=True)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "patrol_cli", "models", "add", str(file), "--models-dir", str(models_dir)]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as program:
        os.close(theirs)
        os.write(ours, b"\n64x32\ncoco80.txt\n")
        said, _ = program.communicate(timeout=50)
    os.close(ours)
    assert program.returncode == 0, said
    assert "width and height" in said
    assert load_catalogue(models_dir).entry("m").labels == "coco80.txt"


def test_remove_undoes_add(tiny: Path, models_dir: Path) -> None:
    run("add", tiny, "--models-dir", models_dir, "--name", "mine")
    assert sorted(path.name for path in models_dir.iterdir()) == ["My_Tiny.onnx", "manifest.toml", "mine.labels.txt"]
    code, _ = run("remove", "mine", "--models-dir", models_dir)
    assert code == 0
    assert [path.name for path in models_dir.iterdir()] == ["manifest.toml"]
    assert read_manifest(models_dir / "manifest.toml") == ()


def test_two_entries_may_share_a_file_and_removing_one_keeps_it(tiny: Path, models_dir: Path) -> None:
    for name in ("one", "two"):
        assert run("add", tiny, "--models-dir", models_dir, "--name", name)[0] == 0
    run("remove", "one", "--models-dir", models_dir)
    assert (models_dir / "My_Tiny.onnx").is_file()
    assert run("check", "--models-dir", models_dir) == (0, "two: whole, runs\n")


def test_the_manifest_of_a_person_keeps_its_comments_and_entries(tiny: Path, models_dir: Path, tmp_path: Path) -> None:
    other = write_model(models_dir / "other.onnx", {"out": one_row()})
    write_manifest(models_dir, "# ours, since spring\n", entry_text(other, name="other"), "# the last line\n")
    before = (models_dir / "manifest.toml").read_text(encoding="utf-8")
    run("add", tiny, "--models-dir", models_dir, "--name", "mine")
    assert (models_dir / "manifest.toml").read_text(encoding="utf-8").startswith(before.rstrip("\n"))
    run("remove", "mine", "--models-dir", models_dir)
    assert (models_dir / "manifest.toml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("name", "word"),
    [("yolox-nano", "came with the product"), ("nobody", "it has yolox-nano"), ("tiny", "remove tiny-int8 first")],
)
def test_what_cannot_be_removed_says_why(models_dir: Path, name: str, word: str) -> None:
    model, twin = (write_model(models_dir / f"{each}.onnx", {"out": one_row()}) for each in ("m", "m8"))
    write_manifest(models_dir, entry_text(model), entry_text(twin, name="tiny-int8", more='int8_of = "tiny"'))
    code, said = run("remove", name, "--models-dir", models_dir)
    assert (code, word in said) == (2, True), said
    assert len(read_manifest(models_dir / "manifest.toml")) == 2


def test_a_broken_manifest_is_left_as_it_is(tiny: Path, models_dir: Path) -> None:
    (models_dir / "manifest.toml").write_text("[[model]\n", encoding="utf-8")
    code, said = run("add", tiny, "--models-dir", models_dir)
    assert (code, "is not valid" in said) == (2, True)
    assert (models_dir / "manifest.toml").read_text(encoding="utf-8") == "[[model]\n"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["yolox-nano", "fastest-det", "nanodet-m-416", "deimv2-atto"])
def test_the_shared_models_are_recognised_as_what_the_shipped_catalogue_says(
    shared_dir: Path, models_dir: Path, name: str
) -> None:
    """All that the entry of a person says, found out; the labels of those with numbered classes must be given."""
    shipped = load_catalogue(models_dir).entry(name)
    labels = ["--labels", "coco80.txt"] if shipped.head == "detr" else []
    code, said = run(
        *("add", shared_dir / "models" / shipped.file, "--models-dir", models_dir, "--name", "again", *labels)
    )
    assert code == 0, said
    found = load_catalogue(models_dir).entry("again")
    for key in ("head", "input", "layout", "colour", "fit", "divide_by", "mean", "deviation", "labels", "sha256"):
        assert getattr(found, key) == getattr(shipped, key), key
    assert found.outputs == shipped.outputs or not shipped.outputs
    assert found.usual_labels == shipped.usual_labels


def test_list_shows_what_was_added(tiny: Path, models_dir: Path) -> None:
    run("add", tiny, "--models-dir", models_dir)
    listed = json.loads(run("list", "--json", "--models-dir", models_dir)[1])
    assert [each["name"] for each in listed if each["presence"] == "yes"] == ["my-tiny"]


def test_what_was_made_here_cannot_be_fetched_and_says_how_it_was_made(tiny: Path, models_dir: Path) -> None:
    run("add", tiny, "--models-dir", models_dir)
    (models_dir / "My_Tiny.onnx").unlink()
    code, said = run("get", "my-tiny", "--models-dir", models_dir)
    assert (code, "patrol models add" in said) == (2, True)
