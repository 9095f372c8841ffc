"""``patrol detect`` on real footage with its ground truth, and what bad input gets."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from patrol_cli.__main__ import app

VEHICLES = {"car", "truck", "bus"}
RIDDEN = {"bicycle", "motorcycle"}
NAMED = '"bicycle", "motorcycle", '
"""In the room's rule: a small model takes a bicycle from steeply above for a motorcycle, and rooms should name both."""


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["detect", *(str(argument) for argument in arguments)])
    return result.exit_code, result.stdout, result.stderr


def alerts_of(*arguments: object) -> list[dict[str, Any]]:
    code, out, err = run(*arguments, "--jsonl")
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.shared
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("kind", "named"), [("onnx", RIDDEN), ("onnx", {"bicycle"}), ("motion", RIDDEN)])
def test_each_thing_on_the_car_park_alerts_once_and_quiet_stays_quiet(
    shared_dir: Path, room: Callable[[str, str], Path], kind: str, named: set[str]
) -> None:
    """Also where the rule does not name the motorcycles that a small model takes bicycles for."""
    truth = json.loads((shared_dir / "footage" / "parking.events.json").read_text(encoding="utf-8"))
    video = shared_dir / "footage" / "parking.mp4"
    config = room("parking", kind)
    config.write_text(config.read_text(encoding="utf-8").replace(NAMED, "".join(f'"{one}", ' for one in sorted(named))))
    alerts = alerts_of(video, "--config", config, "--models-dir", shared_dir / "models")
    tolerance = truth["tolerance_s"]
    left = list(alerts)
    for event in truth["events"]:
        wanted = {"car": VEHICLES, "bicycle": named | {"person"}, "person": {"person"}}[event["label"]]
        wanted = wanted if kind == "onnx" else {"moving_object"}
        match = [a for a in left if a["label"] in wanted and abs(a["start_s"] - event["enter_s"]) <= 1.0]
        assert match, f"no alert for {event}"
        left.remove(min(match, key=lambda a: abs(a["start_s"] - event["enter_s"])))
    assert left == []
    for begin, end in truth["empty_s"]:
        assert not [a for a in alerts if begin + tolerance < a["start_s"] < end - tolerance]


@pytest.mark.shared
@pytest.mark.timeout(180)
def test_exactly_the_eight_passes_on_the_highway_alert(shared_dir: Path, room: Callable[[str, str], Path]) -> None:
    truth = json.loads((shared_dir / "footage" / "highway.events.json").read_text(encoding="utf-8"))
    video = shared_dir / "footage" / "highway.mp4"
    alerts = alerts_of(video, "--config", room("highway", "onnx"), "--models-dir", shared_dir / "models")
    starts = sorted(alert["start_s"] for alert in alerts)
    assert starts == pytest.approx(truth["passes_s"], abs=truth["tolerance_s"])


@pytest.mark.shared
@pytest.mark.timeout(180)
def test_motion_alone_sees_the_passes_and_nothing_in_the_empty_spans(
    shared_dir: Path, room: Callable[[str, str], Path]
) -> None:
    """The first pass is one second after the film begins: its car is in the first picture, yet leaves no ghost."""
    truth = json.loads((shared_dir / "footage" / "highway.events.json").read_text(encoding="utf-8"))
    alerts = alerts_of(shared_dir / "footage" / "highway.mp4", "--config", room("highway", "motion"))
    starts = sorted(alert["start_s"] for alert in alerts)
    assert starts == pytest.approx(truth["passes_s"], abs=truth["tolerance_s"])
    for begin, end in truth["near_lane_empty_s"]:
        assert not [start for start in starts if begin < start < end]


@pytest.mark.shared
@pytest.mark.timeout(180)
def test_against_an_arrow_drawn_the_other_way_all_eight_drive_and_along_it_nobody(
    shared_dir: Path, room: Callable[[str, str], Path]
) -> None:
    truth = json.loads((shared_dir / "footage" / "highway.events.json").read_text(encoding="utf-8"))
    video = shared_dir / "footage" / "highway.mp4"
    alerts = alerts_of(video, "--config", room("highway_ways", "onnx"), "--models-dir", shared_dir / "models")
    assert {alert["rule"] for alert in alerts} == {"against-the-arrow"}
    assert len(alerts) == len(truth["passes_s"])
    for alert, pass_s in zip(sorted(alerts, key=lambda entry: entry["start_s"]), truth["passes_s"], strict=True):
        assert alert["start_s"] - 0.5 <= pass_s <= alert["end_s"] + 1.5


def test_a_film_needs_no_weights_and_leaves_its_evidence(
    film: Path, room: Callable[[str, str], Path], tmp_path: Path
) -> None:
    (alert,) = alerts_of(film, "--config", room("highway", "motion"), "--evidence", tmp_path / "evidence")
    assert list(alert) == ["rule", "label", "zone", "start_s", "end_s", "box", "score", "snapshot", "clip"]
    assert (alert["rule"], alert["label"], alert["zone"]) == ("passing", "moving_object", "pass")
    # The middle of the block is at (8 n - 20) / 320 of the picture at n / 10 s: 0.65 at 2.85 s.
    assert alert["start_s"] == pytest.approx(2.85, abs=0.15)
    assert Path(alert["snapshot"]).read_bytes()[:2] == b"\xff\xd8"
    with av.open(alert["clip"]) as clip:
        assert sum(1 for _ in clip.decode(video=0)) > 10


