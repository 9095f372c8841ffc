"""Candidates: which units are asked for an incident, the nearest first, each with its reason.

Pure and quick: fitness is judged once per ring and burst, distance per incident.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from heapq import nsmallest
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from patrol_wire.ids import DispatchId, UnitId
from relay.core.city import UnitSpec
from relay.core.forces import Force
from relay.core.geo import METRES_PER_DEGREE, metres_between
from relay.core.policy import MICROS, DeskPolicy

_FAR: Final = 1e9
_NAMED: Final = 12
"""So many units that were not asked are named in an incident's history."""


class Activity(StrEnum):
    """What a unit does; it follows its dispatch, so that one press changes both."""

    AVAILABLE = "available"
    """Nothing before it that it has accepted."""
    ASSIGNED = "assigned"
    """Accepted a dispatch."""
    EN_ROUTE = "en_route"
    """On its way."""
    ON_SCENE = "on_scene"
    """There."""


class UnitNow(Struct, frozen=True, kw_only=True, gc=False):
    """A unit as the store knows it at this moment."""

    unit_id: UnitId
    on_duty: bool
    activity: Activity = Activity.AVAILABLE
    dispatch_id: DispatchId | None = None
    lon: float | None = None
    lat: float | None = None
    fix_us: int | None = None
    accuracy_m: float | None = None
    last_seen_us: int | None = None
    duty_us: int | None = None
    """When somebody last said that it is on or off duty; None: only the roster does."""


class Fit(Struct, frozen=True, kw_only=True, gc=False):
    """A unit that may be asked, at the place it is believed to be."""

    unit_id: UnitId
    lon: float | None
    lat: float | None
    fix_us: int | None
    """None: the place is its post, not a fix."""


class PassedOver(Struct, frozen=True, kw_only=True, gc=False):
    """A unit that is not asked, and why."""

    unit_id: UnitId
    reason: str


class Candidate(Struct, frozen=True, kw_only=True, gc=False):
    """A unit that is asked, and why."""

    unit_id: UnitId
    distance_m: float | None
    reason: str


OffDuty = Callable[[UnitNow], str]
NO_ROSTER: Final[Mapping[UnitId, str]] = MappingProxyType({})
_AVAILABLE: Final = Activity.AVAILABLE
_ALL_SENT: Final[Mapping[Force, str]] = MappingProxyType({})
_NO_LOAD: Final[Mapping[UnitId, int]] = MappingProxyType({})


def is_hole(passed: Iterable[PassedOver]) -> bool:
    """Tell whether units were missing because the roster has nobody on duty, and for no other reason."""
    reasons = [each.reason for each in passed]
    return bool(reasons) and all(reason.startswith("off ") for reason in reasons)


def in_short(passed: Sequence[PassedOver]) -> dict[str, object]:
    """Return why units were passed over: each by name while they are few, else how many for each reason."""
    if len(passed) <= _NAMED:
        return {each.unit_id: each.reason for each in passed}
    return dict(Counter(each.reason for each in passed))


def judge_fitness(
    ring: Iterable[UnitSpec],
    now: Mapping[UnitId, UnitNow],
    *,
    now_us: int,
    policy: DeskPolicy,
    busy_too: bool,
    not_sent: Mapping[Force, str] = _ALL_SENT,
    off_duty: OffDuty | None = None,
    by_roster: Mapping[UnitId, str] = NO_ROSTER,
) -> tuple[tuple[Fit, ...], tuple[PassedOver, ...]]:
    """Return who of a ring may be asked and who not, each of these with the reason.

    ``busy_too``: at the last level busy units are asked as well. ``not_sent``: forces that such an incident is not for.
    ``off_duty`` answers why a unit is not on duty, or "" when it is; without it the unit's own word holds.
    ``by_roster`` answers the same at once for units of which nobody has said anything.
    """
    fit: list[Fit] = []
    passed: list[PassedOver] = []
    oldest_fix_us = now_us - int(policy.fix_max_age_s * MICROS)
    for spec in ring:
        unit_id = spec.unit_id
        unit = now.get(unit_id)
        if unit is None:
            passed.append(PassedOver(unit_id=unit_id, reason="not in the store"))
            continue
        if spec.force in not_sent:
            passed.append(PassedOver(unit_id=unit_id, reason=not_sent[spec.force]))
            continue
        known = by_roster.get(unit_id) if unit.duty_us is None else None
        if known is None:
            known = off_duty(unit) if off_duty is not None else ("" if unit.on_duty else "off duty")
        if known:
            passed.append(PassedOver(unit_id=unit_id, reason=known))
        elif unit.activity is not _AVAILABLE and not busy_too:
            passed.append(PassedOver(unit_id=unit_id, reason=f"busy: {unit.activity.value}"))
        elif unit.fix_us is not None and unit.fix_us >= oldest_fix_us:
            fit.append(Fit(unit_id=unit_id, lon=unit.lon, lat=unit.lat, fix_us=unit.fix_us))
        else:
            lon, lat = spec.place if spec.place is not None else (None, None)
            fit.append(Fit(unit_id=unit_id, lon=lon, lat=lat, fix_us=None))
    return tuple(fit), tuple(passed)


