"""The case: an incident with its dispatches while one transaction works on it, and what must be stored for it.

Pure: the writer loads it, lets alerts (case_alerts.py), units (unit_steps.py), the desk (desk_acts.py) and timers
(case_offers.py) change it, and then stores what it collected. Ids and the time come as values.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from patrol_wire.ids import DispatchId, IncidentId, UnitId
from relay.core.candidates import Activity
from relay.core.counting import LedgerLine, entries
from relay.core.dispatches import WAITING_STATES, WORKING_STATES, Dispatch, DispatchEvent, DispatchState
from relay.core.dispatches import step as dispatch_step
from relay.core.escalation import TimerKind, TimerPlan, has_enough
from relay.core.incidents import Incident, IncidentEvent, IncidentState
from relay.core.incidents import step as incident_step
from relay.core.notifications import CENTRE, Channel, Notification, NotificationState
from relay.core.transitions import Illegal

_DESK: Final = Channel.DESK  # bound once: see relay/core/counting.py
_SENT: Final = NotificationState.SENT
RELAY: Final = "relay"
"""Actor of what the relay decides by itself."""


class HistoryLine(Struct, frozen=True, kw_only=True):
    """One line of an incident's history: who did what when, and why."""

    incident_id: IncidentId
    revision: int
    at_us: int
    actor: str
    change: str
    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class Case:
    """One incident at work. Its functions change it in memory only; ``changed`` tells whether anything is to store."""

    __slots__ = (
        "_before",
        "activities",
        "adopted",
        "ask_anew",
        "dispatches",
        "folded",
        "fresh",
        "history",
        "incident",
        "moved",
        "notifications",
        "paged",
        "reason",
        "sent_away",
        "superseded",
        "timers",
        "wants_level",
        "wants_unit",
    )

    def __init__(self, incident: Incident, dispatches: Iterable[Dispatch] = (), *, is_new: bool = False) -> None:
        self._before = None if is_new else incident
        self.incident = incident
        self.dispatches: dict[DispatchId, Dispatch] = {value.dispatch_id: value for value in dispatches}
        self.fresh: dict[DispatchId, None] = {}
        """Dispatches born here."""
        self.moved: dict[DispatchId, None] = {}
        """Known dispatches that changed."""
        self.adopted: dict[DispatchId, None] = {}
        """Those of them that were another case's."""
        self.history: list[HistoryLine] = []
        self.notifications: list[Notification] = []
        self.superseded: list[DispatchId] = []
        """Offers taken back: their notifications are no longer wanted."""
        self.paged: dict[DispatchId, None] = {}
        """Dispatches at work whose units are to be paged with the change."""
        self.timers: list[TimerPlan] = []
        self.activities: dict[UnitId, tuple[Activity, DispatchId | None]] = {}
        """What units do from now on."""
        self.wants_level: int | None = None
        """The level whose units are to be asked next; the writer finds them and calls case_offers.offer."""
        self.wants_unit: UnitId | None = None
        """The desk named this unit: it alone is asked."""
        self.ask_anew = False
        """The desk asks again: who did not answer or declined before may be asked once more."""
        self.sent_away: frozenset[UnitId] = frozenset()
        """A person recalled these just now: whoever is asked in their stead, it is not they."""
        self.folded = 0
        """Alerts folded in since it was loaded."""
        self.reason = ""
        """Why it changed last: the reason of its ledger lines."""

    @property
    def is_new(self) -> bool:
        """The store does not have it yet."""
        return self._before is None

    @property
    def before(self) -> Incident | None:
        """The incident as it was loaded; None when it is new."""
        return self._before

    @property
    def changed(self) -> bool:
        """There is something to store."""
        return self._before is not self.incident or bool(self.history or self.moved or self.fresh)

    @property
    def has_gone(self) -> bool:
        """It lies elsewhere than when it was loaded."""
        was, now = self._before, self.incident
        return was is not None and (was.lon, was.lat) != (now.lon, now.lat)

    def ledger_lines(self) -> tuple[LedgerLine, ...]:
        """Return the counts that its change writes."""
        return entries(self._before, self.incident, self.reason[:64])

    def alter(self, now_us: int, **fields: Any) -> None:
        """Change fields of the incident; its revision grows by one."""
        incident = self.incident
        self.incident = replace(incident, revision=incident.revision + 1, updated_us=now_us, **fields)

    def note(self, now_us: int, change: str, reason: str, *, actor: str = RELAY, **detail: Any) -> None:
        """Add a line to the history."""
        self.reason = change
        self.history.append(
            HistoryLine(
                incident_id=self.incident.incident_id,
                revision=self.incident.revision,
                at_us=now_us,
                actor=actor,
                change=change,
                reason=reason,
                detail=detail,
            )
        )

    def note_aside(self, now_us: int, change: str, reason: str, **detail: Any) -> None:
        """Add a line that is not why the incident changed: its ledger lines keep their reason."""
        why = self.reason
        self.note(now_us, change, reason, **detail)
        self.reason = why

    def advance(self, happening: IncidentEvent, now_us: int, **fields: Any) -> Illegal | None:
        """Take one step of the incident's machine; None when it was possible, else why not (nothing changed)."""
        moved = incident_step(self.incident.state, happening)
        if isinstance(moved, Illegal):
            return moved
        self.alter(now_us, state=moved.state, **fields)
        return None

    def working(self) -> list[Dispatch]:
        """Return the dispatches whose units have taken it."""
        return [value for value in self.dispatches.values() if value.state in WORKING_STATES]

    def waiting(self) -> list[Dispatch]:
        """Return the offers that nobody has answered."""
        return [value for value in self.dispatches.values() if value.state in WAITING_STATES]

    def put(self, dispatch: Dispatch) -> None:
        """Take a dispatch's new value."""
        known = dispatch.dispatch_id in self.dispatches and dispatch.dispatch_id not in self.fresh
        (self.moved if known else self.fresh)[dispatch.dispatch_id] = None
        self.dispatches[dispatch.dispatch_id] = dispatch

    def adopt(self, other: "Case", dispatch: Dispatch) -> None:
        """Take over a dispatch of another case as it is; its unit learns that it belongs here now."""
        fresh = dispatch.dispatch_id in other.fresh
        del other.dispatches[dispatch.dispatch_id]
        for kept in (other.fresh, other.moved, other.adopted):
            kept.pop(dispatch.dispatch_id, None)
        other_activity = other.activities.pop(dispatch.unit_id, None)
        if other_activity is not None:
            self.activities[dispatch.unit_id] = other_activity
        self.dispatches[dispatch.dispatch_id] = replace(
            dispatch, incident_id=self.incident.incident_id, revision=dispatch.revision + 1
        )
        if fresh:
            self.fresh[dispatch.dispatch_id] = None
        else:
            self.moved[dispatch.dispatch_id] = self.adopted[dispatch.dispatch_id] = None

    def move(self, dispatch: Dispatch, happening: DispatchEvent, now_us: int, **fields: Any) -> Illegal | None:
        """Take one step of a dispatch's machine and let its unit follow; None when it was possible."""
        moved = dispatch_step(dispatch.state, happening)
        if isinstance(moved, Illegal):
            return moved
        state = moved.state
        if state in _REACHED_AT:
            fields[_REACHED_AT[state]] = now_us
        if state in WORKING_STATES:
            fields["ended_us"] = None
        else:
            fields["ended_us"] = now_us
            fields["handing_over"] = False
        changed = replace(dispatch, state=state, revision=dispatch.revision + 1, **fields)
        self.put(changed)
        if state in WORKING_STATES:
            self.activities[changed.unit_id] = (_ACTIVITY[state], changed.dispatch_id)
        elif dispatch.state in WORKING_STATES:
            self.activities[changed.unit_id] = (Activity.AVAILABLE, None)
        return None

    def let_go(self, dispatches: Iterable[Dispatch], why: str, now_us: int) -> None:
        """Recall dispatches that are offered or at work; their units are told why."""
        for dispatch in dispatches:
            if self.move(dispatch, DispatchEvent.RECALL, now_us, note=why) is None:
                self.superseded.append(dispatch.dispatch_id)

    def has_enough(self) -> bool:
        """As many units are at work as it needs."""
        return has_enough(self.incident, self.dispatches.values())

    def set_timer(self, due_us: int, kind: TimerKind, *, fence: int) -> None:
        """Set a timer; the incident knows until when one stands."""
        self.timers.append(TimerPlan(due_us=due_us, kind=kind, incident_id=self.incident.incident_id, fence=fence))
        if due_us > self.incident.look_us:
            self.incident = replace(self.incident, look_us=due_us)

    def tell_centre(self, now_us: int, reason: str) -> None:
        """Plan that the duty officer is told; the desk's page shows it from the commit on."""
        self.notifications.append(
            Notification(
                incident_id=self.incident.incident_id,
                dispatch_id=None,
                recipient=CENTRE,
                channel=_DESK,
                state=_SENT,
                reason=reason,
                planned_us=now_us,
            )
        )

    def finish(self, now_us: int) -> None:
        """Add the line about folded alerts; called once, before it is stored."""
        if self.folded:
            self.note(now_us, "alerts_added", f"{self.folded} more", count=self.folded)
            self.folded = 0


_REACHED_AT: Final = {
    DispatchState.ACCEPTED: "accepted_us",
    DispatchState.EN_ROUTE: "en_route_us",
    DispatchState.ON_SCENE: "on_scene_us",
    DispatchState.CLEARED: "cleared_us",
}
"""Where a dispatch keeps when it came to a state."""
_ACTIVITY: Final = {
    DispatchState.ACCEPTED: Activity.ASSIGNED,
    DispatchState.EN_ROUTE: Activity.EN_ROUTE,
    DispatchState.ON_SCENE: Activity.ON_SCENE,
}
FINISHED_STATES: Final = frozenset({IncidentState.RESOLVED, IncidentState.CLOSED, IncidentState.CANCELLED})
"""States in which no unit is asked or at work."""
