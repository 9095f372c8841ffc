"""What is open in the room: what one operator hands over to the next. Read from the state, never kept."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from edge_agent.console.shapes import AlertShape, HealthAlertShape, StateShape
from edge_agent.console.watch_shapes import MatterShape
from edge_agent.core.ladder import Rung

OPEN_FOR: Final = timedelta(hours=12)
"""A suggestion or flag older than a shift is no longer handed over; the centre has it."""
_NO_LINK: Final = frozenset({"open", "off"})


def open_matters(state: StateShape) -> list[MatterShape]:
    """Return what is open, the oldest first."""
    found = [*_alerts(state), *_health(state)]
    if state.link.state not in _NO_LINK:
        text = state.link.reason or state.link.state
        found.append(MatterShape(kind="link", alert_id=None, camera=None, since=state.link.since, text=text))
    return sorted(found, key=lambda matter: matter.since)


def _alerts(state: StateShape) -> Iterator[MatterShape]:
    for alert in state.alerts:
        if alert.raised_at < state.room.now - OPEN_FOR:
            continue
        kind = _kind_of(alert)
        if kind:
            yield MatterShape(
                kind=kind, alert_id=alert.alert_id, camera=alert.camera, since=alert.raised_at, text=alert.category
            )


def _kind_of(alert: AlertShape) -> str:
    if alert.source == "machine":
        return "suggestion" if alert.standing == "open" else ""
    return "flag" if alert.standing != "withdrawn" and alert.rung != Rung.OUTCOME.value else ""


def _health(state: StateShape) -> Iterator[MatterShape]:
    for camera in state.cameras:
        yield from (_health_matter(one, camera.name) for one in camera.health)
    yield from (_health_matter(one, None) for one in state.health)


def _health_matter(alert: HealthAlertShape, camera: str | None) -> MatterShape:
    text = f"{alert.condition}: {alert.reason}"
    return MatterShape(kind="health", alert_id=alert.alert_id, camera=camera, since=alert.since, text=text)
