"""A writer on a real store in a folder, without thread and socket, under a clock the test moves."""

from types import TracebackType

from patrol_wire.ids import CommandId, DispatchId, IncidentId, Micros, Outcome, Step, Stream, UnitId
from patrol_wire.messages import Ack, MailboxEntry
from relay.app.burst import Applied
from relay.app.writer import Writer
from relay.core.city import City
from relay.core.commands import Act, CommandResult, IncidentAct, UnitStep
from relay.core.dispatches import Dispatch
from relay.core.hints import CommitHint
from relay.core.incidents import Incident
from relay.core.policy import MICROS, DeskPolicy
from relay.core.refusals import Refused
from relay.store import dispatches, incidents, mailboxes
from relay.store import engine as store_engine
from relay.store.verification import Verification, verify
from tests.support.cases import next_id
from tests.support.records import BEGIN_US
from tests.support.room_sender import RoomSender, said
from tests.support.small_city import small_city
from tests.support.stores import StorePlace, store_url_of


class DeskClock:
    """The relay's clock under the test's hand."""

    def __init__(self, now_us: int = BEGIN_US) -> None:
        self._now_us = now_us
        self._set_by_us = 0

    def now_us(self) -> Micros:
        return Micros(self._now_us + self._set_by_us)

    def monotonic_s(self) -> float:
        return self._now_us / MICROS

    def elapsed_s(self) -> float:
        return self._now_us / MICROS

    def advance(self, seconds: float) -> None:
        self._now_us += int(seconds * MICROS)

    def set_by(self, seconds: float) -> None:
        """Set the wall clock forward, or back, as a person or a time server may."""
        self._set_by_us += int(seconds * MICROS)


class WriterSite:
    """Use as a context manager; everything is read back through a read-only connection."""

    def __init__(self, place: StorePlace, *, policy: DeskPolicy | None = None, city: City | None = None) -> None:
        self.city = city if city is not None else small_city()
        self.clock = DeskClock()
        self.url = store_url_of(place)
        self._engine = store_engine.writer_engine(self.url)
        self.refusals: list[Refused] = []
        self.writer = Writer(
            self._engine, city=self.city, clock=self.clock, policy=policy, note_refusal=self.refusals.append
        )
        self.writer.open()
        self.reader = store_engine.reader_engine(self.url)
        self.hints: list[CommitHint] = []
        self.writer.on_commit(self.hints.append)

    def __enter__(self) -> "WriterSite":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.reader.dispose()
        self._engine.dispose()

    def connect(self, room: RoomSender) -> None:
        """Open the room's session."""
        self.writer.apply([room.hello()])

    def deliver(self, room: RoomSender, *, first_seq: int | None = None) -> Ack:
        """Send what the room has put last (or from a number on) and return the acknowledgement."""
        batch = room.batch(first_seq if first_seq is not None else len(room.records[Stream.ALERTS]))
        (answer,) = said(self.writer.apply([batch]).replies, room.session)
        assert isinstance(answer, Ack), answer
        return answer

    def take_waiting(self) -> Applied:
        """Carry out the commands that were submitted, as the thread would."""
        waiting = self.writer._waiting_commands()  # there is no thread here
        return self.writer.apply([], [command for command, _ in waiting])

    def tick(self, seconds: float = 0.0) -> Applied:
        """Let time pass and the due timers ring."""
        self.clock.advance(seconds)
        return self.writer.apply([])

    def press(
        self, unit_id: str, dispatch_id: str, step: Step, outcome: Outcome | None = None, *, command_id: str = ""
    ) -> CommandResult:
        command = UnitStep(
            command_id=CommandId(command_id or next_id()),
            unit_id=UnitId(unit_id),
            dispatch_id=DispatchId(dispatch_id),
            step=step,
            device_us=self.clock.now_us(),
            outcome=outcome,
        )
        (result,) = self.writer.apply([], [command]).results
        return result

    def act(self, incident_id: str, act: Act, **fields: object) -> CommandResult:
        command = IncidentAct(
            command_id=CommandId(next_id()),
            actor="wang",
            incident_id=IncidentId(incident_id),
            act=act,
            reason="because",
            **fields,  # type: ignore[arg-type]  # each test names the fields of its act
        )
        (result,) = self.writer.apply([], [command]).results
        return result

    def incidents(self) -> list[Incident]:
        with self.reader.begin() as connection:
            return incidents.listed(connection)

    def incident(self) -> Incident:
        (only,) = self.incidents()
        return only

    def dispatches(self) -> list[Dispatch]:
        with self.reader.begin() as connection:
            return [
                value
                for incident in incidents.listed(connection)
                for value in dispatches.of_incident(connection, incident.incident_id)
            ]

    def mailbox(self, unit_id: str) -> list[MailboxEntry]:
        with self.reader.begin() as connection:
            return mailboxes.page_after(connection, unit_id, 0)

    def verified(self) -> Verification:
        """Rebuild the counts from the log and compare."""
        with self.reader.begin() as connection:
            return verify(connection, zone=self.city.zone)

    def differences(self) -> list[str]:
        return list(self.verified().differences)
