"""Is everything at rest: what still waits on its way, and copies of all states taken while the relay stands still."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from patrol_cli.nemesis.evidence import CUT, RINGS, STORE
from patrol_cli.nemesis.load import LAST_CATEGORY
from patrol_cli.nemesis.room import outbox_path
from patrol_cli.nemesis.site import CONSUMER, UNITS, NemesisSite, state_path
from patrol_cli.nemesis.store_view import StoreView


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the run has come, for people."""

    stored: int
    """Records durable in the rooms."""
    arrived: int
    """Records durable at the relay."""


def progress(site: NemesisSite, store: StoreView) -> Progress:
    """Return how many records are in the rooms and at the relay."""
    stored = sum(last for room in site.rooms for last, _ in _lanes(site, room.node))
    arrived = store.ask("SELECT coalesce(sum(stored_seq), 0) FROM node_stream")
    return Progress(stored=stored, arrived=int(arrived[0][0]) if arrived else 0)


def begun(site: NemesisSite) -> bool:
    """Tell whether something of every room is acknowledged and the units and the consumer keep their states."""
    rooms = all(sum(stored for _, stored in _lanes(site, room.node)) for room in site.rooms)
    return rooms and all(state_path(site.folder, peer).exists() for peer in (*UNITS, CONSUMER))


def waiting(site: NemesisSite, store: StoreView) -> list[str]:
    """Return what is still on its way, a sentence each; empty when everything has arrived everywhere."""
    found: list[str] = []
    for room in site.rooms:
        lanes = _lanes(site, room.node)
        pending = sum(last - stored for last, stored in lanes)
        if not lanes or pending:
            found.append(f"{room.node}: {pending} records wait for their acknowledgement")
    heads = {row[0]: row[1] for row in store.ask("SELECT unit_id, head FROM mailbox_cursor")}
    for unit in UNITS:
        state = _state(state_path(site.folder, unit))
        if state.get("cursor", 0) != heads.get(unit, 0):
            found.append(f"{unit}: has {state.get('cursor', 0)} of {heads.get(unit, 0)} mailbox entries")
        if state.get("pending"):
            found.append(f"{unit}: {len(state['pending'])} commands wait for their answer")
    found += _last_words(site, store)
    ledger = store.ask("SELECT coalesce(max(cursor), 0) FROM ledger")
    cursor = _state(state_path(site.folder, CONSUMER)).get("cursor", 0)
    if not ledger or ledger[0][0] != cursor:
        found.append(f"{CONSUMER}: has {cursor} of {ledger[0][0] if ledger else 'unknown'} ledger entries")
    return found


def unacknowledged(site: NemesisSite) -> int:
    """Return how many records of all rooms wait for their acknowledgement."""
    return sum(last - stored for room in site.rooms for last, stored in _lanes(site, room.node))


def media_waiting(site: NemesisSite) -> list[str]:
    """Return whose evidence is still in the room alone; empty when everything that was announced has arrived."""
    found: list[str] = []
    for room in site.rooms:
        left = _ask(outbox_path(site.folder, room.node), "SELECT count(*) FROM media_item WHERE state = 'waiting'")
        if not left or left[0][0]:
            found.append(f"{room.node}: {left[0][0] if left else 'unknown'} contents wait for the relay")
    return found


def _last_words(site: NemesisSite, store: StoreView) -> list[str]:
    """Return whose last word is not yet an incident that was counted and offered to a unit."""
    done = store.ask(
        "SELECT DISTINCT node FROM alert WHERE category = :last AND incident_id IN (SELECT incident_id FROM dispatch) "
        "AND incident_id IN (SELECT incident_id FROM ledger)",
        last=LAST_CATEGORY,
    )
    nodes = {row[0] for row in done}
    return [
        f"{room.node}: its last word was not counted and offered yet" for room in site.rooms if room.node not in nodes
    ]


def take_cut(site: NemesisSite, store: StoreView, rings: list[tuple[str, str]]) -> None:
    """Copy the store, every state and the terminals' rings into ``cut``; call it while the relay is stopped."""
    cut = site.folder / CUT
    shutil.rmtree(cut, ignore_errors=True)
    cut.mkdir()
    store.copy(cut / STORE)
    for peer in (*UNITS, CONSUMER):
        state = state_path(site.folder, peer)
        if state.exists():
            shutil.copy(state, state_path(cut, peer))
    (cut / RINGS).write_text(json.dumps(rings), encoding="utf-8")


def _lanes(site: NemesisSite, node: str) -> list[tuple[int, int]]:
    """Return the last and the acknowledged number of each of a room's streams; empty before there is an outbox."""
    return [(row[0], row[1]) for row in _ask(outbox_path(site.folder, node), "SELECT last_seq, stored_seq FROM lane")]


def _ask(path: Path, query: str) -> list[Any]:
    """Look into a room's outbox; empty while it is not there (yet) or being opened."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def _state(path: Path) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {}
