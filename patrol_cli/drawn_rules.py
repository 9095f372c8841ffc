"""What technicians drew on a room's cameras, laid over the tables of the room's file before they are judged.

So that a film is judged by what is in force in the room, and ``--set`` changes a rule that was drawn as it changes one
of the file. Owns DrawnCameras; the book itself is ``edge_agent/settings/drawing_book.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge_agent.settings.drawing_book import DrawnVersion

_TABLES = ("zone", "line", "mask", "rule")


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCameras:
    """The drawings in force in one room; none for a room on which nobody drew, or whose file alone is wanted."""

    versions: "Mapping[str, DrawnVersion]" = field(default_factory=dict)
    """By camera."""
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By camera: its ``zone``, ``line``, ``mask`` and ``rule`` as in the room's file."""

    def lay_over(self, table: dict[str, Any]) -> None:
        """Write the drawings into the parsed tables of the room's file."""
        for camera in table.get("camera", ()):
            if isinstance(camera, dict) and (drawn := self.tables.get(str(camera.get("name")))) is not None:
                for key in _TABLES:
                    camera[key] = drawn[key]


def drawn_cameras(config: Path) -> DrawnCameras:
    """Return what is drawn on the cameras of a room's file; raises SettingsError for what cannot be read."""
    from edge_agent.core.drawings import FROM_FILE
    from edge_agent.settings.drawing import drawing_of
    from edge_agent.settings.drawing_book import DrawingBook, drawn_camera
    from edge_agent.settings.toml_file import load_settings

    settings = load_settings(config)
    newest = DrawingBook(settings.paths.state_dir).newest()
    versions = {
        camera.name: version
        for camera in settings.cameras
        if (version := newest.get(camera.name)) is not None and version.restored != FROM_FILE
    }
    tables = {
        camera.name: drawing_of(drawn_camera(camera, versions[camera.name])).model_dump(mode="json", by_alias=True)
        for camera in settings.cameras
        if camera.name in versions
    }
    return DrawnCameras(versions=versions, tables=tables)
