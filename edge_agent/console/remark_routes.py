"""What an operator adds to a flag, `/api/v1/flags/{alert_id}/…`: words, a place, a voice note. The flag never waits."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from edge_agent.console.desk import Kept, NotAllowed, NotKept, OperatorDesk, Unknown
from edge_agent.console.room import Room
from edge_agent.console.routes import FAULTS, AlertIdInPath, RefusedError, changed, utc
from edge_agent.console.shapes import ChangeStored, Fault, PlacePointed, RemarkMade, VoiceStored
from edge_agent.evidence.voice import MOST_BYTES
from patrol_wire.media import VOICE_TYPE

VOICE_SUFFIX: Final = "/voice"
_BODY: Final = {
    "requestBody": {"required": True, "content": {VOICE_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


def remark_routes(room: Room, desk: OperatorDesk) -> APIRouter:
    """Return what adds to a flag and what plays it."""
    router = APIRouter(prefix="/api/v1", tags=["operator"])

    @router.post("/flags/{alert_id}/note", response_model=ChangeStored, responses=FAULTS)
    def add_note(alert_id: AlertIdInPath, asked: RemarkMade) -> ChangeStored:
        """Add words to a flag; may be repeated, the last words hold."""
        return changed(desk.remark(alert_id, asked))

    @router.post("/flags/{alert_id}/place", response_model=ChangeStored, responses=FAULTS)
    def point_place(alert_id: AlertIdInPath, asked: PlacePointed) -> ChangeStored:
        """Say where a flag is; may be repeated, the last place holds. The relay places the incident anew."""
        return changed(desk.point(alert_id, asked))

    @router.post(
        "/flags/{alert_id}/voice", status_code=201, response_model=VoiceStored, responses=FAULTS, openapi_extra=_BODY
    )
    async def add_voice(alert_id: AlertIdInPath, request: Request) -> VoiceStored:
        """Store a voice note: WebM with Opus, at most 60 s and 512 KiB. Answered when it survives a power cut."""
        content = await _whole(request)
        return await run_in_threadpool(lambda: _kept(alert_id, desk.keep_voice(alert_id, content)))

    @router.get(
        "/alerts/{alert_id}/voice",
        response_class=FileResponse,
        responses={200: {"content": {VOICE_TYPE: {}}}, 404: {"model": Fault}},
    )
    def read_voice(alert_id: AlertIdInPath) -> FileResponse:
        """Play the voice note of a flag."""
        path = room.voice(alert_id)
        if path is None:
            raise RefusedError(404, f"there is no voice note of {alert_id} in this room")
        return FileResponse(path, media_type=VOICE_TYPE, headers={"Cache-Control": "private, max-age=86400"})

    return router


async def _whole(request: Request) -> bytes:
    """Read a body that may not be longer than a voice note, whatever its headers say."""
    if not request.headers.get("content-type", "").startswith(VOICE_TYPE):
        raise RefusedError(415, f"send the voice note as {VOICE_TYPE}")
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > MOST_BYTES:
            raise RefusedError(413, f"a voice note has at most {MOST_BYTES} bytes; record a shorter one")
    return bytes(content)


def _kept(alert_id: str, decided: Kept | NotKept | Unknown | NotAllowed) -> VoiceStored:
    match decided:
        case Unknown():
            raise RefusedError(404, decided.sentence)
        case NotAllowed():
            raise RefusedError(409, decided.sentence)
        case NotKept():
            raise RefusedError(422 if decided.is_content else 503, decided.sentence)
        case Kept():
            return VoiceStored(
                alert_id=alert_id,
                sha256=decided.sha256,
                size_bytes=decided.size_bytes,
                duration_ms=decided.duration_ms,
                stored_at=utc(decided.stored.at),
            )
