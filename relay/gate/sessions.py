"""The connections a gate knows: for each routing id the key behind it and whether its messages still pass.

libzmq does not say when a peer leaves a ROUTER, so the table is bounded and forgets the one heard longest ago.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_SESSIONS: Final = 20_000


@dataclass(slots=True, kw_only=True)
class GateSession:
    """One connection as the gate knows it."""

    routing_id: bytes
    public_key: str
    cut: bool = False
    """The core asked to drop its messages."""
    barred: bool = False
    """Its key is no longer known; told once."""
    slow: bool = False
    """It does not read: it gets nothing more until a Bye has been sent and it has synchronised again."""


class SessionTable:
    """Bounded table of sessions; policy when full: forget the one heard longest ago."""

    def __init__(self, *, limit: int = MAX_SESSIONS) -> None:
        self._limit = limit
        self._sessions: OrderedDict[bytes, GateSession] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[GateSession]:
        return iter(tuple(self._sessions.values()))

    def hear(self, routing_id: bytes, public_key: str) -> tuple[GateSession, GateSession | None]:
        """Return the session of a message that came in, and the session that was forgotten to make room for it."""
        session = self._sessions.get(routing_id)
        if session is not None and session.public_key == public_key:
            self._sessions.move_to_end(routing_id)
            return session, None
        session = GateSession(routing_id=routing_id, public_key=public_key)
        self._sessions[routing_id] = session
        if len(self._sessions) <= self._limit:
            return session, None
        _, forgotten = self._sessions.popitem(last=False)
        return session, forgotten

    def get(self, routing_id: bytes) -> GateSession | None:
        """Return a session that was heard before."""
        return self._sessions.get(routing_id)

    def forget(self, routing_id: bytes) -> None:
        """The peer is gone."""
        self._sessions.pop(routing_id, None)
