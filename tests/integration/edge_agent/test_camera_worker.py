"""A fault in the analysis of one picture costs that picture and nothing else."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.detector_pool import DetectorPool
from edge_agent.capture.frames import Frame
from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.detect.picture import Picture
from edge_agent.ops.clock import SystemClock
from edge_agent.settings.toml_file import parse_settings
from tests.support.small_video import make_film
from tests.support.waiting import wait_until


class BrokenDetector:
    """A model that fails on every picture while ``broken`` is set."""

    labels = ("person",)
    usual_labels = frozenset({"person"})
    input_size = (64, 64)
    broken = True

    def detect(self, picture: Picture, regions: Sequence[Box]) -> list[Detection]:
        if self.broken:
            raise RuntimeError("the model has lost its mind")
        return []


def test_a_failing_detector_is_contained_counted_and_forgiven(tmp_path: Path) -> None:
    frames: list[Frame] = []
    film = make_film(tmp_path / "walk.mp4", seconds=2)
    settings = parse_settings(f'[[camera]]\nname = "gate"\nurl = "{film}"\n', source="test")
    detector = BrokenDetector()
    camera = CameraWorker(
        settings.cameras[0],
        detector=DetectorPool([detector]),
        detector_settings=settings.detector,
        clock=SystemClock(),
        take=lambda _camera, frame: frames.append(frame),
        on_link=lambda _change: None,
    )
    camera.thread.start()
    wait_until(lambda: len(frames) >= 5, within_s=10, what="frames come")
    camera.thread.stop()
    assert camera.analyse(frames[0]) == ()
    assert camera.analyse(frames[1]) == ()
    assert (camera.faults, camera.analysed) == (2, 0)
    detector.broken = False
    camera.analyse(frames[2])
    assert (camera.faults, camera.analysed) == (2, 1)
    assert camera.wall_us(frames[0].media_s) == pytest.approx(frames[0].captured_at, abs=1_000_000)
