"""What a commit changed, in one value: a hint for those who read, never the only way they learn of it."""

from dataclasses import dataclass

from patrol_wire.ids import IncidentId, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitHint:
    """Whom a commit concerns; a receiver that misses one polls the store anyway."""

    units: frozenset[UnitId]
    """Their mailboxes have grown."""
    incidents: frozenset[IncidentId]
    """They are new or changed."""
    ledger_grew: bool
