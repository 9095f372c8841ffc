"""What a commit changed, in one value: a hint for those who read, never the only way they learn of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from patrol_wire.ids import IncidentId, UnitId
from patrol_wire.messages import MailboxEntry

NO_ENTRIES: Final[Mapping[UnitId, Sequence[MailboxEntry]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitHint:
    """Whom a commit concerns; a receiver that misses one polls the store anyway."""

    units: frozenset[UnitId]
    """Their mailboxes have grown."""
    incidents: frozenset[IncidentId]
    """They are new or changed."""
    ledger_grew: bool
    entries: Mapping[UnitId, Sequence[MailboxEntry]] = field(default_factory=lambda: NO_ENTRIES)
    """What the mailboxes have grown by, in order, where this program itself wrote it; a relay is told names alone."""
