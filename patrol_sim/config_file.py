"""The simulator's TOML file: cameras by file or scene. Unknown keys refuse to start."""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from patrol_sim.cameras import SimCamera
from patrol_sim.errors import SimError
from patrol_sim.rtp.nal import Codec
from patrol_sim.rtsp.digest import Account, DigestAlgorithm
from patrol_sim.scene.acts import Act
from patrol_sim.scene.settings import EffectSpan, SceneSettings
from patrol_sim.timeline import Join

_STRICT = ConfigDict(extra="forbid", frozen=True)


class EffectTable(BaseModel):
    """``[[camera.scene.effect]]``: one effect at one time of the loop."""

    model_config = _STRICT

    name: str
    at_s: float
    for_s: float
    strength: float = 1.0
    ramp_s: float = 0.0


class SceneTable(BaseModel):
    """``[camera.scene]``: a generated street; the defaults are SceneSettings' own."""

    model_config = _STRICT

    seed: int = 1
    width: int = 704
    height: int = 576
    fps: int = 10
    gop: int | None = None
    duration_s: float = 48.0
    busy_share: float = 0.4
    movers: int | None = None
    noise: float = 2.0
    codec: Codec = Codec.H264
    parked: int = 0
    trees: int = 0
    sun: float = 0.0
    effect: tuple[EffectTable, ...] = ()
    act: tuple[Annotated[Act, Field(discriminator="kind")], ...] = ()

    def settings(self) -> SceneSettings:
        """Return the scene; raises SourceError for an impossible one."""
        values = self.model_dump(exclude={"effect", "act"})
        effects = tuple(EffectSpan(**effect.model_dump()) for effect in self.effect)
        return SceneSettings(**values, effects=effects, acts=self.act)


class CameraTable(BaseModel):
    """``[[camera]]``: exactly one of ``file`` and ``scene``."""

    model_config = _STRICT

    name: str
    file: Path | None = None
    scene: SceneTable | None = None
    username: str = ""
    password: str = ""
    digest: DigestAlgorithm = DigestAlgorithm.MD5
    join: Join = Join.AUTO
    offset_s: Annotated[float, Field(ge=0.0)] = 0.0
    seed: int = 1

    def camera(self, folder: Path) -> SimCamera:
        """Return the camera; relative files start at ``folder``. Raises SimError."""
        if (self.file is None) == (self.scene is None):
            raise SimError(f"camera {self.name!r}: give either file or [camera.scene]")
        source = self.scene.settings() if self.scene is not None else folder / str(self.file)
        return SimCamera(
            name=self.name,
            source=source,
            account=Account(username=self.username, password=self.password, algorithm=self.digest),
            join=self.join,
            offset_s=self.offset_s,
            seed=self.seed,
        )


class SimFile(BaseModel):
    """The whole file."""

    model_config = _STRICT

    camera: Annotated[tuple[CameraTable, ...], Field(min_length=1)]


def read_config(path: Path) -> tuple[SimCamera, ...]:
    """Return the cameras of a configuration file; raises SimError with file and key."""
    try:
        text = path.read_text(encoding="utf-8")
        return tuple(table.camera(path.parent) for table in SimFile.model_validate(tomllib.loads(text)).camera)
    except OSError as error:
        raise SimError(f"{path}: cannot be read ({error.strerror}); give a TOML file with [[camera]] tables") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SimError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SimError(f"{path}: {key}: {first['msg']}") from error
    except SimError as error:
        raise SimError(f"{path}: {error}") from error
