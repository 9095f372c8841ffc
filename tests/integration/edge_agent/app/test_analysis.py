"""The analysis and its detectors as processes of their own: what they decide, and what happens when they fall.

The processes are real and are really killed and stopped.
"""

import os
import signal
from itertools import count, islice
from pathlib import Path

import psutil
import pytest

from edge_agent.app import analysis as analysis_module
from edge_agent.app.analysis_child import AnalysisChild
from edge_agent.core.child_life import ChildState
from edge_agent.core.load import LoadStep
from edge_agent.detect import detector_crew
from edge_agent.detect.analysis_process import GOES_FIRST
from edge_agent.detect.errors import ModelError
from edge_agent.ops.clock import SystemClock
from edge_agent.settings.toml_file import parse_settings
from tests.support.analysed import CAMERA, Analysed, analysed, catalogue_with, pictures
from tests.support.privileges import may_go_first
from tests.support.waiting import wait_until

TWO_CAMERAS = CAMERA.format(name="gate") + CAMERA.format(name="yard")


def show_all(room: Analysed, camera: str, *, first: int = 0, most: int = 60) -> None:
    for number, picture in enumerate(islice(pictures(), first, first + most), start=first):
        room.show(camera, number, picture)


def detector_pid(room: Analysed) -> int:
    assert room.analysis.pid is not None
    (child,) = psutil.Process(room.analysis.pid).children()
    return child.pid


def yields_to_the_room(pid: int) -> bool:
    return psutil.Process(pid).nice() == psutil.Process().nice() + detector_crew.NICE


def test_the_analysis_goes_before_the_room_where_it_may() -> None:
    with analysed(parse_settings(TWO_CAMERAS, source="test")) as room:
        steps = GOES_FIRST if may_go_first(GOES_FIRST) else 0
        assert room.analysis.pid is not None
        assert psutil.Process(room.analysis.pid).nice() == psutil.Process().nice() - steps


def test_who_walks_through_a_picture_is_told_by_the_process() -> None:
    with analysed(parse_settings(TWO_CAMERAS, source="test")) as room:
        show_all(room, "gate")
        assert room.raised("gate")
        assert not room.raised("yard")
        assert room.cameras["gate"].analysed == 60
        assert room.analysis.picture_ms > 0.0


def test_a_killed_analysis_is_started_again_and_goes_on_without_the_room_noticing() -> None:
    with analysed(parse_settings(TWO_CAMERAS, source="test")) as room:
        show_all(room, "gate", most=5)
        pid = room.analysis.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: room.analysis.book.restarts == 1, within_s=10, what="a new process is started")
        wait_until(lambda: room.analysis.book.state is ChildState.RUNNING, within_s=20, what="it is ready")
        assert room.analysis.pid != pid
        for number, picture in enumerate(pictures(), start=100):
            room.show("gate", number, picture)
        assert room.raised("gate")


