"""The technician's acts: what is drawn on a camera's picture, saved and brought back.

``core.drawings`` decides, ``settings.drawing_book`` keeps, ``DrawnRoom`` puts it in force; this file joins the three. A
change is durable before it is in force, and in force before anybody is told that it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, Protocol

import structlog

from edge_agent.console.desk import NotAllowed, Unknown
from edge_agent.core.drawings import FROM_FILE, ChangeAsked, ChangeRefused, DrawingAct, decide, masks_removed
from edge_agent.ops.clock import Clock
from edge_agent.settings.drawing import DrawingProblem, DrawingSettings, drawing_of, read_drawing
from edge_agent.settings.drawing_book import (
    DrawingBook,
    DrawnVersion,
    VersionTakenError,
    drawn_camera,
    file_has_changed,
)
from edge_agent.settings.model import CameraSettings

log = structlog.get_logger(__name__)

SHOWN_VERSIONS: Final = 50


class DrawnRoom(Protocol):
    """The cameras of the running agent; ``app.drawn_room`` implements it. Any thread."""

    def of_file(self, camera: str) -> CameraSettings | None:
        """Return a camera as the room's file says it, None when the room has none of that name."""
        ...

    def in_force(self, camera: str) -> CameraSettings:
        """Return a camera as it is now; the room has it."""
        ...

    def names(self) -> Sequence[str]:
        """Return the cameras in the order of the file."""
        ...

    def change(self, camera: CameraSettings) -> None:
        """Put what is drawn on one camera in force; its streams go on and no other camera is touched."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """How one camera stands."""

    camera: CameraSettings
    newest: DrawnVersion | None
    """None while the file holds and always did."""
    file_changed: bool
    """The file's own part of it has changed since; it does not act, but for new masks."""

    @property
    def version(self) -> int:
        """The version in force."""
        return FROM_FILE if self.newest is None else self.newest.version


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUsable:
    """The drawing cannot be used as it is."""

    problems: tuple[DrawingProblem, ...]


