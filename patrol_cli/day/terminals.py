"""The units' terminals in one thread: each the dialogue of ``patrol terminal`` on a CURVE socket of its own.

epoll on libzmq's descriptors, because polling a thousand sockets by list takes milliseconds.
"""

import secrets
import select
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import zmq

from patrol_cli.moved_clock import MovedClock
from patrol_cli.peer_socket import Context, LinkChange, PeerSocket
from patrol_cli.terminal_session import (
    Happening,
    Heard,
    Keep,
    Linked,
    Moment,
    Notice,
    Phase,
    Pressed,
    Rebuild,
    Say,
    Show,
    TerminalBook,
    Tick,
    Unlinked,
    step,
)
from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.ids import Outcome, Step
from patrol_wire.keys import KeyPair
from patrol_wire.messages import Command, DispatchView, Message, Position
from patrol_wire.records import Place
from patrol_wire.uuid7 import RANDOM_BYTES, uuid7

_TICK_EVERY_S: Final = 0.5
_MOST_EVENTS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offer arrived on a unit's terminal."""

    unit_id: str
    view: DispatchView
    read_s: float
    """Monotonic moment its frame was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The relay answered a step."""

    unit_id: str
    dispatch_id: str
    step: Step
    result: str
    took_s: float


@dataclass(slots=True, kw_only=True)
class _Terminal:
    unit_id: str
    pair: KeyPair
    socket: PeerSocket | None = None
    book: TerminalBook = field(default_factory=lambda: TerminalBook(session=0))
    hop: int = 0
    pressed_s: dict[str, float] = field(default_factory=dict)
    gone: bool = False
    """Vanished: it is not connected again."""


