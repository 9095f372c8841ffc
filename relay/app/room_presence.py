"""When each room was last heard of, here or by another relay on the same store, and how present that makes it."""

from collections.abc import Iterable, Mapping
from typing import Final

import structlog
from sqlalchemy import Connection, Engine

from patrol_wire.ids import NodeName
from relay.core.presence import Presence, PresenceLimits, judge
from relay.store import rooms

_LOG: Final = structlog.get_logger("relay.presence")


class RoomPresence:
    """For the writer's thread alone."""

    def __init__(self, limits: PresenceLimits) -> None:
        self._limits = limits
        self._heard: dict[NodeName, int] = {}
        self._presence: dict[NodeName, Presence] = {}

    def load(self, connection: Connection) -> None:
        """Begin with what the store knows."""
        for room in rooms.listed(connection):
            self._presence[room.node] = room.presence
            if room.last_seen_us is not None:
                self._heard[room.node] = room.last_seen_us

    def hear(self, heard: Mapping[NodeName, int]) -> None:
        """Take over when rooms were heard of."""
        self._heard.update(heard)

    def move(self, by_us: int) -> None:
        """Follow a clock that was set."""
        self._heard = {node: heard_us + by_us for node, heard_us in self._heard.items()}

    def store(self, engine: Engine, nodes: Iterable[NodeName], now_us: int) -> None:
        """Judge these rooms and keep it; raises what the store raises, and nothing is said to have changed then."""
        with engine.begin() as connection:
            seen = self._judged(rooms.last_seen(connection), nodes, now_us)
            rooms.update_seen(connection, seen)
        for node, _, presence in seen:
            before = self._presence.get(node)
            if before is not presence:
                _LOG.info("room_presence", node=node, before=before, presence=presence)
                self._presence[node] = presence

    def _judged(
        self, elsewhere: Mapping[NodeName, int], nodes: Iterable[NodeName], now_us: int
    ) -> list[tuple[NodeName, int | None, Presence]]:
        for node, heard_us in elsewhere.items():
            self._heard[node] = max(heard_us, self._heard.get(node, 0))
        return [(node, self._heard.get(node), judge(self._heard.get(node), now_us, self._limits)) for node in nodes]
