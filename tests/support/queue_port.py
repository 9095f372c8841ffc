"""A gate without sockets: what a test puts in arrives at the writer, what the writer says can be read."""

from collections.abc import Sequence
from queue import Empty, Queue

from patrol_wire.messages import Ack, Error
from relay.app.rooms_intake import Reply
from relay.core.field import FromGate
from tests.support.room_sender import said


class QueuePort:
    """See the module."""

    def __init__(self) -> None:
        self._arrived: Queue[FromGate | None] = Queue()
        self.said: list[Reply] = []

    def put(self, message: FromGate) -> None:
        self._arrived.put(message)

    def receive(self, *, within_s: float, limit: int) -> Sequence[FromGate]:
        found: list[FromGate] = []
        try:
            first = self._arrived.get(timeout=max(within_s, 0.001))
            found.extend([first] if first is not None else [])
            while len(found) < limit:
                following = self._arrived.get_nowait()
                found.extend([following] if following is not None else [])
        except Empty:
            pass
        return found

    def send(self, session: bytes, frame: bytes) -> bool:
        self.said.append(Reply(session, frame))
        return True

    def send_all(self, frames: Sequence[tuple[bytes, bytes]]) -> bool:
        self.said.extend(Reply(*each) for each in frames)
        return True

    def cut(self, session: bytes) -> bool:
        return True

    def wake(self) -> None:
        self._arrived.put(None)

    def close(self) -> None:
        pass

    def acks(self) -> list[Ack]:
        return [message for message in said(list(self.said)) if isinstance(message, Ack)]

    def errors(self) -> list[str]:
        return [message.code for message in said(list(self.said)) if isinstance(message, Error)]
