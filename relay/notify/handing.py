"""What terminals are given of their mailboxes: what a commit has just told them, and what the store holds beyond that.

The writer hands the entries of its own commits over with its hint, so the usual entry is not read again. Whatever does
not follow exactly (an entry was missed, another relay wrote it, a terminal is behind) is read from the store, and
everybody is asked for there, a part at a time, every POLL_S. Owned by delivery's thread.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import Final

import structlog
from sqlalchemy import Connection, Engine

from patrol_wire import messages as m
from patrol_wire.ids import UnitId
from relay.notify.frames import pages
from relay.notify.outgoing import Outgoing
from relay.notify.pipeline import dedupe, room_in_window, suppress
from relay.notify.terminals import Terminals, TerminalSession
from relay.ops.clock import Clock
from relay.store import mailboxes

POLL_S: Final = 0.25
"""How often the store is asked beside the writer's hints; a lost hint costs no more than this."""
SLOW_AFTER_S: Final = 10.0
RESEND_AFTER_S: Final = 5.0
"""Entries that were sent and not confirmed for so long are sent again: they, or the receipt, were lost on the way."""
FEW_ENTRIES: Final = 8
"""A unit with more new entries is read by itself, a page at a time."""
TOLD_AT_ONCE: Final = 256
ASKED_AT_ONCE: Final = 128
"""Units of one part of the poll: all at once would keep a thousand's new entries waiting for 30 ms."""
AT_HAND: Final = 8_192
"""Entries that may wait with their hints; policy when full: of what more comes the unit alone is noted and read."""
_LOG: Final = structlog.get_logger("relay.notify")

Entries = Sequence[m.MailboxEntry]


