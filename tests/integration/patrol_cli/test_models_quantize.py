"""``patrol models quantize`` on a real model and real footage: what it makes, what it says, what it refuses."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.core.precision import Precision
from edge_agent.detect.chosen_model import choose_model
from edge_agent.detect.detector import WHOLE_PICTURE
from edge_agent.detect.manifest import load_catalogue
from edge_agent.detect.onnx_detector import OnnxDetector
from edge_agent.settings.model import DetectorSettings
from patrol_cli.__main__ import app
from patrol_cli.models.proof import proof_picture
from tests.support.tiny_models import entry_text, one_row, write_manifest, write_model

pytestmark = [pytest.mark.timeout(120)]
FEW = ("--looks", "8", "--judge", "8")


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["models", "quantize", *map(str, arguments)])
    assert "Traceback" not in result.output
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def made(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A folder with FastestDet re-shaped to 256 and its twin, whatever it costs, and what was said about it."""
    into = tmp_path_factory.mktemp("twin")
    models, film = shared_dir / "models", shared_dir / "footage" / "plaza.mp4"
    options = ("--models-dir", models, "--into", into, "--footage", film, "--input", "256x256", "--json", *FEW)
    code, said, errors = run("fastest-det", *options, "--least-ap50", "1.0", "--anyway")
    assert code == 0, errors
    return into, json.loads(said)


@pytest.mark.shared
def test_the_twin_and_its_model_are_registered_and_run(made: tuple[Path, dict[str, object]]) -> None:
    """The folder is complete: a room may name it as its models_dir."""
    into, figures = made
    catalogue = load_catalogue(into)
    whole, twin = catalogue.entry("fastest-det-256"), catalogue.entry("fastest-det-256-int8")
    assert whole.input == twin.input == (256, 256)
    assert twin.int8_of == whole.name
    assert twin.size_bytes < whole.size_bytes / 2
    assert CliRunner().invoke(app, ["models", "check", "--models-dir", str(into)]).output.count("whole, runs") == 2
    assert twin.note == "int8 twin of fastest-det-256, made from plaza.mp4 with seed 1."
    assert figures["registered"] is True
    assert figures["looks_judged_by"] == 8


@pytest.mark.shared
def test_its_cost_is_told_in_figures_that_fit_together(made: tuple[Path, dict[str, object]]) -> None:
    cost = made[1]["int8_against_fp32"]
    assert isinstance(cost, dict)
    assert 0.2 <= cost["ap50"] <= 1.0
    assert 0 <= cost["lost"] <= cost["boxes"]
    assert cost["boxes"] > 10
    assert made[1]["reshaped_against_original"] is not None


@pytest.mark.shared
def test_a_room_that_names_the_model_takes_the_twin_when_asked(made: tuple[Path, dict[str, object]]) -> None:
    settings = {"model": "fastest-det-256", "models_dir": made[0]}
    int8 = choose_model(DetectorSettings.model_validate({**settings, "precision": "int8"}))
    assert (int8.entry.name, int8.precision.precision) == ("fastest-det-256-int8", Precision.INT8)
    auto = choose_model(DetectorSettings.model_validate(settings))
    assert auto.precision.int8_ms is not None
    assert auto.precision.int8_ms > 0.0


@pytest.mark.shared
@pytest.mark.parametrize(("name", "least"), [("yolox-nano", 0.8), ("fastest-det", 0.6)])
def test_a_reshaped_graph_sees_what_it_saw_before(shared_dir: Path, tmp_path: Path, name: str, least: float) -> None:
    """Boxes of things near enough for the smaller input stay where they were: the sizes within the graph were right."""
    from patrol_cli.models.graph_file import load_graph, reshape

    models = shared_dir / "models"
    entry = load_catalogue(models).entry(name)
    model = load_graph(models / entry.file)
    reshape(model, model.graph.input[0].name, (320, 256))
    file = tmp_path / "small.onnx"
    file.write_bytes(model.SerializeToString())
    write_manifest(tmp_path, entry_text(file, name="small", head=entry.head, more=_shown(name)))
    proof = proof_picture(None, shared_dir / "footage" / "highway.mp4", 3.5)
    before, after = (
        max(
            (
                each
                for each in OnnxDetector.from_catalogue(model, models_dir=folder, min_score=0.3).detect(
                    proof.picture, [WHOLE_PICTURE]
                )
                if each.label == "car"
            ),
            key=lambda each: each.score,
        )
        for model, folder in ((name, models), ("small", tmp_path))
    )
    assert before.box.iou(after.box) > least


def _shown(name: str) -> str:
    more = 'input = [320, 256]\nlabels = "coco80.txt"\n'
    return more + ('fit = "letterbox"' if name == "yolox-nano" else "divide_by = 255.0")


@pytest.mark.shared
def test_what_costs_too_much_is_not_registered(shared_dir: Path, tmp_path: Path) -> None:
    shutil.copy(shared_dir / "models" / "FastestDet.onnx", tmp_path)
    options = ("--models-dir", tmp_path, "--footage", shared_dir / "footage" / "plaza.mp4", *FEW)
    code, said, errors = run("fastest-det", *options, "--least-ap50", "1.0")
    assert code == 2
    assert "not registered: its AP50 against the fp32 model is" in errors
    assert "int8 against fp32" in said
    assert [path.name for path in tmp_path.iterdir()] == ["FastestDet.onnx"]


def test_bad_arguments_are_one_sentence(tmp_path: Path) -> None:
    model, twin = (write_model(tmp_path / f"{each}.onnx", {"out": one_row()}) for each in ("m", "m8"))
    write_manifest(tmp_path, entry_text(model), entry_text(twin, name="t8", more='int8_of = "tiny"'))
    (tmp_path / "film.mp4").write_bytes(b"no film")
    cases = [
        (("nobody", "--footage", tmp_path), "there is no model"),
        (("t8", "--footage", tmp_path), "is an int8 model already"),
        (("tiny", "--footage", tmp_path / "nowhere"), "holds no film"),
        (("tiny", "--footage", tmp_path / "film.mp4"), "film.mp4"),
        (("tiny", "--footage", tmp_path, "--input", "48"), "320x320"),
        (("yolox-nano", "--footage", tmp_path), "patrol models get yolox-nano"),
    ]
    for arguments, word in cases:
        code, _, errors = run(*arguments, "--models-dir", tmp_path)
        assert (code, word in errors) == (2, True), errors
