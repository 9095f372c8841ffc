"""The force over HTTP: candidates of an incident, the roster, duty by hand. Reading handlers run in the pool."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from patrol_wire.ids import CommandId, UnitId
from relay.core.commands import UnitDuty
from relay.ops.ids import IdSource
from relay.web.command_answers import answer_of
from relay.web.faults import GUARDED, MALFORMED, NOT_FOUND, NotDoneError
from relay.web.force_reads import ForceReads
from relay.web.force_shapes import CandidateList, DutyAsked, DutyDone, RosterShape
from relay.web.incident_routes import CONFLICT, IncidentIdInPath
from relay.web.parts import DeskParts
from relay.web.shapes import Name

UnitIdInPath = Annotated[Name, Path(description="Id of the unit")]


def force_routes(parts: DeskParts) -> APIRouter:
    """Return the routes about the force."""
    router = APIRouter(prefix="/api/v1", tags=["force"], responses=GUARDED | MALFORMED)
    reads = ForceReads(parts.reader, parts.cities, parts.policy)
    ids = IdSource()

    @router.get("/incidents/{incident_id}/candidates", response_model=CandidateList, responses=NOT_FOUND)
    def list_candidates(incident_id: IncidentIdInPath) -> CandidateList:
        """Show whom each level would be asked now, each with its reason, and why others would not."""
        found = reads.candidates(incident_id, parts.clock.now_us())
        if found is None:
            raise NotDoneError(404, "not_found", f"there is no incident {incident_id}")
        return found

    @router.get("/roster", response_model=RosterShape)
    def read_roster(
        units: Annotated[bool, Query(description="False: only the holes; `units` is empty then")] = True,
    ) -> RosterShape:
        """Show who of the roster is on duty and which beats have a time without anybody."""
        return reads.roster(parts.clock.now_us(), with_units=units)

    @router.post("/units/{unit_id}/duty", response_model=DutyDone, responses=NOT_FOUND | CONFLICT)
    async def set_duty(unit_id: UnitIdInPath, asked: DutyAsked) -> DutyDone:
        """Say that a unit is on or off duty; that holds until its next shift begins or ends."""
        command_id = CommandId(asked.command_id or ids.take(parts.clock.now_us()))
        command = UnitDuty(command_id=command_id, actor=asked.actor, unit_id=UnitId(unit_id), on_duty=asked.on_duty)
        result = await answer_of(parts, command, command_id, subject=f"unit {unit_id}")
        return DutyDone(command_id=command_id, answer=result.answer.value)

    return router
