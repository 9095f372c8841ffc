"""The analysis of one camera as the room's settings want it."""

from typing import Final

from edge_agent.detect.analyser import AnalyserSettings, CameraAnalysis, ModelFacts
from edge_agent.detect.room_rules import rules_of
from edge_agent.settings.model import CameraSettings, DetectorSettings

WEAK_SHARE: Final = 0.33
"""Detections from this share of min_score on continue tracks (second stage of ByteTrack) and are told to nobody."""


def analysis_of(camera: CameraSettings, settings: DetectorSettings, model: ModelFacts) -> CameraAnalysis:
    """Return a fresh analysis of one camera whose model runs elsewhere."""
    return CameraAnalysis(rules_of(camera), model, analyser_settings(settings))


def analyser_settings(settings: DetectorSettings) -> AnalyserSettings:
    """Return what the room's settings say of every analysis."""
    return AnalyserSettings(full_frame_every_s=settings.full_frame_every_s, min_score=settings.min_score)
