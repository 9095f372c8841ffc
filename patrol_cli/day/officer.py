"""The duty officer of the day: takes what nobody took, lets go units that vanished, ends what no unit will end.

Works through the desk's API like the page does, and is marked as simulated by its name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

OFFICER: Final = "simulated-officer"
_MINUTE_S: Final = 60.0
TAKES_AFTER_S: Final = 3 * _MINUTE_S
"""An incident that no unit answers is taken by the officer after so long."""
LOOKS_FOR_AFTER_S: Final = 30 * _MINUTE_S
"""A unit that says nothing for so long is looked for by radio; when that fails too it is let go."""
ENDS_AFTER_S: Final = 45 * _MINUTE_S
"""What the officer owns and no unit will take is ended by a look at the monitors."""
_WORKING: Final = ("accepted", "en_route", "on_scene")
_REASON: Final = "模拟 simulated: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What the officer does about one incident."""

    incident_id: str
    act: str
    reason: str
    extra: Mapping[str, Any]


def deeds(incidents: list[dict[str, Any]], now: datetime) -> Iterator[Deed]:
    """Yield what the officer does now, given the open incidents as the desk shows them."""
    for incident in incidents:
        deed = _deed(incident, now)
        if deed is not None:
            yield deed


def _deed(incident: dict[str, Any], now: datetime) -> Deed | None:
    incident_id = incident["incident_id"]
    age_s = (now - datetime.fromisoformat(incident["opened_at"])).total_seconds()
    working = [dispatch for dispatch in incident["dispatches"] if dispatch["state"] in _WORKING]
    for dispatch in working:
        latest = max(
            datetime.fromisoformat(dispatch[name])
            for name in ("offered_at", "accepted_at", "en_route_at", "on_scene_at")
            if dispatch[name] is not None
        )
        if (now - latest).total_seconds() >= LOOKS_FOR_AFTER_S:
            reason = f"{_REASON}{dispatch['unit_id']} has not been heard of since it was {dispatch['state']}"
            return Deed(
                incident_id=incident_id,
                act="recall",
                reason=reason,
                extra={"dispatch_id": dispatch["dispatch_id"]},
            )
    waiting = any(dispatch["state"] == "offered" for dispatch in incident["dispatches"])
    if incident["owner"] == "" and not working and not waiting and age_s >= TAKES_AFTER_S:
        return Deed(incident_id=incident_id, act="acknowledge", reason=f"{_REASON}no unit answered", extra={})
    if incident["owner"] and not working and not waiting and age_s >= ENDS_AFTER_S:
        reason = f"{_REASON}looked at the monitors, nothing there any more"
        return Deed(incident_id=incident_id, act="close", reason=reason, extra={"outcome": "nothing_found"})
    return None


class Officer:
    """Looks at the queue and does what is due."""

    def __init__(self, relay_url: str) -> None:
        self._client = httpx.Client(base_url=relay_url.rstrip("/"), timeout=20.0, trust_env=False)
        self.done: dict[str, int] = {}
        """Deeds by act; what was refused counts as ``ACT_refused``."""

    def look(self, now: datetime) -> int:
        """Act on the whole queue once; return how many deeds were done."""
        offset, count, more = 0, 0, True
        found: list[dict[str, Any]] = []
        while more:
            page = self._client.get("/api/v1/incidents", params={"limit": 500, "offset": offset}).raise_for_status()
            answer = page.json()
            found += answer["incidents"]
            offset, more = len(found), answer["more"]
        for deed in deeds(found, now):
            body = {"act": deed.act, "actor": OFFICER, "reason": deed.reason, **deed.extra}
            answered = self._client.post(f"/api/v1/incidents/{deed.incident_id}/acts", json=body)
            # Refused: a unit was faster. The next look sees what there is then.
            name = deed.act if answered.is_success else f"{deed.act}_refused"
            self.done[name] = self.done.get(name, 0) + 1
            count += answered.is_success
        return count

    def close(self) -> None:
        """Release the connections."""
        self._client.close()
