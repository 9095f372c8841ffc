"""Hints between relays on one PostgreSQL: what one commits, the others' readers look at within milliseconds.

A thread with one connection that listens and tells (LISTEN, NOTIFY). Only a hint: every reader polls the store beside
it, so a lost one costs a quarter of a second and nothing else. Told after the commit and apart from it, because a
NOTIFY inside a transaction takes a lock of the whole server at its commit; at most one per PACE_S, what came meanwhile
is merged into the next.
"""

import os
import select
import threading
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import psycopg
import structlog
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from patrol_wire.ids import IncidentId, UnitId
from relay.core.hints import CommitHint
from relay.ops.outage import Outage
from relay.store.errors import StoreError
from relay.store.postgresql import listening_connection

CHANNEL: Final = "patrol_commit"
PACE_S: Final = 0.02
AGAIN_AFTER_S: Final = 1.0
LONGEST_BYTES: Final = 7_500
"""The server takes less than 8,000."""
_LOG: Final = structlog.get_logger("relay.hints")


class _Told(Struct, frozen=True, array_like=True):
    """What is written into a notification, as JSON."""

    relay: str
    units: Sequence[str]
    incidents: Sequence[str]
    ledger_grew: bool


def pack(relay: str, hint: CommitHint) -> str:
    """Return a hint as text. Of too many units as many are named as fit, the others are found by their reader's poll.

    One incident stands for all: pages read everything that is new whatever is named.
    """
    units, incidents = sorted(hint.units), sorted(hint.incidents)[:1]
    while True:
        text = msgspec.json.encode(_Told(relay, units, incidents, hint.ledger_grew)).decode()
        length = len(text.encode())
        if length <= LONGEST_BYTES:
            return text
        units = units[: len(units) * LONGEST_BYTES // (length + 1)]


def unpack(text: str, *, own: str) -> CommitHint | None:
    """Return another relay's hint; None for our own, and for what no relay wrote."""
    try:
        told = msgspec.json.decode(text, type=_Told)
    except msgspec.MsgspecError:
        return None
    if told.relay == own:
        return None
    return CommitHint(
        units=frozenset(map(UnitId, told.units)),
        incidents=frozenset(map(IncidentId, told.incidents)),
        ledger_grew=told.ledger_grew,
    )


class HintExchange:
    """See the module. ``tell`` may be called from any thread; the listeners are called from this one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: list[Callable[[CommitHint], None]] = []
        self._own = os.urandom(8).hex()
        self._lock = threading.Lock()
        self._waiting: CommitHint | None = None
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
        self.told = self.taken = 0

    def on_hint(self, listener: Callable[[CommitHint], None]) -> None:
        """Call the listener from this thread for what another relay committed; it must not block."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End within a second."""
        self._stopping.set()
        os.eventfd_write(self._wake_fd, 1)
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def tell(self, hint: CommitHint) -> None:
        """Let the other relays know what a commit changed."""
        with self._lock:
            before, self._waiting = self._waiting, hint if self._waiting is None else _merged(self._waiting, hint)
        if before is None:
            os.eventfd_write(self._wake_fd, 1)

    def _run(self) -> None:
        outage = Outage(_LOG, "hints")
        while not self._stopping.is_set():
            try:
                with listening_connection(self._url, CHANNEL) as connection:
                    outage.over()
                    self._serve(connection)
            except (psycopg.Error, SQLAlchemyError, StoreError) as error:  # the readers poll meanwhile
                outage.seen(error)
                self._stopping.wait(AGAIN_AFTER_S)

    def _serve(self, connection: psycopg.Connection) -> None:
        while not self._stopping.is_set():
            ready, _, _ = select.select([connection.fileno(), self._wake_fd], [], [])
            for notice in connection.notifies(timeout=0):
                hint = unpack(notice.payload, own=self._own)
                if hint is not None:
                    self.taken += 1
                    self._pass_on(hint)
            if self._wake_fd in ready:
                os.eventfd_read(self._wake_fd)
                self._tell_now(connection)
                self._stopping.wait(PACE_S)

    def _pass_on(self, hint: CommitHint) -> None:
        for listener in self._listeners:
            try:
                listener(hint)
            except Exception:  # noqa: BLE001  # a reader's fault must not end the hints of the others
                _LOG.exception("listener_failed")

    def _tell_now(self, connection: psycopg.Connection) -> None:
        with self._lock:
            hint, self._waiting = self._waiting, None
        if hint is not None:
            connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, pack(self._own, hint)))
            self.told += 1


def _merged(one: CommitHint, other: CommitHint) -> CommitHint:
    return CommitHint(
        units=one.units | other.units,
        incidents=one.incidents | other.incidents,
        ledger_grew=one.ledger_grew or other.ledger_grew,
    )
