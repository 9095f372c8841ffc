"""The simulator as a process: ready line, bad orders, end."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from patrol_sim.__main__ import main
from patrol_sim.cameras import SimCamera
from patrol_sim.errors import SimError
from patrol_sim.server import SimServer
from tests.integration.patrol_sim.conftest import SMALL

PROGRAM = [sys.executable, "-m", "patrol_sim"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_says_when_it_is_ready_serves_and_ends_soon(number: signal.Signals) -> None:
    command = [*PROGRAM, "--scene", "3", "--variety", "1", "--size", "96x80", "--duration-s", "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert sorted(ready["cameras"]) == ["scene-1", "scene-2", "scene-3"]
            assert ready["control_port"] > 0
            with av.open(
                ready["cameras"]["scene-2"], options={"rtsp_transport": "tcp", "analyzeduration": "100000"}
            ) as container:
                assert next(container.decode(video=0)).width == 96
                began = time.monotonic()
                process.send_signal(number)
                assert process.wait(5) == 0
                assert time.monotonic() - began < 2.0, "0.4 s on a quiet machine; the rest is for a busy one"
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "no cameras"),
        (["--footage", "/nowhere"], "no such folder"),
        (["--config", "/nowhere.toml"], "cannot be read"),
        (["--scene", "1", "--size", "big"], "WIDTHxHEIGHT"),
        (["--scene", "1", "--fps", "0"], "fps 0"),
    ],
)
def test_a_bad_order_ends_with_2_and_one_sentence(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert says in shown.err
    assert len(shown.err.strip().splitlines()) == 1


def test_a_bad_order_to_the_process_ends_with_2() -> None:
    done = subprocess.run([*PROGRAM, "--scene", "0"], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "no cameras: give --config FILE, --footage DIR or --scene N\n"


def test_a_file_that_is_no_video_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"this is no video" * 100)
    with pytest.raises(SimError, match=r"broken\.mp4"):
        SimServer([SimCamera(name="gate", source=path)]).start()
    with pytest.raises(SimError, match=r"none\.mp4"):
        SimServer([SimCamera(name="gate", source=tmp_path / "none.mp4")]).start()


def test_a_taken_port_is_refused_with_the_reason() -> None:
    with SimServer([SimCamera(name="gate", source=SMALL)]) as first:
        for ports in ({"port": first.rtsp_port}, {"control_port": first.control_port}):
            with pytest.raises(SimError, match="in use"):
                SimServer([SimCamera(name="gate", source=SMALL)], **ports).start()


def test_two_cameras_of_one_name_are_refused() -> None:
    with pytest.raises(SimError, match="'gate'"):
        SimServer([SimCamera(name="gate", source=SMALL)] * 2)
