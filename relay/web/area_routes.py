"""Areas of a month over HTTP: counts with their exposure and completeness, and the index. Handlers block: the pool."""

import csv
import io
from typing import Annotated

from fastapi import APIRouter, Query, Response

from relay.core.clocking import month_of
from relay.web.area_reads import AreaReads
from relay.web.area_shapes import AreaCountsList, CompletenessList, IndexShape
from relay.web.faults import GUARDED, MALFORMED, NOT_FOUND, NotDoneError
from relay.web.incident_routes import MonthText
from relay.web.parts import DeskParts

COLUMNS = (
    "area",
    "title_zh",
    "title_en",
    "month",
    "release",
    "reported",
    "confirmed",
    "camera_hours",
    "patrol_hours",
    "complete",
    "incomplete_days",
    "doubts",
)
_CSV: dict[int | str, dict[str, object]] = {200: {"content": {"text/csv": {}}}}
ReleaseNumber = Annotated[int, Query(ge=1, le=2**31 - 1, description="As this release of the month says")]


def area_routes(parts: DeskParts) -> APIRouter:
    """Return the routes about areas; without a month the one that runs."""
    router = APIRouter(prefix="/api/v1", tags=["counts"], responses=GUARDED | MALFORMED)
    reads = AreaReads(parts.reader, parts.cities, parts.completeness)

    def month_or_now(month: str | None) -> str:
        return month if month is not None else month_of(parts.clock.now_us(), parts.city.zone)

    def counts(month: str | None, release: int | None) -> AreaCountsList:
        wanted = month_or_now(month)
        found = reads.counts(wanted, release, parts.clock.now_us())
        if found is None:
            raise _no_release(wanted, release)
        return found

    @router.get("/counts/areas", response_model=AreaCountsList, responses=NOT_FOUND)
    def count_areas(month: MonthText | None = None, release: ReleaseNumber | None = None) -> AreaCountsList:
        """Give every area's counts with the camera-hours and patrol-hours behind them, and whether it is complete."""
        return counts(month, release)

    @router.get("/counts/areas.csv", response_class=Response, responses=NOT_FOUND | _CSV)
    def count_areas_as_csv(month: MonthText | None = None, release: ReleaseNumber | None = None) -> Response:
        """Give the same as CSV (UTF-8, a header line)."""
        return Response(_csv(counts(month, release)), media_type="text/csv; charset=utf-8")

    @router.get("/counts/completeness", response_model=CompletenessList)
    def read_completeness(month: MonthText | None = None, area: str | None = None) -> CompletenessList:
        """Tell which days of which areas are not complete, and why; as it is now."""
        return reads.completeness(month_or_now(month), area, parts.clock.now_us())

    @router.get("/index", response_model=IndexShape, responses=NOT_FOUND)
    def read_index(month: MonthText | None = None, release: ReleaseNumber | None = None) -> IndexShape:
        """Give the reference index of a month; an area that is not complete is never shown green."""
        if parts.index is None:
            raise NotDoneError(404, "not_found", "this city has no levels.toml; put one beside its areas")
        wanted = month_or_now(month)
        table = parts.index(wanted, release, parts.clock.now_us())
        if table is None:
            raise _no_release(wanted, release)
        return reads.index(table)

    return router


def _no_release(month: str, release: int | None) -> NotDoneError:
    return NotDoneError(404, "not_found", f"{month} has no release {release}; see /api/v1/counts/releases")


def _csv(found: AreaCountsList) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in found.areas:
        writer.writerow(
            (
                each.area,
                each.title.zh,
                each.title.en,
                each.month,
                found.release if found.release is not None else "",
                each.reported,
                each.confirmed,
                f"{each.camera_hours:.3f}",
                f"{each.patrol_hours:.3f}",
                str(each.complete).lower(),
                each.incomplete_days,
                " ".join(each.doubts),
            )
        )
    return text.getvalue()
