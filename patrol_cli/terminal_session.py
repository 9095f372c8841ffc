"""The dialogue of a unit's terminal with the relay (docs/wire-protocol.md §6): a pure machine.

`step` decides what one happening means; the shell (`patrol_cli.terminal_loop`) performs the instructions in order:
``Keep`` before ``Say`` is what makes a receipt true and a command survive a kill.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never

import msgspec

from patrol_wire import messages as m
from patrol_wire.ids import Receipt
from patrol_wire.version import OLDEST_SPOKEN, PROTOCOL_VERSION

SYNC_EVERY_S: Final = 0.2
RESEND_EVERY_S: Final = 1.0
PING_EVERY_S: Final = 3.0
SILENT_AFTER_S: Final = 5.0
"""A ping without an answer: the socket is made anew."""
UNLINKED_AFTER_S: Final = 3.0
"""So long without a connection: the socket is made anew. libzmq tries again by itself after a lost connection, but
gives a socket up for good after a handshake or a frame that was damaged on the way."""
TERMINAL_VERSION: Final = "patrol-terminal/0.1"
_ORDER: Final = ("offered", "accepted", "en_route", "on_scene")
"""States of a dispatch that is before the unit; they move forward only."""
_ENDED: Final = frozenset({"declined", "timed_out", "cleared", "handed_over", "recalled"})


class Phase(StrEnum):
    """Where the dialogue stands."""

    SYNCING = "syncing"
    """Sync is repeated until a complete snapshot came."""
    LIVE = "live"
    """Deltas arrive as they happen."""
    REFUSED = "refused"
    """The relay revoked this key: nothing is sent until a person starts the terminal again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A command that was not answered yet."""

    command: m.Command
    last_sent_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalBook:
    """Everything the terminal knows. ``cursor``, ``seen``, ``dispatches`` and ``pending`` survive a restart."""

    session: int
    relay_key: str = ""
    cursor: int = 0
    seen: int = 0
    dispatches: Mapping[str, m.DispatchView] = field(default_factory=lambda: MappingProxyType({}))
    """Dispatches that are still before the unit, by their id, in the order of their offers."""
    pending: tuple[Sending, ...] = ()
    phase: Phase = Phase.SYNCING
    linked: bool = False
    unlinked_since_s: float | None = None
    """When the socket was made or lost its connection; None while linked, and before the next tick."""
    arriving: tuple[m.DispatchView, ...] = ()
    """Parts of a snapshot that is not complete."""
    last_sync_s: float | None = None
    last_ping_s: float = 0.0
    last_heard_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something happens, on both clocks."""

    now_us: int
    now_s: float


# --- happenings


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The socket has a connection (again): whoever is there must be told where we stand."""

    session: int
    relay_key: str = ""
    """Newest key of the relay that is kept."""


@dataclass(frozen=True, slots=True)
class KeyLearned:
    """A next key of the relay was announced and is kept now: the relay is told."""

    relay_key: str


@dataclass(frozen=True, slots=True)
class Unlinked:
    """The connection is gone; the socket tries again by itself."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Some time went by."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The relay said something."""

    message: m.Message


@dataclass(frozen=True, slots=True)
class Pressed:
    """The person took a step; the command has its id and stays until it is answered."""

    command: m.Command


@dataclass(frozen=True, slots=True)
class Shown:
    """The person had everything up to the cursor on the screen."""


Happening = Linked | KeyLearned | Unlinked | Tick | Heard | Pressed | Shown

# --- instructions


@dataclass(frozen=True, slots=True)
class Keep:
    """Store the book durably before anything that follows."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send a message; lost if there is no connection, the machine repeats what matters."""

    message: m.Message


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Make the socket anew; to one of ``endpoints`` when the relay named some."""

    reason: str
    endpoints: tuple[str, ...] = ()


class Notice(StrEnum):
    """What the person (or a machine reading JSON) is told."""

    LINKED = "linked"
    UNLINKED = "unlinked"
    OFFER = "offer"
    DISPATCH = "dispatch"
    STEP_SENT = "step_sent"
    STEP_CONFIRMED = "step_confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Something for the person."""

    notice: Notice
    view: m.DispatchView | None = None
    page: bool = False
    command: m.Command | None = None
    result: m.CommandResult | None = None
    code: str = ""
    text: str = ""


Instruction = Keep | Say | Rebuild | Show
Decision = tuple[TerminalBook, tuple[Instruction, ...]]


