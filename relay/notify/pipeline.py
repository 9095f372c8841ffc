"""The stages between a mailbox and a terminal, as far as the mailbox channel needs them: pure, values in and out.

route   which open sessions a unit has            (`relay.notify.terminals`)
dedupe  entries a session was already sent        (here)
suppress  an offer nobody can answer any more does not ring (here; the entry itself always travels)
send    at most the window's room, in order       (here; the socket is delivery's)
record  one mark per unit and step, the highest   (here; the writer stores it)

Planning (who is told at all) happens in the writer's transaction; other channels are channel_worker.py's.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from patrol_wire.ids import Micros
from patrol_wire.messages import DispatchView, MailboxEntry
from relay.core.dispatches import ENDED_STATES, DispatchState

WINDOW_ENTRIES: Final = 256
"""Entries one terminal may have that it has not confirmed as delivered; beyond that it gets nothing more."""
_ENDED: Final = frozenset(state.value for state in ENDED_STATES)
_OFFERED: Final = DispatchState.OFFERED.value


def dedupe(entries: Iterable[MailboxEntry], *, sent: int) -> list[MailboxEntry]:
    """Return what the session has not been sent."""
    return [entry for entry in entries if entry.cursor > sent]


def suppress(entries: Sequence[MailboxEntry], *, now: Micros) -> list[MailboxEntry]:
    """Silence offers that are past their answer time or that a later entry of the same page has overtaken.

    A terminal that was away for hours must learn what happened without ringing for each line of it.
    """
    latest = {entry.dispatch.dispatch_id: entry.cursor for entry in entries}
    return [
        msgspec.structs.replace(entry, page=False)
        if entry.page
        and (
            entry.dispatch.answer_by < now
            or entry.dispatch.state != _OFFERED
            or latest[entry.dispatch.dispatch_id] != entry.cursor
        )
        else entry
        for entry in entries
    ]


def room_in_window(*, sent: int, delivered: int) -> int:
    """Return how many more entries the session may be sent."""
    return max(0, WINDOW_ENTRIES - (sent - delivered))


def open_dispatches(newest_first: Iterable[MailboxEntry]) -> tuple[DispatchView, ...]:
    """Return a snapshot: the last view of each dispatch that is still before the unit, the oldest offer first."""
    views: dict[str, DispatchView] = {}
    for entry in newest_first:
        views.setdefault(entry.dispatch.dispatch_id, entry.dispatch)
    still_open = [view for view in views.values() if view.state not in _ENDED]
    return tuple(sorted(still_open, key=lambda view: (view.offered_at, view.dispatch_id)))
