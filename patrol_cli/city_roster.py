"""The demo city's roster: who is on shift and which room is watched when, one line per town, kind and shift.

Police stations work in three shifts, community patrols around the clock, grid workers by day. As in a real city not
everything is covered: one community in eight has no night watch and no video watch at night, and second beats have
only grid workers.
"""

from collections.abc import Iterable, Iterator
from typing import Final

COLUMNS: Final = ("shift_id", "days", "from", "to", "unit_ids", "rooms")
_POLICE: Final = (
    ("morning", "07:00", "15:00", 1, 7),
    ("afternoon", "15:00", "23:00", 8, 14),
    ("night", "23:00", "07:00", 15, 20),
)
"""Name, from, to and the first and last of a station's patrols."""
_NO_NIGHT_WATCH: Final = 8
"""Every so many communities of a town have a patrol from 06:00 to 22:00 only."""
_WORKDAYS: Final = "mon tue wed thu fri sat"


def roster(units: Iterable[tuple[str, str, str]], rooms: Iterable[tuple[str, str, str]]) -> list[tuple[object, ...]]:
    """Return the lines of shifts.csv, in the order of the files.

    Units are given as (unit_id, force, town_id), rooms as (node, town_id, area_id), without a town for the centre and
    without an area for a station.
    """
    by_shift: dict[tuple[str, str, str, str], list[str]] = {}
    for unit_id, force, town_id in units:
        for name, days, begin, end in _shifts(unit_id, force):
            by_shift.setdefault((f"{town_id}-{name}", days, begin, end), []).append(unit_id)
    watched: dict[tuple[str, str, str, str], list[str]] = {}
    for node, town_id, area_id in rooms:
        by_day = bool(area_id) and int(area_id.rpartition("-")[2][1:]) % _NO_NIGHT_WATCH == 0
        name, begin, end = ("video-day", "06:00", "22:00") if by_day else ("video", "00:00", "24:00")
        watched.setdefault((f"{town_id or 'city'}-{name}", "daily", begin, end), []).append(node)
    lines = [(*shift, " ".join(unit_ids), "") for shift, unit_ids in by_shift.items()]
    return sorted([*lines, *((*shift, "", " ".join(nodes)) for shift, nodes in watched.items())])


def _shifts(unit_id: str, force: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, days, begin and end of a unit's shifts; its number is the last word of its id."""
    number = int(unit_id.rpartition("-")[2][1:])
    if force == "police_patrol":
        for name, begin, end, first, last in _POLICE:
            if first <= number <= last:
                yield f"police-{name}", "daily", begin, end
    elif force == "community_patrol":
        if number % _NO_NIGHT_WATCH == 0:
            yield "community-day", "daily", "06:00", "22:00"
        else:
            yield "community", "daily", "00:00", "24:00"
    else:
        early = number % 4 < 2  # of both beats of a community
        yield ("grid-early", _WORKDAYS, "07:00", "15:00") if early else ("grid-late", _WORKDAYS, "13:00", "21:00")
        if number % 4 in (1, 2):
            yield "grid-sunday", "sun", "09:00", "17:00"