def step(book: TerminalBook, happening: Happening, moment: Moment) -> Decision:
    """Decide what one happening means."""
    match happening:
        case Linked(session=session, relay_key=relay_key):
            return _linked(replace(book, relay_key=relay_key), session, moment)
        case KeyLearned(relay_key=relay_key):
            told = replace(book, relay_key=relay_key, phase=Phase.SYNCING, arriving=(), last_sync_s=moment.now_s)
            return told, (Say(_sync(told, moment)),)
        case Unlinked():
            if not book.linked:
                return book, ()
            return replace(book, linked=False, unlinked_since_s=None), (Show(notice=Notice.UNLINKED),)
        case Tick():
            return _tick(book, moment)
        case Heard(message=message):
            return _heard(replace(book, last_heard_s=moment.now_s), message, moment)
        case Pressed(command=command):
            return _pressed(book, command, moment)
        case Shown():
            if book.seen >= book.cursor or book.phase is not Phase.LIVE:
                return book, ()
            seen = replace(book, seen=book.cursor)
            return seen, (Keep(), Say(m.Receipts(receipt=Receipt.SEEN, cursor=book.cursor, at=moment.now_us)))
        case _:
            assert_never(happening)


def _linked(book: TerminalBook, session: int, moment: Moment) -> Decision:
    synced = replace(
        book,
        session=session,
        phase=Phase.SYNCING,
        linked=True,
        unlinked_since_s=None,
        arriving=(),
        last_sync_s=moment.now_s,
        last_heard_s=moment.now_s,
        last_ping_s=moment.now_s,
    )
    return synced, (Say(_sync(synced, moment)),)


def _sync(book: TerminalBook, moment: Moment) -> m.Sync:
    return m.Sync(
        session=book.session,
        lowest_version=OLDEST_SPOKEN,
        highest_version=PROTOCOL_VERSION,
        cursor=book.cursor,
        clock=moment.now_us,
        terminal_version=TERMINAL_VERSION,
        relay_key=book.relay_key,
    )


def _tick(book: TerminalBook, moment: Moment) -> Decision:
    if book.phase is Phase.REFUSED:
        return book, ()
    if not book.linked:
        return _unlinked_tick(book, moment)
    if moment.now_s - book.last_heard_s > SILENT_AFTER_S:
        return replace(book, linked=False, phase=Phase.SYNCING, unlinked_since_s=moment.now_s), (
            Show(notice=Notice.UNLINKED, text="the relay is silent"),
            Rebuild(f"nothing heard for {SILENT_AFTER_S:.0f} s"),
        )
    if book.phase is Phase.SYNCING:
        if book.last_sync_s is not None and moment.now_s - book.last_sync_s < SYNC_EVERY_S:
            return book, ()
        again = replace(book, last_sync_s=moment.now_s, arriving=())
        return again, (Say(_sync(again, moment)),)
    said: list[Instruction] = []
    if moment.now_s - book.last_ping_s >= PING_EVERY_S:
        book = replace(book, last_ping_s=moment.now_s)
        said.append(Say(m.Ping(sent_at=moment.now_us, pending=len(book.pending))))
    pending: list[Sending] = []
    for sending in book.pending:
        if sending.last_sent_s is None or moment.now_s - sending.last_sent_s >= RESEND_EVERY_S:
            said.append(Say(sending.command))
            sending = replace(sending, last_sent_s=moment.now_s)  # the list is built anew
        pending.append(sending)
    return replace(book, pending=tuple(pending)), tuple(said)


def _unlinked_tick(book: TerminalBook, moment: Moment) -> Decision:
    """Without a connection: give the socket its time, then make another one."""
    if book.unlinked_since_s is None:
        return replace(book, unlinked_since_s=moment.now_s), ()
    if moment.now_s - book.unlinked_since_s <= UNLINKED_AFTER_S:
        return book, ()
    return replace(book, unlinked_since_s=moment.now_s), (Rebuild(f"no connection for {UNLINKED_AFTER_S:.0f} s"),)


def _heard(book: TerminalBook, message: m.Message, moment: Moment) -> Decision:
    match message:
        case m.Snapshot():
            return _snapshot(book, message, moment)
        case m.Delta():
            return _delta(book, message, moment)
        case m.CommandResult():
            return _answered(book, message)
        case m.Who():
            if book.phase is not Phase.LIVE:
                return book, ()  # sync is on its way and is repeated
            again = replace(book, phase=Phase.SYNCING, arriving=(), last_sync_s=moment.now_s)
            return again, (Say(_sync(again, moment)),)
        case m.Bye(reason=reason, resync=resync):
            if resync:
                return replace(book, phase=Phase.SYNCING, arriving=(), last_sync_s=None), ()
            return replace(book, phase=Phase.REFUSED), (Show(notice=Notice.REFUSED, code=reason),)
        case m.Redirect(endpoints=endpoints, reason=reason):
            away = replace(book, linked=False, phase=Phase.SYNCING, arriving=(), unlinked_since_s=moment.now_s)
            return away, (Show(notice=Notice.UNLINKED, text=reason), Rebuild(f"redirected: {reason}", endpoints))
        case m.Error(code=code, text=text, retryable=retryable):
            if code == "revoked":
                book = replace(book, phase=Phase.REFUSED)
            return book, () if retryable else (Show(notice=Notice.REFUSED, code=code, text=text),)
        case _:
            return book, ()  # pong, and kinds of a later version


