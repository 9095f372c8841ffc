"""Serves the files of the pages from either program; they hold no data."""

import os
from typing import Final

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from patrol_web.page import MOUNTS

NO_CACHE: Final = "no-cache"
"""Ask each time whether it changed: after an update no browser runs yesterday's script against today's API."""


class PageFiles(StaticFiles):
    """Files of the page, checked by the browser before each use."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer with the file, or with 304 when the browser has it."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = NO_CACHE
        return answer


def mount_files(app: Starlette) -> None:
    """Serve the scripts, styles and texts."""
    for prefix, folder in MOUNTS.items():
        app.mount(prefix, PageFiles(directory=folder), name=prefix.strip("/").replace("/", "-"))