def nearest(
    fit: Sequence[Fit],
    place: tuple[float, float],
    *,
    limit: int,
    now_us: int,
    ring: str,
    load: Mapping[UnitId, int] = _NO_LOAD,
    load_m: float = 0.0,
) -> tuple[Candidate, ...]:
    """Return the nearest ``limit`` units; one whose place nobody knows comes last. ``ring`` opens the reason.

    Each dispatch that is open before a unit (``load``) makes it ``load_m`` metres further.
    """
    lon, lat = place
    if len(fit) == 1:
        chosen = [fit[0]]
    elif limit == 1 and fit:
        chosen = [_very_first(fit, lon, lat, load=load, load_m=load_m)]
    else:
        chosen = _first(fit, lon, lat, limit=limit, load=load, load_m=load_m)

    found: list[Candidate] = []
    for unit in chosen:
        nowhere = unit.lon is None or unit.lat is None
        metres = None if nowhere else metres_between(unit.lon, unit.lat, lon, lat)  # type: ignore[arg-type]  # nowhere
        reason = _reason(ring, metres, unit.fix_us, now_us, load.get(unit.unit_id, 0))
        found.append(Candidate(unit_id=unit.unit_id, distance_m=metres, reason=reason))
    return tuple(found)


def _first(
    fit: Sequence[Fit], lon: float, lat: float, *, limit: int, load: Mapping[UnitId, int], load_m: float
) -> list[Fit]:
    """Return the first ``limit`` by distance and load; by the square in degrees, which orders a city in 2 ms."""
    east = math.cos(math.radians(lat))
    squares = [
        (x := (unit.lon - lon) * east) * x + (y := unit.lat - lat) * y
        if unit.lon is not None and unit.lat is not None
        else _FAR
        for unit in fit
    ]
    if load:
        further = load_m / METRES_PER_DEGREE
        for place, unit in enumerate(fit):
            if unit.unit_id in load and squares[place] < _FAR:
                squares[place] = (math.sqrt(squares[place]) + load[unit.unit_id] * further) ** 2
    return [fit[place] for place in nsmallest(limit, range(len(fit)), key=squares.__getitem__)]


def _very_first(fit: Sequence[Fit], lon: float, lat: float, *, load: Mapping[UnitId, int], load_m: float) -> Fit:
    """Return what ``_first`` with a limit of one returns, in a third of the time: the first level asks one unit."""
    east = math.cos(math.radians(lat))
    further = load_m / METRES_PER_DEGREE
    first, least = fit[0], math.inf
    for unit in fit:
        if unit.lon is None or unit.lat is None:
            square = _FAR
        else:
            x, y = (unit.lon - lon) * east, unit.lat - lat
            square = x * x + y * y
            if square < least and (before := load.get(unit.unit_id)):  # what is before it only makes it further
                square = (math.sqrt(square) + before * further) ** 2
        if square < least:
            first, least = unit, square
    return first


def _reason(ring: str, metres: float | None, fix_us: int | None, now_us: int, load: int) -> str:
    before = f"; {load} before it" if load else ""
    if metres is None:
        return f"{ring}; place unknown{before}"
    if fix_us is None:
        return f"{ring}; {metres:.0f} m from its post{before}"
    return f"{ring}; {metres:.0f} m, fix {max(0, now_us - fix_us) // MICROS} s old{before}"
