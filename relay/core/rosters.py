"""Rosters: who is on shift when, which beats have a hole, when a unit's shift ends, when a room is to be watched.

A shift is weekly and in the city's own time; minutes count from Monday 00:00. A unit without any shift is on duty
whenever it says so. What a unit (or the desk) says holds until its next shift begins or ends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final, TypeVar

from patrol_wire.ids import NodeName, UnitId
from relay.core.ids import BeatId

DAY: Final = 1_440
WEEK: Final = 7 * DAY
OFF_SHIFT: Final = "off shift"
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE_US: Final = 60_000_000
Whom = TypeVar("Whom", UnitId, NodeName)
Span = tuple[int, int]
"""(from, to) in minutes of the week, from < to <= WEEK."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One line of the roster. ``to_min`` at or before ``from_min`` ends on the next day."""

    shift_id: str
    unit_ids: tuple[UnitId, ...]
    days: tuple[int, ...]
    from_min: int
    to_min: int
    nodes: tuple[NodeName, ...] = ()
    """Video rooms in which somebody watches during this shift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Whether a unit is on duty at a moment, and why; times in microseconds, None where no shift changes it."""

    on_duty: bool
    reason: str
    until_us: int | None = None
    """When its shift next begins or ends."""


def spans_by_unit(shifts: Iterable[Shift]) -> dict[UnitId, tuple[Span, ...]]:
    """Return when each unit of the roster is on shift."""
    return _spans((shift, shift.unit_ids) for shift in shifts)


def spans_by_node(shifts: Iterable[Shift]) -> dict[NodeName, tuple[Span, ...]]:
    """Return when each room of the roster is to be watched."""
    return _spans((shift, shift.nodes) for shift in shifts)


def _spans(named: Iterable[tuple[Shift, Iterable[Whom]]]) -> dict[Whom, tuple[Span, ...]]:
    found: dict[Whom, list[Span]] = {}
    for shift, whom in named:
        for each in whom:
            for day in shift.days:
                found.setdefault(each, []).extend(_on_day(day, shift.from_min, shift.to_min))
    return {each: joined(spans) for each, spans in found.items()}


def _on_day(day: int, from_min: int, to_min: int) -> list[Span]:
    begin = day * DAY + from_min
    end = day * DAY + (to_min if to_min > from_min else to_min + DAY)
    return [(begin, end)] if end <= WEEK else [(begin, WEEK), (0, end - WEEK)]


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the same times without overlaps, in order."""
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(found)


def holes(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the times of the week that no span covers."""
    found: list[Span] = []
    covered = 0
    for begin, end in joined(spans):
        if begin > covered:
            found.append((covered, begin))
        covered = end
    return (*found, (covered, WEEK)) if covered < WEEK else tuple(found)


def minute_of_week(now_us: int, zone: tzinfo) -> int:
    """Return the city's own minute of the week."""
    local = datetime.fromtimestamp(now_us // 1_000_000, tz=UTC).astimezone(zone)
    return local.weekday() * DAY + local.hour * 60 + local.minute


def covers(spans: Iterable[Span], minute: int) -> bool:
    """Tell whether a minute of the week is covered."""
    return any(begin <= minute < end for begin, end in spans)


def duty_at(spans: tuple[Span, ...], *, said_on: bool, said_us: int | None, now_us: int, minute: int) -> Duty:
    """Decide whether a unit is on duty: its roster, or what was said since its last shift began or ended."""
    edges = _edges(spans)
    if not edges:
        return Duty(on_duty=said_on, reason="on duty" if said_on else "off duty")
    since_us = now_us - now_us % MINUTE_US - min((minute - edge) % WEEK for edge in edges) * MINUTE_US
    until_us = next_change_us(spans, now_us=now_us, minute=minute)
    if said_us is not None and said_us >= since_us:
        return Duty(on_duty=said_on, reason="on duty by hand" if said_on else "off duty by hand", until_us=until_us)
    on_shift = covers(spans, minute)
    return Duty(on_duty=on_shift, reason="on shift" if on_shift else OFF_SHIFT, until_us=until_us)


def next_change_us(spans: tuple[Span, ...], *, now_us: int, minute: int) -> int | None:
    """Return when these shifts next begin or end, None when they never do."""
    edges = _edges(spans)
    if not edges:
        return None
    return now_us - now_us % MINUTE_US + min((edge - minute - 1) % WEEK + 1 for edge in edges) * MINUTE_US


def changes(spans: tuple[Span, ...]) -> bool:
    """Tell whether these shifts ever begin or end."""
    return bool(_edges(spans))


def _edges(spans: tuple[Span, ...]) -> list[int]:
    return sorted({edge % WEEK for span in spans for edge in span if not _is_seam(spans, edge % WEEK)})


def _is_seam(spans: tuple[Span, ...], edge: int) -> bool:
    """The week's end is no change of shift when the last span goes on in the first one."""
    return edge == 0 and bool(spans) and spans[0][0] == 0 and spans[-1][1] == WEEK


def text_of(minute: int) -> str:
    """Return a minute of the week as people write it: ``mon 08:00``; the week's end is ``sun 24:00``."""
    day, rest = divmod(minute, DAY)
    if day == len(DAYS):
        return f"{DAYS[-1]} 24:00"
    return f"{DAYS[day]} {rest // 60:02d}:{rest % 60:02d}"


def beat_holes(
    beats: Mapping[BeatId, Iterable[UnitId]], spans: Mapping[UnitId, tuple[Span, ...]]
) -> dict[BeatId, tuple[Span, ...]]:
    """Return the holes of each beat that has any; a unit without shifts covers the whole week."""
    found = {
        beat_id: holes(span for unit_id in unit_ids for span in spans.get(unit_id, ((0, WEEK),)))
        for beat_id, unit_ids in beats.items()
    }
    return {beat_id: missing for beat_id, missing in found.items() if missing}