def test_pictures_in_the_hands_of_a_killed_analysis_are_counted_and_their_camera_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A picture that nobody decides any more must not keep its camera waiting for ever."""
    monkeypatch.setattr(analysis_module, "HANGS_AFTER_S", 1.0)
    with analysed(parse_settings(TWO_CAMERAS, source="test")) as room:
        show_all(room, "gate", most=2)
        pid = room.analysis.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)  # it hangs: alive, and silent
        for camera in room.cameras:
            room.offer(camera, 50, next(pictures()))
        wait_until(lambda: room.lost() == 2.0, within_s=10, what="both pictures are counted as lost")
        assert not psutil.pid_exists(pid)
        wait_until(lambda: room.analysis.book.state is ChildState.RUNNING, within_s=20, what="a new one is ready")
        before = room.decided("yard")
        room.offer("yard", 60, next(pictures()))
        wait_until(lambda: room.decided("yard") > before, within_s=10, what="the camera is analysed again")


def test_nothing_of_the_analysis_is_left_behind_when_the_room_ends() -> None:
    with analysed(parse_settings(TWO_CAMERAS, source="test")) as room:
        pid = room.analysis.pid
        assert pid is not None
    assert not psutil.pid_exists(pid)


@pytest.mark.shared
def test_a_killed_detector_costs_looks_and_neither_pictures_nor_alerts(shared_dir: Path, tmp_path: Path) -> None:
    models = catalogue_with(tmp_path, shared_dir / "models")
    text = f'[detector]\nkind = "onnx"\nmodel = "fastest-det"\nmodels_dir = "{models}"\n' + TWO_CAMERAS
    with analysed(parse_settings(text, source="test")) as room:
        show_all(room, "gate", most=20)
        wait_until(lambda: room.analysis.figures.looks, within_s=5, what="the model looks")
        analysis = room.analysis.pid
        assert yields_to_the_room(detector_pid(room))
        os.kill(detector_pid(room), signal.SIGKILL)
        wait_until(lambda: room.analysis.figures.detector_restarts == 1, within_s=15, what="a new detector")
        show_all(room, "gate", first=20, most=40)
        assert room.analysis.pid == analysis, "the analysis itself went on"
        assert room.cameras["gate"].analysed == 60
        assert room.lost() == 0.0
        assert room.raised("gate")
        wait_until(lambda: room.analysis.figures.detectors == 1, within_s=15, what="the detector runs again")
        assert yields_to_the_room(detector_pid(room)), "it was started by a process that goes first"
        wait_until(
            lambda: room.analysis.figures.load is not LoadStep.MOTION_ONLY, within_s=5, what="the model is asked again"
        )


@pytest.mark.shared
def test_a_model_that_hangs_is_ended_and_pictures_are_decided_meanwhile(shared_dir: Path, tmp_path: Path) -> None:
    models = catalogue_with(tmp_path, shared_dir / "models")
    text = f'[detector]\nkind = "onnx"\nmodel = "fastest-det"\nmodels_dir = "{models}"\n' + TWO_CAMERAS
    with analysed(parse_settings(text, source="test")) as room:
        show_all(room, "gate", most=5)
        os.kill(detector_pid(room), signal.SIGSTOP)
        room.offer("gate", 5, next(pictures()))
        show_all(room, "yard", most=3)  # waits for no look of the other camera longer than its patience
        wait_until(
            lambda: "hung for" in room.analysis.figures.detector_fault,
            within_s=detector_crew.HANGS_AFTER_S + 5,
            what="the hanging detector is ended",
        )
        wait_until(lambda: room.analysis.figures.detectors == 1, within_s=15, what="a new one runs")
        assert room.decided("gate") == 6


def test_a_model_that_is_not_there_refuses_the_start_in_one_sentence(tmp_path: Path) -> None:
    text = f'[detector]\nkind = "onnx"\nmodels_dir = "{tmp_path}"\n' + TWO_CAMERAS
    child = AnalysisChild(parse_settings(text, source="test"))
    with pytest.raises(ModelError, match=r"yolox_nano.onnx: the file of model yolox-nano is missing"):
        child.await_ready(SystemClock())
    child.end()


def test_pictures_that_come_while_the_analysis_dies_harm_nobody() -> None:
    """A camera's thread may be writing a picture for a process that has just been given up."""
    with analysed(parse_settings(TWO_CAMERAS, source="test")) as room:
        street = list(pictures())
        for number in range(300):
            for camera in room.cameras:
                room.offer(camera, number, street[number % len(street)])
            pid = room.analysis.pid
            if number % 100 == 50 and pid is not None:
                os.kill(pid, signal.SIGKILL)
        rounds = dict(room.analysis.rounds)
        numbers = count(400)
        for camera in room.cameras:
            before = room.cameras[camera].analysed + 5

            def goes_on(camera: str = camera, before: int = before) -> bool:
                room.offer(camera, next(numbers), street[0])
                return room.cameras[camera].analysed > before

            wait_until(goes_on, within_s=30, what="the camera is analysed again")
        wait_until(
            lambda: all(room.analysis.rounds[name] > count for name, count in rounds.items()),
            within_s=5,
            what="both threads are alive",
        )
