"""Counts over HTTP: ledger lines, sums, releases of months. Handlers that read block, so they run in the pool."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from patrol_wire.ids import CommandId
from relay.core.commands import PublishMonth
from relay.ops.ids import IdSource
from relay.web.command_answers import answer_of
from relay.web.count_reads import CountReads
from relay.web.count_shapes import (
    CountsPageShape,
    CountSums,
    PublishAsked,
    Reconciled,
    ReleaseList,
    ReleaseShape,
)
from relay.web.faults import GUARDED, MALFORMED, NOT_FOUND, NotDoneError
from relay.web.incident_routes import CONFLICT, MonthText
from relay.web.parts import DeskParts


def count_routes(parts: DeskParts) -> APIRouter:
    """Return the counts ledger: lines, sums, releases, and the check of everything against everything."""
    router = APIRouter(prefix="/api/v1", tags=["counts"], responses=GUARDED | MALFORMED)
    reads = CountReads(parts.reader)

    @router.get("/counts", response_model=CountsPageShape, responses=CONFLICT)
    def page_counts(
        after: Annotated[int, Query(ge=0, le=2**53, description="Cursor of the last line you have; 0: all")] = 0,
        limit: Annotated[int, Query(ge=1, le=256)] = 256,
        entry_id: Annotated[
            str | None,
            Query(
                pattern="^[0-9a-f]{32}$",
                description="`entry_id` of the line at `after`; 409 where another one stands there",
            ),
        ] = None,
    ) -> CountsPageShape:
        """Give ledger lines after a cursor, in commit order: the HTTP twin of the counts feed."""
        return reads.page(after, limit, entry_id)

    @router.get("/counts/sums", response_model=CountSums, responses=NOT_FOUND)
    def sum_counts(
        area: str | None = None,
        category: str | None = None,
        month: MonthText | None = None,
        release: Annotated[
            int | None, Query(ge=1, le=2**31 - 1, description="With `month`: as this release of it says")
        ] = None,
    ) -> CountSums:
        """Give the sums per measure, area, category and month, as they are now or as a release of a month says."""
        if release is None:
            return reads.sums(area=area, category=category, month=month)
        if month is None:
            raise NotDoneError(422, "malformed", "release belongs to a month; name the month too")
        found = reads.figures(month, release, area=area, category=category)
        if found is None:
            raise NotDoneError(404, "not_found", f"{month} has no release {release}; see /api/v1/counts/releases")
        return found

    @router.get("/counts/releases", response_model=ReleaseList)
    def list_releases(
        month: MonthText | None = None,
        after: Annotated[int, Query(ge=0, le=2**53, description="`number` of the last one you have; 0: all")] = 0,
    ) -> ReleaseList:
        """List the releases of months; with `month` only its own, each with its difference from the one before."""
        return reads.releases(month, after)

    @router.get("/reconcile", response_model=Reconciled)
    def check_everything() -> Reconciled:
        """Compare log, alerts, incidents, ledger, sums and releases with one another; reads the whole store."""
        return reads.reconcile()

    _publish_route(router, parts, reads)
    return router


def _publish_route(router: APIRouter, parts: DeskParts, reads: CountReads) -> None:
    ids = IdSource()  # used on the event loop only

    @router.post("/counts/releases", response_model=ReleaseShape, responses=CONFLICT)
    async def publish_month(asked: PublishAsked) -> ReleaseShape:
        """Publish a month that has ended; answered when it is durable. Later changes make further releases."""
        command_id = CommandId(asked.command_id or ids.take(parts.clock.now_us()))
        command = PublishMonth(command_id=command_id, actor=asked.actor, month=asked.month, reason=asked.reason)
        await answer_of(parts, command, command_id, subject=f"month {asked.month}")
        found = await asyncio.to_thread(reads.releases, asked.month, 0)
        return found.releases[0]