class DrawingDesk:
    """See the module; any thread. Every method may raise SettingsError: the file of the drawings is unusable."""

    def __init__(self, book: DrawingBook, room: DrawnRoom, *, clock: Clock) -> None:
        self._book = book
        self._room = room
        self._clock = clock
        # Two changes must see each other, so they are made one after another.
        self._one_at_a_time = Lock()

    def drawn(self) -> list[Drawn]:
        """Return every camera of the room."""
        newest = self._book.newest()
        return [self._drawn(name, newest.get(name)) for name in self._room.names()]

    def drawn_of(self, camera: str) -> Drawn | None:
        """Return one camera, None when the room does not have it."""
        if self._room.of_file(camera) is None:
            return None
        return self._drawn(camera, self._book.newest_of(camera))

    def history(self, camera: str) -> list[DrawnVersion]:
        """Return the versions of a camera, the newest first."""
        return self._book.history(camera, limit=SHOWN_VERSIONS)

    def version(self, camera: str, version: int) -> DrawingSettings | None:
        """Return what was drawn in one version; version 0 is what the file says now."""
        if version == FROM_FILE:
            of_file = self._room.of_file(camera)
            return None if of_file is None else drawing_of(of_file)
        found = self._book.version(camera, version)
        return None if found is None else found.drawing

    def read(self, camera: str, table: dict[str, Any]) -> DrawingSettings | NotUsable | Unknown:
        """Return a drawing as it would be saved, or everything that is wrong with it."""
        of_file = self._room.of_file(camera)
        if of_file is None:
            return Unknown(sentence=f"this room has no camera {camera!r}; name one of GET /api/v1/drawings")
        found = read_drawing(table, of_file)
        return found if isinstance(found, DrawingSettings) else NotUsable(problems=found)

    def masks_removed(self, camera: str, drawing: DrawingSettings) -> int:
        """Return how many masks of now would be gone, moved ones included."""
        return len(masks_removed(_masks(self._room.in_force(camera)), _masks(drawing)))

    def save(
        self, camera: str, table: dict[str, Any], *, on_version: int, reason: str, confirmed_masks: int, author: str
    ) -> Drawn | NotUsable | NotAllowed | Unknown:
        """Store a drawing and put it in force."""
        drawing = self.read(camera, table)
        if not isinstance(drawing, DrawingSettings):
            return drawing
        asked = _Wanted(
            on_version=on_version, reason=reason, confirmed_masks=confirmed_masks, author=author, drawing=drawing
        )
        with self._one_at_a_time:
            return self._change(camera, asked, restored=None)

    def restore(
        self, camera: str, version: int, *, on_version: int, reason: str, confirmed_masks: int, author: str
    ) -> Drawn | NotUsable | NotAllowed | Unknown:
        """Bring an earlier version back, which is a change like any other; version 0 is the file, as it is now."""
        with self._one_at_a_time:
            earlier = self.version(camera, version)
            if earlier is None:
                return Unknown(sentence=f"camera {camera} has no version {version}; its list says which it has")
            drawing = self.read(camera, earlier.model_dump(mode="json", by_alias=True))
            if not isinstance(drawing, DrawingSettings):
                return drawing
            asked = _Wanted(
                on_version=on_version, reason=reason, confirmed_masks=confirmed_masks, author=author, drawing=drawing
            )
            return self._change(camera, asked, restored=version)

    def _change(self, camera: str, asked: "_Wanted", *, restored: int | None) -> Drawn | NotAllowed | Unknown:
        of_file = self._room.of_file(camera)
        if of_file is None:
            return Unknown(sentence=f"this room has no camera {camera!r}; name one of GET /api/v1/drawings")
        newest, now = self._book.newest_of(camera), self._room.in_force(camera)
        stays_of_file = restored == FROM_FILE and newest is not None and newest.restored != FROM_FILE
        decided = decide(
            ChangeAsked(
                on_version=asked.on_version,
                reason=asked.reason,
                confirmed_masks=asked.confirmed_masks,
                masks=_masks(asked.drawing),
                is_same=asked.drawing == drawing_of(now) and not stays_of_file,
            ),
            newest=FROM_FILE if newest is None else newest.version,
            newest_by="" if newest is None else newest.author,
            masks_now=_masks(now),
        )
        if isinstance(decided, ChangeRefused):
            return NotAllowed(sentence=decided.sentence, code=decided.refusal.value)
        version = DrawnVersion(
            camera=camera,
            version=decided.version,
            at=self._clock.now_us(),
            author=asked.author,
            reason=asked.reason.strip(),
            act=DrawingAct.SAVED if restored is None else DrawingAct.RESTORED,
            restored=restored,
            masks_removed=decided.masks_removed,
            drawing=asked.drawing,
            over=drawing_of(of_file),
        )
        try:
            self._book.add(version)
        except VersionTakenError as error:
            return NotAllowed(sentence=f"{error}; load it, then make your change again", code="outdated")
        self._room.change(drawn_camera(of_file, version))
        log.info(
            "drawing_changed",
            camera=camera,
            version=version.version,
            author=version.author,
            reason=version.reason,
            masks_removed=version.masks_removed,
        )
        return self._drawn(camera, version)

    def _drawn(self, camera: str, newest: DrawnVersion | None) -> Drawn:
        of_file = self._room.of_file(camera)
        assert of_file is not None  # noqa: S101 - the caller has asked
        return Drawn(camera=self._room.in_force(camera), newest=newest, file_changed=file_has_changed(of_file, newest))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    on_version: int
    reason: str
    confirmed_masks: int
    author: str
    drawing: DrawingSettings


def _masks(drawn: CameraSettings | DrawingSettings) -> tuple[tuple[tuple[float, float], ...], ...]:
    return tuple(mask.polygon for mask in drawn.masks)
