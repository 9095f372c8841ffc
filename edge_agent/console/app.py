"""Puts the room's HTTP API together: routes, token, and one sentence for every refusal."""

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException

from edge_agent.console.city_map import MapShape
from edge_agent.console.desk import OperatorDesk
from edge_agent.console.drawing_routes import DrawingParts, drawing_routes
from edge_agent.console.faults import fault_answer, validation_sentence
from edge_agent.console.guard import Guard
from edge_agent.console.live_room import LiveRoom
from edge_agent.console.live_socket import live_routes
from edge_agent.console.pages import mount_pages
from edge_agent.console.remark_routes import remark_routes
from edge_agent.console.room import Room
from edge_agent.console.room_events import RoomEvents, event_routes
from edge_agent.console.routes import RefusedError, health_routes, operator_routes, state_routes
from edge_agent.console.shapes import WallShape
from edge_agent.console.watch_routes import WatchParts, watch_routes
from edge_agent.outbox.errors import OutboxError
from edge_agent.settings.errors import SettingsError
from patrol_wire.errors import WireError


def make_console(
    room: Room,
    desk: OperatorDesk,
    live: LiveRoom,
    watch: WatchParts,
    drawings: DrawingParts,
    *,
    camera_places: dict[str, tuple[float, float] | None],
    wall: Callable[[], WallShape],
    city_map: MapShape,
    registry: CollectorRegistry,
    token: str | None,
    version: str,
) -> FastAPI:
    """Return the console's application; serving it is the caller's work."""
    app = FastAPI(
        title="Video patrol room",
        version=version,
        description="The API of one video room: what its operators do and how it is.",
        docs_url=None,  # the pages of FastAPI load scripts from outside
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.include_router(operator_routes(room, desk, camera_places))
    app.include_router(remark_routes(room, desk))
    app.include_router(state_routes(room, wall, city_map))
    app.include_router(watch_routes(watch))
    app.include_router(drawing_routes(drawings))
    app.include_router(live_routes(live))
    app.include_router(event_routes(RoomEvents(room, instant=live.instant)))
    app.include_router(health_routes(room, registry))
    mount_pages(app, wall())
    _answer_faults(app)
    app.add_middleware(Guard, token=token)
    return app


def _answer_faults(app: FastAPI) -> None:
    @app.exception_handler(RefusedError)
    async def refused(_request: Request, error: RefusedError) -> JSONResponse:
        return fault_answer(error.code, error.sentence, word=error.word)

    @app.exception_handler(OutboxError)
    async def outbox_failed(_request: Request, error: OutboxError) -> JSONResponse:
        return fault_answer(503, str(error))

    @app.exception_handler(SettingsError)
    async def drawings_failed(_request: Request, error: SettingsError) -> JSONResponse:
        return fault_answer(503, str(error))

    @app.exception_handler(WireError)
    async def record_too_long(_request: Request, error: WireError) -> JSONResponse:
        return fault_answer(422, f"the request does not fit one record: {error.found}")

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        return fault_answer(422, validation_sentence(error))

    @app.exception_handler(HTTPException)
    async def other(_request: Request, error: HTTPException) -> JSONResponse:
        return fault_answer(error.status_code, str(error.detail))
