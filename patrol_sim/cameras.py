"""What a simulated camera is: a name, what it shows, who may watch it."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from patrol_sim.errors import SimError, SourceError
from patrol_sim.media.loop import MediaLoop
from patrol_sim.media.video_file import VIDEO_SUFFIXES, load_video_file
from patrol_sim.rtsp.digest import Account
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.scene.stream import encode_scene
from patrol_sim.timeline import Join

CAMERA_NAME: Final = re.compile(r"^[a-z0-9][a-z0-9._-]{0,63}\Z")
OPEN_ACCOUNT: Final = Account(username="", password="")
_LOADERS: Final = 2
"""Encoding leaves the interpreter lock alone, so two at once use two cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimCamera:
    """One camera. ``source`` is a video file or a generated scene; cameras with the same source share its memory.

    ``offset_s`` is where in the loop the camera begins when it is first watched. ``seed`` decides which packets a
    fault hits.
    """

    name: str
    source: Path | SceneSettings
    account: Account = field(default=OPEN_ACCOUNT)
    join: Join = Join.AUTO
    offset_s: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse names that are no camera names."""
        if not CAMERA_NAME.match(self.name):
            raise SimError(f"camera {self.name!r}: a name has 1 to 64 of a-z 0-9 . _ - and begins with a-z or 0-9")


def load_sources(cameras: Sequence[SimCamera]) -> dict[Path | SceneSettings, MediaLoop]:
    """Return the loop of every source, each loaded once; raises SourceError for the first that cannot be."""
    sources = list(dict.fromkeys(camera.source for camera in cameras))
    with ThreadPoolExecutor(max_workers=_LOADERS, thread_name_prefix="sim-load") as pool:
        return dict(zip(sources, pool.map(_load, sources), strict=True))


def _load(source: Path | SceneSettings) -> MediaLoop:
    return encode_scene(source) if isinstance(source, SceneSettings) else load_video_file(source)


def footage_cameras(folder: Path) -> tuple[SimCamera, ...]:
    """Return one camera per video file of a folder, named after the file; raises SourceError when there is none."""
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder; give one that holds video files")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEO_SUFFIXES)
    if not files:
        raise SourceError(f"{folder}: holds no video file ({', '.join(sorted(VIDEO_SUFFIXES))})")
    cameras: dict[str, SimCamera] = {}
    for path in files:
        stem = re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-._") or "camera"
        name = stem if stem not in cameras else f"{stem}-{len(cameras)}"
        cameras[name] = SimCamera(name=name, source=path)
    return tuple(cameras.values())


def scene_cameras(count: int, *, settings: SceneSettings, variety: int = 4) -> tuple[SimCamera, ...]:
    """Return ``count`` generated cameras of ``variety`` different scenes, begun at different places of their loops."""
    variety = max(1, min(variety, count))
    return tuple(
        SimCamera(
            name=f"scene-{number + 1}",
            source=settings.with_seed(settings.seed + number % variety),
            offset_s=(number // variety) * settings.duration_s / max(1, -(-count // variety)),
            seed=number + 1,
        )
        for number in range(count)
    )
