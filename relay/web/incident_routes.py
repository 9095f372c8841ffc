"""Incidents over HTTP: the queue, one incident, and what the desk does with it. Reading handlers run in the pool."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from patrol_wire.ids import AlertId, AreaId, CommandId, DispatchId, IncidentId, NodeName, UnitId
from relay.core.commands import IncidentAct
from relay.core.incidents import OPEN_STATES, IncidentState
from relay.ops.ids import IdSource
from relay.store.incidents import IncidentFilter
from relay.web.command_answers import answer_of
from relay.web.count_shapes import MONTH_PATTERN
from relay.web.faults import GUARDED, MALFORMED, NOT_FOUND, NotDoneError
from relay.web.parts import DeskParts
from relay.web.reads import DeskReads
from relay.web.shapes import ActAsked, ActDone, DispatchList, Fault, IncidentDetail, IncidentList, UuidText

IncidentIdInPath = Annotated[UuidText, Path(description="UUID of the incident")]
MonthText = Annotated[str, Query(pattern=MONTH_PATTERN, description="`YYYY-MM` in the city's time")]
CONFLICT: dict[int | str, dict[str, object]] = {
    409: {"model": Fault, "description": "It does not fit what there is now; nothing was changed"},
}


def incident_routes(parts: DeskParts, reads: DeskReads) -> APIRouter:
    """Return the routes about incidents."""
    router = APIRouter(prefix="/api/v1", tags=["incidents"], responses=GUARDED | MALFORMED)

    @router.get("/incidents", response_model=IncidentList)
    def list_incidents(
        state: Annotated[list[IncidentState] | None, Query(description="Any of these; default: the open ones")] = None,
        area: Annotated[list[str] | None, Query(description="In any of these areas")] = None,
        category: str | None = None,
        month: MonthText | None = None,
        order: Annotated[
            Literal["queue", "newest"], Query(description="`queue`: nobody's first, then severity, then the oldest")
        ] = "queue",
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> IncidentList:
        """List incidents."""
        only = IncidentFilter(
            states=frozenset(state) if state else OPEN_STATES,
            area_ids=frozenset(AreaId(each) for each in area) if area else None,
            category=category,
            month=month,
        )
        return reads.queue(only, newest=order == "newest", limit=limit, offset=offset)

    @router.get("/incidents/{incident_id}", response_model=IncidentDetail, responses=NOT_FOUND)
    def read_incident(
        incident_id: IncidentIdInPath,
        limit: Annotated[
            int | None,
            Query(
                ge=1, le=10_000, description="Alerts, lines and notices each; default: 200 alerts, 1,000 of the rest"
            ),
        ] = None,
    ) -> IncidentDetail:
        """Show one incident: its facts, its alerts and one timeline of everything that happened, the first ones first.

        `left_out` says how many later ones there was no room for.
        """
        found = reads.incident(incident_id, limit=limit)
        if found is None:
            raise NotDoneError(404, "not_found", f"there is no incident {incident_id}")
        return found

    @router.get("/dispatches", response_model=DispatchList)
    def list_dispatches(limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> DispatchList:
        """List the dispatches offered last, with the time of each step."""
        return reads.dispatches(limit)

    _act_route(router, parts)
    return router


def _act_route(router: APIRouter, parts: DeskParts) -> None:
    ids = IdSource()  # used on the event loop only

    @router.post("/incidents/{incident_id}/acts", response_model=ActDone, responses=NOT_FOUND | CONFLICT)
    async def act(incident_id: IncidentIdInPath, asked: ActAsked) -> ActDone:
        """Do something with an incident; answered when it is durable. The same `command_id` is carried out once."""
        command_id = CommandId(asked.command_id or ids.take(parts.clock.now_us()))
        command = IncidentAct(
            command_id=command_id,
            actor=asked.actor,
            incident_id=IncidentId(incident_id),
            act=asked.act,
            reason=asked.reason,
            expected_revision=asked.expected_revision,
            outcome=asked.outcome,
            category=asked.category,
            severity=asked.severity,
            area_id=AreaId(asked.area_id) if asked.area_id is not None else None,
            unit_id=UnitId(asked.unit_id) if asked.unit_id is not None else None,
            dispatch_id=DispatchId(asked.dispatch_id) if asked.dispatch_id is not None else None,
            desk=NodeName(asked.desk) if asked.desk is not None else None,
            into=IncidentId(asked.into) if asked.into is not None else None,
            alert_ids=tuple(AlertId(value) for value in asked.alert_ids),
            from_owner=asked.from_owner or "",
            to_owner=asked.to_owner or "",
        )
        result = await answer_of(parts, command, command_id, subject=f"incident {incident_id}")
        return ActDone(
            command_id=command_id,
            answer=result.answer,
            reason=result.reason,
            incident_state=result.incident_state,
            revision=result.revision,
        )
