"""Puts the room's HTTP API together: routes, token, and one sentence for every refusal."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException

from edge_agent.console.access import OPEN_PATHS, admits, foreign
from edge_agent.console.desk import OperatorDesk
from edge_agent.console.live_room import LiveRoom
from edge_agent.console.live_socket import live_routes
from edge_agent.console.pages import PAGE_HEADERS, is_page, mount_pages
from edge_agent.console.remark_routes import VOICE_SUFFIX, remark_routes
from edge_agent.console.room import Room
from edge_agent.console.room_events import RoomEvents, event_routes
from edge_agent.console.routes import RefusedError, health_routes, operator_routes, state_routes
from edge_agent.console.shapes import Fault, WallShape
from edge_agent.console.socket_guard import SocketGuard
from edge_agent.console.watch_routes import WatchParts, watch_routes
from edge_agent.evidence.voice import MOST_BYTES
from edge_agent.outbox.errors import OutboxError
from patrol_wire.errors import WireError

_MAX_BODY_BYTES = 64 * 1024
_CODES: Final[Mapping[int, str]] = {
    401: "unauthorised",
    403: "foreign_origin",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_long",
    415: "not_json",
    422: "malformed",
    503: "not_stored",
}


def make_console(
    room: Room,
    desk: OperatorDesk,
    live: LiveRoom,
    watch: WatchParts,
    *,
    camera_places: dict[str, tuple[float, float] | None],
    wall: WallShape,
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
    app.include_router(state_routes(room, wall))
    app.include_router(watch_routes(watch))
    app.include_router(live_routes(live))
    app.include_router(event_routes(RoomEvents(room, instant=live.instant)))
    app.include_router(health_routes(room, registry))
    mount_pages(app, wall)
    _answer_faults(app)
    _guard(app, token)
    app.add_middleware(SocketGuard, token=token)
    return app


def _answer_faults(app: FastAPI) -> None:
    @app.exception_handler(RefusedError)
    async def refused(_request: Request, error: RefusedError) -> JSONResponse:
        return _fault(error.code, error.sentence)

    @app.exception_handler(OutboxError)
    async def outbox_failed(_request: Request, error: OutboxError) -> JSONResponse:
        return _fault(503, str(error))

    @app.exception_handler(WireError)
    async def record_too_long(_request: Request, error: WireError) -> JSONResponse:
        return _fault(422, f"the request does not fit one record: {error.found}")

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _fault(422, validation_sentence(error))

    @app.exception_handler(HTTPException)
    async def other(_request: Request, error: HTTPException) -> JSONResponse:
        return _fault(error.status_code, str(error.detail))


def _guard(app: FastAPI, token: str | None) -> None:
    @app.middleware("http")
    async def check(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = _refusal(request, token) or await proceed(request)
        answer.headers.update(PAGE_HEADERS)
        return answer


def _refusal(request: Request, token: str | None) -> Response | None:
    """Return why a request is not even looked at, None when it is.

    A page of another site open in the operator's browser must neither press flags nor read the room: its Origin tells
    it, a name rebound to this machine tells itself by Host, and it cannot send JSON unasked.
    """
    elsewhere = foreign(token, request.headers)
    if elsewhere:
        return _fault(403, elsewhere)
    length = request.headers.get("content-length", "0")
    most = MOST_BYTES if request.url.path.endswith(VOICE_SUFFIX) else _MAX_BODY_BYTES
    if length.isdigit() and int(length) > most:
        return _fault(413, f"the request is longer than {most} bytes")
    if not _is_open(request.url.path) and not admits(token, request.headers.get("authorization", "")):
        refused = _fault(401, "this console needs the token of console.token_file as Authorization: Bearer TOKEN")
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    # The one body that is no JSON is judged where it is read; no form of another site can send its type either.
    is_json = request.headers.get("content-type", "").startswith("application/json")
    if request.method == "POST" and not is_json and not request.url.path.endswith(VOICE_SUFFIX):
        return _fault(415, "send the request as application/json")
    return None


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or is_page(path)


def validation_sentence(error: RequestValidationError) -> str:
    """Return the first thing that is wrong with a request, as one sentence."""
    detail = error.errors()[0]
    where = ".".join(str(part) for part in detail["loc"] if part not in ("body", "path", "query")) or "the body"
    if detail["type"] == "extra_forbidden":
        return f"{where}: is not a field of this request; remove it"
    if detail["type"] == "missing":
        return f"{where}: is missing; send it"
    if detail["type"] == "json_invalid":
        return f"the body is not JSON ({detail.get('ctx', {}).get('error', 'malformed')}); send JSON"
    message = str(detail["msg"])
    return f"{where}: {message[:1].lower()}{message[1:]}"


def _fault(http_code: int, sentence: str) -> JSONResponse:
    fault = Fault(code=_CODES.get(http_code, "refused"), error=sentence)
    return JSONResponse(fault.model_dump(), status_code=http_code)
