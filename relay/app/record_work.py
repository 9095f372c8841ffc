"""From records to cases: what each kind of record a room sends does in the relay.

A record that cannot be used goes to the dead letters with its reason; it never blocks its stream.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, assert_never

from msgspec.structs import replace

from patrol_wire.ids import AlertId, AreaId, Forward, IncidentId, NodeName, Verdict
from patrol_wire.records import (
    Alert,
    AlertEnd,
    Attestation,
    Flag,
    FlagChange,
    Judgement,
    MediaManifest,
    Place,
    RoomHealth,
    ShiftEntry,
    TestAlert,
)
from relay.app.casebook import Casebook, Source
from relay.app.flag_work import FlagWork, named_severity, own_alert
from relay.app.record_reading import Opened, Read, Spot
from relay.core import alerts as core_alerts
from relay.core.alerts import AlertJudgement, AlertSource
from relay.core.case_alerts import accept, drop, fold, open_case
from relay.core.city import UNKNOWN_CATEGORY, UNKNOWN_PLACE, City
from relay.core.clocking import CLOCK_OFF, month_of, near_months_end, occurrence
from relay.core.correlation import Box, Surroundings, box_around, choose, twin_among, widen
from relay.core.flapping import come_back
from relay.core.geo import cell_of, cells_near
from relay.core.ids import UNMAPPED
from relay.core.policy import MICROS, DeskPolicy
from relay.core.silences import covering
from relay.store.media import Manifest

_LONGEST_NOTIFY_US: Final = 24 * 3_600 * MICROS
_KNOWN_PLACES: Final = 65_536
"""Whose area and cells are remembered; policy when full: all are forgotten and found out again."""
_LONGEST_ERROR_US: Final = 24 * 3_600 * MICROS
_DIRECT: Final = Forward.DIRECT  # bound once: see relay/core/counting.py
_MACHINE: Final = AlertSource.MACHINE
_FLAG: Final = AlertSource.FLAG


class RecordWork:
    """Carries out the records of a burst on a casebook; keeps only what never changes (where the places lie)."""

    def __init__(self, city: City, policy: DeskPolicy) -> None:
        self._city = city
        self._policy = policy
        self._widest_us = int(
            max([policy.flap_window_s, *(category.window_s for category in city.categories)]) * MICROS
        )
        self._notify_for_us = int(policy.notify_for_s * MICROS)
        # Cameras stand still: the same few places come again and again.
        self._area_at: dict[tuple[float, float], AreaId | None] = {}
        self._around = lru_cache(maxsize=_KNOWN_PLACES)(_around)
        self._flags = FlagWork(city, policy, self._area_for)

    def prefetch(self, book: Casebook, found: Sequence[Read], now_us: int) -> None:
        """Load what the records will need."""
        alert_ids: list[str] = []
        cells: dict[int, Surroundings] = {}
        areas: dict[AreaId, None] = {}
        seen_from: dict[int, set[NodeName]] = {}
        sources: dict[Source, int] = {}
        since_us = now_us
        self.look_up_all([(item.record.node, item.opened) for item in found])
        for item in found:
            opened = item.opened
            body = opened.body
            if isinstance(body, Alert | Flag | Judgement | FlagChange | AlertEnd | TestAlert):
                alert_ids.append(body.alert_id)
            if isinstance(body, Alert | Flag) and opened.fault is None:
                spot = opened.spot
                if spot is not None:
                    widen(cells, spot.cells, spot.box, body.camera or "")
                    if isinstance(body, Alert):
                        for cell in spot.cells:
                            seen_from.setdefault(cell, set()).add(item.record.node)
                        sources[item.record.node, body.camera] = cell_of(spot.lon, spot.lat)
                    areas[spot.area_id] = None
                    since_us = min(since_us, body.started_at if isinstance(body, Alert) else body.flagged_at)
        if alert_ids:
            book.load_alerts(alert_ids)
            book.load_alerts([alert.twin_of for alert in book.alerts.values() if alert.twin_of is not None])
            book.load_cases([alert.incident_id for alert in book.alerts.values() if alert.incident_id is not None])
        if cells:
            book.load_near(cells, since_us - self._widest_us)
            book.load_ended(sources, since_us - self._widest_us)
            # Only where another room has told something too; elsewhere nobody can have a twin.
            told_by_others = {
                incident.incident_id
                for cell, nodes in seen_from.items()
                for incident in book.near((cell,))
                if incident.shared or nodes != {incident.node}
            }
            book.load_recent_alerts(told_by_others, since_us - int(self._policy.twin_window_s * MICROS))
            # Whoever is asked first; one query for all areas of the burst.
            book.force.load(
                [unit.unit_id for area_id in areas for unit in next(iter(self._city.rings_at_level(area_id, 0)), ())]
            )

    def look_up_all(self, records: Sequence[tuple[NodeName, Opened]]) -> None:
        """Find out where alerts and flags lie, as far as it was not found out before."""
        found = [
            (node, opened, body, self._place(node, body.place))
            for node, opened in records
            if opened.spot is None and opened.fault is None and isinstance(body := opened.body, Alert | Flag)
        ]
        self._learn_areas([place for _, _, _, place in found if place is not None])
        for node, opened, body, place in found:
            guessed = place is None
            lon, lat = place = place if place is not None else self._city.middle
            category_id, _ = self._city.known_category(body.category)
            radius_m = self._city.category(category_id).radius_m
            cells, box = self._around(lon, lat, radius_m)
            area_id = UNMAPPED if guessed else self._city.area_or_room(node, self._area_at[place])
            opened.spot = Spot(lon, lat, area_id, cells, box, guessed)

    def carry_out(self, book: Casebook, item: Read, now_us: int) -> tuple[str, str] | None:
        """Let a record take effect; return the reason and detail when it belongs to the dead letters."""
        body, node = item.opened.body, item.record.node
        if item.opened.fault is not None or body is None:
            return item.opened.fault
        match body:
            case Alert() | Flag():
                return self._alert(book, item, node, body, now_us)
            case TestAlert():
                return self._test(book, item.nth, node, body, now_us)
            case Judgement():
                return self._judgement(book, node, body, now_us)
            case FlagChange():
                return self._flags.change(book, node, body, now_us)
            case AlertEnd():
                return self._end(book, node, body)
            case Attestation():
                return book.watch.attest(item.nth, node, item.record.epoch, body)
            case RoomHealth():
                book.watch.report(node, body)
                return None
            case ShiftEntry():
                book.watch.shift(node, item.record.epoch, body)
                return None
            case MediaManifest():
                book.add_manifest(_manifest(item.nth, node, body))
                return None
            case _:
                return None  # reports are kept in the log; nothing is decided from them here

    def _place(self, node: NodeName, place: Place | None) -> tuple[float, float] | None:
        if place is not None:
            return (place.lon, place.lat)
        room = self._city.room_by_node.get(node)
        return room.place if room is not None else None

    def _area_for(self, node: NodeName, lon: float, lat: float) -> AreaId:
        self._learn_areas([(lon, lat)])
        return self._city.area_or_room(node, self._area_at[lon, lat])

    def _learn_areas(self, places: Sequence[tuple[float, float]]) -> None:
        if len(self._area_at) + len(places) > _KNOWN_PLACES:
            self._area_at.clear()
        fresh = [place for place in dict.fromkeys(places) if place not in self._area_at]
        self._area_at.update(zip(fresh, self._city.areas_of(fresh), strict=True))

    def _alert(
        self, book: Casebook, item: Read, node: NodeName, body: Alert | Flag, now_us: int
    ) -> tuple[str, str] | None:
        if body.alert_id in book.alerts:
            return ("duplicate_alert", f"alert {body.alert_id} is known already")
        spot = item.opened.spot
        if spot is None:
            raise RuntimeError(f"{node}: nobody has looked where alert {body.alert_id} lies")
        alert, doubts = self._placed(book, node, body, spot, now_us)
        category = self._city.category(alert.category)
        near = book.near(spot.cells)
        if spot.guessed:  # two rooms of which nobody knows where they are do not tell of the same thing
            near = [each for each in near if each.node == node]
        month = month_of(alert.started_us, self._city.zone)
        chosen = choose(alert, near, category, self._policy) if near else None
        silence = covering(book.silences, alert, now_us)
        if chosen is None and (back := book.returned(alert)) is not None:
            case = back
            come_back(case, alert, month=month, now_us=now_us, policy=self._policy, silence=silence)
        elif chosen is None:
            case = open_case(
                alert,
                IncidentId(book.new_id()),
                category=category,
                month=month,
                now_us=now_us,
                policy=self._policy,
                silence=silence,
                basis=self._city.basis,
            )
            book.open(case)
        else:
            case = book.cases[chosen.incident_id]
            twin = twin_among(alert, book.alerts_at(alert.camera, chosen.incident_id, node=alert.node), self._policy)
            alert = replace(alert, twin_of=twin.alert_id if twin is not None else None)
            fold(case, alert, month=month, now_us=now_us, policy=self._policy, silence=silence)
        for change, doubt in doubts.items():
            said = {"taken_as": alert.category} if change == "category_unknown" else {}
            case.note_aside(now_us, change, doubt, alert_id=alert.alert_id, **said)
        book.add_alert(replace(alert, incident_id=case.incident.incident_id), item.nth)
        book.settle(case)
        return None

    def _placed(
        self, book: Casebook, node: NodeName, body: Alert | Flag, spot: Spot, now_us: int
    ) -> tuple[core_alerts.Alert, dict[str, str]]:
        """Return the alert as the relay takes it, and what is doubtful about it, by the word of the history."""
        flag = body if isinstance(body, Flag) else None
        machine = body if isinstance(body, Alert) else None
        raised_us, claimed_us, suspect, error_ms = _times_of(body)
        happened = occurrence(claimed_us=claimed_us, suspect=suspect, received_us=now_us, policy=self._policy)
        doubt = happened.reason
        if doubt and not suspect:  # not what it said itself
            book.mistaken.append((node, CLOCK_OFF, doubt))
        until_us = body.notify_until or (now_us if doubt else raised_us) + self._notify_for_us
        note = flag.note if flag is not None else ""
        if not doubt and error_ms:
            error_us = min(error_ms * 1_000, _LONGEST_ERROR_US)
            if near_months_end(happened.at_us, error_us, self._city.zone):
                doubt = f"within {error_ms} ms of the month's end, as exact as its time is"
        doubts = {}
        if doubt:
            doubts["time_doubted"] = doubt
            book.times_doubted += 1
        category_id, unknown = self._city.known_category(body.category)
        if unknown:
            doubts["category_unknown"] = unknown
            book.mistaken.append((node, UNKNOWN_CATEGORY, unknown))
        if spot.guessed:
            doubts["place_unknown"] = f"{node} is no room of the city and named no place; shown in the city's middle"
            book.mistaken.append((node, UNKNOWN_PLACE, doubts["place_unknown"]))
        alert = core_alerts.Alert(
            alert_id=AlertId(body.alert_id),
            source=_FLAG if machine is None else _MACHINE,
            node=node,
            camera=body.camera or "",
            rule=machine.rule if machine is not None else "",
            category=category_id,
            severity=body.severity if flag is None else named_severity(flag, self._city.category(category_id)),
            forward=machine.forward if machine is not None else _DIRECT,
            verified=flag is not None,
            label=flag.operator if flag is not None else machine.label if machine is not None else "",
            raised_us=raised_us,
            started_us=happened.at_us,
            notify_until_us=min(until_us, now_us + _LONGEST_NOTIFY_US),
            lon=spot.lon,
            lat=spot.lat,
            area_id=spot.area_id,
            note="; ".join(filter(None, (note, *doubts.values()))),
            snapshot=body.snapshot,
            clip=body.clip,
        )
        return alert, doubts

    def _test(self, book: Casebook, nth: int, node: NodeName, body: TestAlert, now_us: int) -> tuple[str, str] | None:
        if body.alert_id in book.alerts:
            return ("duplicate_alert", f"alert {body.alert_id} is known already")
        place = self._place(node, None) or (0.0, 0.0)
        book.add_alert(
            core_alerts.Alert(
                alert_id=AlertId(body.alert_id),
                source=AlertSource.TEST,
                node=node,
                camera="",
                rule="",
                category="test",
                severity=self._city.category("test").severity,
                forward=Forward.SUGGEST,
                verified=False,
                label="",
                raised_us=body.raised_at,
                started_us=now_us,
                notify_until_us=0,
                lon=place[0],
                lat=place[1],
                area_id=self._area_for(node, *place),
            ),
            nth,
        )
        return None

    def _judgement(self, book: Casebook, node: NodeName, body: Judgement, now_us: int) -> tuple[str, str] | None:
        alert, fault = own_alert(book, node, body.alert_id)
        if alert is None:
            return fault
        match body.verdict:
            case Verdict.ACCEPTED:
                judgement = AlertJudgement.ACCEPTED
            case Verdict.DISMISSED:
                judgement = AlertJudgement.DISMISSED
            case _:
                assert_never(body.verdict)
        if alert.judgement is not None:
            same = alert.judgement is judgement
            return None if same else ("judged_already", f"it was {alert.judgement.value} before")
        verified = alert.verified or judgement is AlertJudgement.ACCEPTED
        book.change_alert(replace(alert, judgement=judgement, verified=verified))
        case = book.cases.get(alert.incident_id) if alert.incident_id is not None else None
        if case is None:
            return None
        first = book.alerts.get(alert.twin_of) if alert.twin_of is not None else None
        if first is not None:
            if first.judgement is not None:
                case.note(now_us, "twin_judged", f"{judgement.value}; its twin was {first.judgement.value} before")
                return None
            book.change_alert(replace(first, judgement=judgement, verified=first.verified or verified))
        if judgement is AlertJudgement.ACCEPTED:
            accept(case, actor=body.operator, reason=body.reason, now_us=now_us)
        else:
            drop(case, actor=body.operator, reason=body.reason or "dismissed by its room", now_us=now_us)
        book.settle(case)
        return None

    def _end(self, book: Casebook, node: NodeName, body: AlertEnd) -> tuple[str, str] | None:
        alert, fault = own_alert(book, node, body.alert_id)
        if alert is None:
            return fault
        book.change_alert(
            replace(
                alert,
                ended_us=body.ended_at,
                clip=body.clip if body.clip is not None else alert.clip,
                label=body.label or alert.label,
            )
        )
        return None


def _around(lon: float, lat: float, radius_m: float) -> tuple[tuple[int, ...], Box]:
    return cells_near(lon, lat, radius_m), box_around(lon, lat, radius_m)


def _manifest(nth: int, node: NodeName, body: MediaManifest) -> Manifest:
    """Return the announcement; it may come before its alert, for the streams are apart."""
    return Manifest(
        alert_id=body.alert_id,
        sha256=body.sha256,
        log_id=nth,  # until the casebook knows its number
        node=node,
        media_type=body.media_type,
        size_bytes=body.size_bytes,
        started_us=body.started_at,
        duration_ms=body.duration_ms,
        masked=body.masked,
    )


def _times_of(body: Alert | Flag) -> tuple[int, int, bool, int]:
    """Return when it was raised and when it happened, whether the clock was suspect, and the time's error in ms."""
    if isinstance(body, Flag):
        return body.flagged_at, body.flagged_at, False, 0
    return body.raised_at, body.started_at, body.clock_suspect, body.time_error_ms
