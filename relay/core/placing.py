"""An operator points where a flag is, after it was stored: the incident goes there unless its place is known better."""

from msgspec.structs import replace

from patrol_wire.ids import AreaId
from relay.core.alerts import Alert
from relay.core.case_offers import begin_asking
from relay.core.cases import FINISHED_STATES, Case
from relay.core.incidents import Incident


def point(
    case: Case, flag: Alert, *, lon: float, lat: float, area_id: AreaId, basis: int, actor: str, now_us: int
) -> None:
    """Place the case anew; ``flag`` is the alert as it lay until now, ``basis`` what the area was found by.

    The counts follow in the same transaction, and so does everybody who was asked. In another area its own units are
    asked, unless one is at work already or somebody at the desk has it.
    """
    before = case.incident
    told = {"alert_id": flag.alert_id, "place": [lon, lat]}
    kept = _why_kept(before, flag)
    if kept:
        case.note_aside(now_us, "place_kept", f"{actor} pointed elsewhere: {kept}", **told)
        return
    case.alter(now_us, lon=lon, lat=lat, area_id=area_id, basis=basis)
    areas = [before.area_id, area_id]
    case.note(now_us, "placed", "", actor=actor, area=areas, was=[before.lon, before.lat], **told)
    if before.state in FINISHED_STATES:
        return
    waiting, working = case.waiting(), case.working()
    for dispatch in working:  # whoever is on the way must turn
        case.put(replace(dispatch, revision=dispatch.revision + 1))
        case.paged[dispatch.dispatch_id] = None
    if before.area_id == area_id or working or (before.owner and not waiting):
        for dispatch in waiting:
            case.put(replace(dispatch, revision=dispatch.revision + 1))
        return
    case.let_go(waiting, "its operator pointed another place", now_us)
    case.ask_anew = True
    begin_asking(case, now_us)


def _why_kept(incident: Incident, flag: Alert) -> str:
    """Return why the incident stays where it is; empty: it lies where the flag lay, and nobody said otherwise."""
    if incident.area_given:
        return "the desk gave its area"
    if (incident.lon, incident.lat) != (flag.lon, flag.lat):
        return "another of its alerts says where it is"
    return ""
