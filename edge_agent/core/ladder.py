"""The ladder of an alert or flag: stored, delivered, a unit took it, a unit is there, what came of it.

Pure. The highest rung that is true now: a unit that was let go takes the alert down again.
"""

from enum import StrEnum
from typing import Final

from patrol_wire.messages import Progress

_ENDED: Final = frozenset({"resolved", "closed", "cancelled"})
_THERE: Final = "on_scene"
_TAKEN: Final = frozenset({"accepted", "en_route"})


class Rung(StrEnum):
    """How far an alert has come."""

    STORED = "stored"  # durable in this room
    DELIVERED = "delivered"  # durable at the centre (the wire's final)
    ACCEPTED = "accepted"  # a unit has taken it and may be on its way
    ON_SCENE = "on_scene"  # a unit is there
    OUTCOME = "outcome"  # finished: what was found, or taken back


def rung_of(*, acknowledged: bool, progress: Progress | None) -> Rung:
    """Return the rung; ``acknowledged`` says that the relay has the record."""
    if progress is None:
        return Rung.DELIVERED if acknowledged else Rung.STORED
    steps = {unit.state for unit in progress.units}
    if progress.incident_state in _ENDED:
        return Rung.OUTCOME
    if progress.incident_state == _THERE or _THERE in steps:
        return Rung.ON_SCENE
    return Rung.ACCEPTED if steps & _TAKEN else Rung.DELIVERED
