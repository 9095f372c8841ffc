"""The watch of the video rooms as pages and the city's assessment see it."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Engine

from patrol_wire.ids import NodeName
from relay.core.city_now import CityNow
from relay.core.policy import MICROS
from relay.core.presence import Presence
from relay.core.releases import month_bounds
from relay.core.rosters import covers, minute_of_week, next_change_us
from relay.core.watches import RoomWatch, WatchShift, watch_of
from relay.store import rooms, watch_shifts
from relay.web.naming import Names, NamesNow
from relay.web.shapes import utc, utc_or_none
from relay.web.watch_shapes import LastRoundShape, OnWatchShape, RoomWatchShape, WatchBoard, WatchShiftShape

_ROUNDS_FOR_US: Final = 7 * 86_400 * MICROS
_FIRST: Final = (RoomWatch.UNWATCHED, RoomWatch.UNKNOWN, RoomWatch.WATCHED, RoomWatch.NOT_PLANNED)


class WatchReads:
    """The questions about who watches; every function blocks."""

    def __init__(self, reader: Engine, cities: CityNow) -> None:
        self._reader = reader
        self._names = NamesNow(cities)

    def board(self, now_us: int) -> WatchBoard:
        """Return every room of the city with who watches it."""
        names = self._names.now
        with self._reader.connect() as connection:
            presences = {row.node: row.presence for row in rooms.listed(connection)}
            shifts = watch_shifts.open_shifts(connection)
            rounds = watch_shifts.last_rounds(connection, now_us - _ROUNDS_FOR_US)
        on_watch: dict[NodeName, list[WatchShift]] = {}
        for shift in shifts:
            on_watch.setdefault(shift.node, []).append(shift)
        shown = _rooms(names, now_us, presences, on_watch, rounds)
        return WatchBoard(
            clock=utc(now_us),
            rooms=tuple(sorted(shown, key=lambda room: (_FIRST.index(room.watch), room.node))),
            planned_now=sum(room.planned is True for room in shown),
            unwatched_now=sum(room.watch is RoomWatch.UNWATCHED for room in shown),
            rooms_planned=sum(room.planned is not None for room in shown),
        )

    def shifts(self, month: str, node: str | None) -> tuple[WatchShiftShape, ...]:
        """Return the shifts that began in a month of the city's time."""
        names = self._names.now
        from_us, to_us = month_bounds(month, names.city.zone)
        with self._reader.connect() as connection:
            found = watch_shifts.begun(connection, from_us, to_us, node=node)
        return tuple(_shift(names, shift) for shift in found)


def _rooms(
    names: Names,
    now_us: int,
    presences: Mapping[NodeName, Presence],
    on_watch: Mapping[NodeName, Sequence[WatchShift]],
    rounds: Mapping[NodeName, WatchShift],
) -> list[RoomWatchShape]:
    minute, planned = minute_of_week(now_us, names.city.zone), names.city.spans_by_node
    shown = []
    for room in names.city.rooms:
        spans, signed_on = planned.get(room.node), on_watch.get(room.node, ())
        presence = presences.get(room.node, Presence.LOST)
        shown.append(
            RoomWatchShape(
                node=room.node,
                title=names.room(room.node),
                tier=room.tier,
                presence=presence,
                watch=watch_of(spans=spans, minute=minute, on_watch=len(signed_on), presence=presence),
                planned=covers(spans, minute) if spans is not None else None,
                until=utc_or_none(next_change_us(spans, now_us=now_us, minute=minute) if spans is not None else None),
                operators=tuple(
                    OnWatchShape(operator=shift.operator, since=utc(shift.began_us), shift_id=shift.shift_id)
                    for shift in signed_on
                ),
                last_round=_last_round(rounds.get(room.node)),
            )
        )
    return shown


def _last_round(shift: WatchShift | None) -> LastRoundShape | None:
    if shift is None or shift.last_round_us is None:
        return None
    return LastRoundShape(
        at=utc(shift.last_round_us),
        camera_set=shift.last_round_set,
        cameras=shift.last_round_cameras,
        seen=shift.last_round_seen,
    )


def _shift(names: Names, shift: WatchShift) -> WatchShiftShape:
    return WatchShiftShape(
        node=shift.node,
        title=names.room(shift.node),
        shift_id=shift.shift_id,
        operator=shift.operator,
        began_at=utc(shift.began_us),
        ended_at=utc_or_none(shift.ended_us),
        end=shift.end,
        relieved_by=shift.relieved_by,
        rounds=shift.rounds,
        round_cameras=shift.round_cameras,
        round_seen=shift.round_seen,
        coverage=round(shift.round_seen / shift.round_cameras, 4) if shift.round_cameras else None,
        figures=dict(shift.figures),
    )
