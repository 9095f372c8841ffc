"""The watch: shifts, hand-overs and rounds. Each line is durable before anybody is told that it is stored.

``core.watch`` and ``core.watch_round`` decide what is allowed, the outbox keeps it; this file joins the two. Rounds
under way live in memory, because one takes minutes; what is finished is recorded.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from edge_agent.console.desk import NotAllowed, Unknown
from edge_agent.console.open_matters import open_matters
from edge_agent.console.room import Room
from edge_agent.core.watch import ROUND, SIGN_ON, Impossible, ShiftAct, ShiftState, step
from edge_agent.core.watch_figures import RoundDone, shift_figures
from edge_agent.core.watch_round import NotSeen, Round, round_figures, see
from edge_agent.ops.clock import Clock
from edge_agent.outbox import watch_rows
from edge_agent.outbox.store import Outbox
from edge_agent.outbox.values import ShiftRow
from patrol_wire.records import ShiftEntry
from patrol_wire.uuid7 import RANDOM_BYTES, uuid7

MOST_ROUNDS: Final = 64
"""Rounds under way at once; with more, the oldest is forgotten: its operator has left it lying."""
MOST_ROUNDS_OF_SHIFT: Final = 1_000
_LIVE: Final = "streaming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """The line is durable."""

    shift_id: str
    entry: str
    at: int
    figures: Mapping[str, int]


class WatchDesk:
    """The watch of this room. Every method may be called from any thread and may raise OutboxError."""

    def __init__(self, outbox: Outbox, room: Room, *, sets: Mapping[str, Sequence[str]], clock: Clock) -> None:
        """``sets`` are the cameras of each set, in the order of its round."""
        self._outbox = outbox
        self._room = room
        self._sets = sets
        self._clock = clock
        self._rounds: dict[str, Round] = {}
        # Two acts on one shift must see each other, so they are taken one after another.
        self._one_at_a_time = Lock()

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds under way, the oldest first."""
        return tuple(self._rounds.values())

    def on_watch(self) -> list[ShiftRow]:
        """Return the shifts that have not ended."""
        return self._outbox.read(watch_rows.on_watch)

    def figures_of(self, shift: ShiftRow, *, open_count: int) -> dict[str, int]:
        """Return a shift's statistics up to now."""
        rounds = self._outbox.read(
            lambda connection: watch_rows.lines(
                connection, limit=MOST_ROUNDS_OF_SHIFT, entry=ROUND, shift_id=shift.shift_id
            )
        )
        return shift_figures(
            self._outbox.read(lambda connection: watch_rows.acts(connection, shift.operator, since_us=shift.began_at)),
            [RoundDone(cameras=one.figures.get("cameras", 0), seen=one.figures.get("seen", 0)) for one in rounds],
            began_at=shift.began_at,
            now_us=self._clock.now_us(),
            open_matters=open_count,
        )

    def sign_on(self, operator: str, note: str) -> Noted | NotAllowed:
        """Begin an operator's shift."""
        with self._one_at_a_time:
            if self._shift_of(operator) is not None:
                return NotAllowed(sentence=f"{operator} is on watch already; sign off first")
            return self._note(self._new_id(), operator, SIGN_ON, note=note)

    def act(self, operator: str, act: ShiftAct, note: str) -> Noted | NotAllowed:
        """Do something with an operator's own shift."""
        with self._one_at_a_time:
            shift = self._shift_of(operator)
            if shift is None:
                return _not_on_watch(operator)
            return self._move(shift, act, note=note)

    def take_over(self, operator: str, leaving: str) -> Noted | NotAllowed:
        """Relieve an operator who offered a hand-over."""
        with self._one_at_a_time:
            if operator == leaving:
                return NotAllowed(sentence="nobody relieves themselves; sign off instead")
            if self._shift_of(operator) is None:
                return _not_on_watch(operator)
            shift = self._shift_of(leaving)
            if shift is None:
                return _not_on_watch(leaving)
            return self._move(shift, ShiftAct.RELIEVE, note=shift.note, subject=operator)

    def begin_round(self, operator: str, camera_set: str) -> Round | NotAllowed | Unknown:
        """Begin a round through a set."""
        cameras = self._sets.get(camera_set)
        if cameras is None:
            return Unknown(sentence=f"this room has no camera set {camera_set!r}; the room's file names them")
        with self._one_at_a_time:
            shift = self._shift_of(operator)
            if shift is None:
                return _not_on_watch(operator)
            begun = Round(
                round_id=self._new_id(),
                operator=operator,
                shift_id=shift.shift_id,
                camera_set=camera_set,
                cameras=tuple(cameras),
                began_at=self._clock.now_us(),
            )
            while len(self._rounds) >= MOST_ROUNDS:
                del self._rounds[next(iter(self._rounds))]
            self._rounds[begun.round_id] = begun
            return begun

    def see(
        self, round_id: str, operator: str, cameras: Sequence[str]
    ) -> tuple[Round, tuple[NotSeen, ...]] | NotAllowed | Unknown:
        """Attest cameras of a round; those without a live picture are refused one by one."""
        troubles = {
            camera.name: f"gives no live picture now ({camera.state}: {camera.reason})"
            for camera in self._room.state().cameras
            if camera.state != _LIVE
        }
        with self._one_at_a_time:
            current = self._round(round_id, operator)
            if not isinstance(current, Round):
                return current
            seen, refused = see(current, cameras, troubles=troubles)
            self._rounds[round_id] = seen
            return seen, refused

    def finish(
        self, round_id: str, operator: str, *, nothing_to_report: bool, note: str
    ) -> Noted | NotAllowed | Unknown:
        """Record a round with what it saw and what it missed."""
        with self._one_at_a_time:
            current = self._round(round_id, operator)
            if not isinstance(current, Round):
                return current
            figures = round_figures(current, now_us=self._clock.now_us(), nothing_to_report=nothing_to_report)
            missed = f"missed: {', '.join(current.missed)}" if current.missed else ""
            noted = self._note(
                current.shift_id,
                operator,
                ROUND,
                note="; ".join(part for part in (note, missed) if part)[:2_000],
                subject=current.camera_set,
                figures=figures,
            )
            del self._rounds[round_id]
            return noted

    def _move(self, shift: ShiftRow, act: ShiftAct, *, note: str, subject: str = "") -> Noted | NotAllowed:
        decided = step(ShiftState(shift.state), act)
        if isinstance(decided, Impossible):
            return NotAllowed(sentence=f"{shift.operator}: {decided.reason}")
        figures: dict[str, int] = {}
        if decided.state is ShiftState.ENDED:
            figures = self.figures_of(shift, open_count=len(open_matters(self._room.state())))
            self._rounds = {key: one for key, one in self._rounds.items() if one.shift_id != shift.shift_id}
        return self._note(shift.shift_id, shift.operator, act.value, note=note, subject=subject, figures=figures)

    def _note(
        self,
        shift_id: str,
        operator: str,
        entry: str,
        *,
        note: str = "",
        subject: str = "",
        figures: Mapping[str, int] | None = None,
    ) -> Noted:
        line = ShiftEntry(
            operator=operator,
            entry=entry,
            at=self._clock.now_us(),
            note=note,
            shift_id=shift_id,
            subject=subject,
            figures=dict(figures or {}),
        )
        stored = self._outbox.put(line)
        return Noted(shift_id=shift_id, entry=entry, at=stored.at, figures=line.figures)

    def _shift_of(self, operator: str) -> ShiftRow | None:
        return next((shift for shift in self.on_watch() if shift.operator == operator), None)

    def _round(self, round_id: str, operator: str) -> Round | NotAllowed | Unknown:
        current = self._rounds.get(round_id)
        if current is None:
            return Unknown(sentence=f"no round {round_id} is under way; it is finished, or the agent restarted")
        if current.operator != operator:
            return NotAllowed(sentence=f"the round is {current.operator}'s; begin one of your own")
        return current

    def _new_id(self) -> str:
        return uuid7(self._clock.now_us(), secrets.token_bytes(RANDOM_BYTES))


def _not_on_watch(operator: str) -> NotAllowed:
    return NotAllowed(sentence=f"{operator} is not on watch; sign on first")
