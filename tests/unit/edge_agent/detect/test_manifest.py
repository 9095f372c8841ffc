"""The catalogue: strict, complete, and nothing is used whose hash differs."""

from pathlib import Path

import pytest

from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.registry import HEADS
from edge_agent.detect.manifest import load_catalogue, shipped_models, verified_file

ENTRY = """
[[model]]
name = "m"
file = "m.onnx"
url = "https://example.org/m.onnx"
sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
size_bytes = 1
head = "yolox"
input = [416, 416]
layout = "nchw"
colour = "bgr"
fit = "letterbox"
labels = "l.txt"
licence = "none"
source = "here"
"""


def folder_with(tmp_path: Path, manifest: str) -> Path:
    (tmp_path / "manifest.toml").write_text(manifest, encoding="utf-8")
    (tmp_path / "l.txt").write_text("person\ncar\n", encoding="utf-8")
    return tmp_path


def test_every_shipped_entry_has_a_head_and_labels() -> None:
    catalogue = load_catalogue(shipped_models())
    assert {entry.name for entry in catalogue.entries} >= {"yolox-nano"}
    for entry in catalogue.entries:
        assert entry.head in HEADS
        assert set(entry.usual_labels) <= set(catalogue.labels(entry))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (('name = "m"', 'name = "m"\nsurprise = 1'), "surprise"),  # unknown key
        (('sha256 = "e3', 'sha256 = "zz'), "sha256"),
        (("input = [416, 416]", "input = [416]"), "input"),
        (('file = "m.onnx"', 'file = "../m.onnx"'), "file"),  # no way out of the folder
        (('url = "https', 'url = "http'), "url"),
        (("size_bytes = 1", "size_bytes = 0"), "size_bytes"),
        (('colour = "bgr"', 'colour = "grey"'), "colour"),
        (("[[model]]", "[[model"), "valid"),
    ],
)
def test_a_wrong_catalogue_is_refused_with_file_and_key(tmp_path: Path, change: tuple[str, str], word: str) -> None:
    folder = folder_with(tmp_path, ENTRY.replace(*change))
    with pytest.raises(ModelError, match=word) as refusal:
        load_catalogue(folder)
    assert str(folder / "manifest.toml") in str(refusal.value)


def test_a_name_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="twice"):
        load_catalogue(folder_with(tmp_path, ENTRY + ENTRY))


def test_an_unknown_model_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"it has yolox-nano, .*, m$"):
        load_catalogue(folder_with(tmp_path, ENTRY)).entry("n")


def test_a_folder_without_a_catalogue_takes_the_shipped_one(tmp_path: Path) -> None:
    assert load_catalogue(tmp_path).entry("yolox-nano").file == "yolox_nano.onnx"


def test_a_folders_catalogue_adds_to_the_shipped_one_and_replaces_what_has_the_same_name(tmp_path: Path) -> None:
    """Who adds a model does not lose the shipped ones, and who knows better about one says so once."""
    shipped = [entry.name for entry in load_catalogue(shipped_models()).entries]
    mine = ENTRY.replace('name = "m"', 'name = "yolox-nano"').replace("m.onnx", "mine.onnx")
    catalogue = load_catalogue(folder_with(tmp_path, ENTRY + mine))
    assert [entry.name for entry in catalogue.entries] == [*shipped, "m"]
    assert catalogue.entry("yolox-nano").file == "mine.onnx"
    assert catalogue.labels(catalogue.entry("m")) == ("person", "car")
    assert len(catalogue.labels(catalogue.entry("fastest-det"))) == 80


def test_a_label_file_that_travels_with_the_product_need_not_lie_in_the_folder(tmp_path: Path) -> None:
    catalogue = load_catalogue(folder_with(tmp_path, ENTRY.replace("l.txt", "coco80.txt")))
    assert len(catalogue.labels(catalogue.entry("m"))) == 80


TWIN = ENTRY.replace('name = "m"', 'name = "m-int8"\nint8_of = "m"')


def test_an_int8_twin_is_found_by_its_model(tmp_path: Path) -> None:
    catalogue = load_catalogue(folder_with(tmp_path, ENTRY + TWIN))
    twin = catalogue.int8_twin(catalogue.entry("m"))
    assert twin is not None
    assert twin.name == "m-int8"
    assert catalogue.int8_twin(twin) is None


@pytest.mark.parametrize(
    ("manifest", "word"),
    [
        (TWIN, 'int8_of names "m", which is no model'),
        (ENTRY + TWIN.replace("[416, 416]", "[320, 320]"), "differ from those of m"),
        (ENTRY + TWIN + TWIN.replace("m-int8", "m-other"), "m-int8 is the int8 twin of m already"),
        (ENTRY + TWIN + TWIN.replace("m-int8", "m-third").replace('_of = "m"', '_of = "m-int8"'), "no model"),
    ],
)
def test_a_twin_that_cannot_be_one_is_refused(tmp_path: Path, manifest: str, word: str) -> None:
    with pytest.raises(ModelError, match=word):
        load_catalogue(folder_with(tmp_path, manifest))


def test_a_file_made_here_cannot_be_fetched_and_says_how_it_was_made(tmp_path: Path) -> None:
    mine = ENTRY.replace('url = "https://example.org/m.onnx"\n', "")
    twin = mine.replace('name = "m"', 'name = "m-int8"\nint8_of = "m"').replace("m.onnx", "m8.onnx")
    catalogue = load_catalogue(folder_with(tmp_path, mine + twin))
    with pytest.raises(ModelError, match="make it again with patrol models add"):
        verified_file(catalogue.entry("m"), tmp_path)
    with pytest.raises(ModelError, match="make it again with patrol models quantize m"):
        verified_file(catalogue.entry("m-int8"), tmp_path)


def test_a_missing_file_says_how_to_fetch_it(tmp_path: Path) -> None:
    entry = load_catalogue(folder_with(tmp_path, ENTRY)).entry("m")
    with pytest.raises(ModelError, match="patrol models get m"):
        verified_file(entry, tmp_path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    entry = load_catalogue(folder_with(tmp_path, ENTRY)).entry("m")
    (tmp_path / "m.onnx").write_bytes(b"x")
    with pytest.raises(ModelError, match="damaged or another file"):
        verified_file(entry, tmp_path)


def test_labels_that_are_not_there_are_refused(tmp_path: Path) -> None:
    catalogue = load_catalogue(folder_with(tmp_path, ENTRY))
    (tmp_path / "l.txt").unlink()
    with pytest.raises(ModelError, match="labels of model m"):
        catalogue.labels(catalogue.entry("m"))
