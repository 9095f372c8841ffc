"""One burst in one transaction: room messages, commands and due timers in; answers and a hint out.

The heart of the writer without thread or socket. After an exception nothing of the burst is stored, and it may be
given again unchanged.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from patrol_wire.ids import NodeName, Role
from relay.app.casebook import Casebook
from relay.app.channel_work import NO_CHANNELS, ChannelRules
from relay.app.command_work import CommandWork
from relay.app.known_units import KnownUnits
from relay.app.record_reading import Read, read
from relay.app.record_work import RecordWork
from relay.app.room_sessions import RoomSessions
from relay.app.rooms_intake import Progress, Reply, RoomsBurst
from relay.core.city import City
from relay.core.clocking import CLOCK_OFF
from relay.core.commands import CommandResult, DeskCommand
from relay.core.field import FieldMessage, GateRole
from relay.core.hints import CommitHint
from relay.core.orders import NO_ORDERS, Orders
from relay.core.policy import DeskPolicy
from relay.core.refusals import Refused, merged
from relay.core.timers import ring
from relay.ops.ids import IdSource
from relay.store import peer_keys, records, timers
from relay.store.engine import hasten, vouch
from relay.store.records import StreamKey
from relay.store.sequences import Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a committed burst leaves to be done: nothing of it was said before the commit."""

    replies: list[Reply]
    results: list[CommandResult]
    """In the order of the commands."""
    hint: CommitHint
    heard: dict[NodeName, int]
    """Rooms that said anything, and when."""
    greeted: Sequence[NodeName] = ()
    """Rooms that opened a session."""
    records: int = 0
    dead_letters: int = 0
    refused_frames: int = 0
    refused: Sequence[Refused] = ()
    """Frames, batches and records that were not used, for the book of refusals."""
    timers_rung: int = 0
    next_timer_us: int | None = None
    """When the first of the timers rings that were set."""
    times_doubted: int = 0


@dataclass(slots=True)
class _Work:
    """The parts of one attempt."""

    connection: Connection
    now_us: int
    numbers: Numbers
    rooms: RoomsBurst
    book: Casebook
    refused: dict[tuple[StreamKey, int], str] = field(default_factory=dict)


class BurstWorker:
    """Carries bursts out on the store; owned by one thread, the only one that writes."""

    def __init__(
        self,
        engine: Engine,
        *,
        city: City,
        policy: DeskPolicy,
        sessions: RoomSessions,
        media_port: int = 0,
        channels: ChannelRules = NO_CHANNELS,
    ) -> None:
        self._engine = engine
        self._city = city
        self._policy = policy
        self._sessions = sessions
        self._media_port = media_port
        self._channels = channels
        self._orders = NO_ORDERS
        self._redirects: Counter[NodeName] = Counter()
        self._relay_keys: dict[NodeName, str] = {}
        """What rooms said of the relay's key, as far as it is stored."""
        self._ids = IdSource()
        self._known = KnownUnits()
        self._record_work = RecordWork(city, policy)

    def obey(self, orders: Orders) -> None:
        """Follow these orders from the next burst on; whom the ones before sent away is forgotten."""
        self._orders = orders
        self._redirects.clear()

    def sent_away(self, node: NodeName) -> None:
        """A connected room was told to go elsewhere."""
        self._redirects[node] += 1

    def take_city(self, city: City) -> None:
        """Work with another city from the next burst on."""
        self._city = city
        self._known.forget()  # its rings are others
        self._record_work = RecordWork(city, self._policy)

    def apply(
        self,
        messages: Sequence[FieldMessage],
        commands: Sequence[DeskCommand],
        *,
        now_us: int,
        commits: int,
        credit: int,
        timers_limit: int,
    ) -> Applied:
        """Do everything in one durable transaction; raises what the store raises, with nothing stored."""
        with self._known.while_it_lasts(), self._engine.begin() as connection:
            hasten(connection)
            work = self._begin(connection, now_us)
            work.rooms.take(connection, messages)
            found = self._take_records(work)
            desk = CommandWork(connection, work.book, city=self._city, policy=self._policy, now_us=now_us)
            results = desk.carry_out(commands)
            rung = self._ring_timers(work, timers_limit)
            hint = work.book.store()
            work.rooms.store(connection)
            told = {node: key for node, key in work.rooms.relay_keys.items() if self._relay_keys.get(node) != key}
            peer_keys.note(connection, {f"{Role.ROOM}:{node}": key for node, key in told.items()}, now_us)
            work.numbers.store(connection)
            if commands or work.rooms.vouches:
                vouch(connection)
        self._known.committed(work.numbers)
        self._relay_keys.update(told)
        self._redirects.update(work.rooms.sent_away)
        progress = Progress(commits=commits + 1, last_commit_us=now_us, credit=credit)
        return Applied(
            replies=work.rooms.replies(progress, work.refused),
            results=results,
            hint=hint,
            heard=work.rooms.heard,
            greeted=work.rooms.greeted,
            records=len(found),
            dead_letters=len(work.refused),
            refused_frames=work.rooms.refused_frames,
            refused=merged(work.rooms.refused),
            timers_rung=rung,
            next_timer_us=work.book.next_timer_us,
            times_doubted=work.book.times_doubted,
        )

    def _begin(self, connection: Connection, now_us: int) -> _Work:
        numbers = Numbers(connection)
        self._known.begin(numbers, now_us)
        return _Work(
            connection,
            now_us,
            numbers,
            RoomsBurst(
                self._sessions,
                now_us,
                self._policy,
                media_port=self._media_port,
                orders=self._orders,
                redirects=self._redirects,
            ),
            Casebook(
                connection,
                city=self._city,
                policy=self._policy,
                ids=self._ids,
                numbers=numbers,
                now_us=now_us,
                known=self._known,
                channels=self._channels,
            ),
        )

    def _take_records(self, work: _Work) -> list[Read]:
        fresh = work.rooms.fresh_records
        if not fresh:
            return []
        first = work.numbers.take("record_log", len(fresh))
        found = [read(log_id, record) for log_id, record in enumerate(fresh, first)]
        records.insert_log(
            work.connection,
            [
                (
                    item.log_id,
                    item.record.node,
                    item.record.epoch,
                    str(item.record.stream),
                    item.record.seq,
                    item.kind,
                    work.now_us,
                    item.record.body,
                    item.record.chain,
                )
                for item in found
            ],
        )
        self._record_work.prefetch(work.book, found, work.now_us)
        dead: list[tuple[int, str, str]] = []
        for item in found:
            fault = self._record_work.carry_out(work.book, item, work.now_us)
            if fault is not None:
                reason, detail = fault
                dead.append((item.log_id, reason, detail))
                record = item.record
                peer = f"{Role.ROOM.value}:{record.node}"
                work.rooms.refused.append(Refused(GateRole.ROOMS.value, peer, reason, detail=detail))
                work.refused[(record.node, record.epoch, record.stream), record.seq] = reason
        records.insert_dead(work.connection, dead)
        work.rooms.refused.extend(
            Refused(GateRole.ROOMS.value, f"{Role.ROOM.value}:{node}", CLOCK_OFF, detail=reason)
            for node, reason in work.book.clocks_off
        )
        return found

    def _ring_timers(self, work: _Work, limit: int) -> int:
        if limit <= 0:
            return 0
        due = timers.take_due(work.connection, work.now_us, limit=limit)
        work.book.load_cases([timer.incident_id for timer in due])
        for timer in due:
            case = work.book.cases[timer.incident_id]
            ring(case, timer.kind, timer.fence, work.now_us, self._policy)
            work.book.settle(case)
        return len(due)
