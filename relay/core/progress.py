"""What a room is told of its alerts: how far the incident and the units that took it have come.

Pure. Nothing is said of an incident that nobody has taken up; that it arrived the room knows from its acknowledgement.
"""

from collections.abc import Callable, Iterable
from typing import Final

from patrol_wire.ids import AlertId, Micros, UnitId
from patrol_wire.messages import Progress, UnitStep
from relay.core.dispatches import Dispatch
from relay.core.incidents import Incident, IncidentState

MOST_UNITS: Final = 16
_LABEL_CHARACTERS: Final = 64


def is_taken_up(incident: Incident, dispatches: Iterable[Dispatch]) -> bool:
    """Whether there is anything to tell: somebody at the desk or a unit has, or had, the incident."""
    return incident.state is not IncidentState.NEW or any(one.accepted_us is not None for one in dispatches)


def progress_of(
    incident: Incident,
    dispatches: Iterable[Dispatch],
    alert_ids: Iterable[AlertId],
    *,
    call_sign: Callable[[UnitId], str],
) -> list[Progress]:
    """Return the message for each of these alerts of an incident that is taken up."""
    taken = [dispatch for dispatch in dispatches if dispatch.accepted_us is not None]
    units = tuple(
        UnitStep(
            unit=call_sign(dispatch.unit_id)[:_LABEL_CHARACTERS],
            state=dispatch.state.value,
            at=Micros(_newest_us(dispatch)),
        )
        for dispatch in taken[-MOST_UNITS:]
    )
    return [
        Progress(
            alert_id=alert_id,
            incident_id=incident.incident_id,
            revision=incident.revision,
            incident_state=incident.state.value,
            outcome=incident.outcome,
            at=Micros(incident.updated_us),
            units=units,
        )
        for alert_id in alert_ids
    ]


def _newest_us(dispatch: Dispatch) -> int:
    """Return since when the dispatch is in its state."""
    steps = (dispatch.accepted_us, dispatch.en_route_us, dispatch.on_scene_us, dispatch.cleared_us, dispatch.ended_us)
    return max(step_us for step_us in steps if step_us is not None)
