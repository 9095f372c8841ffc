"""Candidates: which units are asked for an incident, the nearest first, each with its reason.

Pure and quick: fitness is judged once per ring and burst, distance per incident.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import nsmallest
from typing import Final

from msgspec import Struct

from patrol_wire.ids import DispatchId, UnitId
from relay.core.city import UnitSpec
from relay.core.geo import metres_between
from relay.core.policy import MICROS, DeskPolicy

_FAR: Final = 1e9


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


class Fit(Struct, frozen=True, kw_only=True, gc=False):
    """A unit that may be asked, at the place it is believed to be."""

    unit_id: UnitId
    lon: float | None
    lat: float | None
    fix_us: int | None
    """None: the place is its post, not a fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A unit that is not asked, and why."""

    unit_id: UnitId
    reason: str


class Candidate(Struct, frozen=True, kw_only=True, gc=False):
    """A unit that is asked, and why."""

    unit_id: UnitId
    distance_m: float | None
    reason: str


def judge_fitness(
    ring: Iterable[UnitSpec], now: Mapping[UnitId, UnitNow], *, now_us: int, policy: DeskPolicy, busy_too: bool
) -> tuple[tuple[Fit, ...], tuple[PassedOver, ...]]:
    """Return who of a ring may be asked and who not. ``busy_too``: at the last level busy units are asked as well."""
    fit: list[Fit] = []
    passed: list[PassedOver] = []
    oldest_fix_us = now_us - int(policy.fix_max_age_s * MICROS)
    for spec in ring:
        unit = now.get(spec.unit_id)
        if unit is None:
            passed.append(PassedOver(unit_id=spec.unit_id, reason="not in the store"))
        elif not unit.on_duty:
            passed.append(PassedOver(unit_id=spec.unit_id, reason="off duty"))
        elif unit.activity is not Activity.AVAILABLE and not busy_too:
            passed.append(PassedOver(unit_id=spec.unit_id, reason=f"busy: {unit.activity.value}"))
        elif unit.fix_us is not None and unit.fix_us >= oldest_fix_us:
            fit.append(Fit(unit_id=spec.unit_id, lon=unit.lon, lat=unit.lat, fix_us=unit.fix_us))
        else:
            lon, lat = spec.place if spec.place is not None else (None, None)
            fit.append(Fit(unit_id=spec.unit_id, lon=lon, lat=lat, fix_us=None))
    return tuple(fit), tuple(passed)


def nearest(
    fit: Sequence[Fit], place: tuple[float, float], *, limit: int, now_us: int, ring: str
) -> tuple[Candidate, ...]:
    """Return the nearest ``limit`` units; one whose place nobody knows comes last. ``ring`` opens the reason."""
    lon, lat = place
    ranked = [
        (
            metres_between(unit.lon, unit.lat, lon, lat) if unit.lon is not None and unit.lat is not None else _FAR,
            unit.unit_id,
            unit,
        )
        for unit in fit
    ]
    chosen = nsmallest(limit, ranked) if limit != 1 else [min(ranked)] if ranked else []
    return tuple(
        Candidate(
            unit_id=unit.unit_id,
            distance_m=metres if metres < _FAR else None,
            reason=_reason(ring, metres, unit.fix_us, now_us),
        )
        for metres, _, unit in chosen
    )


def _reason(ring: str, metres: float, fix_us: int | None, now_us: int) -> str:
    if metres >= _FAR:
        return f"{ring}; place unknown"
    if fix_us is None:
        return f"{ring}; {metres:.0f} m from its post"
    return f"{ring}; {metres:.0f} m, fix {max(0, now_us - fix_us) // MICROS} s old"
