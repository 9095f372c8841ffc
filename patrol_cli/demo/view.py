"""What the demo knows of its site at one moment, as values: filled by ``watch``, drawn by ``dashboard``."""

from dataclasses import dataclass, field
from typing import Final

STEPS: Final = ("offered", "accepted", "en_route", "on_scene", "cleared")
"""A dispatch's steps in the order of the work; the keys of ``steps_ms`` in the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraView:
    """One camera of one room."""

    room: str
    name: str
    state: str
    reason: str
    fps: float
    age_s: float | None
    """Seconds since the last packet, None before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """One room's own figures; ``reached`` is False while its console does not answer."""

    name: str
    tier: str
    reached: bool
    link: str = ""
    outbox_pending: int = 0
    oldest_pending_s: float = 0.0
    raised: int = 0
    stored: int = 0
    acknowledged: int = 0
    detector: str = ""
    cameras: tuple[CameraView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchView:
    """One dispatch with its steps in milliseconds since the incident's first alert was raised."""

    dispatch_id: str
    incident_id: str
    unit_id: str
    state: str
    steps_ms: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """One incident as the relay lists it."""

    incident_id: str
    state: str
    category: str
    severity: str
    area_id: str
    alert_count: int
    age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CountView:
    """One sum of the ledger."""

    measure: str
    area: str
    category: str
    month: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """The whole site."""

    elapsed_s: float
    rooms: tuple[RoomView, ...] = ()
    incidents: tuple[IncidentView, ...] = ()
    dispatches: tuple[DispatchView, ...] = ()
    counts: tuple[CountView, ...] = ()
    relay_reached: bool = False
    relay_alerts: int = 0
    relay_differences: tuple[str, ...] = ()
    consumer: tuple[CountView, ...] = ()
    """What the counts consumer added up by itself from the feed."""
    notes: tuple[str, ...] = field(default=())
    """What a person should know: a program that fell, a model that is missing."""
