"""Snapshots and clips over HTTP, by the hash of their content: never changed, so a browser keeps them for ever."""

from pathlib import Path as FilePath
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse, Response

from relay.core.media import ContentState
from relay.store.media_folder import MediaFolder
from relay.web.faults import GUARDED, MALFORMED, NOT_FOUND, NotDoneError
from relay.web.media_elsewhere import PASSED_ON, MediaElsewhere
from relay.web.parts import DeskParts
from relay.web.reads import DeskReads
from relay.web.shapes import Fault

CACHE: Final = "private, max-age=31536000, immutable"
"""Private: a proxy between must not hand a picture to somebody without the token."""
Sha256InPath = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the content")]
_CONTENT: Final[dict[int | str, dict[str, object]]] = {
    200: {"content": {"image/jpeg": {}, "video/mp4": {}, "audio/webm": {}}, "description": "The content"},
    206: {"content": {"image/jpeg": {}, "video/mp4": {}}, "description": "The range asked for"},
    410: {"model": Fault, "description": "It was here and was deleted to make room"},
}
_ASKED: Final = ("range", "if-none-match", "if-range")
_LOG: Final = structlog.get_logger("relay.web")


def media_routes(parts: DeskParts, reads: DeskReads) -> APIRouter:
    """Return the route of the content."""
    router = APIRouter(prefix="/api/v1", tags=["media"], responses=GUARDED | MALFORMED | NOT_FOUND)
    folder = MediaFolder(parts.media_dir) if parts.media_dir is not None else None
    elsewhere = MediaElsewhere(parts.token)

    @router.get("/media/{sha256}", response_class=FileResponse, responses=_CONTENT)
    def read_media(sha256: Sha256InPath, request: Request) -> Response:
        """Give a snapshot or clip that this relay holds; `Range` gives a part of it."""
        found, is_announced = reads.media(sha256)
        if found is not None and found.state is ContentState.DELETED:
            raise NotDoneError(410, "deleted", f"{sha256} was here and was deleted to make room")
        path = _file_of(folder, sha256) if found is not None else None
        if path is None and found is not None and (folder is None or found.folder != folder.name):
            web_url = reads.media_place(found.folder) if PASSED_ON not in request.headers else ""
            if not web_url:
                raise NotDoneError(404, "elsewhere", f"{sha256} lies in a media folder that this relay does not have")
            _LOG.info("media_passed_on", sha256=sha256, caller=_caller(request), relay=web_url)
            return elsewhere.fetch(web_url, sha256, {k: request.headers[k] for k in _ASKED if k in request.headers})
        if found is None or path is None:
            if is_announced:
                raise NotDoneError(404, "in_room", f"{sha256} lies in its room and has not arrived yet; try again")
            raise NotDoneError(404, "not_found", f"no alert has media {sha256}")
        headers = {"Cache-Control": CACHE, "ETag": f'"{sha256}"'}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        # Who looked at which picture is part of what a city must be able to say.
        _LOG.info("media_read", sha256=sha256, caller=_caller(request))
        return FileResponse(path, media_type=found.media_type, headers=headers)

    return router


def _caller(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _file_of(folder: MediaFolder | None, sha256: str) -> FilePath | None:
    """Return the file, None when it is not there whatever the store says."""
    if folder is None or folder.size_of(sha256) is None:
        return None
    return folder.place(sha256)
