"""One camera of the room: its capture thread, its analysis, its masks, and the last frame it gave.

Owns what belongs to one camera and to nobody else. A fault of its analysis is contained here: counted, logged once
until a picture goes through again, and the analysis begins anew.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import structlog

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.camera_thread import CameraThread, LinkChange
from edge_agent.capture.frames import Frame, luma
from edge_agent.core.alerts import AlertChange
from edge_agent.core.attention import Attention
from edge_agent.core.clips import LONGEST_S, seconds_to_keep
from edge_agent.detect.analyser import Analyser
from edge_agent.detect.assembly import analyser_of
from edge_agent.detect.detector import Detector
from edge_agent.detect.keyframe_gate import KeyframeGate
from edge_agent.detect.picture import Picture
from edge_agent.evidence.masks import Mask, MaskBurner
from edge_agent.ops.clock import Clock
from edge_agent.settings.errors import SettingsError
from edge_agent.settings.model import CameraSettings, DetectorSettings, LoiteringSettings

log = structlog.get_logger(__name__)

_LONGEST_LOOK_BACK_S: Final = 60.0
_USUAL_GOP_S: Final = 4.0
_LONGEST_RING_S: Final = 240.0


class FrameTaker(Protocol):
    """Takes each frame a camera offers for analysis; returns at once."""

    def __call__(self, camera: str, frame: Frame) -> None:
        """Take or replace."""
        ...


class _LumaGate:
    """``capture.decode_policy.MotionGate`` over the luma plane of a camera's keyframes."""

    def __init__(self) -> None:
        self._gate = KeyframeGate()

    def moved(self, frame: Frame) -> bool:
        return self._gate.moved(luma(frame.video_frame))


class CameraWorker:
    """One camera. ``analyse`` is called by one detector worker at a time, in order of media time."""

    def __init__(
        self,
        settings: CameraSettings,
        *,
        detector: Detector,
        detector_settings: DetectorSettings,
        clock: Clock,
        take: FrameTaker,
        on_link: Callable[[LinkChange], None],
    ) -> None:
        self.settings = settings
        self.name = settings.name
        self._detector = detector
        self._detector_settings = detector_settings
        self._take = take
        self._analyser = self._new_analyser()
        self._attention = Attention()
        self._faulty = False
        masks = [Mask(polygon=mask.polygon) for mask in settings.masks]
        self.snapshot_burner = MaskBurner(masks)
        self.clip_burner = MaskBurner(masks)
        self.last_frame: Frame | None = None
        """The newest frame offered, for an operator's flag; an immutable value, replaced by the camera's thread."""
        self.analysed = 0
        self.faults = 0
        self.looked_at = 0
        """Regions and whole pictures that the model was run on."""
        source = source_of(settings)
        self.ring_s = source.ring_s
        self.thread = CameraThread(source, clock=clock, sink=self, on_link=on_link, gate=_LumaGate())

    def offer(self, frame: Frame) -> None:
        """Take a frame from the camera's thread (FrameSink); never blocks."""
        self.last_frame = frame
        self._take(self.name, frame)

    def analyse(self, frame: Frame) -> tuple[AlertChange, ...]:
        """Return what a frame means; an exception of the analysis costs this frame and the tracks, nothing else."""
        try:
            result = self._analyser.analyse(Picture.of(frame.video_frame), frame.media_s)
        except Exception:  # supervisor of the analysis: one camera's fault stays its own
            if not self._faulty:
                log.exception("analysis_failed", camera=self.name)
            self._begin_anew()
            return ()
        if self._faulty:
            self._faulty = False
            log.info("analysis_recovered", camera=self.name, faults=self.faults)
        self.analysed += 1
        self.looked_at += result.looked_at
        if self._attention.wanted(result.tracks, frame.media_s):
            self.thread.attend()
        return result.alert_changes

    def wall_us(self, media_s: float) -> int:
        """Return the UTC microseconds of a moment of this camera's timeline by its newest frame; 0 before the first."""
        frame = self.last_frame
        return 0 if frame is None else max(0, frame.captured_at - round((frame.media_s - media_s) * 1e6))

    def _begin_anew(self) -> None:
        self.faults += 1
        self._faulty = True
        self._analyser = self._new_analyser()
        self._attention = Attention()

    def _new_analyser(self) -> Analyser:
        return analyser_of(self.settings, self._detector_settings, self._detector)


def source_of(settings: CameraSettings) -> CameraSource:
    """Return what capture needs of a camera's settings; raises SettingsError for an unreadable password file."""
    confirm_s = max((rule.dwell_s for rule in settings.rules if isinstance(rule, LoiteringSettings)), default=0.0) + 5.0
    keep_s = seconds_to_keep(
        pre_roll_s=settings.pre_roll_s,
        longest_look_back_s=_LONGEST_LOOK_BACK_S + settings.post_roll_s,
        confirm_s=min(confirm_s, LONGEST_S),
        gop_s=_USUAL_GOP_S,
    )
    return CameraSource(
        name=settings.name,
        url=settings.url,
        username=settings.username,
        password=_password(settings),
        analyse_fps=settings.analyse_fps,
        pre_roll_s=settings.pre_roll_s,
        post_roll_s=settings.post_roll_s,
        loop=settings.loop,
        stall_after_s=settings.stall_after_s,
        frozen_after_s=settings.frozen_after_s,
        blind_time_s=settings.blind_time_s,
        ring_s=min(keep_s, _LONGEST_RING_S),
    )


def _password(settings: CameraSettings) -> str:
    if not settings.password_file:
        return ""
    path = Path(settings.password_file)
    try:
        return path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"camera {settings.name}: password_file {path} cannot be read ({error}); write the password into it"
        ) from error
