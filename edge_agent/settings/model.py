"""What a room's configuration says: frozen, every key with its default, unknown keys refused.

Owns the tables and their keys; the rules of a camera are in ``rules.py``, its health in ``health.py``, single values in
``values.py``. Rules between values are in ``checks.py``, reading files and wording errors in ``toml_file.py``.
``config/edge.example.toml`` shows every key; a contract test holds the two together.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, Strict, StringConstraints

from edge_agent.core.camera_health import HealthCondition
from edge_agent.settings.health import HealthSettings
from edge_agent.settings.rules import AnyRule
from edge_agent.settings.values import (
    Decimal,
    Endpoint,
    Flag,
    LonLat,
    Name,
    Polygon,
    Polyline,
    PositiveSeconds,
    PublicKey,
    Seconds,
    Settings,
    Text,
    Unit01,
    Whole,
)
from edge_agent.settings.wall import WallSettings


class Tier(StrEnum):
    """Where a video room stands in the city."""

    COMMUNITY = "community"
    STATION = "station"
    CENTRE = "centre"


class RoomSettings(Settings):
    """``[room]``: who this room is."""

    name: Name = "room"
    tier: Tier = Tier.COMMUNITY
    place: LonLat | None = None
    time_zone: Annotated[str, Strict()] = "Asia/Shanghai"


class PathSettings(Settings):
    """``[paths]``: where the room keeps what must survive a restart."""

    state_dir: Path = Path("/var/lib/video-patrol")


class RelaySettings(Settings):
    """``[relay]``: the relay this room reports to; without the table the room works alone and queues."""

    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1, max_length=8)]
    public_key: PublicKey
    key_file: Path
    test_alert_every_s: Seconds = 60.0


class ConsoleSettings(Settings):
    """``[console]``: the room's own HTTP API."""

    host: Annotated[str, Strict(), StringConstraints(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[Whole, Field(ge=0, le=65_535)] = 7780
    token_file: Annotated[str, Strict()] = ""
    technicians_file: Annotated[str, Strict()] = ""


class DetectorSettings(Settings):
    """``[detector]``: what finds objects in the pictures, shared by all cameras."""

    kind: Literal["motion", "onnx"] = "motion"
    model: Name = "yolox-nano"
    models_dir: Path = Path("models")
    precision: Literal["auto", "fp32", "int8"] = "auto"
    provider: Literal["cpu", "cuda", "tensorrt", "openvino"] = "cpu"
    provider_device: Annotated[str, Strict(), StringConstraints(max_length=64)] = ""
    provider_cache_dir: Annotated[str, Strict(), StringConstraints(max_length=1_000)] = ""
    provider_missing: Literal["refuse", "use_cpu"] = "refuse"
    min_score: Unit01 = 0.3
    workers: Annotated[Whole, Field(ge=1, le=64)] = 1
    full_frame_every_s: PositiveSeconds = 1.0
    looks_per_s: Annotated[Decimal, Field(ge=0.0, le=1_000.0)] = 0.0


class OutboxSettings(Settings):
    """``[outbox]``: how much may wait for the relay."""

    max_mib: Annotated[Whole, Field(ge=1, le=1_048_576)] = 2048
    max_age_days: Annotated[Decimal, Field(gt=0.0, le=3_650.0)] = 7.0


class EvidenceSettings(Settings):
    """``[evidence]``: snapshots and clips kept in the room."""

    max_mib: Annotated[Whole, Field(ge=1, le=1_048_576)] = 10_240
    max_age_days: Annotated[Decimal, Field(ge=0.0, le=3_650.0)] = 30.0
    reserve_mib: Annotated[Whole, Field(ge=0, le=1_048_576)] = 64
    past_on_disk: Flag = True


class LogSettings(Settings):
    """``[log]``: lines on standard error."""

    form: Literal["auto", "json", "console"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class ZoneSettings(Settings):
    """``[[camera.zone]]``: a polygon of the picture that rules refer to."""

    name: Name
    polygon: Polygon


class LineSettings(Settings):
    """``[[camera.line]]``: a directed line of the picture, from its first point to its second."""

    name: Name
    points: Polyline


class MaskSettings(Settings):
    """``[[camera.mask]]``: a privacy mask, burnt in before a frame leaves memory."""

    polygon: Polygon


class CameraSettings(Settings):
    """``[[camera]]``: one stream, its geometry and its rules."""

    name: Name
    url: Annotated[str, Strict(), StringConstraints(min_length=1, max_length=2_000)]
    detect_url: Annotated[str, Strict(), StringConstraints(max_length=2_000)] = ""
    title: Text = ""
    username: Text = ""
    password_file: Annotated[str, Strict()] = ""
    place: LonLat | None = None
    analyse_fps: Annotated[Decimal, Field(gt=0.0, le=60.0)] = 5.0
    pre_roll_s: Annotated[Decimal, Field(ge=0.0, le=60.0)] = 5.0
    post_roll_s: Annotated[Decimal, Field(ge=0.0, le=60.0)] = 5.0
    look_back_s: Annotated[Decimal, Field(ge=0.0, le=60.0)] = 20.0
    loop: Flag = False
    stall_after_s: Annotated[Decimal, Field(ge=1.0, le=600.0)] = 5.0
    frozen_after_s: Annotated[Decimal, Field(ge=0.0, le=3_600.0)] = 10.0
    blind_time_s: Annotated[Decimal, Field(ge=0.0, le=60.0)] = 2.0
    health_off: Annotated[tuple[HealthCondition, ...], Field(max_length=16)] = ()
    zones: tuple[ZoneSettings, ...] = Field(default=(), alias="zone", max_length=64)
    lines: tuple[LineSettings, ...] = Field(default=(), alias="line", max_length=64)
    masks: tuple[MaskSettings, ...] = Field(default=(), alias="mask", max_length=64)
    rules: tuple[AnyRule, ...] = Field(default=(), alias="rule", max_length=64)


class WatchSettings(Settings):
    """``[watch]``: the operators' shifts."""

    rest_after_min: Annotated[Decimal, Field(ge=0.0, le=480.0)] = 20.0


class CameraSetSettings(Settings):
    """``[[camera_set]]``: cameras that are watched together, and walked through in a round."""

    name: Name
    title: Text = ""
    cameras: Annotated[tuple[Name, ...], Field(min_length=1, max_length=64)]
    round_every_min: Annotated[Decimal, Field(ge=0.0, le=1_440.0)] = 0.0
    dwell_s: Annotated[Decimal, Field(ge=2.0, le=3_600.0)] = 10.0


class AgentSettings(Settings):
    """The whole file of one room."""

    room: RoomSettings = RoomSettings()
    paths: PathSettings = PathSettings()
    relay: RelaySettings | None = None
    console: ConsoleSettings = ConsoleSettings()
    wall: WallSettings = WallSettings()
    detector: DetectorSettings = DetectorSettings()
    outbox: OutboxSettings = OutboxSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    health: HealthSettings = HealthSettings()
    log: LogSettings = LogSettings()
    watch: WatchSettings = WatchSettings()
    camera_sets: tuple[CameraSetSettings, ...] = Field(default=(), alias="camera_set", max_length=64)
    cameras: tuple[CameraSettings, ...] = Field(alias="camera", min_length=1, max_length=256)
