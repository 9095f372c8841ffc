"""The incident: what happened, in one area, of one category; the unit of count.

Owns its states and its value. Folding alerts into it is correlation's work, what it counts for is counting's,
and what a change does to dispatches is relay/core/cases.py.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from patrol_wire.ids import AreaId, IncidentId, NodeName, Outcome, Severity
from relay.core.transitions import Illegal, Moved, look_up


class IncidentState(StrEnum):
    """Where an incident stands. Reopening is not a state but a line of its history."""

    NEW = "new"
    """Nobody has taken it: no owner at the desk, no unit on its way."""
    ACKNOWLEDGED = "acknowledged"
    """A person at the desk owns it, until that lapses; no unit has accepted."""
    DISPATCHED = "dispatched"
    """At least one unit accepted or is on its way."""
    ON_SCENE = "on_scene"
    """At least one unit is there."""
    RESOLVED = "resolved"
    """A unit cleared it with an outcome; nobody has closed it yet."""
    CLOSED = "closed"
    """Finished with an outcome; counts for confirmed when the outcome says it happened."""
    CANCELLED = "cancelled"
    """Taken back (dismissed, withdrawn, cancelled by the desk) or merged into another. Counts for nothing."""


class IncidentEvent(StrEnum):
    """What can happen to an incident."""

    ACKNOWLEDGE = "acknowledge"
    LAPSE = "lapse"
    """Its owner has not renewed the acknowledgement and no unit took it."""
    UNIT_ACCEPTED = "unit_accepted"
    UNIT_ARRIVED = "unit_arrived"
    UNIT_LEFT = "unit_left"
    """The last unit on the scene is gone; another is still on its way."""
    UNITS_GONE = "units_gone"
    """The last unit that had accepted is no longer on it, without having cleared it."""
    CLEARED = "cleared"
    """A unit reported an outcome and no other unit is on it."""
    CLOSE = "close"
    CANCEL = "cancel"
    MERGE = "merge"
    """It turned out to be another incident: its alerts and units go there."""
    TAKE_BACK = "take_back"
    """Its alerts were dismissed or withdrawn by the room that raised them."""
    REOPEN = "reopen"
    RETURN = "return"
    """Its source alarms again and again, and nothing was found: the same once more (flapping.py)."""


OPEN_STATES: Final = frozenset(
    {IncidentState.NEW, IncidentState.ACKNOWLEDGED, IncidentState.DISPATCHED, IncidentState.ON_SCENE}
)
"""States in which alerts are folded in and units are asked."""

_N, _A, _D, _O = IncidentState.NEW, IncidentState.ACKNOWLEDGED, IncidentState.DISPATCHED, IncidentState.ON_SCENE
_R, _C, _X = IncidentState.RESOLVED, IncidentState.CLOSED, IncidentState.CANCELLED
_E = IncidentEvent

TABLE: Final[Mapping[tuple[IncidentState, IncidentEvent], IncidentState]] = {
    (_N, _E.ACKNOWLEDGE): _A,
    # A second officer may take it over, and an officer may own what a unit already works on.
    (_A, _E.ACKNOWLEDGE): _A,
    (_D, _E.ACKNOWLEDGE): _D,
    (_O, _E.ACKNOWLEDGE): _O,
    (_A, _E.LAPSE): _N,
    (_N, _E.UNIT_ACCEPTED): _D,
    (_A, _E.UNIT_ACCEPTED): _D,
    (_D, _E.UNIT_ACCEPTED): _D,
    (_O, _E.UNIT_ACCEPTED): _O,
    (_D, _E.UNIT_ARRIVED): _O,
    (_O, _E.UNIT_ARRIVED): _O,
    (_O, _E.UNIT_LEFT): _D,
    # ownership.py turns NEW into ACKNOWLEDGED afterwards when somebody at the desk owns the incident.
    (_D, _E.UNITS_GONE): _N,
    (_O, _E.UNITS_GONE): _N,
    (_D, _E.CLEARED): _R,
    (_O, _E.CLEARED): _R,
    (_N, _E.CLOSE): _C,
    (_A, _E.CLOSE): _C,
    (_D, _E.CLOSE): _C,
    (_O, _E.CLOSE): _C,
    (_R, _E.CLOSE): _C,
    (_N, _E.CANCEL): _X,
    (_A, _E.CANCEL): _X,
    (_D, _E.CANCEL): _X,
    (_O, _E.CANCEL): _X,
    (_R, _E.CANCEL): _X,
    (_N, _E.MERGE): _X,
    (_A, _E.MERGE): _X,
    (_D, _E.MERGE): _X,
    (_O, _E.MERGE): _X,
    (_R, _E.MERGE): _X,
    (_C, _E.MERGE): _X,
    # Not from on_scene: a unit that is there reports what it finds, whatever the room thinks by then.
    (_N, _E.TAKE_BACK): _X,
    (_A, _E.TAKE_BACK): _X,
    (_D, _E.TAKE_BACK): _X,
    # Whoever reopens owns it, so that it is never open and nobody's.
    (_R, _E.REOPEN): _A,
    (_C, _E.REOPEN): _A,
    (_X, _E.REOPEN): _A,
    (_R, _E.RETURN): _N,
    (_C, _E.RETURN): _N,
    (_X, _E.RETURN): _N,
}


class Incident(Struct, frozen=True, kw_only=True, gc=False):
    """One incident as the store holds it; ``revision`` grows by one with each change."""

    incident_id: IncidentId
    state: IncidentState
    revision: int
    category: str
    family: str
    severity: Severity
    area_id: AreaId
    lon: float
    lat: float
    month: str
    """``YYYY-MM`` of its first alert in the city's time zone; where its counts go."""
    node: NodeName
    """Room of its first alert."""
    camera: str
    """Camera of its first alert; empty for a flag without one."""
    first_alert_us: int
    last_alert_us: int
    opened_us: int
    updated_us: int
    notify_until_us: int
    """After this nobody is paged for it; it is still shown and counted."""
    alert_count: int
    live_alerts: int
    """Alerts that nobody dismissed or withdrew; 0 takes the incident back."""
    verified: bool
    """A person says so: an operator's flag or judgement, the desk, or a unit's confirmed outcome."""
    direct: bool
    """A rule marked ``direct`` raised it: units are asked without a person's judgement."""
    counted: bool
    """False for a category that is never in the ledger."""
    outcome: Outcome | None = None
    owner: str = ""
    """Who at the desk has it; empty: nobody."""
    owned_us: int = 0
    """When the owner took it or renewed that; the acknowledgement lapses so long after."""
    escalation_level: int = 0
    wanted_units: int = 1
    """How many units it needs at work; more than one after a unit or the desk asked for assistance."""
    look_us: int = 0
    """Due time of its latest timer: until then it is not forgotten."""
    merged_into: IncidentId | None = None
    """The incident that took its alerts and units; None: it stands for itself."""
    shared: bool = False
    """Alerts of more than one room belong to it: two of them may tell of the same thing seen twice."""
    basis: int = 0
    """Number of the counting basis it was placed by; 0: placed before they were numbered."""
    area_given: bool = False
    """A person named its area: counting a month anew does not move it."""

    @property
    def actionable(self) -> bool:
        """Units may be asked: a person verified it, or its rule goes straight on."""
        return self.verified or self.direct


def step(state: IncidentState, happening: IncidentEvent) -> Moved[IncidentState] | Illegal:
    """Return the state after the happening, or why it cannot happen."""
    return look_up(TABLE, state, happening, machine="the incident")
