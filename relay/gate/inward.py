"""What a gate hands to its core: many messages of peers in one piece, so that neither end pays for each of them.

Owns the gate's end of the inside link for sending, and what waits there. Policy: nothing waits longer than the turn
that read it; what the core does not take is held (the gate stops reading the field: TCP pushes back), and given up
when the core has taken nothing for CORE_PATIENCE_S.
"""

from collections import Counter
from time import monotonic
from typing import Final

import structlog
import zmq

from relay.core.field import GateRole
from relay.gate.inside import pack_started, pack_together
from relay.gate.sockets import Socket

CORE_PATIENCE_S: Final = 1.0
PIECE_MESSAGES: Final = 64
PIECE_BYTES: Final = 64 * 1024
"""A piece is as long as the longest message was, so the link's limit in messages bounds the same memory."""
_LOG: Final = structlog.get_logger("relay.gate")


class Inward:
    """Owned by the gate's thread; ``inside`` is its end of the link to the core."""

    def __init__(self, inside: Socket, *, gate: GateRole, gate_epoch: int, counters: Counter[str]) -> None:
        self._inside = inside
        self._gate = gate
        self._counters = counters
        self._announcement: bytes | None = pack_started(gate_epoch)
        self._waiting: list[tuple[bytes, bytes]] = []
        self._waiting_bytes = 0
        self._blocked_since: float | None = None
        self._lost = False
        self.held = False
        """The core did not take what waits; the field is not read until it has, or it was given up."""

    def add(self, routing_id: bytes, packed: bytes) -> bool:
        """Take a message of ``routing_id``; False when there is enough to hand over."""
        self._waiting.append((routing_id, packed))
        self._waiting_bytes += len(packed)
        return len(self._waiting) < PIECE_MESSAGES and self._waiting_bytes < PIECE_BYTES

    def hand_over(self) -> bool:
        """Hand what waits to the core; False when the core does not take it, and it waits on."""
        if self._waiting:
            self.held = not self._send(pack_together([packed for _, packed in self._waiting]))
            if self.held:
                return False
            self._counters["passed"] += len(self._waiting)
            self._forget()
        return True

    def say(self, packed: bytes) -> bool:
        """Tell the core something of the gate's own, after what waits; False when the core does not take it."""
        return self.hand_over() and self._send(packed)

    def is_away(self) -> bool:
        """Tell whether the core has taken nothing for too long."""
        if self._blocked_since is None or monotonic() - self._blocked_since <= CORE_PATIENCE_S:
            return False
        if not self._lost:
            self._lost = True
            _LOG.warning("core_away", gate=self._gate)
        return True

    def give_up(self) -> list[bytes]:
        """Forget what waits; return the routing ids of those who sent it."""
        senders = [routing_id for routing_id, _ in self._waiting]
        self._forget()
        return senders

    def _forget(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0
        self.held = False

    def _send(self, packed: bytes) -> bool:
        """Send after the gate's announcement."""
        try:
            if self._announcement is not None:
                self._inside.send(self._announcement, zmq.NOBLOCK)
                self._announcement = None
            self._inside.send(packed, zmq.NOBLOCK)
        except zmq.Again:
            if self._blocked_since is None:
                self._blocked_since = monotonic()
            return False
        self._blocked_since = None
        if self._lost:
            self._lost = False
            _LOG.info("core_back", gate=self._gate)
        return True
