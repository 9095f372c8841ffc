"""Silences and the alert budget over HTTP. Reading handlers run in the pool."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path
from sqlalchemy import Engine

from patrol_wire.ids import CommandId
from relay.core.commands import SilenceEnd, SilenceSet
from relay.core.policy import MICROS
from relay.core.silences import Scope, Silence
from relay.ops.ids import IdSource
from relay.store import audit, silences
from relay.web.command_answers import answer_of
from relay.web.faults import GUARDED, MALFORMED, NOT_FOUND
from relay.web.incident_routes import CONFLICT
from relay.web.naming import Names, NamesNow
from relay.web.parts import DeskParts
from relay.web.shapes import Titles, UuidText, utc, utc_or_none
from relay.web.suppression_shapes import (
    BudgetList,
    BudgetShape,
    ScopeAsked,
    SilenceAsked,
    SilenceDone,
    SilenceEndAsked,
    SilenceList,
    SilencePreview,
    SilenceShape,
)

WINDOW_S: Final = 600
MANAGEABLE: Final = 2
"""Alerts in ten minutes that one person follows; ISA-18.2 and EEMUA 191 call one acceptable and two the most."""
FLOOD: Final = 10
"""More than this in ten minutes is a flood (the same sources)."""
_PREVIEW_S: Final = 86_400
_CENTRE: Final = Titles(zh="指挥中心", en="Centre")


def suppression_routes(parts: DeskParts) -> APIRouter:
    """Return the routes about silences and the alert budget."""
    router = APIRouter(prefix="/api/v1", tags=["suppression"], responses=GUARDED | MALFORMED)
    ids = IdSource()
    names = NamesNow(parts.cities)

    @router.get("/silences", response_model=SilenceList)
    def list_silences() -> SilenceList:
        """List silences and maintenance windows, also those that are over."""
        now_us = parts.clock.now_us()
        with parts.reader.connect() as connection:
            found = silences.listed(connection)
        return SilenceList(silences=tuple(_shape(each, now_us) for each in found))

    @router.post("/silences", response_model=SilenceDone, responses=CONFLICT)
    async def set_silence(asked: SilenceAsked) -> SilenceDone:
        """Let machine alerts of a scope page nobody for a while; a flag is never silenced."""
        command_id = CommandId(asked.command_id or ids.take(parts.clock.now_us()))
        command = SilenceSet(
            command_id=command_id,
            author=asked.actor,
            reason=asked.reason,
            kind=asked.kind,
            scope=_scope(asked.scope),
            from_us=int(asked.begins_at.timestamp() * MICROS) if asked.begins_at is not None else 0,
            until_us=int(asked.ends_at.timestamp() * MICROS),
        )
        result = await answer_of(parts, command, command_id, subject="silence")
        return SilenceDone(silence_id=command_id, answer=result.answer.value)

    @router.post("/silences/preview", response_model=SilencePreview)
    def preview_silence(asked: ScopeAsked) -> SilencePreview:
        """Show what a scope would have covered within the last day, before anybody sets it."""
        with parts.reader.connect() as connection:
            found = silences.preview(connection, _scope(asked), parts.clock.now_us() - _PREVIEW_S * MICROS)
        return SilencePreview(
            alerts=found.alerts,
            critical=found.critical,
            by_category=found.by_category,
            open_incidents=found.open_incidents,
        )

    @router.post("/silences/{silence_id}/end", response_model=SilenceDone, responses=NOT_FOUND | CONFLICT)
    async def end_silence(
        silence_id: Annotated[UuidText, Path(description="UUID of the silence")], asked: SilenceEndAsked
    ) -> SilenceDone:
        """End a silence before its time."""
        command_id = CommandId(asked.command_id or ids.take(parts.clock.now_us()))
        command = SilenceEnd(command_id=command_id, actor=asked.actor, silence_id=silence_id)
        result = await answer_of(parts, command, command_id, subject=f"silence {silence_id}")
        return SilenceDone(silence_id=silence_id, answer=result.answer.value)

    @router.get("/alert-budget", response_model=BudgetList)
    def read_budget() -> BudgetList:
        """Show how many alerts each desk had to look at within the last ten minutes."""
        now_us = parts.clock.now_us()
        return BudgetList(clock=utc(now_us), window_s=WINDOW_S, desks=budgets(parts.reader, names.now, now_us))

    return router


def budgets(reader: Engine, names: Names, now_us: int) -> tuple[BudgetShape, ...]:
    """Return the budget of the centre and of each room that raised anything, the fullest first."""
    since_us = now_us - WINDOW_S * MICROS
    with reader.connect() as connection:
        by_room = audit.alerts_by_room(connection, since_us)
        centre = audit.told_to_centre(connection, since_us)
    desks = [BudgetShape(desk="centre", name=_CENTRE, alerts=centre, state=state_of(centre))]
    desks += [
        BudgetShape(desk=node, name=names.room(node), alerts=count, state=state_of(count))
        for node, count in by_room.items()
    ]
    return tuple(sorted(desks, key=lambda each: (-each.alerts, each.desk)))


def state_of(alerts: int) -> Literal["within", "busy", "flood"]:
    """Return what so many alerts in ten minutes are for one person."""
    if alerts > FLOOD:
        return "flood"
    return "busy" if alerts > MANAGEABLE else "within"


def _scope(asked: ScopeAsked) -> Scope:
    return Scope(
        node=asked.node or "",
        camera=asked.camera,
        area_id=asked.area_id or "",
        category=asked.category or "",
        rule=asked.rule,
    )


def _shape(each: Silence, now_us: int) -> SilenceShape:
    return SilenceShape(
        silence_id=each.silence_id,
        kind=each.kind,
        author=each.author,
        reason=each.reason,
        node=each.scope.node,
        camera=each.scope.camera,
        area_id=each.scope.area_id,
        category=each.scope.category,
        rule=each.scope.rule,
        begins_at=utc(each.from_us),
        ends_at=utc(each.until_us),
        active=each.is_active(now_us),
        ended_at=utc_or_none(each.ended_us),
        ended_by=each.ended_by,
    )
