"""The alert as the relay knows it: a fact from a room, placed on the map and in time; later records add to it."""

from enum import StrEnum

from msgspec import Struct

from patrol_wire.ids import AlertId, AreaId, Forward, IncidentId, NodeName, Severity


class AlertSource(StrEnum):
    """Who raised an alert."""

    MACHINE = "machine"
    FLAG = "flag"
    """An operator: verified by a human from the start."""
    TEST = "test"
    """The room's synthetic alert: travels the whole way, belongs to no incident, pages nobody."""


class AlertJudgement(StrEnum):
    """What a person in the room said about it afterwards."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"
    """An operator took the own flag back."""


class Alert(Struct, frozen=True, kw_only=True, gc=False):
    """One alert, as the relay stores it; ``incident_id``, ``judgement`` and ``ended_us`` are set later."""

    alert_id: AlertId
    source: AlertSource
    node: NodeName
    camera: str
    rule: str
    category: str
    severity: Severity
    forward: Forward
    verified: bool
    label: str
    raised_us: int
    started_us: int
    """When it happened, as the relay believes (relay/core/clocking.py)."""
    notify_until_us: int
    lon: float
    lat: float
    area_id: AreaId
    ended_us: int | None = None
    incident_id: IncidentId | None = None
    judgement: AlertJudgement | None = None
    note: str = ""
    """The operator's words, or why the room's time was not believed."""
    snapshot: str | None = None
    clip: str | None = None
    twin_of: AlertId | None = None
    """The alert of another room's agent on the same camera that told the same before; not counted beside it."""

    @property
    def goes_to_units(self) -> bool:
        """A flag, an accepted suggestion, or a rule marked ``direct``."""
        return self.verified or self.forward is Forward.DIRECT
