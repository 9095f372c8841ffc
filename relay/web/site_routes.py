"""Rooms, units and the relay's own figures over HTTP. Handlers block on the store, so they run in the pool."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from relay.core.refusals import HOUR_US, RefusalBook
from relay.web.faults import GUARDED, MALFORMED
from relay.web.metrics import CONTENT_TYPE, exposition
from relay.web.parts import DeskParts, RelayHealth
from relay.web.reads import DeskReads
from relay.web.shapes import utc
from relay.web.site_shapes import (
    DeadLetters,
    FiguresShape,
    GateShape,
    Health,
    RefusalHour,
    Refusals,
    RefusalShape,
    RoomList,
    UnitList,
)

_PLAIN_TEXT: dict[int | str, dict[str, object]] = {200: {"content": {"text/plain": {}}}}


def site_routes(parts: DeskParts, reads: DeskReads) -> APIRouter:
    """Return what shows the site and the relay's own figures."""
    router = APIRouter(prefix="/api/v1", tags=["site"], responses=GUARDED | MALFORMED)

    @router.get("/rooms", response_model=RoomList)
    def list_rooms() -> RoomList:
        """List the video rooms with their presence."""
        return reads.rooms()

    @router.get("/units", response_model=UnitList)
    def list_units() -> UnitList:
        """List the units: duty, activity, latest position."""
        return reads.units()

    @router.get("/dead-letters", response_model=DeadLetters)
    def list_dead_letters(
        before: Annotated[int | None, Query(ge=1, description="`log_id` of the last one you have")] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> DeadLetters:
        """List records that were acknowledged but could not be used."""
        return reads.dead_letters(before, limit)

    @router.get("/refusals", response_model=Refusals)
    def list_refusals(
        hours: Annotated[int, Query(ge=0, le=720, description="How far back `by_hour` goes")] = 24,
        limit: Annotated[int, Query(ge=1, le=5_000, description="Lines of `by_hour`")] = 500,
    ) -> Refusals:
        """List what peers sent that was not taken: who, what, how often, since when."""
        now_us = parts.clock.now_us()
        by_hour, more = reads.refusals(now_us - now_us % HOUR_US - hours * HOUR_US, limit)
        return _refusals(parts.health().refusals, by_hour, more)

    began_s = parts.clock.monotonic_s()

    @router.get("/figures", response_model=FiguresShape)
    def read_figures() -> FiguresShape:
        """Give how much the relay holds and how it works."""
        found = reads.figures()
        progress = parts.progress()
        return FiguresShape(
            alerts=found.alerts,
            test_alerts=found.test_alerts,
            records=found.records,
            dead_letters=found.dead_letters,
            incidents=found.incidents,
            incidents_open=found.incidents_open,
            incidents_by_state=found.incidents_by_state,
            dispatches=found.dispatches,
            dispatches_by_state=found.dispatches_by_state,
            ledger_lines=found.ledger_lines,
            timers=found.timers,
            commits=progress.commits,
            last_commit_at=utc(progress.last_commit_us) if progress.last_commit_us else None,
            gates=_gates(parts.health()),
            uptime_s=parts.clock.monotonic_s() - began_s,
        )

    return router


def health_routes(parts: DeskParts, reads: DeskReads, live_pages: Callable[[], int]) -> APIRouter:
    """Return what machines ask: alive, ready, figures."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", response_model=Health, responses={503: {"model": Health, "description": "It must restart"}})
    def read_health() -> Response:
        """Tell whether every part that the relay cannot do without runs."""
        return _health(dict(parts.health().parts))

    @router.get(
        "/readyz", response_model=Health, responses={503: {"model": Health, "description": "It serves in part"}}
    )
    def read_readiness() -> Response:
        """Tell whether the relay does its whole work: threads, gates, a store that can be read."""
        found = parts.health()
        checks = dict(found.parts) | {f"gate_{name}": running for name, running in found.gates_running.items()}
        try:
            reads.states()
            checks["store"] = True
        except SQLAlchemyError:
            checks["store"] = False
        checks["store_takes"] = not found.store_fault
        return _health(checks, {"store_takes": found.store_fault} if found.store_fault else {})

    @router.get("/metrics", response_class=Response, responses=GUARDED | _PLAIN_TEXT)
    def read_metrics() -> Response:
        """Show the figures in Prometheus' text form."""
        text = exposition(reads.figures(), parts.progress(), parts.health(), live_pages=live_pages())
        return Response(text, media_type=CONTENT_TYPE)

    return router


def _refusals(book: RefusalBook, by_hour: tuple[RefusalHour, ...], more: int) -> Refusals:
    newest = sorted(book.entries.items(), key=lambda item: item[1].last_us, reverse=True)
    return Refusals(
        refusals=tuple(
            RefusalShape(
                gate=key.gate,
                peer=key.peer,
                code=key.code,
                count=entry.count,
                first_at=utc(entry.first_us),
                last_at=utc(entry.last_us),
                found=entry.detail,
                goes_on=entry.loud,
            )
            for key, entry in newest
        ),
        forgotten=book.forgotten,
        by_hour=by_hour,
        more=more,
    )


def _gates(found: RelayHealth) -> dict[str, GateShape]:
    return {
        name: GateShape(
            running=running, restarts=found.gate_restarts.get(name, 0), sessions=found.gate_sessions.get(name)
        )
        for name, running in found.gates_running.items()
    }


def _health(checks: dict[str, bool], reasons: dict[str, str] | None = None) -> JSONResponse:
    ok = all(checks.values())
    found = Health(ok=ok, checks=checks, reasons=reasons or {})
    return JSONResponse(found.model_dump(), status_code=200 if ok else 503)
