"""Which terminals are connected: one record per session, several per unit allowed, all bounded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from patrol_wire.ids import UnitId

MAX_SESSIONS_PER_UNIT: Final = 4
IDLE_AFTER_S: Final = 90.0
"""A terminal pings every 10 s; nine missed mean that it is away. It comes back with sync."""


@dataclass(slots=True, kw_only=True)
class TerminalSession:
    """One connected terminal: how far it was sent and how far it confirmed."""

    session: bytes
    unit_id: UnitId
    sent: int
    delivered: int
    heard_s: float
    told_seen_s: float = 0.0
    """When the writer was last told that it is there; its session's begin tells nothing, so that a storm of
    returning terminals is no storm of commands."""
    moved_s: float = 0.0
    """When it last confirmed something new, or was sent something while nothing was unconfirmed."""
    full_since_s: float | None = None
    """Since when its window is full; too long means that it does not read."""
    more: bool = False
    """The last page ended at the window's room: there may be entries that wait for it."""
    hop: int = 0
    commands_open: int = 0

    def next_hop(self) -> int:
        """Count one more message to this terminal."""
        self.hop += 1
        return self.hop


class Terminals:
    """Sessions by their number and by their unit; policy when a unit opens too many: its oldest is dropped."""

    def __init__(self) -> None:
        self._by_session: dict[bytes, TerminalSession] = {}
        self._by_unit: dict[UnitId, list[TerminalSession]] = {}

    def __len__(self) -> int:
        return len(self._by_session)

    def __iter__(self) -> Iterator[TerminalSession]:
        return iter(tuple(self._by_session.values()))

    def get(self, session: bytes) -> TerminalSession | None:
        """Return the terminal of a session."""
        return self._by_session.get(session)

    def of(self, unit_id: UnitId) -> tuple[TerminalSession, ...]:
        """Return the terminals of a unit."""
        return tuple(self._by_unit.get(unit_id, ()))

    def units(self) -> tuple[UnitId, ...]:
        """Return the units with at least one terminal."""
        return tuple(self._by_unit)

    def open(self, terminal: TerminalSession) -> TerminalSession | None:
        """Remember a terminal that synchronised; returns the one that had to go for it."""
        self.forget(terminal.session)
        self._by_session[terminal.session] = terminal
        siblings = self._by_unit.setdefault(terminal.unit_id, [])
        siblings.append(terminal)
        if len(siblings) <= MAX_SESSIONS_PER_UNIT:
            return None
        oldest = min(siblings, key=lambda sibling: sibling.heard_s)
        self.forget(oldest.session)
        return oldest

    def forget(self, session: bytes) -> None:
        """The terminal is away."""
        terminal = self._by_session.pop(session, None)
        if terminal is None:
            return
        siblings = self._by_unit[terminal.unit_id]
        siblings.remove(terminal)
        if not siblings:
            del self._by_unit[terminal.unit_id]

    def forget_all(self) -> None:
        """Their gate is gone."""
        self._by_session.clear()
        self._by_unit.clear()
