"""Completeness: whether an area was watched and everything its room raised is here, so that a low count means calm.

An area without a doubt on any day is complete. Everything else is incomplete, with the reasons: an area must never
look safe because nobody was watching.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from relay.core.attesting import Doubt
from relay.core.city_days import day_bounds, days_of_month
from relay.core.policy import MICROS


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletenessRule:
    """What is asked of a room for its day to be complete."""

    dark_share: float = 0.05
    """Share of a day that a room may be dark: 72 minutes of 24 hours."""
    attest_within_s: float = 21_600.0
    """So long after a day's end its attestation is awaited before it counts as not attested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomDay:
    """What is known of one room on one day of the city."""

    watched_us: int = 0
    """Time in which at least one camera streamed, as its reports say."""
    attestations: Sequence[frozenset[Doubt]] = ()
    """The doubts of each attestation of the day; none: it has not attested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCompleteness:
    """An area in a month: the doubts of each day that has any."""

    days: int
    """Days of the month that have begun."""
    doubts: Mapping[str, frozenset[Doubt]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Nothing speaks against any day; false before the month begins, for nobody has watched it."""
        return self.days > 0 and not self.doubts


_UNKNOWN = RoomDay()


def doubts_of_day(day: str, found: RoomDay, *, now_us: int, zone: tzinfo, rule: CompletenessRule) -> frozenset[Doubt]:
    """Return what speaks against a room's day; a day that runs is judged by the part that is over."""
    begin_us, end_us = day_bounds(day, zone)
    doubts = set().union(*found.attestations)
    elapsed_us = min(now_us, end_us) - begin_us
    if elapsed_us - found.watched_us > rule.dark_share * (end_us - begin_us):
        doubts.add(Doubt.DARK)
    if not found.attestations and now_us >= end_us + int(rule.attest_within_s * MICROS):
        doubts.add(Doubt.NOT_ATTESTED)
    return frozenset(doubts)


def of_area(
    month: str,
    rooms: Collection[str],
    known: Mapping[tuple[str, str], RoomDay],
    *,
    now_us: int,
    zone: tzinfo,
    rule: CompletenessRule,
) -> AreaCompleteness:
    """Judge an area in a month by its rooms; ``known`` is by (node, day). Without a room nobody watches it."""
    begun = [day for day in days_of_month(month) if day_bounds(day, zone)[0] < now_us]
    doubts: dict[str, frozenset[Doubt]] = {}
    for day in begun:
        found = [
            doubts_of_day(day, known.get((node, day), _UNKNOWN), now_us=now_us, zone=zone, rule=rule) for node in rooms
        ]
        of_day = frozenset[Doubt]().union(*found) if rooms else frozenset({Doubt.NO_ROOM})
        if of_day:
            doubts[day] = of_day
    return AreaCompleteness(days=len(begun), doubts=doubts)
