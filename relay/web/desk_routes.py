"""The desk itself over HTTP: who has what, handing it over at the end of a shift, the auditor, what there is to choose.

A hand-over is one act for each incident, all of them given to the writer at once: each is done or refused by itself,
with its reason, whatever happens to the others.
"""

import asyncio
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Query

from patrol_wire.ids import CommandId, IncidentId
from relay.core.commands import Act, DeskBusyError, IncidentAct
from relay.core.dispatches import Answer
from relay.core.policy import MICROS
from relay.ops.ids import IdSource
from relay.store import incidents
from relay.web.command_answers import ANSWER_WITHIN_S
from relay.web.desk_shapes import (
    MOST_HANDED,
    AreaChoice,
    AuditShape,
    CategoryChoice,
    DeskChoices,
    DeskWatch,
    HandOverAsked,
    HandOverDone,
    HandOverItem,
    HandOverPreview,
    HandOverResult,
    OwnerShape,
)
from relay.web.faults import GUARDED, MALFORMED, NotDoneError
from relay.web.naming import NamesNow
from relay.web.parts import DeskParts
from relay.web.shapes import Name, utc


def desk_routes(parts: DeskParts) -> APIRouter:
    """Return the routes about the desk."""
    router = APIRouter(prefix="/api/v1/desk", tags=["desk"], responses=GUARDED | MALFORMED)
    names = NamesNow(parts.cities)

    @router.get("/watch", response_model=DeskWatch)
    def read_watch() -> DeskWatch:
        """Show who has how many open incidents, and the auditor's last look."""
        with parts.reader.connect() as connection:
            found = incidents.owners(connection)
        return DeskWatch(
            clock=utc(parts.clock.now_us()),
            owners=tuple(
                OwnerShape(
                    owner=each.owner, open_incidents=each.open_incidents, oldest_first_alert_at=utc(each.oldest_us)
                )
                for each in found
            ),
            audit=_audit(parts),
        )

    @router.get("/choices", response_model=DeskChoices)
    def read_choices() -> DeskChoices:
        """Show all kinds of incident and all areas of the city in force."""
        now = names.now
        return DeskChoices(
            categories=tuple(
                CategoryChoice(category=each.category, title=now.category(each.category), severity=each.severity)
                for each in now.city.categories
            ),
            areas=tuple(
                AreaChoice(area_id=each.area_id, title=now.area(each.area_id), town=now.town_of(each.area_id))
                for each in now.city.areas
            ),
        )

    @router.get("/hand-over", response_model=HandOverPreview)
    def preview_hand_over(from_owner: Annotated[Name, Query(description="Whose shift ends")]) -> HandOverPreview:
        """Show what somebody has and would hand over; changes nothing."""
        with parts.reader.connect() as connection:
            found = incidents.open_of_owner(connection, from_owner, limit=MOST_HANDED + 1)
        now = names.now
        return HandOverPreview(
            incidents=tuple(
                HandOverItem(
                    incident_id=each.incident_id,
                    revision=each.revision,
                    state=each.state,
                    severity=each.severity,
                    category_title=now.category(each.category),
                    area=now.area(each.area_id),
                    first_alert_at=utc(each.first_alert_us),
                )
                for each in found[:MOST_HANDED]
            ),
            more=len(found) > MOST_HANDED,
        )

    _hand_over_route(router, parts)
    return router


def _hand_over_route(router: APIRouter, parts: DeskParts) -> None:
    ids = IdSource()  # used on the event loop only

    @router.post("/hand-over", response_model=HandOverDone)
    async def hand_over(asked: HandOverAsked) -> HandOverDone:
        """Give all open incidents of one person at the desk to another; each is done or refused with its reason."""
        command_id = asked.command_id or ids.take(parts.clock.now_us())
        wanted, more = asked.incident_ids, False
        if wanted is None:
            found = await asyncio.to_thread(_open_of, parts, asked.from_owner)
            wanted, more = tuple(found[:MOST_HANDED]), len(found) > MOST_HANDED
        acts = [_act(asked, command_id, incident_id) for incident_id in dict.fromkeys(wanted)]
        try:
            waiting = [asyncio.wrap_future(parts.submit(act)) for act in acts]
            async with asyncio.timeout(ANSWER_WITHIN_S):
                # Shielded: a page that goes away does not take back what it asked for.
                answers = await asyncio.shield(asyncio.gather(*waiting))
        except (TimeoutError, DeskBusyError) as error:
            what = f"not all of it is done yet; ask again with {command_id}: nothing is done twice"
            raise NotDoneError(503, "no_answer", what) from error
        results = tuple(
            HandOverResult(incident_id=act.incident_id, answer=answer.answer, reason=answer.reason)
            for act, answer in zip(acts, answers, strict=True)
        )
        done = sum(result.answer is Answer.DONE for result in results)
        return HandOverDone(command_id=command_id, handed_over=done, results=results, more=more)


def _open_of(parts: DeskParts, owner: str) -> list[str]:
    with parts.reader.connect() as connection:
        return [each.incident_id for each in incidents.open_of_owner(connection, owner, limit=MOST_HANDED + 1)]


def _act(asked: HandOverAsked, command_id: str, incident_id: str) -> IncidentAct:
    return IncidentAct(
        # The same for the same hand-over and incident: sent again it has no second effect.
        command_id=CommandId(str(uuid5(UUID(command_id), incident_id))),
        actor=asked.actor,
        incident_id=IncidentId(incident_id),
        act=Act.PASS_ON,
        reason=asked.reason,
        from_owner=asked.from_owner,
        to_owner=asked.to_owner,
    )


def _audit(parts: DeskParts) -> AuditShape:
    figures = parts.health().counters
    looked_s = figures.get("audit_last_timestamp_seconds", 0.0)
    return AuditShape(
        looked_at=utc(int(looked_s * MICROS)) if looked_s else None,
        age_s=figures.get("audit_age_seconds", 0.0) if looked_s else None,
        failures=int(figures.get("audit_failures_total", 0)),
        severe_open=int(figures.get("severe_incidents_open", 0)),
        severe_unowned=int(figures.get("severe_incidents_unowned", 0)),
        forgotten=int(figures.get("severe_incidents_forgotten", 0)),
        timer_late_s=figures.get("timer_late_seconds", 0.0),
    )
