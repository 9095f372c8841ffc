"""The watch of the video rooms as the centre knows it: who has signed on where, and which room nobody watches.

Pure. Rooms tell their shift log on stream B (``edge_agent/core/watch.py``), each room's lines in their order; the
roster says which room is to be watched when. What a room told before it fell silent may be old, so then nothing is
claimed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from patrol_wire.ids import NodeName
from patrol_wire.records import ShiftEntry
from relay.core.presence import Presence
from relay.core.rosters import Span, covers


class ShiftEnd(StrEnum):
    """How a shift ended."""

    SIGN_OFF = "sign_off"
    HANDED_OVER = "handed_over"
    LOST = "lost"
    """Its end was never told: its operator signed on again, or the room began a new outbox."""


class RoomWatch(StrEnum):
    """Whether somebody watches a room."""

    WATCHED = "watched"
    UNWATCHED = "unwatched"
    """The roster wants it watched, and nobody has signed on."""
    NOT_PLANNED = "not_planned"
    """Nobody has signed on, and the roster does not want it now."""
    UNKNOWN = "unknown"
    """Nothing is heard of the room; what it told last may no longer be so."""


_SIGN_ON: Final = "sign_on"
_ROUND: Final = "round"
_ENDS: Final = {end.value: end for end in (ShiftEnd.SIGN_OFF, ShiftEnd.HANDED_OVER)}
_MOST: Final = 2**31 - 1
"""What the store can count; more is no round that anybody made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchShift:
    """One operator's shift in one room; times in UTC microseconds."""

    shift_id: str
    node: NodeName
    epoch: int
    """Of the room's outbox that told it."""
    operator: str
    began_us: int
    ended_us: int | None = None
    end: ShiftEnd | None = None
    relieved_by: str = ""
    rounds: int = 0
    round_cameras: int = 0
    """Cameras of all its rounds together."""
    round_seen: int = 0
    last_round_us: int | None = None
    last_round_set: str = ""
    last_round_cameras: int = 0
    last_round_seen: int = 0
    figures: Mapping[str, int] = field(default_factory=dict)
    """The shift's statistics as the room told them at its end (``edge_agent/core/watch_figures.py``)."""

    @property
    def is_open(self) -> bool:
        """Tell whether its operator is on watch."""
        return self.end is None


def follow(shift: WatchShift | None, entry: ShiftEntry, *, node: NodeName, epoch: int, at_us: int) -> WatchShift | None:
    """Return the shift after a line of the room's log; None for a line that names no shift.

    A shift whose beginning was not told (an older relay did not keep it) begins with the line that is known.
    ``at_us`` is the line's time as far as it can be believed.
    """
    if entry.shift_id is None:
        return None
    if shift is None:
        lasted_s = min(_MOST, entry.figures.get("seconds", 0)) if entry.entry in _ENDS else 0
        shift = WatchShift(
            shift_id=entry.shift_id,
            node=node,
            epoch=epoch,
            operator=entry.operator,
            began_us=max(0, at_us - 1_000_000 * lasted_s),
        )
    if entry.entry == _ROUND:
        cameras, seen = (min(_MOST, entry.figures.get(name, 0)) for name in ("cameras", "seen"))
        return replace(
            shift,
            rounds=min(_MOST, shift.rounds + 1),
            round_cameras=shift.round_cameras + cameras,
            round_seen=shift.round_seen + seen,
            last_round_us=at_us,
            last_round_set=entry.subject,
            last_round_cameras=cameras,
            last_round_seen=seen,
        )
    end = _ENDS.get(entry.entry)
    if end is None:
        return shift
    relieved_by = entry.subject if end is ShiftEnd.HANDED_OVER else ""
    return replace(shift, ended_us=at_us, end=end, relieved_by=relieved_by, figures=dict(entry.figures))


def lost_by(entry: ShiftEntry, before: Iterable[WatchShift], *, epoch: int, at_us: int) -> list[WatchShift]:
    """Return which open shifts of the room can no longer be true once this line begins a shift, ended."""
    if entry.entry != _SIGN_ON:
        return []
    return [
        replace(shift, ended_us=max(at_us, shift.began_us), end=ShiftEnd.LOST)
        for shift in before
        if shift.is_open
        and shift.shift_id != entry.shift_id
        and (shift.operator == entry.operator or shift.epoch != epoch)
    ]


def watch_of(*, spans: Iterable[Span] | None, minute: int, on_watch: int, presence: Presence) -> RoomWatch:
    """Decide whether a room is watched; ``spans`` is its roster (None: it has none), ``minute`` of the week."""
    if presence is Presence.LOST:
        return RoomWatch.UNKNOWN
    if on_watch:
        return RoomWatch.WATCHED
    return RoomWatch.UNWATCHED if spans is not None and covers(spans, minute) else RoomWatch.NOT_PLANNED
