"""One camera of the room: its capture thread, its masks, the last frame it gave, what was counted of it.

Owns what belongs to one camera and to nobody else.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from edge_agent.app.camera_masks import CameraMasks
from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.camera_thread import CameraThread, LinkChange
from edge_agent.capture.camera_watch import CameraWatch
from edge_agent.capture.frames import Frame, luma
from edge_agent.capture.ring import GroupStore
from edge_agent.core.camera_health import HealthCondition
from edge_agent.core.camera_link import LinkState
from edge_agent.core.clips import LONGEST_S, seconds_to_keep
from edge_agent.detect.keyframe_gate import KeyframeGate
from edge_agent.evidence.masks import Mask, MaskBurner
from edge_agent.ops.clock import Clock
from edge_agent.settings.errors import SettingsError
from edge_agent.settings.model import CameraSettings

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
    """One camera, from its stream or its two streams to its evidence."""

    def __init__(
        self,
        settings: CameraSettings,
        *,
        clock: Clock,
        watch: CameraWatch,
        take: FrameTaker,
        on_link: Callable[[LinkChange], None],
        store: GroupStore | None = None,
    ) -> None:
        """``store`` is where the older past goes; with a privacy mask nothing goes there, as nothing is masked yet."""
        self.settings = settings
        self.name = settings.name
        self._take = take
        self.masks = CameraMasks(masks_of(settings), clock=clock)
        self.snapshot_burner = MaskBurner(self.masks.evidence)
        self.clip_burner = MaskBurner(self.masks.evidence)
        self.analysed = 0
        self.faults = 0
        self.looked_at = 0
        """Regions and whole pictures that the model was shown."""
        self.picture_conditions: frozenset[HealthCondition] | None = None
        """What the last picture analysed shows of the camera's health; None while that cannot be told."""
        store = None if settings.masks else store
        source = source_of(settings)
        self.ring_s = source.ring_s
        main = CameraThread(source, clock=clock, sink=self, on_link=on_link, watch=watch, gate=_LumaGate(), store=store)
        self.thread = main
        """The stream that is analysed."""
        self.main = main
        """The stream that evidence is cut from: the same, unless the camera has a substream for the analysis."""
        if settings.detect_url:
            self.thread = CameraThread(
                replace(source, url=settings.detect_url),
                clock=clock,
                sink=self,
                on_link=on_link,
                watch=watch,
                gate=_LumaGate(),
                store=store,
            )
            self.main = CameraThread(
                replace(source, decode=False), clock=clock, sink=self, on_link=_unheard, watch=watch, store=store
            )

    def change(self, settings: CameraSettings) -> None:
        """Take over what is drawn on the picture: masks at once, the seconds kept for the rules' clips from now on.

        The streams go on untouched: where they come from is not what changes.
        """
        self.settings = settings
        longest_s = max(self.ring_s, ring_s_of(settings))
        self.ring_s = ring_s_of(settings)
        self.masks.change(masks_of(settings), kept_s=longest_s + LONGEST_S + _USUAL_GOP_S)
        for thread in {self.thread, self.main}:
            thread.ring.keep(self.ring_s)
            if settings.masks:  # also when it is taken away later: what is kept of the time before must not follow
                thread.ring.stay_in_memory()

    def start(self) -> None:
        """Begin to keep the camera."""
        self.thread.start()
        if self.main is not self.thread:
            self.main.start()

    def stop(self) -> None:
        """End; within about two seconds for each stream."""
        self.thread.stop()
        if self.main is not self.thread:
            self.main.stop()

    def offer(self, frame: Frame) -> None:
        """Take a frame from the camera's thread (FrameSink); never blocks."""
        self._take(self.name, frame)

    def decided(
        self, *, attend: bool, looked_at: int, failed: bool, conditions: frozenset[HealthCondition] | None
    ) -> None:
        """Note that one of the frames was analysed; called by the thread that hears the analysis."""
        self.analysed += not failed
        self.faults += failed
        self.looked_at += looked_at
        self.picture_conditions = conditions
        if attend:
            self.thread.attend()

    def evidence_stream(self) -> CameraThread:
        """Return the stream to cut evidence from now: the main one, or the analysed one while that is away."""
        away = self.main.state is not LinkState.STREAMING or self.main.ring.span_s is None
        return self.thread if away else self.main

    @property
    def ring_bytes(self) -> tuple[int, int]:
        """Bytes of compressed video kept for the beginnings of clips, both streams': in memory, and on the disk."""
        rings = [thread.ring for thread in {self.thread, self.main}]
        in_memory = sum(ring.memory_bytes for ring in rings)
        return in_memory, max(0, sum(ring.kept_bytes for ring in rings) - in_memory)

    def on_stream(self, stream: CameraThread, media_s: float) -> float:
        """Return where a moment of the analysed stream lies on the timeline of ``stream``."""
        if stream is self.thread:
            return media_s
        instant_s = self.thread.instant_of(media_s)
        there_s = None if instant_s is None else stream.media_at(instant_s)
        return media_s if there_s is None else max(0.0, there_s)


def _unheard(_change: LinkChange) -> None:
    """Say nothing of the main stream's link beside that of the analysed one; its state is shown all the same."""


def source_of(settings: CameraSettings) -> CameraSource:
    """Return what capture needs of a camera's settings; raises SettingsError for an unreadable password file."""
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
        ring_s=ring_s_of(settings),
    )


def ring_s_of(settings: CameraSettings) -> float:
    """Return how many seconds of packets a camera keeps, so that the clips of its rules have their beginnings."""
    confirm_s = max((rule.told_after_s for rule in settings.rules), default=0.0) + 5.0
    keep_s = seconds_to_keep(
        pre_roll_s=settings.pre_roll_s,
        longest_look_back_s=settings.look_back_s + settings.post_roll_s,
        confirm_s=min(confirm_s, LONGEST_S),
        gop_s=_USUAL_GOP_S,
    )
    return min(keep_s, _LONGEST_RING_S)


def masks_of(settings: CameraSettings) -> list[Mask]:
    """Return the privacy masks of a camera."""
    return [Mask(polygon=mask.polygon) for mask in settings.masks]


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
