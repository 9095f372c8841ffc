"""The watch of the video rooms over HTTP: who watches now, and the shifts of a month. Handlers block: the pool."""

import csv
import io
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from relay.core.clocking import month_of
from relay.web.faults import GUARDED, MALFORMED
from relay.web.incident_routes import MonthText
from relay.web.parts import DeskParts
from relay.web.shapes import Name
from relay.web.watch_reads import WatchReads
from relay.web.watch_shapes import WatchBoard, WatchShiftList, WatchShiftShape

FIGURES: Final = (
    *("flags", "withdrawn", "judged", "accepted", "dismissed", "open_matters"),
    *("look_back_ms_median", "judged_after_ms_median"),
)
COLUMNS: Final = (
    *("room", "title_zh", "title_en", "operator", "shift_id", "began_at", "ended_at", "end", "relieved_by"),
    *("rounds", "round_cameras", "round_seen", *FIGURES),
)
MOST_SHIFTS: Final = 1_000
_CSV: dict[int | str, dict[str, object]] = {200: {"content": {"text/csv": {}}}}
_Room = Annotated[Name | None, Query(description="Only this room's")]


def watch_routes(parts: DeskParts) -> APIRouter:
    """Return the routes; without a month the one that runs."""
    router = APIRouter(prefix="/api/v1/watch", tags=["force"], responses=GUARDED | MALFORMED)
    reads = WatchReads(parts.reader, parts.cities)

    def month_or_now(month: str | None) -> str:
        return month if month is not None else month_of(parts.clock.now_us(), parts.city.zone)

    @router.get("", response_model=WatchBoard)
    def read_watch() -> WatchBoard:
        """Tell of every video room whether somebody watches it, who, and whether the roster wants it."""
        return reads.board(parts.clock.now_us())

    @router.get("/shifts", response_model=WatchShiftList)
    def list_shifts(
        month: MonthText | None = None,
        room: _Room = None,
        limit: Annotated[int, Query(ge=1, le=MOST_SHIFTS)] = MOST_SHIFTS,
    ) -> WatchShiftList:
        """List the operators' shifts that began in a month: how long, rounds and their coverage, statistics."""
        wanted = month_or_now(month)
        found = reads.shifts(wanted, room)
        return WatchShiftList(month=wanted, shifts=found[:limit], left_out=max(0, len(found) - limit))

    @router.get("/shifts.csv", response_class=Response, responses=_CSV)
    def list_shifts_as_csv(month: MonthText | None = None, room: _Room = None) -> Response:
        """Give all of them as CSV (UTF-8, a header line)."""
        return Response(_csv(reads.shifts(month_or_now(month), room)), media_type="text/csv; charset=utf-8")

    return router


def _csv(shifts: Sequence[WatchShiftShape]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in shifts:
        writer.writerow(
            (
                *(each.node, each.title.zh, each.title.en, each.operator, each.shift_id),
                each.began_at.isoformat(),
                each.ended_at.isoformat() if each.ended_at is not None else "",
                each.end.value if each.end is not None else "",
                *(each.relieved_by, each.rounds, each.round_cameras, each.round_seen),
                *(each.figures.get(name, "") for name in FIGURES),
            )
        )
    return text.getvalue()
