"""Real models on real pictures: golden detections, and refusals at start."""

from dataclasses import replace
from pathlib import Path

import av
import pytest

from edge_agent.core.boxes import Box
from edge_agent.detect.chosen_model import choose_model
from edge_agent.detect.detector import WHOLE_PICTURE
from edge_agent.detect.errors import ModelError
from edge_agent.detect.onnx_detector import OnnxDetector
from edge_agent.detect.picture import Picture
from edge_agent.settings.model import DetectorSettings

pytestmark = [pytest.mark.shared, pytest.mark.timeout(120)]


def picture_at(video: Path, at_s: float) -> Picture:
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            if frame.time >= at_s:
                return Picture.of(frame)
    raise AssertionError(f"{video} is shorter than {at_s} s")


@pytest.mark.parametrize("name", ["yolox-nano", "fastest-det"])
def test_the_car_in_the_near_lane_is_seen_where_it_is(shared_dir: Path, name: str) -> None:
    """The red car at 3.5 s, measured by hand in the picture."""
    detector = OnnxDetector.from_catalogue(name, models_dir=shared_dir / "models", min_score=0.3)
    found = detector.detect(picture_at(shared_dir / "footage" / "highway.mp4", 3.5), [WHOLE_PICTURE])
    cars = [detection for detection in found if detection.label == "car" and detection.score > 0.5]
    assert max(car.box.iou(Box(0.52, 0.54, 0.84, 0.94)) for car in cars) > 0.8


def test_a_person_too_small_for_the_whole_picture_is_seen_in_a_region(shared_dir: Path) -> None:
    """The far half of the car park at native resolution; the box is in shares of the whole picture."""
    detector = OnnxDetector.from_catalogue("yolox-nano", models_dir=shared_dir / "models", min_score=0.3)
    picture = picture_at(shared_dir / "footage" / "parking.mp4", 26.0)
    region = Box(0.0, 0.0, 0.54, 0.96)
    people = [found for found in detector.detect(picture, [region]) if found.label == "person"]
    assert max(person.score for person in people) > 0.7
    assert max(person.box.iou(Box(0.085, 0.085, 0.14, 0.265)) for person in people) > 0.5


def test_a_thing_in_two_regions_is_told_once(shared_dir: Path) -> None:
    detector = OnnxDetector.from_catalogue("yolox-nano", models_dir=shared_dir / "models", min_score=0.5)
    picture = picture_at(shared_dir / "footage" / "highway.mp4", 3.5)
    near = Box(0.45, 0.45, 0.95, 1.0)
    once = [d for d in detector.detect(picture, [WHOLE_PICTURE, near, Box(0.5, 0.5, 1.0, 1.0)]) if d.box.bottom > 0.8]
    assert len(once) == 1


def test_labels_that_do_not_fit_the_model_are_refused(shared_dir: Path) -> None:
    chosen = choose_model(DetectorSettings(models_dir=shared_dir / "models", precision="fp32"))
    with pytest.raises(ModelError, match="does not fit the 2 labels"):
        OnnxDetector(replace(chosen, labels=("person", "car")), min_score=0.3)
