"""A real gate for rooms with the real writer behind it, on a real store: what hostile rooms are let loose on."""

from collections.abc import Sequence
from pathlib import Path

from patrol_wire import codec
from patrol_wire.ids import Stream
from patrol_wire.keys import KeyPair
from patrol_wire.messages import Error, Message
from patrol_wire.records import Alert as WireAlert
from patrol_wire.records import Flag
from relay.app.writer import Writer
from relay.core.alerts import Alert
from relay.core.refusals import RefusalEntry, RefusalKey
from relay.ops.clock import MachineClock
from relay.ops.refusal_log import RefusalLog
from relay.store import alerts, reconcile, records
from relay.store import engine as store_engine
from relay.store.records import DeadLetterRow
from tests.support.gate_site import FieldClient, GateSite
from tests.support.room_sender import RoomSender
from tests.support.small_city import small_city
from tests.support.waiting import wait_until


class HostileRoom:
    """A room with a good key that sends what it likes; one outbox to forge from."""

    def __init__(self, client: FieldClient, node: str, *, epoch: int = 7) -> None:
        self.client = client
        self.outbox = RoomSender(node, epoch=epoch)

    def say(self, *frames: bytes) -> None:
        """Send one message of these frames."""
        self.client.send_raw(*frames)

    def ask(self, *frames: bytes) -> Message:
        """Send one message and return the next answer."""
        self.say(*frames)
        return self.client.receive()

    def greet(self) -> Message:
        """Open the session."""
        return self.ask(self.outbox.hello().frame)

    def deliver(self, first_seq: int = 1, *, stream: Stream = Stream.ALERTS) -> Message:
        """Send what was put, from a number on."""
        return self.ask(self.outbox.batch(first_seq, stream=stream).frame)


class GuardedRelay:
    """Use as a context manager. ``entry`` waits for a line in the book of refusals."""

    def __init__(self, folder: Path, *, nodes: Sequence[str]) -> None:
        clock = MachineClock()
        self.refusals = RefusalLog(clock)
        self.site = GateSite(folder, note_refusal=self.refusals.note)
        self._pairs = {node: self.site.enrol(node) for node in nodes}  # before the gate starts: no key has to wait
        url = store_engine.sqlite_url(folder / "relay.sqlite3")
        self._engine = store_engine.writer_engine(url)
        self.writer = Writer(
            self._engine,
            city=small_city(),
            clock=clock,
            port=self.site.port,
            note_refusal=self.refusals.note,
        )
        self.writer.open()
        self.reader = store_engine.reader_engine(url)

    def __enter__(self) -> "GuardedRelay":
        self.site.__enter__()
        self.writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.stop()
        self.site.__exit__()
        self.reader.dispose()
        self._engine.dispose()

    def room(self, node: str, *, epoch: int = 7) -> HostileRoom:
        """Return one of the rooms, connected."""
        return HostileRoom(self.site.connect(self._pairs[node]), node, epoch=epoch)

    def pair(self, node: str) -> KeyPair:
        """Return a room's key."""
        return self._pairs[node]

    def entry(self, node: str, code: str, *, within_s: float = 5.0) -> RefusalEntry:
        """Wait until the book says that this room was refused for this reason."""
        key = RefusalKey("rooms", f"room:{node}", code)
        found = wait_until(lambda: self.refusals.book.entries.get(key), within_s=within_s, what=f"{key} in the book")
        assert found is not None
        return found

    def dead_letters(self) -> list[DeadLetterRow]:
        with self.reader.begin() as connection:
            return records.dead_letters(connection)

    def alerts(self, room: HostileRoom) -> list[Alert]:
        """Return what the store holds of the alerts and flags this room put."""
        bodies = [codec.decode_record(record.body) for record in room.outbox.records[Stream.ALERTS]]
        with self.reader.begin() as connection:
            found = [alerts.by_id(connection, body.alert_id) for body in bodies if isinstance(body, WireAlert | Flag)]
        return [each for each in found if each is not None]

    def differences(self) -> list[str]:
        with self.reader.begin() as connection:
            return reconcile.differences(connection)

    def assert_unharmed(self) -> None:
        """Neither the gate nor the writer fell or gave anything up, and the store agrees with itself."""
        assert self.site.gate.running
        assert self.site.gate.starts == 1
        assert self.writer.is_alive
        assert self.writer.figures.dropped == 0
        assert self.writer.figures.store_failures == 0
        assert self.differences() == []


def error_of(message: Message) -> str:
    """Return the code of a refusal."""
    assert isinstance(message, Error), message
    return message.code


def frame_of(message: Message, *, stream: Stream | None = None) -> bytes:
    """Return a message's frame."""
    return codec.encode(message, hop=1, stream=stream)
