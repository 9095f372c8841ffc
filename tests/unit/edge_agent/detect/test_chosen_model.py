"""What the settings leave open is decided once: provider, numbers, and what the console is told about it."""

import pickle
from pathlib import Path

import pytest

from edge_agent.core.precision import Precision, PrecisionReason
from edge_agent.detect.chosen_model import choose_model
from edge_agent.detect.errors import ModelError, ProviderMissingError
from edge_agent.detect.precision_trial import fastest_looks_ms
from edge_agent.detect.providers import CPU, Provider
from edge_agent.settings.model import DetectorSettings
from tests.support.manual_clock import ManualClock
from tests.support.tiny_models import entry_text, one_row, write_manifest, write_model

TWIN = 'int8_of = "tiny"'


class StopWatch(ManualClock):
    """A clock whose readings are written down beforehand: each is so many milliseconds after the one before."""

    def __init__(self, steps_ms: list[float]) -> None:
        super().__init__()
        self._steps_ms = iter(steps_ms)
        self._read_ms = 0.0

    def instant(self) -> float:
        self._read_ms += next(self._steps_ms)
        return self._read_ms / 1e3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model and its twin."""
    whole = write_model(tmp_path / "m.onnx", {"out": one_row()})
    twin = write_model(tmp_path / "m8.onnx", {"out": one_row(score=0.8)})
    return write_manifest(tmp_path, entry_text(whole), entry_text(twin, name="tiny-int8", more=TWIN))


def settings(folder: Path, **changes: object) -> DetectorSettings:
    return DetectorSettings.model_validate({"model": "tiny", "models_dir": folder, **changes})


@pytest.mark.parametrize(
    ("fp32_ms", "int8_ms", "name", "reason"),
    [(10.0, 5.0, "tiny-int8", PrecisionReason.FASTER_HERE), (5.0, 10.0, "tiny", PrecisionReason.NOT_FASTER_HERE)],
)
def test_left_to_itself_the_faster_one_is_taken_and_both_times_are_told(
    folder: Path, fp32_ms: float, int8_ms: float, name: str, reason: PrecisionReason
) -> None:
    # Three rounds without a look at the time, then one that says the second is over.
    watch = StopWatch([0.0, *[0.0, fp32_ms, 0.0, int8_ms] * 2, 0.0, fp32_ms, 0.0, int8_ms, 2000.0])
    chosen = choose_model(settings(folder), clock=watch, meter=watch.instant)
    assert chosen.entry.name == name
    assert chosen.report() | {"input": None} == {
        "model": name,
        "input": None,
        "provider": "cpu",
        "precision": chosen.precision.precision,
        "reason": reason,
        "fp32_ms": pytest.approx(fp32_ms),
        "int8_ms": pytest.approx(int8_ms),
        "warnings": [],
    }


def test_the_fastest_look_of_each_counts_because_neighbours_only_make_it_longer(folder: Path) -> None:
    chosen = choose_model(settings(folder, precision="fp32"))
    sessions = [chosen.open(min_score=0.3), chosen.open(min_score=0.3)]
    watch = StopWatch([0.0, 0.0, 30.0, 0.0, 7.0, 0.0, 9.0, 0.0, 50.0, 0.0, 12.0, 0.0, 8.0, 2000.0])
    assert fastest_looks_ms(sessions, watch, meter=watch.instant) == pytest.approx([9.0, 7.0])


def test_the_real_trial_takes_about_a_second_and_gives_both_times(folder: Path) -> None:
    """With the machine's clock: the two tiny graphs do the same, so either may win."""
    chosen = choose_model(settings(folder))
    assert chosen.precision.fp32_ms is not None
    assert chosen.precision.int8_ms is not None
    assert min(chosen.precision.fp32_ms, chosen.precision.int8_ms) > 0.0


@pytest.mark.parametrize(
    ("asked", "name", "precision"), [("fp32", "tiny", Precision.FP32), ("int8", "tiny-int8", Precision.INT8)]
)
def test_what_is_asked_for_is_taken_without_a_trial(folder: Path, asked: str, name: str, precision: Precision) -> None:
    chosen = choose_model(settings(folder, precision=asked), clock=StopWatch([]))
    assert (chosen.entry.name, chosen.precision.precision) == (name, precision)
    assert chosen.precision.reason is PrecisionReason.ASKED_FOR


def test_int8_without_a_twin_is_refused_with_the_command_that_makes_one(folder: Path) -> None:
    write_manifest(folder, entry_text(folder / "m.onnx"))
    with pytest.raises(ModelError, match="patrol models quantize tiny"):
        choose_model(settings(folder, precision="int8"))
    chosen = choose_model(settings(folder), clock=StopWatch([]))
    assert chosen.precision.reason is PrecisionReason.NO_TWIN


@pytest.mark.parametrize("harm", ["gone", "no model"])
def test_a_twin_that_cannot_be_used_does_not_keep_the_room_from_seeing(folder: Path, harm: str) -> None:
    twin = folder / "m8.onnx"
    if harm == "gone":
        twin.unlink()
    else:
        twin.write_bytes(b"no model")
        write_manifest(folder, entry_text(folder / "m.onnx"), entry_text(twin, name="tiny-int8", more=TWIN))
    chosen = choose_model(settings(folder), clock=StopWatch([]))
    assert chosen.entry.name == "tiny"
    assert "tiny-int8" in chosen.warnings[0]
    assert chosen.warnings[0].endswith("the model runs in fp32 meanwhile")


@pytest.mark.parametrize(
    ("provider", "package"),
    [("cuda", "onnxruntime-gpu"), ("tensorrt", "onnxruntime-gpu"), ("openvino", "onnxruntime-openvino")],
)
def test_a_provider_that_is_absent_is_refused_with_what_to_install_or_runs_on_the_cpu_with_a_warning(
    folder: Path, provider: str, package: str
) -> None:
    """The onnxruntime of the lock file has none of them: the absent case is the real one."""
    with pytest.raises(ProviderMissingError, match=f'provider "{provider}" is not in .*pip install {package}'):
        choose_model(settings(folder, provider=provider))
    chosen = choose_model(settings(folder, provider=provider, provider_missing="use_cpu", precision="fp32"))
    assert chosen.report()["provider"] == "cpu"
    assert package in chosen.warnings[0]
    assert "on the CPU meanwhile" in chosen.warnings[0]


def test_the_choice_can_be_sent_to_another_process(folder: Path) -> None:
    chosen = choose_model(settings(folder, precision="fp32"))
    assert pickle.loads(pickle.dumps(chosen)) == chosen  # noqa: S301 - our own bytes of this moment


def test_a_card_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    cuda = Provider(key="cuda", wanted=(("CUDAExecutionProvider", (("device_id", "7"),)), (CPU, ())))
    cuda.load_libraries()  # without any it says nothing where programs listen
    assert capsys.readouterr().out == ""
    assert "there is no device 7, or its drivers" in str(cuda.not_started([CPU]))
    usual = Provider(key="cuda", wanted=(("CUDAExecutionProvider", (("device_id", "0"),)), (CPU, ())))
    assert "took CPUExecutionProvider: its drivers" in str(usual.not_started([CPU]))