def test_without_an_evidence_folder_nothing_is_written(
    film: Path, room: Callable[[str, str], Path], tmp_path: Path
) -> None:
    (alert,) = alerts_of(film, "--config", room("highway", "motion"))
    assert alert["snapshot"] is None
    assert alert["clip"] is None


def test_tracks_are_in_pixels_of_the_source_for_every_frame(
    film: Path, room: Callable[[str, str], Path], tmp_path: Path
) -> None:
    code, _, err = run(film, "--config", room("highway", "motion"), "--tracks", tmp_path / "t.txt")
    assert code == 0, err
    lines = [line.split(",") for line in (tmp_path / "t.txt").read_text(encoding="ascii").splitlines()]
    assert all(len(line) == 7 for line in lines)
    frames = [int(line[0]) for line in lines]
    assert frames == sorted(frames)
    assert len({line[1] for line in lines}) == 1
    middle = next(line for line in lines if line[0] == "21")  # the 21st frame: the block is at 120 to 160, 100 to 160
    left, top, width, height = (float(value) for value in middle[2:6])
    assert left == pytest.approx(120, abs=10)
    assert top == pytest.approx(100, abs=10)
    assert left + width == pytest.approx(160, abs=10)
    assert top + height == pytest.approx(160, abs=10)


def test_people_get_a_table(film: Path, room: Callable[[str, str], Path]) -> None:
    code, out, _ = run(film, "--config", room("highway", "motion"))
    assert code == 0
    assert "passing" in out
    assert "1 alerts in" in out


def test_what_ails_the_picture_is_told_at_the_end_and_in_no_line_of_json(
    room: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """The lens is capped from the tenth to the twentieth second."""
    path = tmp_path / "capped.mp4"
    rough = np.random.default_rng(3).integers(60, 200, (30, 40), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=2)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(60):
            picture = np.zeros_like(rough) if 20 <= number < 40 else rough
            shown = np.ascontiguousarray(np.stack([picture] * 3, axis=2))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        container.mux(stream.encode(None))
    code, out, err = run(path, "--config", room("highway", "motion"))
    assert code == 0, err
    assert "the camera's picture was black: 10.0 to 19.5 s" in out
    assert "black" not in run(path, "--config", room("highway", "motion"), "--jsonl")[1]


@pytest.mark.parametrize(
    ("change", "arguments", "sentence"),
    [
        (("", ""), ["--config", "nowhere.toml"], "there is no such file"),
        (('line = "pass"', 'line = "past"'), [], "line 16"),
        (("[detector]", "[detector]\nmodal = 1"), [], "unknown key"),
        (('kind = "motion"', 'kind = "onnx"'), ["--models-dir", "{empty}"], "patrol models get yolox-nano"),
        (('kind = "motion"', 'kind = "onnx"'), ["--models-dir", "{damaged}"], "damaged or another file"),
        (('kind = "motion"', 'kind = "onnx"\nmodel = "yolo-99"'), ["--models-dir", "{empty}"], "yolo-99"),
        (("", ""), ["--camera", "porch"], 'no camera "porch"'),
        (("", ""), ["--evidence", "{damaged}/yolox_nano.onnx"], "the folder cannot be made"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(
    film: Path,
    room: Callable[[str, str], Path],
    tmp_path: Path,
    change: tuple[str, str],
    arguments: list[str],
    sentence: str,
) -> None:
    config = room("highway", "motion")
    config.write_text(config.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "yolox_nano.onnx").write_bytes(b"no model")
    filled = [text.format(empty=tmp_path / "empty", damaged=tmp_path / "damaged") for text in arguments]
    given = filled if "--config" in filled else ["--config", str(config), *filled]
    code, out, err = run(film, *given)
    assert code == 2
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err


@pytest.mark.parametrize("content", [None, b"", b"this is no film" * 100])
def test_a_film_that_is_none_gets_one_sentence(
    room: Callable[[str, str], Path], tmp_path: Path, content: bytes | None
) -> None:
    video = tmp_path / "film.mp4"
    if content is not None:
        video.write_bytes(content)
    code, out, err = run(video, "--config", room("highway", "motion"))
    assert code == 2
    assert out == ""
    assert str(video) in err
    assert "Traceback" not in err


def test_the_password_of_an_address_is_never_printed(room: Callable[[str, str], Path]) -> None:
    code, _, err = run("rtsp://guard:open-sesame@127.0.0.1:1/gate", "--config", room("highway", "motion"))
    assert code == 2
    assert "open-sesame" not in err
    assert err.count("rtsp://127.0.0.1:1/gate") == 1
