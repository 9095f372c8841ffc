"""One page of the counts ledger: the same for the ZeroMQ feed and its HTTP twin ``GET /api/v1/counts``."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from patrol_wire.limits import MAX_PAGE_ENTRIES
from patrol_wire.messages import LedgerEntry
from relay.store import ledger

MAX_PAGE: Final = MAX_PAGE_ENTRIES


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsPage:
    """Entries after a cursor in commit order; the reader is up to date when the last cursor is ``head``."""

    entries: tuple[LedgerEntry, ...]
    head: int


def read_page(connection: Connection, *, after: int, limit: int = MAX_PAGE) -> CountsPage:
    """Read at most ``limit`` entries after the cursor; one state of the store, so ``head`` and entries agree."""
    if after < 0 or not 1 <= limit <= MAX_PAGE:
        raise ValueError(f"after {after} must not be negative and limit {limit} must lie in 1 to {MAX_PAGE}")
    head = ledger.head(connection)
    return CountsPage(
        entries=tuple(ledger.page_after(connection, after, limit=limit)) if after < head else (), head=head
    )
