"""``patrol demo`` as a newcomer starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from patrol_cli.demo.view import STEPS
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
DEMO = [sys.executable, "-m", "patrol_cli", "demo", "--plain"]


def test_an_alert_goes_the_whole_way_and_everything_reconciles(tmp_path: Path) -> None:
    report = tmp_path / "out.json"
    ran = subprocess.run(
        [*DEMO, "--seconds", "60", "--report", str(report)], capture_output=True, text=True, timeout=200, check=False
    )
    assert ran.returncode == 0, ran.stderr
    written = json.loads(report.read_text(encoding="utf-8"))
    assert written["reconciled"] is True, written["differences"]
    assert written["alerts"]["raised"] == written["alerts"]["stored"] == written["alerts"]["acknowledged"] > 0
    assert written["incidents"] > 0
    whole = [dispatch for dispatch in written["dispatches"] if list(dispatch["steps_ms"]) == list(STEPS)]
    assert whole, written["dispatches"]
    for dispatch in whole:
        steps = list(dispatch["steps_ms"].values())
        assert steps == sorted(steps)
        assert steps[0] >= 0
    assert {"reported", "confirmed"} <= {line["measure"] for line in written["ledger"]}
    assert sum(line["count"] for line in written["ledger"] if line["measure"] == "reported") > 0


def test_ctrl_c_ends_every_program_within_three_seconds(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    demo = subprocess.Popen([*DEMO, "--folder", str(folder)], stderr=subprocess.PIPE, text=True)
    try:
        assert demo.stderr is not None
        for line in demo.stderr:
            if "live page" in line:
                break
        family = psutil.Process(demo.pid).children(recursive=True)
        assert len(family) >= 10  # cameras, relay, three gates, three rooms, two units, one consumer
        began_s = time.monotonic()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=10) == 0
        assert time.monotonic() - began_s < 3.0
        wait_until(lambda: not any(child.is_running() for child in family), within_s=1, what="no child is left")
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.wait()
        if demo.stderr is not None:
            demo.stderr.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--footage", "/no/such/folder"], "there is no such folder; give a folder with video files"),
        (["--report", "/no/such/folder/out.json"], "does not exist; create it first"),
        (["--seconds", "1"], "--seconds"),
        (["--models-dir", "/no/such/folder", "--seconds", "5"], "is missing; fetch it with: patrol models get"),
    ],
)
def test_a_bad_argument_ends_with_two_and_one_sentence(arguments: list[str], says: str) -> None:
    ran = subprocess.run(
        [*DEMO, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"COLUMNS": "400"},
    )
    assert ran.returncode == 2
    assert says in ran.stderr


def test_a_folder_without_videos_is_said_before_anything_else_starts(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = subprocess.run(
        [*DEMO, "--footage", str(tmp_path / "empty")], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 2
    assert "holds no video file" in ran.stderr


def test_a_quarter_of_an_hour_of_the_city_is_played_and_every_incident_has_an_owner(tmp_path: Path) -> None:
    """252 rooms and 790 terminals; what a whole day does, with both storms, in half a minute of two idle cores."""
    report = tmp_path / "day.json"
    ran = subprocess.run(
        [*DEMO, "--day", "--hours", "0.25", "--report", str(report)],
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    written = json.loads(report.read_text(encoding="utf-8"))
    assert written["without_owner"] == 0
    assert written["reconciled"] is True, written["differences"]
    assert written["alerts"]["raised"] == written["alerts"]["acknowledged"] > 0
    assert written["offer_ms"]["x1000"]["count"] > 0
    assert {"accepted", "on_scene"} <= {step for each in written["dispatches"] for step in each["steps_ms"]}
    assert written["told"]
    assert report.with_suffix(".svg").read_text(encoding="utf-8").startswith("<svg")
