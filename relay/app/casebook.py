"""The cases, alerts and units one transaction works on: loaded together, changed in memory, stored together.

Owned by the writer for the length of one transaction. Everything a burst needs is loaded by a few queries before
the work begins; what it changed is written by a few statements at the end.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Final, TypeAlias

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from patrol_wire.codec import encode_mailbox_entry
from patrol_wire.ids import AlertId, DispatchId, IncidentId, Micros, NodeName, UnitId
from patrol_wire.messages import MailboxEntry
from relay.app.channel_work import NO_CHANNELS, ChannelRules, ChannelWork
from relay.app.force_work import ForceWork
from relay.app.known_units import KnownUnits
from relay.app.release_work import ReleaseWork
from relay.app.watch_work import WatchWork
from relay.core.alerts import Alert, AlertSource
from relay.core.candidates import Activity, UnitNow
from relay.core.case_offers import offer
from relay.core.cases import Case
from relay.core.city import City
from relay.core.correlation import Surroundings
from relay.core.dispatches import DispatchState
from relay.core.escalation import TimerKind, may_page
from relay.core.flapping import open_again, returning
from relay.core.geo import cell_of
from relay.core.hints import CommitHint
from relay.core.incidents import OPEN_STATES, Incident
from relay.core.notifications import Notification
from relay.core.ownership import keep_watch
from relay.core.policy import DeskPolicy
from relay.core.releases import Asked, earliest_opening_us
from relay.core.silences import Silence
from relay.core.tabulation import placed_anew, retabulate
from relay.core.views import DispatchViews
from relay.ops.ids import IdSource
from relay.store import alerts, dispatches, incidents, ledger, mailboxes, media, notifications, silences, timers
from relay.store.mailboxes import MailboxMarks
from relay.store.media import Manifest
from relay.store.sequences import Numbers

Source: TypeAlias = tuple[NodeName, str]
"""A camera of a room."""
_OFFERED: Final = DispatchState.OFFERED
_NO_DETAIL: Final = "{}"
_JSON: Final = msgspec.json.Encoder()


class Casebook:
    """See the module; ``connection`` is inside the transaction."""

    def __init__(
        self,
        connection: Connection,
        *,
        city: City,
        policy: DeskPolicy,
        ids: IdSource,
        numbers: Numbers,
        now_us: int,
        known: KnownUnits,
        channels: ChannelRules = NO_CHANNELS,
    ) -> None:
        self._connection = connection
        self._city = city
        self._policy = policy
        self._ids = ids
        self._numbers = numbers
        self._now_us = now_us
        self.cases: dict[IncidentId, Case] = {}
        self._near: dict[int, list[Case]] = {}
        self._ended: dict[int, list[Incident]] = {}
        """By cell, as far as somebody asked."""
        self._ended_since_us = now_us
        self.alerts: dict[AlertId, Alert] = {}
        self._new_alerts: dict[AlertId, int] = {}
        self._changed_alerts: dict[AlertId, None] = {}
        self._at_camera: dict[tuple[str, IncidentId], dict[AlertId, None]] = {}
        self._rooms_at: dict[tuple[str, IncidentId], set[NodeName]] = {}
        self._not_filed: list[Alert] = []
        self._manifests: list[Manifest] = []
        self._changed_cases: list[Case] = []
        self.force = ForceWork(connection, numbers=numbers, city=city, policy=policy, now_us=now_us, known=known)
        self.mistaken: list[tuple[NodeName, str, str]] = []
        """Rooms whose record counts though something in it cannot be true, with a code of the refusals and why."""
        self.next_timer_us: int | None = None
        """When the first of the timers rings that this transaction sets."""
        self.times_doubted = 0
        """Alerts whose own time was not taken, or is too near the end of a month for its uncertainty."""
        self.watch = WatchWork(connection, city=city, policy=policy, now_us=now_us)
        self.channels = ChannelWork(connection, city=city, rules=channels, numbers=numbers, now_us=now_us)
        self._releases = ReleaseWork(connection, numbers=numbers, zone=city.zone, now_us=now_us)

    # --- loading --------------------------------------------------------------------------------------------

    def load_alerts(self, alert_ids: Iterable[str]) -> None:
        """Load the alerts that exist of those named."""
        self.alerts.update(alerts.load(self._connection, alert_ids))

    def load_recent_alerts(self, incident_ids: Iterable[str], since_us: int) -> None:
        """Load what was told of these incidents at or after a moment, for ``alerts_at``."""
        wanted = list(incident_ids)
        if wanted:
            for alert in alerts.load_recent(self._connection, wanted, since_us):
                self._not_filed.append(self.alerts.setdefault(alert.alert_id, alert))

    def load_cases(self, incident_ids: Iterable[str]) -> None:
        """Load incidents with their dispatches."""
        missing = [value for value in dict.fromkeys(incident_ids) if value not in self.cases]
        self._add(incidents.load(self._connection, missing).values())

    def load_near(self, cells: Mapping[int, Surroundings], since_us: int) -> None:
        """Load the open incidents that new alerts may belong to."""
        self._add(incidents.load_near(self._connection, cells, since_us))

    def load_ended(self, sources: Mapping[Source, int], since_us: int) -> None:
        """Load what ended where these sources are, each with its cell: a flapping source's alert may belong to it.

        Nothing is read where a source has an incident open that its alerts join: in a storm that would be all that was
        cleared there within half an hour, for each burst again. ``returned`` reads it where it is needed after all.
        """
        self._ended_since_us = since_us
        open_there = {
            (incident.node, incident.camera)
            for incident in self.near(dict.fromkeys(sources.values()))
            if incident.state in OPEN_STATES
        }
        self._load_ended({cell for source, cell in sources.items() if source not in open_there})

    def _load_ended(self, cells: Collection[int]) -> None:
        for cell in cells:
            self._ended[cell] = []
        for incident in incidents.load_ended(self._connection, cells, self._ended_since_us):
            self._ended.setdefault(cell_of(incident.lon, incident.lat), []).append(incident)

    def _add(self, found: Iterable[Incident]) -> None:
        fresh = [incident for incident in found if incident.incident_id not in self.cases]
        of_incident = dispatches.load_of_incidents(self._connection, [value.incident_id for value in fresh])
        for incident in fresh:
            loaded = of_incident.get(incident.incident_id, ())
            self.force.note_open(loaded)
            self._file(Case(incident, loaded))

    def _file(self, case: Case) -> None:
        self.cases[case.incident.incident_id] = case
        self._near.setdefault(cell_of(case.incident.lon, case.incident.lat), []).append(case)

    def file_anew(self, case: Case) -> None:
        """Let later alerts of this transaction find a case where it lies now."""
        here = self._near.setdefault(cell_of(case.incident.lon, case.incident.lat), [])
        if case not in here:
            here.append(case)

    @cached_property
    def silences(self) -> tuple[Silence, ...]:
        """The silences that hold in this transaction."""
        return silences.active(self._connection, self._now_us)

    # --- at work --------------------------------------------------------------------------------------------

    def near(self, cells: Iterable[int]) -> list[Incident]:
        """Return the incidents at work or loaded in these cells, as they are now."""
        found = self._near
        return [case.incident for cell in cells if cell in found for case in found[cell]]

    def returned(self, alert: Alert) -> Case | None:
        """Return the ended case, opened again, that a flapping source's alert belongs to; None: it is a new one."""
        if alert.source is not AlertSource.MACHINE:
            return None
        cell = cell_of(alert.lon, alert.lat)
        if cell not in self._ended:
            self._load_ended((cell,))
        ended = self._ended[cell]
        if not ended:
            return None
        known = (self.cases.get(each.incident_id) for each in ended)
        as_now = [case.incident if case is not None else each for case, each in zip(known, ended, strict=True)]
        found = returning(alert, as_now, self._policy)
        if found is None:
            return None
        self.load_cases([found.incident_id])
        case = self.cases[found.incident_id]
        return case if open_again(case, self._now_us) is None else None

    def open(self, case: Case) -> None:
        """Take a new incident in."""
        self._file(case)

    def new_id(self) -> str:
        """Return a fresh UUID."""
        return self._ids.take(self._now_us)

    def add_alert(self, alert: Alert, nth: int) -> None:
        """Take a new alert in, told by the nth record of the burst."""
        self.alerts[alert.alert_id] = alert
        self._new_alerts[alert.alert_id] = nth
        self._not_filed.append(alert)

    def _file_alerts(self) -> None:
        """File what came since ``alerts_at`` was asked last; a burst in which nothing folds never asks."""
        for alert in self._not_filed:
            if alert.camera and alert.incident_id is not None:
                place = (alert.camera, alert.incident_id)
                self._at_camera.setdefault(place, {})[alert.alert_id] = None
                self._rooms_at.setdefault(place, set()).add(alert.node)
        self._not_filed.clear()

    def alerts_at(self, camera: str, incident_id: IncidentId, *, node: NodeName) -> list[Alert]:
        """Return the new and recently loaded alerts of an incident from cameras of this name, as they are now.

        Empty when all of them are of the room ``node``: a burst of one room is no search among its own.
        """
        self._file_alerts()
        place = (camera, incident_id)
        if self._rooms_at.get(place, set()) <= {node}:
            return []
        found = self._at_camera.get(place, ())
        return [alert for alert in (self.alerts[value] for value in found) if alert.incident_id == incident_id]

    def alerts_of(self, incident_id: IncidentId) -> list[Alert]:
        """Return all alerts of an incident as they are now."""
        stored = alerts.of_incident(self._connection, incident_id, limit=None)
        known = {alert.alert_id: self.alerts.get(alert.alert_id, alert) for alert in stored}
        known |= {value: self.alerts[value] for value in self._new_alerts}
        return [alert for alert in known.values() if alert.incident_id == incident_id]

    def move_alerts(self, source: IncidentId, target: IncidentId) -> None:
        """Give all alerts of one incident to another."""
        alerts.move_all(self._connection, source, target)
        for alert in list(self.alerts.values()):
            if alert.incident_id == source:
                self.alerts[alert.alert_id] = replace(alert, incident_id=target)

    def change_alert(self, alert: Alert) -> None:
        """Take an alert's later facts."""
        self.alerts[alert.alert_id] = alert
        if alert.alert_id not in self._new_alerts:
            self._changed_alerts[alert.alert_id] = None

    def add_manifest(self, manifest: Manifest) -> None:
        """Take in what media an alert has; its ``log_id`` is still the place of its record in the burst."""
        self._manifests.append(manifest)

    def publish(self, month: str, asked: Asked) -> str | None:
        """Publish a month with this transaction; return why that cannot be, or None."""
        return self._releases.publish(month, asked)

    def retabulate(self, month: str, asked: Asked) -> int:
        """Move the incidents of a month to where the city in force places them; return how many were moved."""
        found = incidents.of_month(self._connection, month, earliest_opening_us(month, self._city.zone))
        self.load_cases([value.incident_id for value in found if placed_anew(value, self._city) is not value])
        moved = 0
        for case in list(self.cases.values()):
            if case.incident.month == month and retabulate(
                case, self._city, actor=asked.actor, reason=asked.reason, now_us=self._now_us
            ):
                self.settle(case)
                moved += 1
        if moved:
            self._releases.count_anew(month, asked)
        return moved

    def settle(self, case: Case) -> None:
        """Follow up a change: units follow their dispatches, and the next level is asked while one is wanted."""
        for unit_id, (activity, dispatch_id) in case.activities.items():
            unit = self.force.unit(unit_id)
            # A unit let go from one incident may have taken another meanwhile.
            if unit is not None and (dispatch_id is not None or unit.dispatch_id in case.dispatches):
                self.force.change_unit(replace(unit, activity=activity, dispatch_id=dispatch_id))
            if unit is not None and activity is Activity.ASSIGNED and dispatch_id is not None:
                self._watch_shift(case, unit, dispatch_id)
        case.activities.clear()
        while case.wants_level is not None:
            level = case.wants_level
            candidates, passed = self.force.candidates(case, level)
            ids = map(DispatchId, self._ids.take_many(self._now_us, len(candidates)))
            offer(case, level, list(zip(candidates, ids, strict=True)), self._now_us, self._policy, passed)
        keep_watch(case, self._now_us, self._policy)

    def _watch_shift(self, case: Case, unit: UnitNow, dispatch_id: DispatchId) -> None:
        """A unit that accepted is relieved when its shift ends."""
        duty, accepted_us = self.force.duty_of(unit), case.dispatches[dispatch_id].accepted_us
        if duty.on_duty and duty.until_us is not None and accepted_us is not None:
            case.set_timer(duty.until_us, TimerKind.SHIFT_OVER, fence=accepted_us)

    # --- storing --------------------------------------------------------------------------------------------

    def store_cases(self) -> None:
        """Write incidents and dispatches, the part without numbers of the store; no case may change afterwards."""
        changed = self._changed_cases = [case for case in self.cases.values() if case.changed]
        for case in changed:
            case.finish(self._now_us)
        connection = self._connection
        incidents.insert(connection, [case.incident for case in changed if case.is_new])
        incidents.update(connection, [case.incident for case in changed if not case.is_new])
        incidents.place(connection, [case.incident for case in changed if case.has_gone])
        dispatches.insert(connection, [case.dispatches[value] for case in changed for value in case.fresh])
        dispatches.update(connection, [case.dispatches[value] for case in changed for value in case.moved])
        dispatches.give(connection, [case.dispatches[value] for case in changed for value in case.adopted])

    def store(self, logged_before: int) -> CommitHint:
        """Write everything else; return whom it concerns. The burst's records are in the log, behind this number."""
        changed = self._changed_cases
        connection = self._connection
        told_by = [(logged_before + nth, self.alerts[value]) for value, nth in self._new_alerts.items()]
        alerts.insert(connection, told_by)
        alerts.update(connection, [self.alerts[value] for value in self._changed_alerts])
        media.insert_manifests(
            connection, [dataclasses.replace(each, log_id=logged_before + each.log_id) for each in self._manifests]
        )
        self._store_history(changed)
        told = self._store_mailboxes(changed)
        plans = [plan for case in changed for plan in case.timers]
        timers.insert(connection, self._numbers.take("timer", len(plans)), plans)
        self.next_timer_us = min((plan.due_us for plan in plans), default=None)
        lines = [line for case in changed for line in case.ledger_lines()]
        first = self._numbers.take("ledger", len(lines))
        ledger.append(connection, first, lines, self._now_us)
        released = self._releases.store(lines, cutoff=first + len(lines) - 1)
        self.watch.store(logged_before)
        self.force.store(changed)
        return CommitHint(
            units=frozenset(told),
            entries=told,
            incidents=frozenset(case.incident.incident_id for case in changed),
            ledger_grew=bool(lines) or released,
        )

    def _store_history(self, changed: list[Case]) -> None:
        lines = [line for case in changed for line in case.history]
        first = self._numbers.take("incident_history", len(lines))
        incidents.insert_history(
            self._connection,
            [
                (
                    number,
                    line.incident_id,
                    line.revision,
                    line.at_us,
                    line.actor[:64],
                    line.change,
                    line.reason,
                    _JSON.encode(line.detail).decode() if line.detail else _NO_DETAIL,
                )
                for number, line in enumerate(lines, first)
            ],
        )

    def _store_mailboxes(self, changed: list[Case]) -> dict[UnitId, list[MailboxEntry]]:
        """Tell each unit what became of its dispatch, and plan the notifications that point there; return what."""
        news = [(case, case.dispatches[value]) for case in changed for value in (*case.fresh, *case.moved)]
        known = mailboxes.load_marks(self._connection, {dispatch.unit_id for _, dispatch in news}) if news else {}
        heads: dict[UnitId, int] = {}
        cursors: dict[DispatchId, int] = {}
        told: dict[UnitId, list[MailboxEntry]] = {}
        rows: list[tuple[str, int, int, bool, bytes]] = []
        views = DispatchViews(self._city)
        for case, dispatch in news:
            unit_id = dispatch.unit_id
            head = heads.get(unit_id)
            if head is None:
                head = known[unit_id].head if unit_id in known else 0
            heads[unit_id] = cursor = head + 1
            cursors[dispatch.dispatch_id] = cursor
            offered = dispatch.state is _OFFERED and may_page(case.incident, self._now_us)
            page = offered or dispatch.dispatch_id in case.paged
            entry = MailboxEntry(
                cursor=cursor,
                at=Micros(self._now_us),
                dispatch=views.of(case.incident, dispatch),
                page=page,
            )
            told.setdefault(unit_id, []).append(entry)
            rows.append((unit_id, cursor, self._now_us, page, encode_mailbox_entry(entry)))
        mailboxes.insert(self._connection, rows)
        marks = {
            unit_id: replace(known.get(unit_id) or MailboxMarks(unit_id=unit_id), head=head)
            for unit_id, head in heads.items()
        }
        mailboxes.insert_marks(self._connection, [mark for unit_id, mark in marks.items() if unit_id not in known])
        mailboxes.update_marks(self._connection, [mark for unit_id, mark in marks.items() if unit_id in known])
        self._store_notifications(changed, cursors)
        return told

    def _store_notifications(self, changed: list[Case], cursors: dict[DispatchId, int]) -> None:
        planned: list[tuple[Notification, int | None]] = [
            (value, cursors[value.dispatch_id] if value.dispatch_id is not None else None)
            for case in changed
            for value in case.notifications
        ]
        first = self._numbers.take("notification", len(planned))
        notifications.insert(self._connection, first, planned)
        notifications.supersede(self._connection, [value for case in changed for value in case.superseded])
        self.channels.plan(changed, first, [value for value, _ in planned])
