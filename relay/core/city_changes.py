"""What an import would change: which things of the city are new, different or gone, kind by kind."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from relay.core.city import City


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
    }


def _by(pairs: Iterable[tuple[str, Hashable]]) -> dict[str, Hashable]:
    return dict(pairs)