class Terminals:
    """All terminals. One thread calls; ``offered`` and ``answered`` fill while ``turn`` runs."""

    def __init__(self, clock: MovedClock, *, endpoint: str, relay_key: str, pairs: Mapping[str, KeyPair]) -> None:
        self._clock = clock
        self._endpoint = endpoint
        self._relay_key = relay_key
        self._context: Context = zmq.Context()
        self._context.set(zmq.MAX_SOCKETS, 8 * len(pairs) + 100)  # with both ends of its monitor, some made anew
        self._epoll = select.epoll()
        self._by_descriptor: dict[int, _Terminal] = {}
        self._terminals = {unit_id: _Terminal(unit_id=unit_id, pair=pair) for unit_id, pair in pairs.items()}
        self._turn_of = deque(self._terminals.values())
        self._next_tick_s = 0.0
        self.offered: deque[Offered] = deque()
        self.answered: deque[Answered] = deque()
        for terminal in self._terminals.values():
            self._connect(terminal)

    # --- what the driver asks

    @property
    def live(self) -> int:
        """Terminals that have their snapshot."""
        return sum(self._is_live(each) for each in self._terminals.values())

    @property
    def away(self) -> frozenset[str]:
        """Units without a live dialogue at the moment."""
        return frozenset(each.unit_id for each in self._terminals.values() if not self._is_live(each))

    @property
    def unanswered(self) -> int:
        """Steps of connected units that the relay has not answered."""
        return sum(len(each.book.pending) for each in self._terminals.values() if self._is_live(each))

    def is_live(self, unit_id: str) -> bool:
        """Tell whether a unit has a live dialogue."""
        return self._is_live(self._terminals[unit_id])

    def dispatches(self, unit_id: str) -> Mapping[str, DispatchView]:
        """Return what lies before a unit, as its terminal shows it."""
        return self._terminals[unit_id].book.dispatches

    def turn(self, within_s: float) -> None:
        """Read what has come, within so many seconds at most, and let a share of the terminals tick."""
        for descriptor, _ in self._epoll.poll(within_s, maxevents=_MOST_EVENTS):
            terminal = self._by_descriptor.get(descriptor)
            if terminal is not None:
                self._read(terminal)
        now_s = self._clock.monotonic_s()
        if now_s >= self._next_tick_s:
            # A tenth at a time, so that no tick of a thousand terminals delays what arrives.
            self._next_tick_s = now_s + _TICK_EVERY_S / 10
            for _ in range(max(1, len(self._turn_of) // 10)):
                terminal = self._turn_of[0]
                self._turn_of.rotate(-1)
                self._read(terminal)  # before the tick: what waits unread is no silence of the relay
                if terminal.socket is not None:
                    self._happen(terminal, Tick())

    def press(self, unit_id: str, dispatch_id: str, unit_step: Step, *, outcome: Outcome | None, reason: str) -> None:
        """Take a step."""
        terminal = self._terminals[unit_id]
        now_us = self._clock.now_us()
        command = Command(
            command_id=uuid7(now_us, secrets.token_bytes(RANDOM_BYTES)),
            dispatch_id=dispatch_id,
            step=unit_step,
            device_at=now_us,
            outcome=outcome,
            reason=reason,
        )
        terminal.pressed_s[command.command_id] = self._clock.monotonic_s()
        self._happen(terminal, Pressed(command))

    def report_place(self, unit_id: str, place: tuple[float, float]) -> None:
        """Say where a unit is."""
        fix = Position(place=Place(lon=place[0], lat=place[1]), fixed_at=self._clock.now_us(), accuracy_m=8.0)
        self._say(self._terminals[unit_id], fix)

    def lose_signal(self, unit_id: str, *, for_good: bool = False) -> None:
        """Cut a terminal off without a word."""
        terminal = self._terminals[unit_id]
        terminal.gone = terminal.gone or for_good
        self._disconnect(terminal)
        self._happen(terminal, Unlinked())

    def find_signal(self, unit_id: str) -> None:
        """Let a terminal connect again, unless it vanished."""
        terminal = self._terminals[unit_id]
        if terminal.socket is None and not terminal.gone:
            self._connect(terminal)

    def close(self) -> None:
        """Drop every connection."""
        for terminal in self._terminals.values():
            self._disconnect(terminal)
        self._epoll.close()
        self._context.destroy(linger=0)

    # --- inside

    @staticmethod
    def _is_live(terminal: _Terminal) -> bool:
        return terminal.socket is not None and terminal.book.linked and terminal.book.phase is Phase.LIVE

    def _connect(self, terminal: _Terminal) -> None:
        terminal.socket = PeerSocket(
            self._context, endpoint=self._endpoint, relay_key=self._relay_key, pair=terminal.pair
        )
        for descriptor in terminal.socket.descriptors:
            self._by_descriptor[descriptor] = terminal
            self._epoll.register(descriptor, select.EPOLLIN)

    def _disconnect(self, terminal: _Terminal) -> None:
        if terminal.socket is None:
            return
        for descriptor in terminal.socket.descriptors:
            self._by_descriptor.pop(descriptor, None)
            self._epoll.unregister(descriptor)
        terminal.socket.close()
        terminal.socket = None

    def _read(self, terminal: _Terminal) -> None:
        """Read until nothing is left: libzmq's descriptor tells of changes only."""
        while terminal.socket is not None:
            found = False
            for change in terminal.socket.changes():
                found = True
                if change is LinkChange.UP:
                    terminal.hop = 0
                    self._happen(terminal, Linked(session=secrets.randbits(63)))
                elif change is LinkChange.DOWN:
                    self._happen(terminal, Unlinked())
            for frame in self._frames(terminal):
                found = True
                try:
                    message = codec.decode(frame).message
                except WireError:
                    continue
                self._happen(terminal, Heard(message))
            if not found:
                return

    @staticmethod
    def _frames(terminal: _Terminal) -> Iterator[bytes]:
        """Yield what waits on the socket a terminal has by now: a change may have made it anew, or taken it away."""
        return terminal.socket.frames() if terminal.socket is not None else iter(())

    def _happen(self, terminal: _Terminal, happening: Happening) -> None:
        moment = Moment(now_us=self._clock.now_us(), now_s=self._clock.monotonic_s())
        terminal.book, instructions = step(terminal.book, happening, moment)
        for instruction in instructions:
            match instruction:
                case Keep():
                    continue  # the terminal lives as long as the day
                case Say(message=message):
                    self._say(terminal, message)
                case Rebuild():
                    self._disconnect(terminal)
                    self._connect(terminal)
                case Show():
                    self._shown(terminal, instruction, moment.now_s)

    def _shown(self, terminal: _Terminal, show: Show, now_s: float) -> None:
        if show.notice is Notice.OFFER and show.view is not None:
            self.offered.append(Offered(unit_id=terminal.unit_id, view=show.view, read_s=now_s))
        elif show.notice is Notice.STEP_CONFIRMED and show.command is not None and show.result is not None:
            pressed_s = terminal.pressed_s.pop(show.command.command_id, now_s)
            self.answered.append(
                Answered(
                    unit_id=terminal.unit_id,
                    dispatch_id=show.command.dispatch_id,
                    step=show.command.step,
                    result=show.result.result,
                    took_s=now_s - pressed_s,
                )
            )

    def _say(self, terminal: _Terminal, message: Message) -> None:
        if terminal.socket is not None:
            terminal.hop += 1
            terminal.socket.send(codec.encode(message, hop=terminal.hop))
