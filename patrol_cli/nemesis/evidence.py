"""What a run left behind, as values: the rooms' histories, the relay's store, the states of units and consumer.

Reads the folder's ``cut``: copies taken at one moment while the relay stood still, so that they may be compared.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from patrol_cli.counts_totals import TotalsFile
from patrol_cli.nemesis.history import RoomHistory, digest_of, read_history
from patrol_cli.nemesis.load import raised_by
from patrol_cli.nemesis.site import CONSUMER, UNITS, clocks_were_moved, content_path, state_path
from patrol_cli.terminal_state import TerminalStateFile
from patrol_wire.codec import decode_mailbox_entry, decode_record
from patrol_wire.errors import WireError
from relay.core.dispatches import DispatchState

CUT: Final = "cut"
STORE: Final = "relay.sqlite3"
RINGS: Final = "rings.json"
_OPEN: Final = ("offered", "accepted", "en_route", "on_scene")

CountKey = tuple[str, str, str, str]
"""Measure, area, category, month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """One line of the relay's log, in the order of its log."""

    node: str
    epoch: int
    stream: str
    seq: int
    digest: str
    alert_id: str
    """The alert, flag or test alert it raises; empty for other records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitView:
    """A unit's open dispatches: what its terminal shows, or what the relay says."""

    cursor: int = 0
    dispatches: Mapping[str, str] = field(default_factory=dict)
    """Dispatch → state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMedia:
    """Content as the relay holds it."""

    size_bytes: int
    """Of the bytes on the disk."""
    intact: bool
    """Its bytes are what its name says."""
    stored_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything the check looks at."""

    histories: tuple[RoomHistory, ...] = ()
    log: tuple[LogRecord, ...] = ()
    alerts: tuple[str, ...] = ()
    """Ids in the relay's table of alerts."""
    dead: Mapping[str, str] = field(default_factory=dict)
    """Digest of a dead letter → its reason."""
    ledger: Mapping[CountKey, int] = field(default_factory=dict)
    totals: Mapping[CountKey, int] = field(default_factory=dict)
    """What the consumer added up."""
    relay_views: Mapping[str, UnitView] = field(default_factory=dict)
    unit_views: Mapping[str, UnitView] = field(default_factory=dict)
    pages: tuple[tuple[str, str], ...] = ()
    """Unit and offer (``offer_name``) of each mailbox entry that pages with one."""
    rings: tuple[tuple[str, str], ...] = ()
    """Unit and dispatch of each time a terminal rang."""
    media: Mapping[str, HeldMedia] = field(default_factory=dict)
    """Hash → content that the relay says it has."""
    logged_us: Mapping[str, int] = field(default_factory=dict)
    """Alert with evidence → when the relay received its record; empty where clocks were set wrong."""
    differences: tuple[str, ...] = ()
    """What the relay's own reconciliation says."""


def read_evidence(folder: Path) -> Evidence:
    """Return the evidence of a run's folder. Raises OSError, sqlite3.Error, ValueError for what is not one."""
    cut = folder / CUT
    histories = tuple(read_history(path) for path in sorted((folder / "histories").glob("*.jsonl")))
    totals = TotalsFile(state_path(cut, CONSUMER)).load()
    with closing(sqlite3.connect(f"{(cut / STORE).absolute().as_uri()}?mode=ro", uri=True)) as store:
        return Evidence(
            histories=histories,
            log=tuple(_log(store)),
            alerts=tuple(row[0] for row in store.execute("SELECT alert_id FROM alert")),
            dead=_dead(store),
            ledger=_ledger(store),
            totals={(key.measure.value, key.area, key.category, key.month): n for key, n in totals.sums.items() if n},
            relay_views={unit: _relay_view(store, unit) for unit in UNITS},
            unit_views={unit: _unit_view(cut, unit) for unit in UNITS},
            pages=_pages(store),
            rings=tuple((unit, dispatch) for unit, dispatch in json.loads((cut / RINGS).read_text(encoding="utf-8"))),
            media=_media(store, folder),
            logged_us={} if clocks_were_moved(folder) else _logged(store),
            differences=tuple(_reconcile(cut / STORE)),
        )


