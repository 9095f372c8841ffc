"""Relative paths of a room's file: they count from the folder the file lies in, wherever the program was started."""

from pathlib import Path
from urllib.parse import urlsplit

from edge_agent.settings.model import AgentSettings


def anchored(settings: AgentSettings, folder: Path) -> AgentSettings:
    """Return the settings with every relative path below ``folder``, which is absolute."""
    relay, console, paths, detector = settings.relay, settings.console, settings.paths, settings.detector
    wall = settings.wall
    return settings.model_copy(
        update={
            "paths": paths.model_copy(update={"state_dir": folder / paths.state_dir}),
            "relay": relay and relay.model_copy(update={"key_file": folder / relay.key_file}),
            "console": console.model_copy(
                update={
                    "token_file": _below(folder, console.token_file),
                    "technicians_file": _below(folder, console.technicians_file),
                }
            ),
            "wall": wall.model_copy(update={"map_file": _below(folder, wall.map_file)}),
            "detector": detector.model_copy(update={"models_dir": folder / detector.models_dir}),
            "cameras": tuple(
                camera.model_copy(
                    update={
                        "url": _anchored_url(folder, camera.url),
                        "detect_url": _anchored_url(folder, camera.detect_url),
                        "password_file": _below(folder, camera.password_file),
                    }
                )
                for camera in settings.cameras
            ),
        }
    )


def _below(folder: Path, path: str) -> str:
    """Join; the empty text means that there is no file and stays empty."""
    return str(folder / path) if path else ""


def _anchored_url(folder: Path, url: str) -> str:
    return _below(folder, url) if _is_path(url) else url


def _is_path(url: str) -> bool:
    """Tell a file's path from an address; one that cannot be read is left to whoever opens it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
