"""Every answer that is not what was asked for has one form: a stable word and one sentence."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException

from relay.core.commands import DeskBusyError
from relay.web.shapes import Fault

_CODES = {400: "malformed", 401: "token_needed", 403: "foreign_origin", 404: "not_found", 405: "wrong_method"}
NOT_FOUND: dict[int | str, dict[str, object]] = {404: {"model": Fault, "description": "There is no such thing"}}
MALFORMED: dict[int | str, dict[str, object]] = {422: {"model": Fault, "description": "The request is malformed"}}
GUARDED: dict[int | str, dict[str, object]] = {
    401: {"model": Fault, "description": "The token is missing or wrong; never on a loopback address"},
    403: {"model": Fault, "description": "The request comes from a page of another site"},
    503: {"model": Fault, "description": "The relay cannot answer now; try again"},
}


class NotDoneError(Exception):
    """A request that was understood and not done; turned into a Fault with this HTTP status."""

    def __init__(self, http_status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.http_status = http_status
        self.code = code
        self.sentence = sentence


def fault(http_status: int, code: str, sentence: str) -> JSONResponse:
    """Return the answer."""
    return JSONResponse(Fault(code=code, error=sentence).model_dump(), status_code=http_status)


def answer_faults(app: FastAPI) -> None:
    """Turn every exception a route may raise into a Fault."""

    @app.exception_handler(NotDoneError)
    async def not_done(_request: Request, error: NotDoneError) -> JSONResponse:
        return fault(error.http_status, error.code, error.sentence)

    @app.exception_handler(DeskBusyError)
    async def busy(_request: Request, error: DeskBusyError) -> JSONResponse:
        return fault(503, "busy", str(error))

    @app.exception_handler(DataError)
    async def not_storable(_request: Request, _error: DataError) -> JSONResponse:
        return fault(422, "malformed", "a value of the request is none that the store could hold; mend it")

    @app.exception_handler(SQLAlchemyError)
    async def store_failed(_request: Request, _error: SQLAlchemyError) -> JSONResponse:
        return fault(503, "store_unavailable", "the store cannot be read now; try again, and look at the relay's log")

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        return fault(422, "malformed", validation_sentence(error))

    @app.exception_handler(HTTPException)
    async def other(_request: Request, error: HTTPException) -> JSONResponse:
        answer = fault(error.status_code, _CODES.get(error.status_code, "refused"), str(error.detail).lower())
        answer.headers.update(error.headers or {})
        return answer


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
