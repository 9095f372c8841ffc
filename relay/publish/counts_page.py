"""One page of the counts ledger: the same for the ZeroMQ feed and its HTTP twin ``GET /api/v1/counts``."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from patrol_wire.limits import MAX_PAGE_ENTRIES
from patrol_wire.messages import LedgerEntry, MonthRelease
from relay.core import releases as core_releases
from relay.store import ledger, releases

MAX_PAGE: Final = MAX_PAGE_ENTRIES


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsPage:
    """Entries after a cursor in commit order; the reader is up to date when the last cursor is ``head``."""

    entries: tuple[LedgerEntry, ...]
    head: int
    releases: tuple[MonthRelease, ...] = ()
    """Every release the reader has not been told, in the order of their numbers."""
    release_head: int = 0
    """Number of the newest release."""


def read_page(
    connection: Connection, *, after: int, told_release: int | None = None, limit: int = MAX_PAGE
) -> CountsPage:
    """Read at most ``limit`` entries after the cursor; one state of the store, so everything in it agrees.

    ``told_release`` is the number of the last release this reader was told; None after its hello: it has those that
    end before its cursor, because they came before any later entry, and is told the others (again).
    """
    if after < 0 or not 1 <= limit <= MAX_PAGE:
        raise ValueError(f"after {after} must not be negative and limit {limit} must lie in 1 to {MAX_PAGE}")
    head = ledger.head(connection)
    entries = releases.stamped(connection, ledger.page_after(connection, after, limit=limit)) if after < head else []
    release_head = releases.head(connection)
    if told_release is None:
        fresh = releases.since(connection, after)
    else:
        fresh = releases.listed(connection, after=told_release) if told_release < release_head else []
    return CountsPage(
        entries=tuple(entries), head=head, releases=tuple(map(_on_the_wire, fresh)), release_head=release_head
    )


def _on_the_wire(value: core_releases.MonthRelease) -> MonthRelease:
    return MonthRelease(
        number=value.number,
        month=value.month,
        release=value.release,
        cutoff=value.cutoff,
        entries=value.entries,
        published_at=value.published_us,
    )
