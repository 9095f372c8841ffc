"""The API of the drawings, `/api/v1/drawings` and `/api/v1/technician`; handlers block and run in the pool."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path

from edge_agent.console import drawing_views as views
from edge_agent.console.desk import NotAllowed, Unknown
from edge_agent.console.drawing_desk import DrawingDesk, Drawn, NotUsable
from edge_agent.console.drawing_previews import Previews
from edge_agent.console.drawing_shapes import (
    CheckedShape,
    DraftAsked,
    DrawingRestored,
    DrawingSaved,
    DrawingSummary,
    DrawnShape,
    PreviewBegun,
    PreviewShape,
    SavedShape,
    TechnicianShape,
    TechnicianSignedOn,
    TechnicianSignOn,
    WhatIfShape,
)
from edge_agent.console.routes import RefusedError
from edge_agent.console.shapes import Fault, Name
from edge_agent.console.technicians import SignedOn, Technicians
from edge_agent.console.what_if_runs import WhatIfRun, WhatIfRuns
from edge_agent.settings.drawing import DrawingSettings, with_drawing
from edge_agent.settings.model import CameraSettings

_FAULTS: Final[dict[int | str, dict[str, object]]] = {
    403: {"model": Fault, "description": "Only a technician who has signed on may do this"},
    404: {"model": Fault, "description": "This room does not know it"},
    409: {"model": Fault, "description": "It does not fit; nothing was changed"},
    503: {"model": Fault, "description": "Nothing was stored; try again"},
}
CameraInPath = Annotated[Name, Path(description="A camera of the room")]
IdInPath = Annotated[str, Path(max_length=200)]
TechnicianHeader = Annotated[str, Header(alias="X-Technician", max_length=200, description="The token of a sign-on")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingParts:
    """What the drawings are made of."""

    desk: DrawingDesk
    technicians: Technicians
    previews: Previews
    what_ifs: WhatIfRuns
    labels: Callable[[str], Sequence[str]]
    """Returns what the analysis of a camera looks for now."""
    age_s: Callable[[int], float]
    """Returns how old a moment is (UTC microseconds)."""


def drawing_routes(parts: DrawingParts) -> APIRouter:
    """Return the routes of technicians, drawings and their changes."""
    router = APIRouter(prefix="/api/v1", tags=["technician"], responses=_FAULTS)
    _technician_routes(router, parts)
    _reading_routes(router, parts)
    _changing_routes(router, parts)
    _trying_routes(router, parts)
    return router


def _technician_routes(router: APIRouter, parts: DrawingParts) -> None:
    @router.get("/technician", response_model=TechnicianShape)
    def read_technician(token: TechnicianHeader = "") -> TechnicianShape:
        """Tell who is signed on under the token shown."""
        return TechnicianShape(name=parts.technicians.who(token), has_technicians=not parts.technicians.is_empty)

    @router.post("/technician/sign-on", status_code=201, response_model=TechnicianSignedOn)
    def sign_on(asked: TechnicianSignOn) -> TechnicianSignedOn:
        """Check name and PIN."""
        done = parts.technicians.sign_on(asked.name, asked.pin)
        if not isinstance(done, SignedOn):
            raise RefusedError(403, done.sentence, word=done.code)
        return TechnicianSignedOn(name=done.name, token=done.token)

    @router.post("/technician/sign-off", response_model=TechnicianShape)
    def sign_off(token: TechnicianHeader = "") -> TechnicianShape:
        """End the session of the token shown."""
        parts.technicians.sign_off(token)
        return TechnicianShape(name=None, has_technicians=not parts.technicians.is_empty)


def _reading_routes(router: APIRouter, parts: DrawingParts) -> None:
    @router.get("/drawings", response_model=list[DrawingSummary])
    def read_drawings() -> list[DrawingSummary]:
        """List the cameras with what is drawn on them."""
        return [views.summary(drawn) for drawn in parts.desk.drawn()]

    @router.get("/drawings/{camera}", response_model=DrawnShape)
    def read_drawing(camera: CameraInPath) -> DrawnShape:
        """Show what is drawn on a camera, and its changes."""
        return _drawn(parts, _known(parts, camera))

    @router.get("/drawings/{camera}/versions/{version}", response_model=DrawingSettings)
    def read_version(camera: CameraInPath, version: Annotated[int, Path(ge=0)]) -> DrawingSettings:
        """Show an earlier version; 0 is the room's file as it is now."""
        _known(parts, camera)
        found = parts.desk.version(camera, version)
        if found is None:
            raise RefusedError(404, f"camera {camera} has no version {version}; its list says which it has")
        return found