class Hints:
    """Whose mailboxes have grown, and by what; from any thread. A unit of which that is not known whole is read."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._units: dict[UnitId, list[m.MailboxEntry]] = {}
        self._held = 0

    def add(self, units: Iterable[UnitId], entries: Mapping[UnitId, Entries]) -> None:
        """Note these units and what they were told, in order."""
        with self._lock:
            for unit_id in units:
                more = entries.get(unit_id, ())
                known = self._units.get(unit_id)
                follows = known is None or bool(known and more and known[-1].cursor + 1 == more[0].cursor)
                if known is None:
                    known = self._units[unit_id] = []
                if follows and self._held + len(more) <= AT_HAND:
                    known.extend(more)
                    self._held += len(more)
                else:
                    self._held -= len(known)
                    known.clear()

    def take(self) -> dict[UnitId, list[m.MailboxEntry]]:
        """Return what there is and forget it; a unit with no entries is to be read."""
        with self._lock:
            units, self._units, self._held = self._units, {}, 0
        return units


class PollTurns:
    """Who is asked for in the store next: everybody within POLL_S, a part at a time."""

    def __init__(self) -> None:
        self._waiting: Iterator[UnitId] = iter(())
        self._left = 0
        self._pause_s = 0.0
        self._next_s = 0.0

    def wait_s(self, now_s: float) -> float:
        """Return how long until the next part is due."""
        return max(0.0, self._next_s - now_s)

    def take(self, now_s: float, everybody: Callable[[], tuple[UnitId, ...]]) -> list[UnitId]:
        """Return the part that is due now, nobody before its time."""
        if now_s < self._next_s:
            return []
        if self._left == 0:
            units = everybody()
            self._left = len(units)
            self._waiting = iter(units)
            self._pause_s = POLL_S / max(1, -(-self._left // ASKED_AT_ONCE))
        part = list(islice(self._waiting, ASKED_AT_ONCE))
        self._left -= len(part)
        self._next_s = now_s + self._pause_s
        return part


class Handing:
    """See the module."""

    def __init__(
        self,
        terminals: Terminals,
        outgoing: Outgoing,
        *,
        reader: Engine,
        clock: Clock,
        counters: Counter[str],
        send: Callable[[TerminalSession, m.Message], None],
    ) -> None:
        self._terminals = terminals
        self._outgoing = outgoing
        self._reader = reader
        self._clock = clock
        self._counters = counters
        self._send = send
        self._polls = PollTurns()
        self.hints = Hints()

    def wait_s(self, now_s: float) -> float:
        """Return how long delivery may wait for something to do."""
        return self._polls.wait_s(now_s)

    def round(self, now_s: float) -> None:
        """Give what was hinted, then what the part of the poll that is due finds; raises what the store raises."""
        to_read = self._give_at_hand(self.hints.take(), now_s)
        due = self._polls.take(now_s, self._terminals.units)
        if not to_read and not due:
            return
        with self._reader.connect() as connection:
            units = tuple(dict.fromkeys((*to_read, *due)))
            for first in range(0, len(units), TOLD_AT_ONCE):  # the gate sends to some while others are read
                self._give_all(connection, units[first : first + TOLD_AT_ONCE], now_s)

    def give(self, connection: Connection, terminal: TerminalSession, now_s: float) -> None:
        """Give one terminal what its window has room for, as the store holds it."""
        room = self._room(terminal, now_s)
        if room:
            found = mailboxes.page_after(connection, terminal.unit_id, terminal.sent, limit=room)
            self._give(terminal, found, room, now_s)

    def hand_over(self) -> None:
        """Let the gate have what was given."""
        for lost in self._outgoing.hand_over(self._clock.now_us()):
            self._counters["gate_away"] += 1
            self._terminals.forget(lost.session)  # it comes back by its cursor

    def _give_at_hand(self, grown: Mapping[UnitId, Entries], now_s: float) -> list[UnitId]:
        """Give entries that follow on what a terminal was sent; return the units that have to be read."""
        to_read: list[UnitId] = []
        given = 0
        for unit_id, entries in grown.items():
            terminals = self._terminals.of(unit_id)
            if not terminals:
                continue
            if not entries or any(terminal.sent + 1 < entries[0].cursor for terminal in terminals):
                to_read.append(unit_id)
                continue
            for terminal in terminals:
                self._give_known(terminal, entries, now_s)
            given += 1
            if given % TOLD_AT_ONCE == 0:
                self.hand_over()
        self.hand_over()
        return to_read

    def _give_all(self, connection: Connection, units: Sequence[UnitId], now_s: float) -> None:
        """Give each of these units what is new; the usual one or few new entries are read for many units at once."""
        lowest: dict[UnitId, int] = {}
        for unit_id in units:  # the poll comes by here four times a second for each unit that is connected
            for terminal in self._terminals.of(unit_id):
                if terminal.sent > terminal.delivered:
                    self._go_back(terminal, now_s)
                lowest[unit_id] = min(terminal.sent, lowest.get(unit_id, terminal.sent))
        heads = mailboxes.heads_after(connection, lowest.items())
        missing = {
            unit_id: range(lowest[unit_id] + 1, head + 1)
            for unit_id, head in heads.items()
            if head - lowest[unit_id] <= FEW_ENTRIES
        }
        entries = mailboxes.entries_between(connection, missing) if missing else {}
        for unit_id in heads:
            for terminal in self._terminals.of(unit_id):
                known = entries.get(unit_id)
                if known is not None:
                    self._give_known(terminal, known, now_s)
                else:
                    self.give(connection, terminal, now_s)
        self.hand_over()

    def _give_known(self, terminal: TerminalSession, known: Entries, now_s: float) -> None:
        """Give one terminal of these entries what it was not sent; another session of the unit may be further."""
        fresh = [entry for entry in known if entry.cursor > terminal.sent]
        if fresh and (room := self._room(terminal, now_s)):
            self._give(terminal, fresh[:room], room, now_s)

    def _room(self, terminal: TerminalSession, now_s: float) -> int:
        room = room_in_window(sent=terminal.sent, delivered=terminal.delivered)
        if room == 0:
            self._watch_full(terminal, now_s)
        return room

    def _give(self, terminal: TerminalSession, found: Entries, room: int, now_s: float) -> None:
        terminal.more = len(found) == room
        entries = suppress(dedupe(found, sent=terminal.sent), now=self._clock.now_us())
        if not entries:
            return
        if terminal.sent == terminal.delivered:
            terminal.moved_s = now_s
        for frame, _ in pages(entries, lambda part, _: m.Delta(entries=tuple(part)), next_hop=terminal.next_hop):
            self._outgoing.add(terminal, frame)
        terminal.sent = entries[-1].cursor
        self._counters["entries_sent"] += len(entries)

    def _go_back(self, terminal: TerminalSession, now_s: float) -> None:
        if now_s - terminal.moved_s > RESEND_AFTER_S:
            self._counters["sent_again"] += 1
            terminal.sent, terminal.moved_s = terminal.delivered, now_s

    def _watch_full(self, terminal: TerminalSession, now_s: float) -> None:
        if terminal.full_since_s is None:
            terminal.full_since_s = now_s
        elif now_s - terminal.full_since_s > SLOW_AFTER_S:
            self._counters["slow_terminals"] += 1
            _LOG.warning("terminal_slow", unit_id=terminal.unit_id, sent=terminal.sent, delivered=terminal.delivered)
            self._send(terminal, m.Bye(reason="slow_reader", resync=True))
            self._terminals.forget(terminal.session)
