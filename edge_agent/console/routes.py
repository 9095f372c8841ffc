"""The room's HTTP API, version 1. Handlers are plain functions: they block on the disk, so they run in the pool."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response, status
from fastapi.responses import FileResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from edge_agent.console.city_map import MapShape
from edge_agent.console.desk import Done, NotAllowed, OperatorDesk, Unknown
from edge_agent.console.room import Room
from edge_agent.console.shapes import (
    ChangeStored,
    Fault,
    FlagClassified,
    FlagPressed,
    FlagStored,
    FlagWithdrawn,
    Health,
    JudgementMade,
    StateShape,
    UuidText,
    WallShape,
)

AlertIdInPath = Annotated[UuidText, Path(description="UUIDv7 of the alert or flag")]
FAULTS: Final[dict[int | str, dict[str, object]]] = {
    404: {"model": Fault, "description": "This room does not know it"},
    409: {"model": Fault, "description": "It does not fit; nothing was changed"},
    422: {"model": Fault, "description": "The request is malformed"},
    503: {"model": Fault, "description": "Nothing was stored; try again"},
}


class RefusedError(Exception):
    """A request that was understood and not done; ``app`` turns it into an answer."""

    def __init__(self, code: int, sentence: str, *, word: str = "") -> None:
        """``word`` says why, for pages that have their own sentence for it; empty: what the number says."""
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.word = word


def operator_routes(room: Room, desk: OperatorDesk, places: dict[str, tuple[float, float] | None]) -> APIRouter:
    """Return what operators do; ``places`` are the positions of the room's cameras."""
    router = APIRouter(prefix="/api/v1", tags=["operator"])

    @router.post("/flags", status_code=status.HTTP_201_CREATED, response_model=FlagStored, responses=FAULTS)
    def press_flag(asked: FlagPressed) -> FlagStored:
        """Store an operator's flag: answered only when it survives a power cut."""
        if asked.camera is not None and not room.has_camera(asked.camera):
            raise RefusedError(422, f"camera: this room has no camera {asked.camera!r}; name one of GET /api/v1/state")
        done = desk.press(asked, camera_place=places.get(asked.camera) if asked.camera else None)
        if asked.camera is not None:
            room.flag_stored(done.alert_id, asked.camera, asked.look_back_s)
        return FlagStored(alert_id=done.alert_id, seq=done.stored.seq, stored_at=utc(done.stored.at))

    @router.post("/flags/{alert_id}/classify", response_model=ChangeStored, responses=FAULTS)
    def classify_flag(alert_id: AlertIdInPath, asked: FlagClassified) -> ChangeStored:
        """Say afterwards what a flag is; may be repeated."""
        return changed(desk.classify(alert_id, asked))

    @router.post("/flags/{alert_id}/withdraw", response_model=ChangeStored, responses=FAULTS)
    def withdraw_flag(alert_id: AlertIdInPath, asked: FlagWithdrawn) -> ChangeStored:
        """Take a flag back; the record of it stays."""
        return changed(desk.withdraw(alert_id, asked))

    @router.post("/alerts/{alert_id}/judgement", status_code=201, response_model=ChangeStored, responses=FAULTS)
    def judge_alert(alert_id: AlertIdInPath, asked: JudgementMade) -> ChangeStored:
        """Accept or dismiss a machine alert; the last verdict holds."""
        return changed(desk.judge(alert_id, asked))

    return router


def state_routes(room: Room, wall: Callable[[], WallShape], city_map: MapShape) -> APIRouter:
    """Return what shows the room."""
    router = APIRouter(prefix="/api/v1", tags=["state"])

    @router.get("/state", response_model=StateShape)
    def read_state() -> StateShape:
        """Show everything the room knows about itself now."""
        return room.state()

    @router.get("/wall", response_model=WallShape)
    def read_wall() -> WallShape:
        """Show what the settings say about cameras, their zones and sets, and the kinds of flags."""
        return wall()

    @router.get("/map", response_model=MapShape)
    def read_map() -> MapShape:
        """Show what a place is pointed on when a camera has none."""
        return city_map

    @router.get(
        "/alerts/{alert_id}/snapshot",
        response_class=FileResponse,
        responses={200: {"content": {"image/jpeg": {}}}, 404: {"model": Fault}},
    )
    def read_snapshot(alert_id: AlertIdInPath) -> FileResponse:
        """Show the masked picture of the moment."""
        path = room.snapshot(alert_id)
        if path is None:
            raise RefusedError(404, f"there is no snapshot of {alert_id} in this room")
        return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})

    return router


def health_routes(room: Room, registry: CollectorRegistry) -> APIRouter:
    """Return what machines ask: alive, ready, figures."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", response_model=Health, responses={503: {"model": Health}})
    def read_health() -> Response:
        """Tell whether every part that must move has moved lately."""
        return _health(room.health())

    @router.get("/readyz", response_model=Health, responses={503: {"model": Health}})
    def read_readiness() -> Response:
        """Tell whether the room does its whole work."""
        return _health(room.readiness())

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def read_metrics() -> Response:
        """Show the figures in Prometheus' text form."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def utc(at_us: int) -> datetime:
    """Return UTC microseconds as the aware datetime that the API shows."""
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC)


def _health(found: Health) -> Response:
    return JSONResponse(found.model_dump(), status_code=200 if found.ok else 503)


def changed(decided: Done | Unknown | NotAllowed) -> ChangeStored:
    """Return what became of an act; raises RefusedError when nothing was changed."""
    match decided:
        case Unknown():
            raise RefusedError(404, decided.sentence)
        case NotAllowed():
            raise RefusedError(409, decided.sentence)
        case Done():
            return ChangeStored(
                alert_id=decided.alert_id,
                seq=decided.stored.seq,
                stored_at=utc(decided.stored.at),
                standing=decided.standing,
            )
