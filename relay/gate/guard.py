"""What a gate does about peers that flood: paces them, refuses them, cuts their connections and keeps them out.

Decides with relay/gate/lanes.py; knows which connections belong to which key, because libzmq does not say.
"""

from typing import Final

import zmq

from relay.gate.connections import Connection, connection_of, end
from relay.gate.lanes import PeerLanes

CONNECTION_LOST: Final = "connection_lost"
"""What it is called beside the refusals when one peer's connections keep ending: its network is bad, or libzmq cut it
for a frame above the limit or for damaged bytes, which it does without a word."""


class Guard:
    """Owned by the gate's thread."""

    def __init__(self, lanes: PeerLanes) -> None:
        self.lanes = lanes
        self._of_session: dict[bytes, tuple[str, Connection]] = {}
        self._of_fd: dict[int, bytes] = {}
        self._cut: dict[bytes, Connection] = {}
        """What was cut; it may still speak until libzmq has seen the end."""
        self._doomed: list[Connection] = []
        """Those of them that are to be shut."""

    def meet(self, routing_id: bytes, public_key: str, body: zmq.Frame) -> None:
        """Note through which connection a session speaks; cheap for one that is known."""
        known = self._of_session.get(routing_id)
        if (known is not None and known[0] == public_key) or routing_id in self._cut:
            return
        connection = connection_of(body)
        if connection is not None:
            self._of_session[routing_id] = (public_key, connection)
            self._of_fd[connection.fd] = routing_id

    def ended(self, fd: int) -> str | None:
        """libzmq says that a connection ended; return the key that spoke through it, unless we ended it."""
        routing_id = self._of_fd.pop(fd, None)
        if routing_id is None:
            return None
        if self._cut.pop(routing_id, None) is not None:
            return None
        public_key, _ = self._of_session.pop(routing_id)
        return public_key

    def cut(self, public_key: str) -> list[bytes]:
        """Doom every connection of a peer; return its sessions, so that each can be told before ``shut_doomed``."""
        sessions = [routing_id for routing_id, (key, _) in self._of_session.items() if key == public_key]
        for routing_id in sessions:
            _, connection = self._of_session.pop(routing_id)
            self._cut[routing_id] = connection
            self._doomed.append(connection)
        return sessions

    def shut_doomed(self) -> int:
        """End what was doomed; return how many connections that were."""
        shut = sum(end(connection) for connection in self._doomed)
        self._doomed.clear()
        return shut
