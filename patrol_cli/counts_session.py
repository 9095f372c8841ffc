"""The dialogue of an index consumer with the relay (docs/wire-protocol.md §7): a pure machine."""

from dataclasses import dataclass, replace
from typing import Final

from patrol_cli.counts_totals import FeedGapError, Totals, add, publish
from patrol_wire import messages as m
from patrol_wire.version import OLDEST_SPOKEN, PROTOCOL_VERSION

HELLO_EVERY_S: Final = 0.5
PING_EVERY_S: Final = 3.0
SILENT_AFTER_S: Final = 5.0
"""Linked, but nothing was heard for so long: a ping was not answered."""
UNLINKED_AFTER_S: Final = 3.0
"""No connection for so long. libzmq gives a socket up for good after a handshake or frame damaged on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsBook:
    """What the consumer knows. ``live``: the relay answered the hello of this connection."""

    totals: Totals
    relay_key: str = ""
    """Newest key of the relay that is kept."""
    redirected: tuple[str, ...] = ()
    """Where the relay sent us; the socket is to be made anew."""
    head: int | None = None
    """Newest cursor of the ledger as far as we heard; None before the first page."""
    session: int = 0
    linked: bool = False
    live: bool = False
    last_hello_s: float | None = None
    last_ping_s: float = 0.0
    last_sign_s: float | None = None
    """When the connection came, went or said something, or the socket was made; None before the next tick."""
    refused: str = ""

    @property
    def up_to_date(self) -> bool:
        """Every entry the relay had at its last word is in the totals."""
        return self.live and self.totals.cursor == self.head


def hello(book: CountsBook, now_s: float) -> tuple[CountsBook, m.CountsHello]:
    """Return the (repeated) hello from where the totals stand."""
    message = m.CountsHello(
        session=book.session,
        lowest_version=OLDEST_SPOKEN,
        highest_version=PROTOCOL_VERSION,
        cursor=book.totals.cursor,
        relay_key=book.relay_key,
        entry_id=book.totals.entry_id,
    )
    return replace(book, live=False, last_hello_s=now_s), message


def linked(book: CountsBook, session: int, now_s: float) -> tuple[CountsBook, m.Message]:
    """A connection is there (again): say hello on it."""
    return hello(replace(book, linked=True, session=session, last_ping_s=now_s, last_sign_s=now_s), now_s)


def unlinked(book: CountsBook) -> CountsBook:
    """The connection is gone; the socket tries again."""
    return replace(book, linked=False, live=False, last_sign_s=None, redirected=())


def is_stuck(book: CountsBook, now_s: float) -> bool:
    """Tell whether the socket should be made anew: it is silent, or has had no connection, for too long."""
    if book.redirected:
        return True
    limit_s = SILENT_AFTER_S if book.linked else UNLINKED_AFTER_S
    return book.last_sign_s is not None and now_s - book.last_sign_s > limit_s


def tick(book: CountsBook, *, now_s: float, now_us: int) -> tuple[CountsBook, m.Message | None]:
    """Repeat what was not answered; tell the relay that we are here."""
    if book.last_sign_s is None:
        book = replace(book, last_sign_s=now_s)
    if not book.linked:
        return book, None
    if not book.live:
        if book.last_hello_s is not None and now_s - book.last_hello_s < HELLO_EVERY_S:
            return book, None
        return hello(book, now_s)
    if now_s - book.last_ping_s < PING_EVERY_S:
        return book, None
    return replace(book, last_ping_s=now_s), m.Ping(sent_at=now_us, pending=0)


def heard(book: CountsBook, message: m.Message, now_s: float) -> tuple[CountsBook, m.Message | None]:
    """Take a page into the totals, or say hello again where the relay does not know us or left something out."""
    book = replace(book, last_sign_s=now_s)
    match message:
        case m.Counts() if message.session == book.session:
            try:
                totals = publish(add(book.totals, message.entries), message.releases)
            except FeedGapError:
                return hello(book, now_s)
            refused = ""
            if message.head < totals.cursor:
                refused = (
                    f"the relay's ledger ends at {message.head}, before our cursor {totals.cursor}: another store?"
                )
            return replace(book, totals=totals, head=message.head, live=True, refused=refused), None
        case m.Who():
            return hello(book, now_s) if book.live else (book, None)
        case m.Bye(resync=True):
            return hello(book, now_s)
        case m.Redirect(endpoints=endpoints):
            return replace(book, redirected=endpoints), None
        case m.Error() if not message.retryable:
            return replace(book, refused=f"{message.code}: {message.text}"), None
        case _:
            return book, None
