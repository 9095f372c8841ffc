"""Every version of what technicians drew on the cameras of a room, in one file of the room's state folder.

Owns DrawingBook and its SQL. Not in the room's own file: the service may not write there, its comments are a person's,
and what installs the room would overwrite it (docs/design/rules-on-the-picture.md). Rows are added, never changed.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from edge_agent.core.drawings import FROM_FILE, DrawingAct
from edge_agent.settings.drawing import DrawingSettings, drawing_of, with_drawing
from edge_agent.settings.errors import SettingsError
from edge_agent.settings.model import AgentSettings, CameraSettings

FILE_NAME: Final = "drawings.sqlite"
_FORM: Final = 1
_BUSY_S: Final = 5.0
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS drawing (
  camera TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL,
  act TEXT NOT NULL, restored INTEGER, masks_removed INTEGER NOT NULL, drawing TEXT NOT NULL, over TEXT NOT NULL,
  PRIMARY KEY (camera, version)
) STRICT"""
_COLUMNS: Final = "camera, version, at, author, reason, act, restored, masks_removed, drawing, over"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnVersion:
    """One version of one camera."""

    camera: str
    version: int
    """From 1; version 0 is what the file says."""
    at: int
    """UTC microseconds."""
    author: str
    reason: str
    act: DrawingAct
    restored: int | None
    """Which earlier version was brought back; None for a change that was drawn."""
    masks_removed: int
    drawing: DrawingSettings
    over: DrawingSettings
    """What the file said then."""


class VersionTakenError(Exception):
    """Somebody has stored that version of the camera meanwhile.

    Class: permanent for this change; it is made again on the newer version.
    """


class DrawingBook:
    """The file of a room; any thread. Opened for each act, of which there are a few a day."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / FILE_NAME

    def newest(self) -> Mapping[str, DrawnVersion]:
        """Return the newest version of each camera that has one; raises SettingsError."""
        query = f"SELECT {_COLUMNS}, max(version) FROM drawing GROUP BY camera"  # noqa: S608 - our own words
        return {str(row[0]): _version(row[:-1], self.path) for row in self._rows(query)}

    def newest_of(self, camera: str) -> DrawnVersion | None:
        """Return the newest version of a camera; None while the file holds. Raises SettingsError."""
        return next(iter(self.history(camera, limit=1)), None)

    def history(self, camera: str, *, limit: int) -> list[DrawnVersion]:
        """Return the versions of a camera, the newest first; raises SettingsError."""
        query = f"SELECT {_COLUMNS} FROM drawing WHERE camera = ? ORDER BY version DESC LIMIT ?"  # noqa: S608
        return [_version(row, self.path) for row in self._rows(query, camera, limit)]

    def version(self, camera: str, version: int) -> DrawnVersion | None:
        """Return one version of a camera; raises SettingsError."""
        query = f"SELECT {_COLUMNS} FROM drawing WHERE camera = ? AND version = ?"  # noqa: S608
        return next((_version(row, self.path) for row in self._rows(query, camera, version)), None)

    def add(self, version: DrawnVersion) -> None:
        """Store a version; returns when it survives a power cut.

        Raises VersionTakenError when there is one of that number, SettingsError when the disk refuses.
        """
        with _worded(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = EXTRA")  # the folder too: a new file is not lost with its name
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(_TABLE)
                connection.execute(f"PRAGMA user_version = {_FORM}")
                try:
                    connection.execute(
                        f"INSERT INTO drawing ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                        _row(version),
                    )
                except sqlite3.IntegrityError as error:
                    connection.execute("ROLLBACK")
                    raise VersionTakenError(f"camera {version.camera} has a version {version.version}") from error
                connection.execute("COMMIT")

    def _rows(self, query: str, *values: str | int) -> list[tuple[object, ...]]:
        with _worded(self.path):
            if not self.path.exists():
                return []
        with (
            _worded(self.path),
            closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_S)) as reader,
        ):
            (form,) = reader.execute("PRAGMA user_version").fetchone()
            if form != _FORM:
                raise SettingsError(
                    f"{self.path}: was written by another version of the agent (form {form}, known is {_FORM}); "
                    "run that version, or move the file aside to go back to the rules of the room's file"
                )
            return reader.execute(query, values).fetchall()


def drawn_settings(settings: AgentSettings) -> AgentSettings:
    """Return the settings of a room's file with what technicians drew laid over; raises SettingsError.

    Drawings of cameras that the file does not name any more are kept and act on nothing.
    """
    newest = DrawingBook(settings.paths.state_dir).newest()
    if not newest:
        return settings
    cameras = tuple(drawn_camera(camera, newest.get(camera.name)) for camera in settings.cameras)
    return settings.model_copy(update={"cameras": cameras})


def drawn_camera(camera: CameraSettings, newest: DrawnVersion | None) -> CameraSettings:
    """Return a camera of the file with its newest version laid over; one that went back to the file is the file's."""
    if newest is None or newest.restored == FROM_FILE:
        return camera
    return with_drawing(camera, newest.drawing, over=newest.over)


def file_has_changed(camera: CameraSettings, newest: DrawnVersion | None) -> bool:
    """Whether the file says something else of the camera's picture than when the newest version was drawn over it."""
    if newest is None or newest.restored == FROM_FILE:
        return False
    return drawing_of(camera) != newest.over


def _row(version: DrawnVersion) -> tuple[object, ...]:
    return (
        version.camera,
        version.version,
        version.at,
        version.author,
        version.reason,
        version.act.value,
        version.restored,
        version.masks_removed,
        version.drawing.model_dump_json(by_alias=True),
        version.over.model_dump_json(by_alias=True),
    )


def _version(row: tuple[object, ...], path: Path) -> DrawnVersion:
    camera, version, at, author, reason, act, restored, masks_removed, drawing, over = row
    try:
        return DrawnVersion(
            camera=str(camera),
            version=int(str(version)),
            at=int(str(at)),
            author=str(author),
            reason=str(reason),
            act=DrawingAct(str(act)),
            restored=None if restored is None else int(str(restored)),
            masks_removed=int(str(masks_removed)),
            drawing=DrawingSettings.model_validate_json(str(drawing)),
            over=DrawingSettings.model_validate_json(str(over)),
        )
    except (ValidationError, ValueError) as error:
        raise SettingsError(
            f"{path}: version {version} of camera {camera} cannot be used ({_first_line(error)}); run the version of "
            "the agent that wrote it, or move the file aside to go back to the rules of the room's file"
        ) from error


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise SettingsError(
            f"{path}: cannot be read or written ({error}); check the disk and the file's permissions; move it aside "
            "to go back to the rules of the room's file, masks included"
        ) from error
