"""What a room's configuration says: frozen, every key with its default, unknown keys refused.

Owns the shape and the range of each value. Rules between values are in ``checks.py``, reading files and wording errors
in ``toml_file.py``. ``config/edge.example.toml`` shows every key; a contract test holds the two together.
"""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Discriminator, Field, Strict, StringConstraints

from edge_agent.core.camera_health import HealthCondition
from edge_agent.settings.health import HealthSettings
from edge_agent.settings.values import Decimal, Flag, PositiveSeconds, Seconds, Settings, Whole
from patrol_wire.ids import Forward, Severity
from patrol_wire.keys import is_z85_key

_ENDPOINT: Final = re.compile(r"^tcp://([^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})\Z")


def _z85_key(text: str) -> str:
    if not is_z85_key(text):
        raise ValueError("is not a key of 40 characters in Z85; copy public_key from the relay's key file")
    return text


def _endpoint(text: str) -> str:
    found = _ENDPOINT.match(text)
    if found is None or not 1 <= int(found[2]) <= 65_535:
        raise ValueError('is not a ZeroMQ endpoint; write it as "tcp://HOST:PORT"')
    return text


Name = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
"""The alphabet of patrol_wire.limits.Name, in the regular expressions of pydantic."""
Text = Annotated[str, Strict(), StringConstraints(max_length=500)]
Label = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=64)]
PublicKey = Annotated[str, Strict(), AfterValidator(_z85_key)]
Endpoint = Annotated[str, Strict(), AfterValidator(_endpoint)]
Unit01 = Annotated[Decimal, Field(ge=0.0, le=1.0)]
Longitude = Annotated[Decimal, Field(ge=-180.0, le=180.0)]
Latitude = Annotated[Decimal, Field(ge=-90.0, le=90.0)]
LonLat = tuple[Longitude, Latitude]
"""WGS-84 degrees, longitude first."""
Point = tuple[Unit01, Unit01]
"""x and y in shares of the picture, from its top left corner."""
Polygon = Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)]
Polyline = Annotated[tuple[Point, ...], Field(min_length=2, max_length=2)]


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


class RuleSettings(Settings):
    """What every ``[[camera.rule]]`` has, whatever its kind."""

    name: Name
    labels: Annotated[tuple[Label, ...], Field(min_length=1, max_length=64)] = ("person", "moving_object")
    severity: Severity = Severity.NORMAL
    forward: Forward = Forward.SUGGEST
    min_frames: Annotated[Whole, Field(ge=1, le=1_000)] = 3
    cool_down_s: Seconds = 30.0


class IntrusionSettings(RuleSettings):
    """Something of the labels stands in the zone."""

    kind: Literal["intrusion"]
    zone: Name
    category: Name = "intrusion"


class LineCrossingSettings(RuleSettings):
    """Something of the labels crosses the line in the direction."""

    kind: Literal["line_crossing"]
    line: Name
    direction: Literal["left_to_right", "right_to_left", "both"] = "both"
    category: Name = "line_crossing"


class LoiteringSettings(RuleSettings):
    """One track stays in the zone for longer than ``dwell_s``."""

    kind: Literal["loitering"]
    zone: Name
    dwell_s: PositiveSeconds = 20.0
    category: Name = "loitering"


class CrowdSettings(RuleSettings):
    """At least ``count`` tracks are in the zone for ``hold_s``."""

    kind: Literal["crowd"]
    zone: Name
    count: Annotated[Whole, Field(ge=2, le=10_000)] = 5
    hold_s: Seconds = 3.0
    category: Name = "crowd"


AnyRule = Annotated[
    IntrusionSettings | LineCrossingSettings | LoiteringSettings | CrowdSettings,
    Discriminator("kind"),
]


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


class AgentSettings(Settings):
    """The whole file of one room."""

    room: RoomSettings = RoomSettings()
    paths: PathSettings = PathSettings()
    relay: RelaySettings | None = None
    console: ConsoleSettings = ConsoleSettings()
    detector: DetectorSettings = DetectorSettings()
    outbox: OutboxSettings = OutboxSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    health: HealthSettings = HealthSettings()
    log: LogSettings = LogSettings()
    cameras: tuple[CameraSettings, ...] = Field(alias="camera", min_length=1, max_length=256)
