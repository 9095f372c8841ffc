"""Sessions of rooms: which connection belongs to which outbox. In memory only; a room says hello again when lost."""

from dataclasses import dataclass

from patrol_wire.ids import Epoch, NodeName


@dataclass(slots=True, kw_only=True)
class RoomSession:
    """One open session."""

    node: NodeName
    epoch: Epoch
    version: int
    clock_offset_us: int
    """The room's clock minus ours, when it said hello."""
    hop: int = 0
    """Messages sent to it."""

    def next_hop(self) -> int:
        """Count a message and return its number."""
        self.hop += 1
        return self.hop


class RoomSessions:
    """The open sessions of the rooms' gate; owned by the writer thread."""

    def __init__(self) -> None:
        self._open: dict[bytes, RoomSession] = {}
        self._of_node: dict[NodeName, bytes] = {}

    def __len__(self) -> int:
        """How many rooms have a session."""
        return len(self._open)

    def open(self, session: bytes, value: RoomSession) -> None:
        """Open a session; an older one of the same room ends, its messages are answered with ``who``."""
        before = self._of_node.get(value.node)
        if before is not None and before != session:
            self._open.pop(before, None)
        known = self._open.get(session)
        if known is not None:
            value.hop = known.hop
        self._open[session] = value
        self._of_node[value.node] = session

    def get(self, session: bytes, node: NodeName) -> RoomSession | None:
        """Return the session when this very peer opened it."""
        found = self._open.get(session)
        return found if found is not None and found.node == node else None

    def session_of(self, node: NodeName) -> bytes | None:
        """Return the connection on which a room has its session, None when it has none."""
        return self._of_node.get(node)

    def peek(self, session: bytes) -> RoomSession | None:
        """Return the session whoever asks: to count what is sent to it."""
        return self._open.get(session)

    def names(self) -> tuple[bytes, ...]:
        """Return every open session."""
        return tuple(self._open)

    def forget(self, session: bytes) -> None:
        """The peer or the gate ended it."""
        found = self._open.pop(session, None)
        if found is not None and self._of_node.get(found.node) == session:
            del self._of_node[found.node]

    def forget_all(self) -> None:
        """The gate started anew."""
        self._open.clear()
        self._of_node.clear()
