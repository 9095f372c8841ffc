"""Who may talk to a gate: the peer list as a table by key, and the file it is read from again and again.

A bad edit never opens or closes a gate: the table before it stays, and the fault is logged once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import structlog

from patrol_wire.ids import NodeName, Role
from patrol_wire.keys import KeyFileError, KeyState, Peer, parse_peers

_LOG: Final = structlog.get_logger("relay.gate")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPeer:
    """One entry of the peer list in the form the gate compares with."""

    user_id: str
    """``role:node``, what ZAP gives libzmq as User-Id."""
    role: Role
    node: NodeName
    state: KeyState


PeerTable = Mapping[str, ListedPeer]
"""Public key in Z85 → peer; never changed, only replaced."""

NO_PEERS: Final[PeerTable] = MappingProxyType({})


def build_table(peers: Iterable[Peer]) -> PeerTable:
    """Return the table of a peer list."""
    return MappingProxyType(
        {
            peer.public_key: ListedPeer(
                user_id=f"{peer.role}:{peer.node}", role=peer.role, node=peer.node, state=peer.state
            )
            for peer in peers
        }
    )


def read_peers(path: Path) -> PeerTable:
    """Read the peer list; raises KeyFileError naming the file and the entry."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise KeyFileError(f"peer list {path}: there is no such file; an empty one admits nobody yet") from error
    except UnicodeDecodeError as error:
        raise KeyFileError(f"peer list {path}: is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise KeyFileError(f"peer list {path}: cannot be read ({error.strerror}); check its permissions") from error
    try:
        return build_table(parse_peers(text))
    except KeyFileError as error:
        raise KeyFileError(f"peer list {path}: {error}") from error


Mark = tuple[int, int, int] | None
"""Modification time, inode and size; None when the file is not there."""


def mark_of(path: Path) -> Mark:
    """Return what changes when a file is replaced or written."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


class PeersFile:
    """The peer list on disk, read again when its time, inode or size changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = mark_of(path)
        self.table = read_peers(path)
        self.bad_edits = 0

    def refresh(self) -> bool:
        """Look at the file; True when the table was replaced. Costs one stat when nothing changed."""
        mark = mark_of(self._path)
        if mark == self._mark:
            return False
        self._mark = mark
        try:
            table = read_peers(self._path)
        except KeyFileError as error:
            self.bad_edits += 1
            _LOG.error("peers_refused", path=str(self._path), fault=str(error), kept=len(self.table))
            return False
        changed = table != self.table
        self.table = table
        _LOG.info("peers_read", path=str(self._path), peers=len(table), changed=changed)
        return changed
