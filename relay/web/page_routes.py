"""The live page and its files, from patrol_web. They hold no data; the page fetches that from the API."""

import os
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from patrol_web.page import MOUNTS, language_of, render_board_page, render_live_page
from relay.core.clocking import month_of
from relay.web.incident_routes import MonthText
from relay.web.parts import DeskParts

_NO_CACHE: Final = "no-cache"
"""Ask each time whether it changed: after an update no browser runs yesterday's script against today's API."""


class PageFiles(StaticFiles):
    """Files of the page, checked by the browser before each use."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer with the file, or with 304 when the browser has it."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = _NO_CACHE
        return answer


def page_routes(parts: DeskParts) -> APIRouter:
    """Return the page's route."""
    router = APIRouter()
    zone = parts.city.zone
    time_zone = zone.key if isinstance(zone, ZoneInfo) else "UTC"

    @router.get("/", response_class=HTMLResponse, include_in_schema=False)
    def show_page(lang: Annotated[str | None, Query(max_length=35)] = None) -> HTMLResponse:
        """Show the queue of incidents."""
        language = language_of(lang, parts.language)
        city_name = parts.city.name_en if language == "en" and parts.city.name_en else parts.city.name
        html = render_live_page(language=language, city_name=city_name, time_zone=time_zone)
        return HTMLResponse(html, headers={"Cache-Control": _NO_CACHE})

    @router.get("/board", response_class=HTMLResponse, include_in_schema=False)
    def show_board(
        month: MonthText | None = None,
        release: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
        lang: Annotated[str | None, Query(max_length=35)] = None,
    ) -> HTMLResponse:
        """Show how the areas stand in a month: the one that runs, unless another is named."""
        language = language_of(lang, parts.language)
        html = render_board_page(
            language=language,
            city_name=parts.city.name_en if language == "en" and parts.city.name_en else parts.city.name,
            time_zone=time_zone,
            month=month or month_of(parts.clock.now_us(), zone),
            release=release,
        )
        return HTMLResponse(html, headers={"Cache-Control": _NO_CACHE})

    return router


def mount_files(app: FastAPI) -> None:
    """Serve the page's scripts, styles and texts."""
    for prefix, folder in MOUNTS.items():
        app.mount(prefix, PageFiles(directory=folder), name=prefix.strip("/").replace("/", "-"))
