"""The thin shell around the consumer's dialogue: one socket, one clock; totals are kept page by page."""

import secrets
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Final

import zmq

from patrol_cli import counts_session
from patrol_cli.counts_session import CountsBook
from patrol_cli.counts_totals import Totals
from patrol_cli.peer_socket import Context, LinkChange, PeerSocket
from patrol_cli.relay_key_ring import KeyedSocket, RelayKeyRing
from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.keys import KeyPair
from patrol_wire.messages import Counts, Message
from relay.ops.clock import Clock

TICK_S: Final = 0.1


class CountsLoop:
    """Drives `counts_session`. ``keep`` stores the totals durably and may raise OSError.

    ``endpoints``: of several relays on one store any will do; when one is silent the next is tried.
    """

    def __init__(
        self,
        *,
        endpoints: tuple[str, ...],
        relay_key: str,
        pair: KeyPair,
        totals: Totals,
        keep: Callable[[Totals], None],
        clock: Clock,
        state: Path | None = None,
    ) -> None:
        """``state`` is the file of the totals: the relay's keys are kept beside it."""
        self.book = CountsBook(totals=totals)
        self.why_not_linked = ""
        self._keep = keep
        self._clock = clock
        self._hop = 0
        self._context: Context = zmq.Context()
        self._pair = pair
        self._keyed = KeyedSocket(RelayKeyRing(relay_key, state), self._connect, endpoints)

    def turn(self) -> bool:
        """Wait a moment and act on what arrived; True when the totals changed (and are kept)."""
        self._keyed.socket.wait(TICK_S)
        before = self.book.totals
        for change in tuple(self._keyed.socket.changes()):
            self._changed(change)
        for frame in tuple(self._keyed.socket.frames()):
            try:
                message = codec.decode(frame).message
            except WireError:
                continue  # of a relay we do not understand; hello is repeated
            self._decide(*counts_session.heard(self.book, message, self._clock.monotonic_s()))
            if isinstance(message, Counts) and self._keyed.told(message.next_relay_key):
                self._greet()
        if self.book.totals != before:
            self._keep(self.book.totals)
        now_s, now_us = self._clock.monotonic_s(), self._clock.now_us()
        if counts_session.is_stuck(self.book, now_s):
            self._keyed.next(self.book.redirected)
            self.book = counts_session.unlinked(self.book)
        self._decide(*counts_session.tick(self.book, now_s=now_s, now_us=now_us))
        return self.book.totals != before

    def catch_up(self, within_s: float) -> bool:
        """Return True as soon as every entry the relay has is in the totals; False when refused or too late."""
        deadline_s = self._clock.monotonic_s() + within_s
        while not self.book.up_to_date:
            if self._clock.monotonic_s() > deadline_s or self.book.refused:
                return False
            self.turn()
        return True

    def follow(self, show: Callable[[Totals], None]) -> None:
        """Show the totals once they are up to date and after each change, until SIGTERM, Ctrl-C, or a refusal."""
        ending = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ending.set())
        shown: Totals | None = None
        while not ending.is_set() and not self.book.refused:
            self.turn()
            if self.book.up_to_date and self.book.totals != shown:
                shown = self.book.totals
                show(shown)

    def close(self) -> None:
        """Release the socket."""
        self._keyed.socket.close()
        self._context.destroy(linger=0)

    def _changed(self, change: LinkChange) -> None:
        match change:
            case LinkChange.UP:
                self._hop = 0
                self.why_not_linked = ""
                self._keyed.linked()
                self._greet()
            case LinkChange.DOWN:
                self.book = counts_session.unlinked(self.book)
            case LinkChange.NOT_ADMITTED:
                self.why_not_linked = "the relay does not admit this key, or --relay-key is not its key"
                self._keyed.refused()

    def _greet(self) -> None:
        self.book = replace(self.book, relay_key=self._keyed.ring.keys.newest)
        self._decide(*counts_session.linked(self.book, secrets.randbits(63), self._clock.monotonic_s()))

    def _connect(self, endpoint: str, relay_key: str) -> PeerSocket:
        return PeerSocket(self._context, endpoint=endpoint, relay_key=relay_key, pair=self._pair)

    def _decide(self, book: CountsBook, message: Message | None) -> None:
        self.book = book
        if message is not None:
            self._hop += 1
            self._keyed.socket.send(codec.encode(message, hop=self._hop))
