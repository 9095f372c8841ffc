"""The rooms of the day in one process: per room the real outbox and the real link, without cameras.

The driver hands over a record with its room; the answer says when it was durable in the room (the machine's monotonic
clock, which all processes share). What is acknowledged is asked at the end.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Final

from edge_agent.core.outbox import OutboxLimits
from edge_agent.link.curve import load_keys
from edge_agent.link.relay_link import RelayLink
from edge_agent.ops.logging import configure_logging
from edge_agent.outbox.store import FILE_NAME, Outbox
from patrol_cli.day.sockets import allow_many_files
from patrol_cli.moved_clock import MovedClock
from patrol_wire.records import RecordBody

_LIMITS: Final = OutboxLimits(max_bytes=64 * 1024 * 1024, max_age_s=7 * 86_400.0)
_MADE_AT_ONCE: Final = 32
_WRITERS: Final = 8
"""Records put at once: rooms write to disks of their own in life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomsPlan:
    """Where the rooms live and whom they talk to."""

    folder: Path
    clock: Path
    endpoint: str
    relay_key: str
    rooms: Sequence[str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A record is durable in its room."""

    number: int
    durable_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomsTally:
    """Alerts of all rooms."""

    open_links: int
    stored: int
    acknowledged: int
    pending: int


class Rooms:
    """All rooms; ``put`` from any thread."""

    def __init__(self, plan: RoomsPlan) -> None:
        self._plan = plan
        self._clock = MovedClock(plan.clock)
        self._outboxes: dict[str, Outbox] = {}
        self._links: dict[str, RelayLink] = {}
        with ThreadPoolExecutor(_MADE_AT_ONCE) as pool:  # a new outbox is a few syncs of the disk, which may be shared
            list(pool.map(self._make, plan.rooms))

    def _make(self, room: str) -> None:
        plan = self._plan
        place = plan.folder / "rooms" / room
        place.mkdir(parents=True, exist_ok=True)
        outbox = Outbox(place / FILE_NAME, node=room, clock=self._clock, limits=_LIMITS)
        keys = load_keys(plan.folder / "keys" / f"{room}.key", room=room, relay_public_key=plan.relay_key)
        link = RelayLink(outbox, keys=keys, endpoints=(plan.endpoint,), clock=self._clock, agent_version="day")
        link.start()
        self._outboxes[room], self._links[room] = outbox, link

    def put(self, room: str, number: int, body: RecordBody) -> Stored:
        """Store a record; it is durable when this returns."""
        self._outboxes[room].put(body)
        return Stored(number, self._clock.monotonic_s())

    def tally(self) -> RoomsTally:
        """Return how far everything is."""
        depths = [outbox.depth() for outbox in self._outboxes.values()]
        return RoomsTally(
            open_links=sum(link.state.phase == "open" for link in self._links.values()),
            stored=sum(depth.tally.get("stored", 0) for depth in depths),
            acknowledged=sum(depth.tally.get("acknowledged", 0) for depth in depths),
            pending=sum(sum(depth.pending.values()) for depth in depths),
        )

    def close(self) -> None:
        """End links and outboxes."""
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(lambda link: link.stop(), self._links.values()))
            list(pool.map(lambda outbox: outbox.close(), self._outboxes.values()))


def serve(plan: RoomsPlan, orders: Connection) -> None:
    """Carry out (room, number, record), ``tally`` and None (end); the target of the rooms' process."""
    allow_many_files()
    configure_logging(form="json", level="error", room="day")
    rooms = Rooms(plan)
    sending = Lock()

    def answer(work: Callable[[], object]) -> None:
        found = work()
        with sending:
            orders.send(found)

    with ThreadPoolExecutor(_WRITERS) as writers:
        try:
            while (order := orders.recv()) is not None:
                if order == "tally":
                    answer(rooms.tally)
                else:
                    room, number, body = order
                    writers.submit(answer, partial(rooms.put, room, number, body))
        except EOFError:
            return  # the driver is gone
        finally:
            rooms.close()
