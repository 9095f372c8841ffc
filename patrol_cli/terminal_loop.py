"""The thin shell around the terminal's dialogue: one socket, one clock, one state file, one thread."""

import secrets
from collections.abc import Callable
from typing import Final

import zmq

from patrol_cli.peer_socket import Context, LinkChange, PeerSocket
from patrol_cli.relay_key_ring import KeyedSocket, RelayKeyRing
from patrol_cli.terminal_session import (
    Happening,
    Heard,
    Keep,
    KeyLearned,
    Linked,
    Moment,
    Notice,
    Pressed,
    Rebuild,
    Say,
    Show,
    Shown,
    TerminalBook,
    Tick,
    Unlinked,
    step,
)
from patrol_cli.terminal_state import TerminalStateFile
from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.ids import Outcome, Step
from patrol_wire.keys import KeyPair
from patrol_wire.messages import Command, Snapshot
from patrol_wire.uuid7 import RANDOM_BYTES, uuid7
from relay.ops.clock import Clock

TICK_S: Final = 0.1


class TerminalLoop:
    """Drives `terminal_session.step`. ``show`` gets each notice with the book after it.

    ``endpoints``: of several relays on one store any will do; when one is silent the next is tried.
    """

    def __init__(
        self,
        *,
        endpoints: tuple[str, ...],
        relay_key: str,
        pair: KeyPair,
        state: TerminalStateFile,
        clock: Clock,
        show: Callable[[Show, TerminalBook], None],
    ) -> None:
        self._pair = pair
        self._state = state
        self.clock = clock
        self._show = show
        self.book = state.load()
        self._hop = 0
        self._told_not_admitted = False
        self._context: Context = zmq.Context()
        self._keyed = KeyedSocket(RelayKeyRing(relay_key, state.path), self._connect, endpoints)

    def turn(self, *, within_s: float = TICK_S, also: int | None = None) -> None:
        """Wait for something to happen, at most ``within_s``, and act on all of it."""
        self._keyed.socket.wait(within_s, also=also)
        for change in tuple(self._keyed.socket.changes()):
            self._changed(change)
        for frame in tuple(self._keyed.socket.frames()):
            try:
                message = codec.decode(frame).message
            except WireError:
                continue  # of a relay we do not understand; sync and the commands are repeated
            self.happen(Heard(message))
            if isinstance(message, Snapshot) and self._keyed.told(message.next_relay_key):
                self.happen(KeyLearned(self._keyed.ring.keys.newest))
        self.happen(Tick())

    def press(self, dispatch_id: str, unit_step: Step, *, outcome: Outcome | None = None, reason: str = "") -> None:
        """Take a step; it is kept on disk before it is sent, and sent until it is answered."""
        now_us = self.clock.now_us()
        self.happen(
            Pressed(
                Command(
                    command_id=uuid7(now_us, secrets.token_bytes(RANDOM_BYTES)),
                    dispatch_id=dispatch_id,
                    step=unit_step,
                    device_at=now_us,
                    outcome=outcome,
                    reason=reason,
                )
            )
        )

    def shown(self) -> None:
        """The person has seen everything so far."""
        self.happen(Shown())

    def happen(self, happening: Happening) -> None:
        """Let the machine decide and perform its instructions in order."""
        moment = Moment(now_us=self.clock.now_us(), now_s=self.clock.monotonic_s())
        self.book, instructions = step(self.book, happening, moment)
        for instruction in instructions:
            match instruction:
                case Keep():
                    self._state.keep(self.book)
                case Say(message=message):
                    self._hop += 1
                    self._keyed.socket.send(codec.encode(message, hop=self._hop))
                case Show():
                    self._show(instruction, self.book)
                case Rebuild(endpoints=endpoints):
                    self._keyed.next(endpoints)

    def close(self) -> None:
        """Release the socket; what is kept stays kept."""
        self._keyed.socket.close()
        self._context.destroy(linger=0)

    def _connect(self, endpoint: str, relay_key: str) -> PeerSocket:
        return PeerSocket(self._context, endpoint=endpoint, relay_key=relay_key, pair=self._pair)

    def _changed(self, change: LinkChange) -> None:
        match change:
            case LinkChange.UP:
                self._told_not_admitted = False
                self._keyed.linked()
                self._hop = 0
                self.happen(Linked(session=secrets.randbits(63), relay_key=self._keyed.ring.keys.newest))
            case LinkChange.DOWN:
                self.happen(Unlinked())
            case LinkChange.NOT_ADMITTED:
                if not self._told_not_admitted:
                    self._told_not_admitted = True
                    text = "the relay does not admit this key yet, or --relay-key is not its key; trying again"
                    self._show(Show(notice=Notice.REFUSED, code="not_admitted", text=text), self.book)
                self._keyed.refused()
