"""What stands behind a gate in the tests of delivery and the counts feed: a real store that tests write to."""

import itertools
from collections.abc import Iterable
from concurrent.futures import Future
from threading import Lock

from sqlalchemy import Connection, Engine

from patrol_wire.codec import encode_mailbox_entry
from patrol_wire.ids import AreaId, IncidentId, Measure, NodeName, Severity, UnitId
from patrol_wire.messages import DispatchView, MailboxEntry
from patrol_wire.records import Place
from patrol_wire.uuid7 import uuid7
from relay.core.commands import CommandResult, DeskBusyError, DeskCommand, MailboxMark, MarksReached, UnitStep
from relay.core.counting import CountPlace, LedgerLine
from relay.core.dispatches import Answer
from relay.core.incidents import Incident, IncidentState
from relay.core.releases import MonthRelease
from relay.store import incidents, ledger, mailboxes, releases, schema
from relay.store.engine import reader_engine, writer_engine
from tests.support.stores import StorePlace, store_url_of

AT_US = 1_790_000_000_000_000
_NUMBERS = itertools.count(1)


def new_id() -> str:
    """Return a fresh UUIDv7."""
    return uuid7(AT_US, next(_NUMBERS).to_bytes(8, "big"))


def view(
    state: str = "offered", *, dispatch_id: str | None = None, text: str = "东门 闯入", answer_by: int = 2**52
) -> DispatchView:
    """A dispatch as a unit sees it."""
    return DispatchView(
        dispatch_id=dispatch_id or new_id(),
        incident_id=new_id(),
        state=state,
        incident_state="new",
        category="intrusion",
        severity=Severity.HIGH,
        area_id="t01-c03",
        place=Place(lon=121.4737, lat=31.2304),
        camera="gate",
        text=text,
        reason="own beat, 340 m",
        first_alert_at=AT_US,
        offered_at=AT_US,
        answer_by=answer_by,
        revision=1,
    )


def _incident(incident_id: IncidentId, area: str) -> Incident:
    return Incident(
        incident_id=incident_id,
        state=IncidentState.NEW,
        revision=1,
        category="intrusion",
        family="intrusion",
        severity=Severity.HIGH,
        area_id=AreaId(area),
        lon=121.4737,
        lat=31.2304,
        month="2026-11",
        node=NodeName("room-a"),
        camera="gate",
        first_alert_us=AT_US,
        last_alert_us=AT_US,
        opened_us=AT_US,
        updated_us=AT_US,
        notify_until_us=AT_US,
        alert_count=1,
        live_alerts=1,
        verified=True,
        direct=False,
        counted=True,
    )


class FieldDesk:
    """The store, filled by hand, and the writer's way in, answered by hand."""

    def __init__(self, place: StorePlace) -> None:
        url = store_url_of(place)
        self.writer: Engine = writer_engine(url)
        schema.prepare(self.writer)
        self.reader: Engine = reader_engine(url)
        self._lock = Lock()
        self.steps: list[UnitStep] = []
        self.marks: list[MailboxMark] = []
        self.held: list[tuple[UnitStep, Future[CommandResult]]] = []
        self.answer_at_once = True
        self.busy = False

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()

    def tell(self, unit: str, views: Iterable[DispatchView], *, page: bool = True) -> list[MailboxEntry]:
        """Append to a unit's mailbox in one transaction, as the writer does."""
        with self.writer.begin() as connection:
            return self._append(connection, unit, views, page=page)

    def tell_all(self, units: Iterable[str], told: DispatchView) -> None:
        """Append one entry to each of many mailboxes in one transaction."""
        with self.writer.begin() as connection:
            for unit in units:
                self._append(connection, unit, [told], page=True)

    def _append(
        self, connection: Connection, unit: str, views: Iterable[DispatchView], *, page: bool
    ) -> list[MailboxEntry]:
        before = mailboxes.load_marks(connection, [unit]).get(UnitId(unit))
        head = before.head if before is not None else 0
        entries = [
            MailboxEntry(cursor=cursor, at=AT_US, dispatch=each, page=page)
            for cursor, each in enumerate(views, head + 1)
        ]
        mailboxes.insert(
            connection,
            [(unit, entry.cursor, entry.at, entry.page, encode_mailbox_entry(entry)) for entry in entries],
        )
        head += len(entries)
        if before is None:
            mailboxes.insert_marks(connection, [mailboxes.MailboxMarks(unit_id=UnitId(unit), head=head)])
        else:
            mailboxes.update_marks(connection, [mailboxes.MailboxMarks(unit_id=UnitId(unit), head=head)])
        return entries

    def count(self, number: int, *, area: str = "t01-c03") -> None:
        """Append ledger lines: +1 each."""
        incident_id = IncidentId(new_id())
        with self.writer.begin() as connection:
            incidents.insert(connection, [_incident(incident_id, area)])
            first = ledger.head(connection) + 1
            place = CountPlace(measure=Measure.REPORTED, area_id=AreaId(area), category="intrusion", month="2026-11")
            lines = [
                LedgerLine(
                    entry_id=f"{cursor:032x}",
                    incident_id=incident_id,
                    revision=1,
                    place=place,
                    count=1,
                    reason="opened",
                )
                for cursor in range(first, first + number)
            ]
            ledger.append(connection, first, lines, AT_US)

    def lines(self) -> int:
        """How many lines the ledger has."""
        with self.reader.connect() as connection:
            return ledger.head(connection)

    def release(self, month: str = "2026-11") -> None:
        """Publish a month, or make its next release, at the newest line."""
        with self.writer.begin() as connection:
            before = releases.latest(connection, [month]).get(month)
            made = MonthRelease(
                number=releases.head(connection) + 1,
                month=month,
                release=before.release + 1 if before is not None else 1,
                cutoff=ledger.head(connection),
                entries=0,
                begin_us=0,
                end_us=1,
                zone="UTC",
                published_us=AT_US,
                actor="wang",
                reason="",
            )
            releases.insert(connection, [(made, {})])

    def submit(self, command: DeskCommand) -> "Future[CommandResult]":
        """The writer's way in."""
        if self.busy:
            raise DeskBusyError("10000 commands are waiting; try again in a moment")
        future: Future[CommandResult] = Future()
        with self._lock:
            if isinstance(command, UnitStep):
                self.steps.append(command)
                if not self.answer_at_once:
                    self.held.append((command, future))
                    return future
                future.set_result(done(command))
                return future
            if isinstance(command, MarksReached):
                self.marks.extend(command.marks)
        future.set_result(CommandResult(answer=Answer.DONE))
        return future


STATE_AFTER = {
    "accept": "accepted",
    "decline": "declined",
    "en_route": "en_route",
    "on_scene": "on_scene",
    "clear": "cleared",
}


def done(command: UnitStep) -> CommandResult:
    """The answer to a step that was carried out."""
    return CommandResult(
        answer=Answer.DONE, command_id=command.command_id, dispatch_state=STATE_AFTER[command.step.value]
    )
