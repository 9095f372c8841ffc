"""The room's pages and their files, from patrol_web. They hold no data; their scripts fetch that from the API."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import FastAPI, Query
from fastapi.responses import HTMLResponse

from edge_agent.console.shapes import WallShape
from patrol_web.files import NO_CACHE, mount_files
from patrol_web.page import RoomPage, language_of, render_room_page

_PATHS: Final[Mapping[str, RoomPage]] = MappingProxyType(
    {"/": RoomPage.WALL, "/health": RoomPage.HEALTH, "/rules": RoomPage.RULES, "/gallery": RoomPage.GALLERY}
)
PAGE_HEADERS: Final = MappingProxyType(
    {
        # blob: the live picture goes through a MediaSource, and what needs a token is fetched and then shown.
        "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",  # voice notes, and nothing else
    }
)
"""On every answer of the console: nothing is fetched from outside, nothing inline runs, nobody frames a page."""


def is_page(path: str) -> bool:
    """Tell whether a path is a page or a file of one: answered without a token, for it tells nothing of the room."""
    return path in _PATHS or path.startswith("/static/")


def mount_pages(app: FastAPI, wall: WallShape) -> None:
    """Serve the pages and their files."""
    for path, page in _PATHS.items():
        _serve(app, path, page, wall)
    mount_files(app)


def _serve(app: FastAPI, path: str, page: RoomPage, wall: WallShape) -> None:
    @app.get(path, response_class=HTMLResponse, include_in_schema=False)
    def show_page(lang: Annotated[str | None, Query(max_length=35)] = None) -> HTMLResponse:
        """Show one page of the room."""
        language = language_of(lang, wall.language)
        html = render_room_page(page=page, language=language, time_zone=wall.time_zone)
        return HTMLResponse(html, headers={"Cache-Control": NO_CACHE})
