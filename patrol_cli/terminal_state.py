"""What a terminal keeps on disk: its cursor, what is open, and the commands nobody answered yet."""

from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from patrol_cli.durable_file import write_durably
from patrol_cli.terminal_session import Sending, TerminalBook
from patrol_wire.messages import Command, DispatchView

_VERSION: Final = 1


class TerminalStateError(ValueError):
    """A state file that cannot be used; the text says which and the way out."""


class StoredTerminal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file's content, as JSON."""

    version: int
    node: str
    cursor: int
    seen: int
    dispatches: tuple[DispatchView, ...]
    pending: tuple[Command, ...]


class TerminalStateFile:
    """The state of one unit's terminal. Without a path it lives in memory only."""

    def __init__(self, path: Path | None, *, node: str) -> None:
        self.path = path
        self._node = node

    def load(self) -> TerminalBook:
        """Return the book as it was kept; a file that is not there is a new terminal. Raises TerminalStateError."""
        if self.path is None or not self.path.exists():
            return TerminalBook(session=0)
        try:
            stored = msgspec.json.decode(self.path.read_bytes(), type=StoredTerminal)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise TerminalStateError(
                f"state file {self.path} cannot be read ({error}); move it away, then the terminal begins with a "
                "snapshot (commands that were not answered are lost)"
            ) from error
        if stored.version != _VERSION or stored.node != self._node:
            raise TerminalStateError(
                f"state file {self.path} is of {stored.node!r}, version {stored.version}; this is {self._node!r}, "
                f"version {_VERSION}: give another --state"
            )
        return TerminalBook(
            session=0,
            cursor=stored.cursor,
            seen=stored.seen,
            dispatches=MappingProxyType({view.dispatch_id: view for view in stored.dispatches}),
            pending=tuple(Sending(command=command) for command in stored.pending),
        )

    def keep(self, book: TerminalBook) -> None:
        """Store the book; returns when it survives a kill and a power cut. Raises OSError."""
        if self.path is None:
            return
        stored = StoredTerminal(
            version=_VERSION,
            node=self._node,
            cursor=book.cursor,
            seen=book.seen,
            dispatches=tuple(book.dispatches.values()),
            pending=tuple(sending.command for sending in book.pending),
        )
        write_durably(self.path, msgspec.json.encode(stored))
