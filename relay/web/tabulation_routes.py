"""Counting a month anew over HTTP: by which areas and categories it was counted, what would change, and doing it."""

from typing import Annotated

from fastapi import APIRouter, Path

from patrol_wire.ids import CommandId
from relay.core.commands import Retabulate
from relay.ops.ids import IdSource
from relay.web.command_answers import answer_of
from relay.web.faults import GUARDED, MALFORMED, NOT_FOUND, NotDoneError
from relay.web.incident_routes import CONFLICT, MonthText
from relay.web.parts import DeskParts
from relay.web.tabulation_reads import TabulationReads
from relay.web.tabulation_shapes import BasisContent, BasisList, Retabulated, RetabulationAsked, TabulationShape


def tabulation_routes(parts: DeskParts) -> APIRouter:
    """Return the routes; handlers that read block, so they run in the pool."""
    router = APIRouter(prefix="/api/v1/counts", tags=["counts"], responses=GUARDED | MALFORMED)
    reads = TabulationReads(parts.reader, parts.cities)
    ids = IdSource()  # used on the event loop only

    @router.get("/bases", response_model=BasisList)
    def list_bases() -> BasisList:
        """List the counting bases: each state of the areas, rooms and categories that ever placed incidents."""
        return reads.bases()

    @router.get("/bases/{basis}", response_model=BasisContent, responses=NOT_FOUND)
    def read_basis(basis: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> BasisContent:
        """Give a basis: outlines of areas, areas of rooms, categories. Whoever wants to count again can."""
        content = reads.content(basis)
        if content is None:
            raise NotDoneError(404, "not_found", f"there is no counting basis {basis}; see /api/v1/counts/bases")
        return content

    @router.get("/tabulation", response_model=TabulationShape)
    def preview(month: MonthText) -> TabulationShape:
        """Tell what counting a month anew on the basis in force would change. Changes nothing."""
        return reads.preview(month)

    @router.post("/tabulation", response_model=Retabulated, responses=CONFLICT)
    async def retabulate(asked: RetabulationAsked) -> Retabulated:
        """Count a month anew, in one transaction; a published month gets its next release."""
        command_id = CommandId(asked.command_id or ids.take(parts.clock.now_us()))
        command = Retabulate(
            command_id=command_id, actor=asked.actor, month=asked.month, reason=asked.reason, basis=asked.basis
        )
        result = await answer_of(parts, command, command_id, subject=f"month {asked.month}")
        return Retabulated(month=asked.month, basis=asked.basis, answer=result.answer, reason=result.reason)

    return router
