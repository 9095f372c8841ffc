"""A detector and an analyser as the room's settings want them; the one place that joins the two.

``detector_of`` is called once per detector worker, ``analyser_of`` once per camera; an OnnxDetector may serve many
analysers, one after another.
"""

from pathlib import Path
from typing import Final

from edge_agent.detect.analyser import Analyser, AnalyserSettings
from edge_agent.detect.detector import Detector
from edge_agent.detect.motion_detector import MotionDetector
from edge_agent.detect.onnx_detector import OnnxDetector
from edge_agent.detect.room_rules import rules_of
from edge_agent.settings.model import CameraSettings, DetectorSettings

WEAK_SHARE: Final = 0.33
"""Detections from this share of min_score on continue tracks (second stage of ByteTrack) and are told to nobody."""


def detector_of(settings: DetectorSettings, *, models_dir: Path | None = None) -> Detector:
    """Return the detector the settings name; raises ModelError in words for a technician."""
    if settings.kind == "motion":
        return MotionDetector()
    return OnnxDetector.from_catalogue(
        settings.model, models_dir=models_dir or settings.models_dir, min_score=settings.min_score * WEAK_SHARE
    )


def analyser_of(camera: CameraSettings, settings: DetectorSettings, detector: Detector) -> Analyser:
    """Return a fresh analysis of one camera."""
    return Analyser(
        rules_of(camera),
        detector,
        AnalyserSettings(full_frame_every_s=settings.full_frame_every_s, min_score=settings.min_score),
    )
