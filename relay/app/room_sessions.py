"""Sessions of rooms: which connection belongs to which outbox. In memory only; a room says hello again when lost."""

from collections.abc import Sequence
from dataclasses import dataclass

from patrol_wire.ids import Epoch, NodeName
from relay.core.field import FieldMessage, FromGate, GateStarted, SessionGone


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

        self.passed_over = 0
        """Messages whose connection had ended before anybody looked at them."""

    def follow(self, arrived: Sequence[FromGate]) -> list[FieldMessage]:
        """Take over which sessions ended; return the messages of the others, in their order.

        After minutes without a store hundreds of a room's hellos wait, each on a connection that it has left since:
        answering them is in vain, and by each its clock looks as old as the hello. What else such a connection brought
        has no session to belong to; the room sends it again.
        """
        messages: list[FieldMessage] = []
        for item in arrived:
            if isinstance(item, FieldMessage):
                messages.append(item)
            elif isinstance(item, GateStarted):
                self.forget_all()
                self.passed_over += len(messages)
                messages.clear()
            elif isinstance(item, SessionGone):
                self.forget(item.session)
                left = [each for each in messages if each.session != item.session]
                self.passed_over += len(messages) - len(left)
                messages = left
        return messages

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