def _logged(store: sqlite3.Connection) -> dict[str, int]:
    return dict(
        store.execute(
            "SELECT alert.alert_id, record_log.received_us FROM alert JOIN record_log USING (log_id) "
            "WHERE alert.alert_id IN (SELECT alert_id FROM media_manifest)"
        )
    )


def _media(store: sqlite3.Connection, folder: Path) -> dict[str, HeldMedia]:
    """Return what the relay says it holds, each hashed anew; what lies nowhere has no bytes."""
    found: dict[str, HeldMedia] = {}
    for sha256, stored_us in store.execute("SELECT sha256, stored_us FROM media_content WHERE state = 'stored'"):
        path = content_path(folder, sha256)
        content = path.read_bytes() if path.exists() else b""
        intact = hashlib.sha256(content).hexdigest() == sha256
        found[sha256] = HeldMedia(size_bytes=len(content), intact=intact, stored_us=stored_us)
    return found


def _log(store: sqlite3.Connection) -> list[LogRecord]:
    rows = store.execute("SELECT node, epoch, stream, seq, body FROM record_log ORDER BY log_id")
    return [
        LogRecord(node=node, epoch=epoch, stream=stream, seq=seq, digest=digest_of(body), alert_id=_raised(body))
        for node, epoch, stream, seq, body in rows
    ]


def _raised(body: bytes) -> str:
    try:
        return raised_by(decode_record(body))
    except WireError:
        return ""  # its digest is in no history: the check finds it


def _dead(store: sqlite3.Connection) -> dict[str, str]:
    rows = store.execute("SELECT body, reason FROM dead_letter JOIN record_log USING (log_id)")
    return {digest_of(body): reason for body, reason in rows}


def _ledger(store: sqlite3.Connection) -> dict[CountKey, int]:
    rows = store.execute(
        "SELECT measure, area_id, category, month, sum(count) FROM ledger GROUP BY measure, area_id, category, month"
    )
    return {(measure, area, category, month): total for measure, area, category, month, total in rows if total}


def _relay_view(store: sqlite3.Connection, unit: str) -> UnitView:
    head = store.execute("SELECT head FROM mailbox_cursor WHERE unit_id = ?", (unit,)).fetchone()
    rows = store.execute("SELECT dispatch_id, state FROM dispatch WHERE unit_id = ?", (unit,))
    return UnitView(
        cursor=head[0] if head is not None else 0,
        dispatches={dispatch_id: state for dispatch_id, state in rows if state in _OPEN},
    )


def _unit_view(cut: Path, unit: str) -> UnitView:
    book = TerminalStateFile(state_path(cut, unit), node=unit).load()
    return UnitView(cursor=book.cursor, dispatches={view.dispatch_id: view.state for view in book.dispatches.values()})


def _pages(store: sqlite3.Connection) -> tuple[tuple[str, str], ...]:
    rows = store.execute("SELECT unit_id, body FROM mailbox WHERE page ORDER BY unit_id, cursor")
    try:
        told = [(unit, decode_mailbox_entry(body).dispatch) for unit, body in rows]
    except msgspec.MsgspecError as error:
        raise ValueError(f"the mailbox holds an entry that cannot be read: {error}") from error
    # Paged again on purpose: an offer that has become graver, a unit at work (assistance, a check-in that is due).
    return tuple(
        (unit, offer_name(view.dispatch_id, view.severity.value))
        for unit, view in told
        if view.state == DispatchState.OFFERED
    )


def offer_name(dispatch_id: str, severity: str) -> str:
    """Return what a unit is paged for once."""
    return f"{dispatch_id} ({severity})"


def _reconcile(path: Path) -> list[str]:
    from relay.store.engine import reader_engine, sqlite_url
    from relay.store.reconcile import differences

    engine = reader_engine(sqlite_url(path), connections=1)
    try:
        with engine.connect() as connection:
            return differences(connection)
    finally:
        engine.dispose()
