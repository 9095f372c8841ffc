"""The counts feed: serves the counts' gate from the ledger, page after page, then live.

Owns the sessions of index consumers. A consumer's cursor is its own affair: it stores totals and cursor together and
says hello again with it. Policy: one page per session and round; a consumer that does not read is cut by the gate and
resumes by its cursor, so memory stays flat.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from patrol_wire import codec
from patrol_wire import messages as m
from patrol_wire.errors import WireError
from patrol_wire.ids import NodeName, Role
from patrol_wire.version import choose_version
from relay.core.commands import Submit
from relay.core.counting import OTHER_LEDGER
from relay.core.field import (
    CommitProgress,
    FieldMessage,
    FieldPort,
    FromGate,
    GateBeat,
    GateRole,
    GateStarted,
    SessionGone,
)
from relay.core.orders import TellOrders, no_orders
from relay.core.refusals import NoteRefusal, Refused, forget_refusal
from relay.notify.frames import pages
from relay.notify.peer_orders import PeerOrders
from relay.ops.clock import Clock
from relay.ops.outage import Outage
from relay.publish.counts_page import read_page
from relay.store import ledger

POLL_S: Final = 0.25
IDLE_AFTER_S: Final = 90.0
MAX_CONSUMERS: Final = 256
BURST: Final = 100
RELEASES_AT_ONCE: Final = 128
"""Releases in one message; some 60 bytes each."""
_LOG: Final = structlog.get_logger("relay.publish")


@dataclass(slots=True, kw_only=True)
class Consumer:
    """One connected index consumer: what it was sent."""

    session: bytes
    node: NodeName
    number: int
    """The session number it chose; echoed in each page."""
    sent: int
    entry_id: str | None
    """What stands at its cursor, as it says; looked at before its first page."""
    heard_s: float
    greeted: bool = False
    released: int | None = None
    """Number of the last release it was told; None since its hello."""
    hop: int = 0

    def next_hop(self) -> int:
        """Count one more message to this consumer."""
        self.hop += 1
        return self.hop


class CountsFeed:
    """The thread behind the counts' gate. ``hint`` and ``stop`` may be called from any thread."""

    def __init__(
        self,
        *,
        port: FieldPort,
        reader: Engine,
        clock: Clock,
        progress: Callable[[], CommitProgress],
        submit: Submit | None = None,
        note_refusal: NoteRefusal = forget_refusal,
        tell_orders: TellOrders = no_orders,
    ) -> None:
        """``submit`` takes note of the relay's key that a consumer keeps; None: nobody does."""
        self._port = port
        self._reader = reader
        self._clock = clock
        self._progress = progress
        self._note_refusal = note_refusal
        self._orders = PeerOrders(port, gate=GateRole.COUNTS, role=Role.INDEX, tell=tell_orders, submit=submit)
        self._consumers: dict[bytes, Consumer] = {}
        self._grown = Event()
        self._stopping = Event()
        self._next_poll_s = 0.0
        self._thread = Thread(target=self._run, name="counts-feed", daemon=True)
        self.counters: Counter[str] = Counter()
        self.gate: GateBeat | None = None
        """The gate's last sign of life."""

    def start(self) -> None:
        """Begin serving."""
        self._thread.start()

    def stop(self) -> None:
        """End and release the port; returns within two seconds."""
        self._stopping.set()
        self._port.wake()
        if self._thread.ident is None:  # never started: nobody else releases the port
            self._port.close()
            return
        self._thread.join(2.0)

    @property
    def alive(self) -> bool:
        """Tell whether the thread runs; the watchdog asks."""
        return self._thread.is_alive()

    @property
    def sessions(self) -> int:
        """How many consumers are connected."""
        return len(self._consumers)

    def hint(self) -> None:
        """Tell that the ledger has grown; called after the commit."""
        self._grown.set()
        self._port.wake()

    def _run(self) -> None:
        outage = Outage(_LOG, "counts_feed")
        while not self._stopping.is_set():
            try:
                self._round()
                outage.over()
            except SQLAlchemyError as error:  # the store is away; consumers get their page from the next poll
                self.counters["rounds_blind"] += 1
                outage.seen(error)
                self._stopping.wait(POLL_S)
            except Exception:  # noqa: BLE001  # supervisor loop: one bad moment must not end the feed
                self.counters["rounds_failed"] += 1
                _LOG.exception("counts_feed_failed")
                self._stopping.wait(POLL_S)
        self._port.close()

    def _round(self) -> None:
        for over in self._orders.follow((each.session, each.node, each.next_hop) for each in self._consumers.values()):
            del self._consumers[over]
        behind = False
        for item in self._port.receive(within_s=POLL_S, limit=BURST):
            behind = self._take(item) or behind
        now_s = self._clock.monotonic_s()
        grown = self._grown.is_set()
        self._grown.clear()
        if not self._consumers or not (behind or grown or now_s >= self._next_poll_s):
            return
        self._next_poll_s = now_s + POLL_S
        with self._reader.connect() as connection:
            for consumer in tuple(self._consumers.values()):
                if now_s - consumer.heard_s > IDLE_AFTER_S:
                    self.counters["idle_consumers"] += 1
                    del self._consumers[consumer.session]
                elif self._send_page(connection, consumer):
                    self.hint()  # there is more: the next round goes on with it, after hearing everybody

    def _take(self, item: FromGate) -> bool:
        """Note what arrived; True when a consumer waits for entries now."""
        match item:
            case FieldMessage():
                return self._hear(item)
            case GateStarted():
                self._consumers.clear()
            case SessionGone(session=session, reason=reason):
                self.counters[f"gone_{reason}"] += 1
                self._consumers.pop(session, None)
            case GateBeat():
                self.gate = item
        return False

    def _hear(self, heard: FieldMessage) -> bool:
        try:
            message = codec.decode(heard.frame).message
        except WireError as error:
            self.counters[f"refused_{error.reason}"] += 1
            self._refuse(heard.session, heard.node, error.reason, error.found)
            return False
        if isinstance(message, m.CountsHello):
            return self._open(heard, message)
        consumer = self._consumers.get(heard.session)
        if consumer is None or consumer.node != heard.node:
            self.counters["who"] += 1
            self._port.send(heard.session, codec.encode(m.Who(), hop=1))
            return False
        consumer.heard_s = self._clock.monotonic_s()
        match message:
            case m.Ping():
                commits, last_commit_us = self._progress()
                pong = m.Pong(
                    ping_sent_at=message.sent_at,
                    commits=commits,
                    last_commit_at=last_commit_us,
                    clock=self._clock.now_us(),
                )
                self._port.send(consumer.session, codec.encode(pong, hop=consumer.next_hop()))
            case m.Bye():
                del self._consumers[heard.session]
            case _:  # the gate lets no other kind through
                self._refuse(
                    heard.session, heard.node, "wrong_role", f"an index does not send {type(message).__name__}"
                )
        return False

    def _open(self, heard: FieldMessage, hello: m.CountsHello) -> bool:
        if choose_version(hello.lowest_version, hello.highest_version) is None:
            spoken = f"{hello.lowest_version} to {hello.highest_version}"
            self._refuse(heard.session, heard.node, "unknown_version", spoken)
            return False
        if heard.session not in self._consumers and len(self._consumers) >= MAX_CONSUMERS:
            self._refuse(heard.session, heard.node, "busy", f"{MAX_CONSUMERS} consumers are connected", retryable=True)
            return False
        self._orders.note_key(heard.node, hello.relay_key)
        if self._orders.send_away(heard.session, heard.node, hop=1):
            self._consumers.pop(heard.session, None)
            return False
        self._consumers[heard.session] = Consumer(
            session=heard.session,
            node=heard.node,
            number=hello.session,
            sent=hello.cursor,
            entry_id=hello.entry_id,
            heard_s=self._clock.monotonic_s(),
        )
        return True

    def _send_page(self, connection: Connection, consumer: Consumer) -> bool:
        """Send new releases and the next entries, or the first empty page; True when more entries wait.

        Releases go first: whoever has an entry was told every release that ends before it.
        """
        if not consumer.greeted and (why := ledger.doubt(connection, consumer.sent, consumer.entry_id)):
            del self._consumers[consumer.session]
            self._refuse(consumer.session, consumer.node, OTHER_LEDGER, why)
            return False
        page = read_page(connection, after=consumer.sent, told_release=consumer.released)
        if not page.entries and not page.releases and consumer.greeted:
            return False
        for start in range(0, len(page.releases), RELEASES_AT_ONCE):
            told = page.releases[start : start + RELEASES_AT_ONCE]
            announced = "" if consumer.greeted else self._orders.next_relay_key
            news = m.Counts(
                session=consumer.number, entries=(), head=page.head, releases=told, next_relay_key=announced
            )
            if not self._send(consumer, codec.encode(news, hop=consumer.next_hop())):
                return False
        consumer.released = page.release_head
        if not page.entries and consumer.greeted:
            return False

        def counts(part: Sequence[m.LedgerEntry], _last: bool) -> m.Message:
            announced = "" if consumer.greeted else self._orders.next_relay_key
            return m.Counts(session=consumer.number, entries=tuple(part), head=page.head, next_relay_key=announced)

        for frame, part in pages(page.entries, counts, next_hop=consumer.next_hop):
            if not self._send(consumer, frame):
                return False
            if part:
                consumer.sent = part[-1].cursor
                self.counters["entries_sent"] += len(part)
        return consumer.sent < page.head

    def _send(self, consumer: Consumer, frame: bytes) -> bool:
        if not self._port.send(consumer.session, frame):
            self.counters["gate_away"] += 1
            self._consumers.pop(consumer.session, None)  # it comes back by its cursor
            return False
        consumer.greeted = True
        return True

    def _refuse(self, session: bytes, node: NodeName, code: str, text: str, *, retryable: bool = False) -> None:
        self._note_refusal(Refused(GateRole.COUNTS.value, f"{Role.INDEX.value}:{node}", code, detail=text))
        self._port.send(session, codec.encode(m.Error(code=code, text=text[:500], retryable=retryable), hop=1))
