"""Was every promise kept: pure, evidence in, findings out. Each finding is one sentence that names what it found."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from patrol_cli.nemesis.evidence import Evidence, LogRecord, UnitView
from patrol_cli.nemesis.history import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the check found; everything but the two figures is empty after a good run."""

    alerts: int
    """Alerts, flags and test alerts that rooms were promised."""
    records: int
    """Records that rooms were promised, alerts among them."""
    media: int
    """Pictures and clips that rooms announced."""
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    phantom: tuple[str, ...]
    reordered: tuple[str, ...]
    media_lost: tuple[str, ...]
    """Evidence that was announced and is not at the relay with the right bytes, or was there before its alert."""
    disagreements: tuple[str, ...]
    """Counts, views, pages and the relay's own reconciliation."""

    @property
    def good(self) -> bool:
        """Tell whether nothing was found."""
        return not (
            self.lost or self.doubled or self.phantom or self.reordered or self.media_lost or self.disagreements
        )


def check(evidence: Evidence) -> Findings:
    """Compare what rooms were promised with what the relay holds, and what everybody was told with what it says."""
    kept = [(history.node, promise) for history in evidence.histories for promise in history.kept]
    return Findings(
        alerts=sum(bool(promise.alert_id) for _, promise in kept),
        records=len(kept),
        media=sum(len(history.media) for history in evidence.histories),
        lost=tuple(_lost(kept, evidence)),
        doubled=tuple(_doubled(evidence)),
        phantom=tuple(_phantom(evidence)),
        reordered=tuple(_reordered(kept, evidence.log)),
        media_lost=tuple(_media_lost(evidence)),
        disagreements=(
            *evidence.differences,
            *_counts(evidence),
            *_views(evidence.relay_views, evidence.unit_views),
            *_twice("paged by its mailbox", evidence.pages),
            *_twice("rung for on its terminal", evidence.rings),
            *(f"dead letter {digest}: {reason}" for digest, reason in evidence.dead.items()),
        ),
    )


def views_agree(evidence: Evidence) -> bool:
    """Tell whether units and consumer are where the relay is: they are a moment behind while it works."""
    return not _counts(evidence) and not _views(evidence.relay_views, evidence.unit_views)


def _lost(kept: Iterable[tuple[str, Kept]], evidence: Evidence) -> list[str]:
    """A promise is kept when the record is in the log, and what it raises is an alert."""
    logged = {record.digest for record in evidence.log}
    alerts = set(evidence.alerts)
    found = []
    for node, promise in kept:
        name = f"{node} {promise.stream.value}{promise.seq} {promise.alert_id or 'record ' + promise.digest}"
        if promise.digest not in logged:
            found.append(f"{name}: promised, but not in the relay's log")
        elif promise.alert_id and promise.alert_id not in alerts:
            found.append(f"{name}: in the relay's log, but no alert ({evidence.dead.get(promise.digest, 'no reason')})")
    return found


def _doubled(evidence: Evidence) -> list[str]:
    records = Counter(record.digest for record in evidence.log)
    alerts = Counter(record.alert_id for record in evidence.log if record.alert_id)
    return [
        *(f"record {digest}: {times} times in the relay's log" for digest, times in records.items() if times > 1),
        *(f"alert {alert_id}: raised {times} times" for alert_id, times in alerts.items() if times > 1),
        *(f"alert {alert_id}: {times} rows" for alert_id, times in Counter(evidence.alerts).items() if times > 1),
    ]


def _phantom(evidence: Evidence) -> list[str]:
    """Whatever the relay holds, a room has tried to store with exactly these bytes."""
    tried = {history.node: history.tried for history in evidence.histories}
    raised = {record.alert_id for record in evidence.log}
    return [
        *(
            f"{record.node} {record.stream}{record.seq} {record.alert_id or 'record ' + record.digest}: "
            "in the relay's log, but its room never said it"
            for record in evidence.log
            if record.digest not in tried.get(record.node, ())
        ),
        *(f"alert {alert_id}: no record raised it" for alert_id in evidence.alerts if alert_id not in raised),
    ]


def _reordered(kept: Iterable[tuple[str, Kept]], log: Iterable[LogRecord]) -> list[str]:
    """In each stream the log goes 1, 2, 3 … and each promise lies under the number it was given."""
    found = []
    last: dict[tuple[str, int, str], int] = {}
    place: dict[str, tuple[str, int, str, int]] = {}
    for record in log:
        stream = (record.node, record.epoch, record.stream)
        expected = last.get(stream, 0) + 1
        if record.seq != expected:
            found.append(f"{record.node} {record.stream}{record.seq}: came where {expected} was due")
        last[stream] = record.seq
        place.setdefault(record.digest, (*stream, record.seq))
    for node, promise in kept:
        promised = (node, promise.epoch, promise.stream.value, promise.seq)
        held = place.get(promise.digest)
        if held is not None and held != promised:
            found.append(f"record {promise.digest}: promised as {promised}, held as {held}")
    return found


def _media_lost(evidence: Evidence) -> list[str]:
    """What was announced lies at the relay, whole and unchanged, and came behind the alert it belongs to."""
    found = []
    for history in evidence.histories:
        for promise in history.media:
            name = f"{history.node} media {promise.sha256[:16]} of alert {promise.alert_id}"
            held = evidence.media.get(promise.sha256)
            if held is None:
                found.append(f"{name}: announced, but not at the relay")
            elif not held.intact or held.size_bytes != promise.size_bytes:
                found.append(f"{name}: {promise.size_bytes} bytes were sent, {held.size_bytes} lie there, or others")
            elif held.stored_us < evidence.logged_us.get(promise.alert_id, 0):
                found.append(f"{name}: it was at the relay before its alert")
    return found


def _counts(evidence: Evidence) -> list[str]:
    keys = sorted(evidence.ledger.keys() | evidence.totals.keys())
    return [
        f"{' '.join(key)}: the ledger says {evidence.ledger.get(key, 0)}, the consumer {evidence.totals.get(key, 0)}"
        for key in keys
        if evidence.ledger.get(key, 0) != evidence.totals.get(key, 0)
    ]


def _views(relay: Mapping[str, UnitView], units: Mapping[str, UnitView]) -> list[str]:
    found = []
    for unit in sorted(relay.keys() | units.keys()):
        said, shown = relay.get(unit, UnitView()), units.get(unit, UnitView())
        if said.cursor != shown.cursor:
            found.append(f"{unit}: its mailbox ends at {said.cursor}, its terminal stands at {shown.cursor}")
        for dispatch_id in sorted(said.dispatches.keys() | shown.dispatches.keys()):
            there, here = said.dispatches.get(dispatch_id), shown.dispatches.get(dispatch_id)
            if there != here:
                found.append(f"{unit} {dispatch_id}: {there or 'not open'} at the relay, {here or 'not open'} here")
    return found


def _twice(what: str, told: Iterable[tuple[str, str]]) -> list[str]:
    return [
        f"{unit} was {what} {times} times for the one offer {dispatch_id}"
        for (unit, dispatch_id), times in Counter(told).items()
        if times > 1
    ]
