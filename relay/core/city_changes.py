"""What an import would change: which things of the city are new, different or gone, kind by kind."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relay.core.city import City
from relay.core.rosters import beat_holes

_SHOWN: Final = 10
"""Ids named in a sentence about many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindChanges:
    """Ids of one kind of thing, each list in the order of the files."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(now: City, then: City) -> Mapping[str, KindChanges]:
    """Return what differs, by the name of the kind; kinds without a difference are left out."""
    before, after = _things(now), _things(then)
    found = {kind: changes_of(before[kind], after[kind]) for kind in before}
    return {kind: changes for kind, changes in found.items() if changes}


def changes_of(before: Mapping[str, Hashable], after: Mapping[str, Hashable]) -> KindChanges:
    """Return which keys are new, stand for something else, or are gone."""
    return KindChanges(
        added=tuple(key for key in after if key not in before),
        changed=tuple(key for key, value in after.items() if key in before and before[key] != value),
        removed=tuple(key for key in before if key not in after),
    )


def _things(city: City) -> dict[str, dict[str, Hashable]]:
    return {
        "city": {"name": (city.name, city.name_en)},
        "towns": _by((town.town_id, town) for town in city.towns),
        "areas": _by((area.area_id, area) for area in city.areas),
        "grids": _by((grid.grid_id, grid) for grid in city.grids),
        "beats": _by((beat.beat_id, beat) for beat in city.beats),
        "posts": _by((post.post_id, post) for post in city.posts),
        "rooms": _by((room.node, room) for room in city.rooms),
        "units": _by((unit.unit_id, unit) for unit in city.units),
        "people": _by((person.person_id, person) for person in city.people),
        "shifts": _by((shift.shift_id, shift) for shift in city.shifts),
        "forces": _by((rule.force.value, rule) for rule in city.forces),
    }


def _by(pairs: Iterable[tuple[str, Hashable]]) -> dict[str, Hashable]:
    return dict(pairs)


def roster_effects(now: City, then: City) -> tuple[str, ...]:
    """Say what another roster means: beats that get or lose a time without anybody, units that come or go."""
    before, after = (beat_holes(city.units_by_beat, city.spans_by_unit) for city in (now, then))
    known, left = ({beat.beat_id for beat in city.beats} for city in (now, then))
    worse = [beat_id for beat_id, holes in after.items() if holes != before.get(beat_id) and beat_id in known]
    mended = [beat_id for beat_id in before if beat_id not in after and beat_id in left]
    free = [
        unit_id for unit_id in now.spans_by_unit if unit_id not in then.spans_by_unit and unit_id in then.unit_by_id
    ]
    planned = [
        node
        for node in {**now.spans_by_node, **then.spans_by_node}
        if now.spans_by_node.get(node) != then.spans_by_node.get(node)
    ]
    said: list[tuple[Sequence[str], str]] = [
        (worse, "{} have other times of the week in which nobody is on shift; /api/v1/roster shows them"),
        (mended, "{} have somebody on shift all week now"),
        (free, "{} are on no shift any more: they are on duty when they say so"),
        (planned, "{} are to be watched at other times; /api/v1/watch shows them"),
    ]
    return tuple(words.format(shortly(ids)) for ids, words in said if ids)


def shortly(ids: Sequence[str]) -> str:
    """Return ids for a sentence about many."""
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more