def _changing_routes(router: APIRouter, parts: DrawingParts) -> None:
    @router.post("/drawings/{camera}/check", response_model=CheckedShape)
    def check_draft(camera: CameraInPath, asked: DraftAsked) -> CheckedShape:
        """Tell everything that is wrong with a draft; changes nothing."""
        found = _accepted(parts.desk.read(camera, asked.drawing))
        if isinstance(found, NotUsable):
            return CheckedShape(problems=views.problems(found.problems), masks_removed=0)
        return CheckedShape(problems=[], masks_removed=parts.desk.masks_removed(camera, found))

    @router.post("/drawings/{camera}", response_model=SavedShape)
    def save_drawing(camera: CameraInPath, asked: DrawingSaved, token: TechnicianHeader = "") -> SavedShape:
        """Put a draft in force on this camera, durably; nothing is saved while it has problems."""
        author = _technician(parts, token)
        done = parts.desk.save(
            camera,
            asked.drawing,
            on_version=asked.on_version,
            reason=asked.reason,
            confirmed_masks=asked.confirmed_masks,
            author=author,
        )
        return _saved(parts, done)

    @router.post("/drawings/{camera}/restore", response_model=SavedShape)
    def restore_drawing(camera: CameraInPath, asked: DrawingRestored, token: TechnicianHeader = "") -> SavedShape:
        """Bring an earlier version back; itself a change."""
        author = _technician(parts, token)
        done = parts.desk.restore(
            camera,
            asked.version,
            on_version=asked.on_version,
            reason=asked.reason,
            confirmed_masks=asked.confirmed_masks,
            author=author,
        )
        return _saved(parts, done)


def _trying_routes(router: APIRouter, parts: DrawingParts) -> None:
    @router.post("/drawings/{camera}/preview", response_model=PreviewBegun)
    def begin_preview(camera: CameraInPath, asked: DraftAsked, token: TechnicianHeader = "") -> PreviewBegun:
        """Let a draft judge the live tracks; it tells nobody else."""
        _technician(parts, token)
        drawn, found = _draft(parts, camera, asked)
        if isinstance(found, NotUsable):
            return PreviewBegun(preview_id=None, problems=views.problems(found.problems))
        return PreviewBegun(preview_id=parts.previews.begin(drawn), problems=[])

    @router.get("/previews/{preview_id}", response_model=PreviewShape)
    def look_at_preview(preview_id: IdInPath, token: TechnicianHeader = "") -> PreviewShape:
        """Show what a draft says of the camera now."""
        _technician(parts, token)
        look = parts.previews.look(preview_id)
        if look is None:
            raise RefusedError(404, "this preview is forgotten; begin it anew")
        return views.preview(look, age_s=parts.age_s)

    @router.post("/drawings/{camera}/what-if", status_code=202, response_model=WhatIfShape)
    def begin_what_if(camera: CameraInPath, asked: DraftAsked, token: TechnicianHeader = "") -> WhatIfShape:
        """Compare what the last hour tells under the rules in force and under a draft."""
        author = _technician(parts, token)
        now = _known(parts, camera).camera
        drawn, found = _draft(parts, camera, asked)
        if isinstance(found, NotUsable):
            return views.unusable_what_if(found.problems)
        run = parts.what_ifs.begin(now, drawn, author=author)
        if isinstance(run, NotAllowed):
            raise RefusedError(409, run.sentence, word=run.code)
        return views.what_if(run)

    @router.get("/what-ifs/{run_id}", response_model=WhatIfShape)
    def look_at_what_if(run_id: IdInPath, token: TechnicianHeader = "") -> WhatIfShape:
        """Show how far a comparison is, and its result."""
        _technician(parts, token)
        return views.what_if(_run(parts.what_ifs.look(run_id)))

    @router.post("/what-ifs/{run_id}/cancel", response_model=WhatIfShape)
    def cancel_what_if(run_id: IdInPath, token: TechnicianHeader = "") -> WhatIfShape:
        """End a comparison before it is done."""
        _technician(parts, token)
        return views.what_if(_run(parts.what_ifs.cancel(run_id)))


def _technician(parts: DrawingParts, token: str) -> str:
    """Return who acts; refuses everybody else."""
    name = parts.technicians.who(token)
    if name is None:
        raise RefusedError(403, "only a technician may do this; sign on with name and PIN", word="not_technician")
    return name


def _known(parts: DrawingParts, camera: str) -> Drawn:
    drawn = parts.desk.drawn_of(camera)
    if drawn is None:
        raise RefusedError(404, f"this room has no camera {camera!r}; name one of GET /api/v1/drawings")
    return drawn


def _draft(parts: DrawingParts, camera: str, asked: DraftAsked) -> tuple[CameraSettings, DrawingSettings | NotUsable]:
    """Return the camera with a draft on it; as it is when the draft cannot be used."""
    now = _known(parts, camera).camera
    found = _accepted(parts.desk.read(camera, asked.drawing))
    if isinstance(found, NotUsable):
        return now, found
    return with_drawing(now.model_copy(update={"masks": ()}), found, over=found), found


def _accepted(found: DrawingSettings | NotUsable | Unknown) -> DrawingSettings | NotUsable:
    if isinstance(found, Unknown):
        raise RefusedError(404, found.sentence)
    return found


def _saved(parts: DrawingParts, done: Drawn | NotUsable | NotAllowed | Unknown) -> SavedShape:
    if isinstance(done, Unknown):
        raise RefusedError(404, done.sentence)
    if isinstance(done, NotAllowed):
        raise RefusedError(409, done.sentence, word=done.code)
    if isinstance(done, NotUsable):
        return SavedShape(problems=views.problems(done.problems), drawn=None)
    return SavedShape(problems=[], drawn=_drawn(parts, done))


def _drawn(parts: DrawingParts, drawn: Drawn) -> DrawnShape:
    camera = drawn.camera.name
    return views.drawn_shape(drawn, history=parts.desk.history(camera), labels=parts.labels(camera))


def _run(run: WhatIfRun | None) -> WhatIfRun:
    if run is None:
        raise RefusedError(404, "this comparison is not known any more; begin it anew")
    return run
