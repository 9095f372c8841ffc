"""Asks the running site how it is, over the same HTTP APIs that people's programs use, and returns a SiteView."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from patrol_cli.demo.processes import Program
from patrol_cli.demo.view import (
    CameraView,
    CountView,
    DispatchView,
    IncidentView,
    RoomView,
    SiteView,
)
from relay.core.incidents import IncidentState
from relay.ops.clock import MachineClock

_STEP_FIELDS: Final = {
    "offered": "offered_at",
    "accepted": "accepted_at",
    "en_route": "en_route_at",
    "on_scene": "on_scene_at",
    "cleared": "cleared_at",
}
_ANSWER_WITHIN_S: Final = 2.0
_PAGE: Final = 1_000
_ALL_STATES: Final = "&".join(f"state={state}" for state in IncidentState)


class Watcher:
    """Polls rooms and relay; a part that does not answer is shown as such, never as its last state."""

    def __init__(self, relay_url: str, consoles: Mapping[str, tuple[str, str]], consumer: Program) -> None:
        """``consoles`` maps a room to its tier and console URL; ``consumer`` prints totals as JSON lines."""
        self.client = httpx.Client(timeout=_ANSWER_WITHIN_S, trust_env=False)
        self._relay_url = relay_url.rstrip("/")
        self._consoles = dict(consoles)
        self._consumer = consumer
        self._clock = MachineClock()
        self._raised_at: dict[str, datetime] = {}
        self.states: dict[str, dict[str, Any]] = {}
        """The latest answer of each room that answered."""

    def close(self) -> None:
        """Release the connections."""
        self.client.close()

    def look(self, elapsed_s: float, notes: Sequence[str] = (), *, thorough: bool = False) -> SiteView:
        """Return the site as it is now; ``thorough`` also asks the relay to count everything anew and compare."""
        rooms = tuple(self._room(name, tier, url) for name, (tier, url) in self._consoles.items())
        view = SiteView(elapsed_s=elapsed_s, rooms=rooms, notes=tuple(notes), consumer=self._consumer_totals())
        try:
            return self._relay(view, thorough=thorough)
        except httpx.HTTPError:
            return view

    def _room(self, name: str, tier: str, url: str) -> RoomView:
        try:
            state = self.client.get(f"{url}/api/v1/state").raise_for_status().json()
        except httpx.HTTPError:
            self.states.pop(name, None)
            return RoomView(name=name, tier=tier, reached=False)
        self.states[name] = state
        counters, outbox = state["counters"], state["outbox"]
        return RoomView(
            name=name,
            tier=tier,
            reached=True,
            link=state["link"]["state"],
            outbox_pending=sum(outbox["pending"].values()),
            oldest_pending_s=max(outbox["oldest_age_s"].values(), default=0.0),
            raised=counters["raised"],
            stored=counters["stored"],
            acknowledged=counters["acknowledged"],
            detector=state["detector"]["kind"],
            cameras=tuple(
                CameraView(
                    room=name,
                    name=camera["name"],
                    state=camera["state"],
                    reason=camera["reason"],
                    fps=camera["fps"],
                    age_s=camera["age_s"],
                )
                for camera in state["cameras"]
            ),
        )

    def _relay(self, view: SiteView, *, thorough: bool) -> SiteView:
        figures = self._get("/api/v1/figures")
        incidents = self._incidents()
        sums = self._get("/api/v1/counts/sums")["sums"]
        differences = self._get("/api/v1/reconcile")["differences"] if thorough else ()
        now = datetime.fromtimestamp(self._clock.now_us() / 1e6, tz=UTC)
        return SiteView(
            elapsed_s=view.elapsed_s,
            rooms=view.rooms,
            notes=view.notes,
            consumer=view.consumer,
            relay_reached=True,
            relay_alerts=figures["alerts"],
            relay_differences=tuple(differences),
            incidents=tuple(
                IncidentView(
                    incident_id=incident["incident_id"],
                    state=incident["state"],
                    category=incident["category"],
                    severity=incident["severity"],
                    area_id=incident["area_id"],
                    alert_count=incident["alert_count"],
                    age_s=(now - datetime.fromisoformat(incident["first_alert_at"])).total_seconds(),
                )
                for incident in incidents
            ),
            dispatches=tuple(self._dispatch(dispatch) for incident in incidents for dispatch in incident["dispatches"]),
            counts=tuple(CountView(**count) for count in sums),
        )

    def _incidents(self) -> list[dict[str, Any]]:
        """Return every incident, closed ones too, page by page."""
        found: list[dict[str, Any]] = []
        more = True
        while more:
            page = self._get(f"/api/v1/incidents?{_ALL_STATES}&limit={_PAGE}&offset={len(found)}")
            found.extend(page["incidents"])
            more = page["more"]
        return found

    def _dispatch(self, dispatch: Mapping[str, Any]) -> DispatchView:
        raised_at = self._first_raised_at(dispatch["incident_id"])
        steps = {
            step: round((datetime.fromisoformat(dispatch[name]) - raised_at).total_seconds() * 1000)
            for step, name in _STEP_FIELDS.items()
            if dispatch[name] is not None
        }
        return DispatchView(
            dispatch_id=dispatch["dispatch_id"],
            incident_id=dispatch["incident_id"],
            unit_id=dispatch["unit_id"],
            state=dispatch["state"],
            steps_ms=steps,
        )

    def _first_raised_at(self, incident_id: str) -> datetime:
        """Return when the incident's first alert was raised in its room; it never changes, so it is asked once."""
        known = self._raised_at.get(incident_id)
        if known is None:
            alerts = self._get(f"/api/v1/incidents/{incident_id}")["alerts"]
            known = min(datetime.fromisoformat(alert["raised_at"]) for alert in alerts)
            self._raised_at[incident_id] = known
        return known

    def _consumer_totals(self) -> tuple[CountView, ...]:
        lines = self._consumer.lines()
        if not lines:
            return ()
        return tuple(CountView(**total) for total in lines[-1].get("totals", []))

    def _get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get(self._relay_url + path).raise_for_status().json()
        return answer
