"""The API of the watch, `/api/v1/watch`. Handlers are plain functions: they block on the disk and run in the pool."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path

from edge_agent.console.desk import NotAllowed, Unknown
from edge_agent.console.open_matters import open_matters
from edge_agent.console.room import Room
from edge_agent.console.routes import RefusedError, utc
from edge_agent.console.shapes import Fault, UuidText
from edge_agent.console.watch_desk import Noted, WatchDesk
from edge_agent.console.watch_shapes import (
    CameraSetShape,
    CamerasSeen,
    LineStored,
    NotSeenShape,
    RoundBegun,
    RoundFinished,
    RoundShape,
    SeenShape,
    ShiftChanged,
    ShiftLineShape,
    ShiftShape,
    SignedOn,
    TakenOver,
    WatchShape,
)
from edge_agent.core.watch import ROUND, ShiftAct, rest_due_us
from edge_agent.core.watch_round import Round, coverage
from edge_agent.outbox import watch_rows
from edge_agent.outbox.store import Outbox
from edge_agent.outbox.values import ShiftRow
from patrol_wire.records import ShiftEntry

_SHOWN_LINES = 50
_FAULTS: dict[int | str, dict[str, object]] = {
    404: {"model": Fault, "description": "This room does not know it"},
    409: {"model": Fault, "description": "It does not fit; nothing was changed"},
    503: {"model": Fault, "description": "Nothing was stored; try again"},
}
RoundIdInPath = Annotated[UuidText, Path(description="The round under way")]
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSet:
    """One set of the room's file."""

    name: str
    title: str
    cameras: tuple[str, ...]
    round_every_s: float
    """0: no rounds are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchParts:
    """What the watch is made of."""

    desk: WatchDesk
    outbox: Outbox
    room: Room
    sets: tuple[CameraSet, ...]
    rest_after_s: float


def watch_routes(parts: WatchParts) -> APIRouter:
    """Return the routes of shifts, hand-overs and rounds."""
    router = APIRouter(prefix="/api/v1/watch", tags=["watch"], responses=_FAULTS)
    desk = parts.desk

    @router.get("", response_model=WatchShape)
    def read_watch() -> WatchShape:
        """Show who is on watch, what is open, the camera sets with their last rounds, and the log."""
        return _watch(parts)

    @router.post("/sign-on", status_code=201, response_model=LineStored)
    def sign_on(asked: SignedOn) -> LineStored:
        """Begin a shift."""
        return _stored(desk.sign_on(asked.operator, asked.note))

    for path, act, text in _ACTS:
        router.post(path, response_model=LineStored, description=text, name=act.value)(_act(desk, act))

    @router.post("/hand-over/take", response_model=LineStored)
    def take_over(asked: TakenOver) -> LineStored:
        """Relieve an operator who offered a hand-over: their shift ends, the open matters are yours."""
        return _stored(desk.take_over(asked.operator, asked.leaving))

    @router.post("/rounds", status_code=201, response_model=RoundShape)
    def begin_round(asked: RoundBegun) -> RoundShape:
        """Begin a round through a camera set."""
        return _round(_accepted(desk.begin_round(asked.operator, asked.camera_set)))

    @router.post("/rounds/{round_id}/seen", response_model=SeenShape)
    def see(round_id: RoundIdInPath, asked: CamerasSeen) -> SeenShape:
        """Attest "seen" for cameras; one that gives no live picture is refused and stays a gap."""
        current, refused = _accepted(desk.see(round_id, asked.operator, asked.cameras))
        return SeenShape(
            round=_round(current), refused=[NotSeenShape(camera=one.camera, reason=one.reason) for one in refused]
        )

    @router.post("/rounds/{round_id}/finish", response_model=LineStored)
    def finish(round_id: RoundIdInPath, asked: RoundFinished) -> LineStored:
        """Record the round with its coverage; what was not seen is named in the line."""
        done = desk.finish(round_id, asked.operator, nothing_to_report=asked.nothing_to_report, note=asked.note)
        return _stored(done)

    return router


_ACTS = (
    ("/sign-off", ShiftAct.SIGN_OFF, "End a shift; the answer holds its statistics."),
    ("/hand-over", ShiftAct.OFFER, "Offer what is open, with a note, to whoever takes over."),
    ("/hand-over/withdraw", ShiftAct.WITHDRAW, "Stay on watch after all."),
    ("/rested", ShiftAct.REST, "Say that you rested or changed places: the fatigue clock begins anew."),
)


def _act(desk: WatchDesk, act: ShiftAct) -> Callable[[ShiftChanged], LineStored]:
    def change(asked: ShiftChanged) -> LineStored:
        return _stored(desk.act(asked.operator, act, asked.note))

    return change


def _accepted(decided: _Done | NotAllowed | Unknown) -> _Done:
    if isinstance(decided, Unknown):
        raise RefusedError(404, decided.sentence)
    if isinstance(decided, NotAllowed):
        raise RefusedError(409, decided.sentence)
    return decided


def _stored(decided: Noted | NotAllowed | Unknown) -> LineStored:
    noted = _accepted(decided)
    return LineStored(shift_id=noted.shift_id, entry=noted.entry, stored_at=utc(noted.at), figures=dict(noted.figures))


def _watch(parts: WatchParts) -> WatchShape:
    matters = open_matters(parts.room.state())
    shifts = parts.desk.on_watch()
    begun_at = min((shift.began_at for shift in shifts), default=None)
    last = parts.outbox.read(lambda connection: watch_rows.last_rounds(connection, ROUND))
    lines = parts.outbox.read(lambda connection: watch_rows.lines(connection, limit=_SHOWN_LINES))
    return WatchShape(
        on_watch=[_shift(parts, shift, open_count=len(matters)) for shift in shifts],
        sets=[_set(one, last, begun_at=begun_at) for one in parts.sets],
        rounds=[_round(one) for one in parts.desk.rounds],
        open_matters=matters,
        log=[_line(one) for one in lines],
    )


def _shift(parts: WatchParts, shift: ShiftRow, *, open_count: int) -> ShiftShape:
    due_us = rest_due_us(began_at=shift.began_at, rested_at=shift.rested_at, remind_after_s=parts.rest_after_s)
    return ShiftShape(
        shift_id=shift.shift_id,
        operator=shift.operator,
        state=shift.state,
        since=utc(shift.began_at),
        note=shift.note,
        rest_due_at=None if due_us is None else utc(due_us),
        figures=parts.desk.figures_of(shift, open_count=open_count),
    )


def _set(one: CameraSet, last: Mapping[str, ShiftEntry], *, begun_at: int | None) -> CameraSetShape:
    done = last.get(one.name)
    # A set that nobody has walked through yet is due as long after the watch began as after a round.
    since = begun_at if done is None else done.at
    due_us = None
    if since is not None and one.round_every_s > 0.0:
        due_us = since + round(one.round_every_s * 1_000_000)
    return CameraSetShape(
        name=one.name,
        title=one.title,
        cameras=list(one.cameras),
        last_round_at=None if done is None else utc(done.at),
        last_coverage=None
        if done is None
        else coverage(cameras=done.figures.get("cameras", 0), seen=done.figures.get("seen", 0)),
        round_due_at=None if due_us is None else utc(due_us),
    )


def _round(one: Round) -> RoundShape:
    return RoundShape(
        round_id=one.round_id,
        operator=one.operator,
        camera_set=one.camera_set,
        began_at=utc(one.began_at),
        seen=[camera for camera in one.cameras if camera in one.seen],
        missed=list(one.missed),
        coverage=coverage(cameras=len(one.cameras), seen=len(one.seen)),
    )


def _line(one: ShiftEntry) -> ShiftLineShape:
    return ShiftLineShape(
        at=utc(one.at), operator=one.operator, entry=one.entry, subject=one.subject, note=one.note, figures=one.figures
    )
