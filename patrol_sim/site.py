"""All cameras of one simulator on its event loop: faults begin and end here, figures are read here."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from patrol_sim.camera_stream import CameraStream
from patrol_sim.control import CameraView, FaultView
from patrol_sim.errors import FaultError
from patrol_sim.faults import Fault, FaultValue, check_fault, read_size
from patrol_sim.media.loop import MediaLoop
from patrol_sim.media.variant import resize_loop
from patrol_sim.scene.cast import cast_of
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.scene.truth import tell_truth


class CameraSite:
    """Owns the camera streams. Every method runs on the event loop's thread."""

    def __init__(self, streams: Mapping[str, CameraStream]) -> None:
        self.streams = streams
        self.rtsp_host = ""
        self.rtsp_port = 0
        self._endings: dict[tuple[str, Fault], asyncio.TimerHandle] = {}
        self._variants: dict[tuple[Path | SceneSettings, int, int], MediaLoop] = {}
        self._resizing = asyncio.Lock()

    def url(self, name: str) -> str:
        """Return a camera's address without credentials."""
        host = f"[{self.rtsp_host}]" if ":" in self.rtsp_host else self.rtsp_host
        return f"rtsp://{host}:{self.rtsp_port}/{name}"

    def has_camera(self, name: str) -> bool:
        """Tell whether the camera exists."""
        return name in self.streams

    def camera_views(self) -> list[CameraView]:
        """Return every camera with its figures."""
        return [self.camera_view(name) for name in self.streams]

    def camera_view(self, name: str) -> CameraView:
        """Return one camera with its figures."""
        stream = self.streams[name]
        now_s = asyncio.get_running_loop().time()
        return CameraView(
            name=name,
            url=self.url(name),
            codec=stream.media.codec.encoding_name,
            width=stream.media.width,
            height=stream.media.height,
            fps=round(stream.media.fps, 3),
            clients=sum(1 for session in stream.sessions if session.playing),
            duration_s=stream.media.duration_90k / 90_000,
            position_s=stream.position_s,
            counts=stream.counts.as_dict(),
            faults=[
                FaultView(
                    fault=active.fault,
                    value=active.value,
                    ends_in_s=None if active.ends_s is None else round(max(0.0, active.ends_s - now_s), 3),
                )
                for active in stream.faults.values()
            ],
        )

    async def begin_fault(self, name: str, fault: str, value: FaultValue, for_s: float | None) -> CameraView:
        """Begin a fault; one of the same name is ended first. Raises FaultError or SourceError.

        ``resolution`` returns when the other size is encoded, which takes seconds the first time.
        """
        stream = self.streams[name]
        loop = asyncio.get_running_loop()
        check_fault(fault, value, for_s=for_s, now_s=loop.time(), fps=stream.media.fps)
        variant = await self._variant(stream, value) if fault == Fault.RESOLUTION else None
        active = check_fault(fault, value, for_s=for_s, now_s=loop.time(), fps=stream.media.fps)
        self._end(stream, active.fault)
        stream.begin_fault(active, variant=variant)
        if active.ends_s is not None:
            key = (name, active.fault)
            self._endings[key] = loop.call_at(active.ends_s, self._end, stream, active.fault)
        return self.camera_view(name)

    def end_fault(self, name: str, fault: str | None) -> CameraView:
        """End one fault, or all when None; ending what is not active is no error. Raises FaultError."""
        stream = self.streams[name]
        if fault is not None and fault not in set(Fault):
            raise FaultError(f"no fault {fault[:40]!r}; there are {', '.join(Fault)}")
        for active in tuple(stream.faults) if fault is None else (Fault(fault),):
            self._end(stream, active)
        return self.camera_view(name)

    def truth(self, name: str, *, with_frames: bool) -> dict[str, object] | None:
        """Return a generated scene's truth, None for a recording."""
        source = self.streams[name].camera.source
        if not isinstance(source, SceneSettings):
            return None
        return tell_truth(source, cast_of(source)).as_dict(source, title=name, with_frames=with_frames)

    def _end(self, stream: CameraStream, fault: Fault) -> None:
        ending = self._endings.pop((stream.camera.name, fault), None)
        if ending is not None:
            ending.cancel()
        stream.end_fault(fault)

    async def _variant(self, stream: CameraStream, value: FaultValue) -> MediaLoop:
        if value is None:
            width, height = max(32, stream.media.width // 4 * 2), max(32, stream.media.height // 4 * 2)
        else:
            width, height = read_size(str(value))
        key = (stream.camera.source, width, height)
        async with self._resizing:  # the same size asked for twice is encoded once
            if key not in self._variants:
                self._variants[key] = await asyncio.to_thread(resize_loop, stream.media, width=width, height=height)
        return self._variants[key]
