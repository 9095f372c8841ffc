"""The administrator's orders as one gate's peers hear them: sent elsewhere, or asked to say hello for the next key."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from patrol_wire import codec
from patrol_wire.ids import Role
from patrol_wire.messages import Redirect, Who
from relay.core.commands import DeskBusyError, PeerKeyTold, Submit
from relay.core.field import FieldPort, GateRole
from relay.core.orders import NO_ORDERS, TellOrders

_LOG: Final = structlog.get_logger("relay.orders")
_REASON: Final = "new_orders"


class PeerOrders:
    """Owned by the thread that owns the port."""

    def __init__(
        self, port: FieldPort, *, gate: GateRole, role: Role, tell: TellOrders, submit: Submit | None = None
    ) -> None:
        """``submit`` takes note of the relay's key that a peer keeps; None: nobody does."""
        self._port = port
        self._gate = gate
        self._role = role
        self._tell = tell
        self._submit = submit
        self._now = NO_ORDERS
        self._redirects: Counter[str] = Counter()
        """How often each peer was sent away under these orders."""
        self._noted: dict[str, str] = {}

    @property
    def next_relay_key(self) -> str:
        """The key to announce; empty: none."""
        return self._now.next_relay_key

    def follow(self, connected: Iterable[tuple[bytes, str, Callable[[], int]]]) -> list[bytes]:
        """Look at the orders; when they have changed, have everybody say hello anew: here, or where it is sent.

        ``connected``: session, node, and what counts a message to it. Returns the sessions that are over.
        """
        orders = self._tell()
        if orders == self._now:
            return []
        self._now = orders
        self._redirects.clear()
        over: list[bytes] = []
        for session, node, next_hop in connected:
            if self.send_away(session, node, hop=next_hop()):
                over.append(session)
            else:
                self._port.send(session, codec.encode(Who(reason=_REASON), hop=next_hop()))
        return over

    def send_away(self, session: bytes, node: str, *, hop: int) -> bool:
        """Tell a peer to go elsewhere, where the orders say so; True when its session is over."""
        elsewhere = self._now.sends_away(self._gate, self._redirects[node])
        if not elsewhere:
            return False
        self._redirects[node] += 1
        self._port.send(session, codec.encode(Redirect(endpoints=elsewhere, reason=self._now.reason), hop=hop))
        return True

    def note_key(self, node: str, relay_key: str) -> None:
        """Have the store know which key of the relay a peer keeps."""
        if self._submit is None or not relay_key or self._noted.get(node) == relay_key:
            return
        try:
            self._submit(PeerKeyTold(peer=f"{self._role}:{node}", relay_key=relay_key))
        except DeskBusyError:
            _LOG.warning("peer_key_not_noted", peer=f"{self._role}:{node}", next="with its next hello")
            return
        self._noted[node] = relay_key