def _snapshot(book: TerminalBook, snapshot: m.Snapshot, moment: Moment) -> Decision:
    if snapshot.session != book.session or book.phase is Phase.REFUSED:
        return book, ()  # the answer to a sync of an earlier connection
    if book.phase is Phase.LIVE and snapshot.cursor <= book.cursor:
        return book, ()  # the answer to a repeated sync; one that is ahead counts, its entries come no other way
    parts = (*book.arriving, *snapshot.dispatches)
    if not snapshot.complete:
        return replace(book, arriving=parts), ()
    if snapshot.cursor == book.cursor and not parts:  # nothing was missed, or only what the deltas bring
        # Commands that wait are due now: the relay that answers may not be the one they were sent to.
        pending = tuple(replace(sending, last_sent_s=None) for sending in book.pending)
        return replace(book, phase=Phase.LIVE, arriving=(), pending=pending), (Show(notice=Notice.LINKED),)
    fresh = replace(
        book,
        phase=Phase.LIVE,
        arriving=(),
        cursor=snapshot.cursor,
        seen=min(book.seen, snapshot.cursor),
        dispatches=MappingProxyType({view.dispatch_id: view for view in parts}),
        pending=tuple(replace(sending, last_sent_s=None) for sending in book.pending),
    )
    shown = [
        Show(
            notice=Notice.OFFER if view.state == "offered" else Notice.DISPATCH,
            view=view,
            page=view.state == "offered" and view.answer_by > snapshot.clock,  # it may still be answered: ring
        )
        for view in parts
        if book.dispatches.get(view.dispatch_id) != view
    ]
    receipt = Say(m.Receipts(receipt=Receipt.DELIVERED, cursor=snapshot.cursor, at=moment.now_us))
    return fresh, (Keep(), receipt, Show(notice=Notice.LINKED), *shown)


def _delta(book: TerminalBook, delta: m.Delta, moment: Moment) -> Decision:
    if book.phase is not Phase.LIVE:
        return book, ()  # the snapshot that is on its way is newer
    fresh = [entry for entry in delta.entries if entry.cursor > book.cursor]
    if not fresh:
        return book, (Say(m.Receipts(receipt=Receipt.DELIVERED, cursor=book.cursor, at=moment.now_us)),)
    if fresh[0].cursor != book.cursor + 1:  # a hole: ask again from where we stand
        return replace(book, phase=Phase.SYNCING, last_sync_s=None), ()
    dispatches = dict(book.dispatches)
    shown: list[Instruction] = []
    for entry in fresh:
        view = entry.dispatch
        before = dispatches.get(view.dispatch_id)
        if view.state in _ENDED:
            dispatches.pop(view.dispatch_id, None)
        else:
            dispatches[view.dispatch_id] = view
        is_offer = view.state == "offered" and (before is None or before.state != "offered")
        shown.append(Show(notice=Notice.OFFER if is_offer else Notice.DISPATCH, view=view, page=entry.page))
    known = replace(book, cursor=fresh[-1].cursor, dispatches=MappingProxyType(dispatches))
    receipt = Say(m.Receipts(receipt=Receipt.DELIVERED, cursor=known.cursor, at=moment.now_us))
    return known, (Keep(), receipt, *shown)


def _pressed(book: TerminalBook, command: m.Command, moment: Moment) -> Decision:
    live = book.phase is Phase.LIVE
    sending = Sending(command=command, last_sent_s=moment.now_s if live else None)
    kept = replace(book, pending=(*book.pending, sending))
    told = Show(notice=Notice.STEP_SENT, command=command, view=book.dispatches.get(command.dispatch_id))
    return kept, (Keep(), Say(command), told) if live else (Keep(), told)


def _is_behind(state: str, shown: str) -> bool:
    """Tell whether an answer is older than what is shown: answers to two steps may overtake each other."""
    return state in _ORDER and shown in _ORDER and _ORDER.index(state) < _ORDER.index(shown)


def _answered(book: TerminalBook, result: m.CommandResult) -> Decision:
    sending = next((each for each in book.pending if each.command.command_id == result.command_id), None)
    if sending is None:
        return book, ()  # an answer to a repetition
    dispatches = dict(book.dispatches)
    view = dispatches.get(sending.command.dispatch_id)
    if view is not None and result.dispatch_state and not _is_behind(result.dispatch_state, view.state):
        view = msgspec.structs.replace(view, state=result.dispatch_state)
        if view.state in _ENDED:
            del dispatches[view.dispatch_id]
        else:
            dispatches[view.dispatch_id] = view
    settled = replace(
        book,
        pending=tuple(each for each in book.pending if each is not sending),
        dispatches=MappingProxyType(dispatches),
    )
    told = Show(notice=Notice.STEP_CONFIRMED, command=sending.command, result=result, view=view)
    return settled, (Keep(), told)
