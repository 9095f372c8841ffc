"""One form for every refusal of the console: a stable word for machines, one sentence for people."""

from collections.abc import Mapping
from typing import Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from edge_agent.console.shapes import Fault

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


def fault_answer(http_code: int, sentence: str, *, word: str = "") -> JSONResponse:
    """Return the answer that says it; ``word`` says it more exactly than the number."""
    fault = Fault(code=word or _CODES.get(http_code, "refused"), error=sentence)
    return JSONResponse(fault.model_dump(), status_code=http_code)


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
