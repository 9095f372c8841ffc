"""What a film is detected with: the room's settings and camera, the detector, the opened film.

Whatever cannot be had ends the command with one sentence and exit code 2; what runs is in ``detection_run.py``.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from patrol_cli.outcome import fail

if TYPE_CHECKING:
    from edge_agent.capture.file_reader import FileReader
    from edge_agent.detect.detector import Detector
    from edge_agent.settings.model import AgentSettings, CameraSettings, DetectorSettings
    from patrol_cli.drawn_rules import DrawnCameras


def drawings_of(config: Path) -> "DrawnCameras":
    """Return what technicians drew on the cameras of a room."""
    from edge_agent.settings.errors import SettingsError
    from patrol_cli.drawn_rules import drawn_cameras

    try:
        return drawn_cameras(config)
    except SettingsError as error:
        fail(f"{error}; or give --file-alone to judge by {config} as it is written")


def room_settings(
    config: Path, overrides: Sequence[str] = (), *, drawn: "DrawnCameras | None" = None
) -> "AgentSettings":
    """Return the settings of a room's file with drawings over it and some keys replaced by ``RULE.KEY=VALUE``."""
    from edge_agent.settings.errors import SettingsError
    from edge_agent.settings.toml_file import load_settings
    from patrol_cli.rule_overrides import apply_overrides, override_of

    def change(table: dict[str, Any]) -> None:
        if drawn is not None:
            drawn.lay_over(table)
        apply_overrides(table, read)

    try:
        read = [override_of(text) for text in overrides]
        return load_settings(config, change=change)
    except SettingsError as error:
        fail(str(error))


def chosen_camera(settings: "AgentSettings", config: Path, camera: str, video: str) -> "CameraSettings":
    """Return the camera whose rules hold for a film: the named one, the only one, or the one with that film."""
    if camera:
        chosen = next((entry for entry in settings.cameras if entry.name == camera), None)
        if chosen is None:
            known = ", ".join(entry.name for entry in settings.cameras)
            fail(f'{config}: has no camera "{camera}"; it has {known}')
        return chosen
    if len(settings.cameras) == 1:
        return settings.cameras[0]
    named = [entry for entry in settings.cameras if Path(entry.url).name == Path(video).name]
    if len(named) != 1:
        known = ", ".join(entry.name for entry in settings.cameras)
        fail(f"{config}: has {len(settings.cameras)} cameras; choose whose rules hold with --camera ({known})")
    return named[0]


def opened_detector(settings: "DetectorSettings", models_dir: Path | None) -> "Detector":
    """Return the detector the settings name."""
    from edge_agent.detect.assembly import detector_of
    from edge_agent.detect.errors import ModelError

    try:
        return detector_of(settings, models_dir=models_dir)
    except ModelError as error:
        fail(str(error))


def made_folder(folder: Path | None) -> None:
    """Make a folder for what is written."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{folder}: the folder cannot be made ({error.strerror}); choose another")


def opened_film(video: str, camera: "CameraSettings", *, every_frame: bool, began_us: int = 0) -> "FileReader":
    """Return the opened film; ``began_us`` is the wall time of its first moment, 0 when it is unknown."""
    from edge_agent.capture.camera_source import CameraSource
    from edge_agent.capture.file_reader import FileReader
    from edge_agent.core.clips import LONGEST_S
    from edge_agent.core.link_failures import Failure
    from edge_agent.ops.clock import SystemClock

    if "://" not in video and not Path(video).is_file():
        fail(f"{video}: there is no such file; give the path of a video")
    source = CameraSource(
        name=camera.name,
        url=video,
        analyse_fps=0.0 if every_frame else camera.analyse_fps,
        ring_s=camera.pre_roll_s + LONGEST_S + camera.post_roll_s + 60.0,
        blind_time_s=0.0,
    )
    opened = FileReader.open(source, clock=SystemClock(), began_us=began_us)
    if isinstance(opened, Failure):
        fail(named(video, opened.sentence))
    return opened


def named(video: str, sentence: str) -> str:
    """Name the video where the sentence does not; an address loses its password."""
    shown = shown_name(video)
    return sentence if shown in sentence else f"{shown}: {sentence}"


def shown_name(video: str) -> str:
    """Return what a film is called in words for people: its path, or its address without a password."""
    from edge_agent.capture.source import public_url

    return public_url(video)


def began_at(texts: Sequence[str], *, videos: int, time_zone: str) -> list[int]:
    """Return per film the UTC microseconds of its first moment; empty when nobody said."""
    if not texts:
        return []
    if len(texts) != videos:
        fail(f"--began-at: is given {len(texts)} times for {videos} videos; give one for each, in their order")
    return [_moment_us(text, ZoneInfo(time_zone)) for text in texts]


def _moment_us(text: str, zone: ZoneInfo) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--began-at {text}: is no moment; write it like 2026-11-02T22:00:00, on the room's clock or with +08:00")
    moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
    return int(moment.astimezone(UTC).timestamp() * 1_000_000)
