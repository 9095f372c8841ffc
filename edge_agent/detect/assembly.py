"""A detector and an analyser as the room's settings want them, in one thread: for recordings and benches.

In the running agent the model lives in a process of its own (``analysis_process.py``).
"""

from collections.abc import Sequence
from pathlib import Path

from edge_agent.core.rules import AnyRule
from edge_agent.detect.analyser import Analyser
from edge_agent.detect.chosen_model import choose_model
from edge_agent.detect.detector import Detector
from edge_agent.detect.motion_detector import MotionDetector
from edge_agent.detect.onnx_detector import OnnxDetector
from edge_agent.detect.room_analysis import WEAK_SHARE, analyser_settings
from edge_agent.detect.room_rules import rules_of
from edge_agent.settings.model import CameraSettings, DetectorSettings


def detector_of(settings: DetectorSettings, *, models_dir: Path | None = None) -> Detector:
    """Return the detector the settings name; raises ModelError in words for a technician."""
    if settings.kind == "motion":
        return MotionDetector()
    return OnnxDetector(choose_model(settings, models_dir=models_dir), min_score=settings.min_score * WEAK_SHARE)


def analyser_of(
    camera: CameraSettings, settings: DetectorSettings, detector: Detector, *, rules: Sequence[AnyRule] | None = None
) -> Analyser:
    """Return a fresh analysis of one camera with its detector at hand, under its own rules or under others."""
    return Analyser(rules_of(camera) if rules is None else rules, detector, analyser_settings(settings))
