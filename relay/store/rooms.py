"""Rooms: who they are and when they were last heard of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from patrol_wire.ids import AreaId, NodeName
from relay.core.city import RoomSpec, Tier
from relay.core.ids import TownId
from relay.core.presence import Presence
from relay.store.bulk import InsertMany, UpdateMany
from relay.store.tables import room

# Rooms the city names for the first time.
_INSERT: Final = InsertMany(room)
# The city's words for known rooms.
_UPDATE_SPEC: Final = UpdateMany(room, changed=("title", "tier", "town_id", "area_id", "lon", "lat"), key=("node",))
# When rooms were last heard of; written every few seconds, not with each message.
_UPDATE_SEEN: Final = UpdateMany(room, changed=("last_seen_us", "presence"), key=("node",))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRow:
    """A room with its presence as of the last look."""

    node: NodeName
    title: str
    tier: Tier
    town_id: TownId | None
    area_id: AreaId | None
    lon: float
    lat: float
    last_seen_us: int | None
    presence: Presence


def listed(connection: Connection) -> list[RoomRow]:
    """Return all rooms in order of their node name."""
    return [_room_row(row) for row in connection.execute(select(room).order_by(room.c.node))]


# --- for the writer -----------------------------------------------------------------------------------------


def enrol(connection: Connection, specs: Sequence[RoomSpec]) -> None:
    """Bring the city's rooms into the store; when they were heard of is left alone."""
    known = set(connection.execute(select(room.c.node)).scalars())
    _INSERT.run(
        connection,
        [
            (
                spec.node,
                spec.title,
                spec.tier.value,
                spec.town_id,
                spec.area_id,
                spec.place[0],
                spec.place[1],
                None,
                Presence.LOST.value,
            )
            for spec in specs
            if spec.node not in known
        ],
    )
    _UPDATE_SPEC.run(
        connection,
        [
            (spec.title, spec.tier.value, spec.town_id, spec.area_id, spec.place[0], spec.place[1], spec.node)
            for spec in specs
            if spec.node in known
        ],
    )


def last_seen(connection: Connection) -> dict[NodeName, int]:
    """Return when each room was last heard of by any relay; rooms nobody heard of are missing."""
    query = select(room.c.node, room.c.last_seen_us).where(room.c.last_seen_us.is_not(None))
    return {NodeName(row[0]): int(row[1]) for row in connection.execute(query)}


def update_seen(connection: Connection, seen: Sequence[tuple[str, int | None, Presence]]) -> None:
    """Store when rooms were last heard of and what that means now."""
    _UPDATE_SEEN.run(connection, [(last_seen_us, presence.value, node) for node, last_seen_us, presence in seen])


def _room_row(row: Any) -> RoomRow:
    return RoomRow(
        node=NodeName(row.node),
        title=row.title,
        tier=Tier(row.tier),
        town_id=TownId(row.town_id) if row.town_id is not None else None,
        area_id=AreaId(row.area_id) if row.area_id is not None else None,
        lon=row.lon,
        lat=row.lat,
        last_seen_us=row.last_seen_us,
        presence=Presence(row.presence),
    )
