"""One burst in one transaction: room messages, commands and due timers in; answers and a hint out.

The heart of the writer without thread or socket. After an exception nothing of the burst is stored, and it may be
given again unchanged. On a store that lets several write at once a burst of rooms' records alone is carried out beside
those of other relays (relay/app/burst_places.py says which, relay/store/turns.py how).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Final

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from patrol_wire.ids import NodeName, Role
from relay.app.burst_places import places_of
from relay.app.casebook import Casebook
from relay.app.channel_work import NO_CHANNELS, ChannelRules
from relay.app.command_work import CommandWork
from relay.app.known_units import KnownUnits
from relay.app.record_reading import Read, read
from relay.app.record_work import RecordWork
from relay.app.room_sessions import RoomSessions
from relay.app.rooms_intake import Progress, Reply, RoomsBurst
from relay.core.city import City
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
from relay.store.errors import NotBesideOthersError, StaleStoreError
from relay.store.records import StreamKey
from relay.store.sequences import Numbers
from relay.store.turns import beside_others, turn

_LOG: Final = structlog.get_logger("relay.writer")


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
    found: list[Read] = field(default_factory=list)
    dead: list[tuple[int, str, str]] = field(default_factory=list)
    """Records for the dead letters: the place in the burst, reason, detail."""
    refused: dict[tuple[StreamKey, int], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What ``apply`` was given."""

    messages: Sequence[FieldMessage]
    commands: Sequence[DeskCommand]
    _: KW_ONLY
    now_us: int
    commits: int
    credit: int
    timers_limit: int


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
        asked = _Asked(messages, commands, now_us=now_us, commits=commits, credit=credit, timers_limit=timers_limit)
        rooms = self._decoded(asked)
        places = None
        if timers_limit <= 0 and beside_others(self._engine):
            places = places_of(rooms, commands, self._record_work)
        if places is not None:
            try:
                return self._carry_out(asked, rooms, places)
            except (IntegrityError, StaleStoreError, NotBesideOthersError) as error:
                _LOG.warning("burst_again_alone", fault=str(error)[:500])
                rooms = self._decoded(asked)
        return self._carry_out(asked, rooms, None)

    def _decoded(self, asked: _Asked) -> RoomsBurst:
        rooms = RoomsBurst(
            self._sessions,
            asked.now_us,
            self._policy,
            media_port=self._media_port,
            orders=self._orders,
            redirects=self._redirects,
        )
        rooms.decode(asked.messages)
        return rooms

    def _carry_out(self, asked: _Asked, rooms: RoomsBurst, places: frozenset[str] | None) -> Applied:
        """Do it in one transaction, beside others when its ``places`` are known."""
        now_us = asked.now_us
        with self._known.while_it_lasts(), turn(self._engine, places) as connection:
            hasten(connection)
            work = self._begin(connection, rooms, now_us, beside=places is not None)
            work.rooms.take(connection)
            self._take_records(work)
            results: list[CommandResult] = []
            rung = 0
            if places is None:
                results = self._desk(work).carry_out(asked.commands)
                rung = self._ring_timers(work, asked.timers_limit)
            work.book.store_cases()
            work.numbers.settle(connection)
            logged_before = self._store_records(work)
            if places is not None:  # marks of receipts alone: they are of units, which are of no place
                results = self._desk(work).carry_out(asked.commands)
            hint = work.book.store(logged_before)
            work.rooms.store(connection)
            told = {node: key for node, key in work.rooms.relay_keys.items() if self._relay_keys.get(node) != key}
            peer_keys.note(connection, {f"{Role.ROOM}:{node}": key for node, key in told.items()}, now_us)
            work.numbers.store(connection)
            if asked.commands or work.rooms.vouches:
                vouch(connection)
        self._known.committed(work.numbers)
        self._relay_keys.update(told)
        self._redirects.update(work.rooms.sent_away)
        progress = Progress(commits=asked.commits + 1, last_commit_us=now_us, credit=asked.credit)
        return Applied(
            replies=work.rooms.replies(progress, work.refused),
            results=results,
            hint=hint,
            heard=work.rooms.heard,
            greeted=work.rooms.greeted,
            records=len(work.found),
            dead_letters=len(work.refused),
            refused_frames=work.rooms.refused_frames,
            refused=merged(work.rooms.refused),
            timers_rung=rung,
            next_timer_us=work.book.next_timer_us,
            times_doubted=work.book.times_doubted,
        )

    def _begin(self, connection: Connection, rooms: RoomsBurst, now_us: int, *, beside: bool) -> _Work:
        numbers = Numbers(connection, beside_others=beside)
        self._known.begin(numbers, now_us)
        return _Work(
            connection,
            now_us,
            numbers,
            rooms,
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

    def _desk(self, work: _Work) -> CommandWork:
        return CommandWork(work.connection, work.book, city=self._city, policy=self._policy, now_us=work.now_us)

    def _take_records(self, work: _Work) -> None:
        """Let the new records take effect on the casebook."""
        if not work.rooms.fresh_records:
            return
        work.found = [read(nth, record) for nth, record in enumerate(work.rooms.fresh_records, 1)]
        self._record_work.prefetch(work.book, work.found, work.now_us)
        for item in work.found:
            fault = self._record_work.carry_out(work.book, item, work.now_us)
            if fault is not None:
                reason, detail = fault
                work.dead.append((item.nth, reason, detail))
                record = item.record
                peer = f"{Role.ROOM.value}:{record.node}"
                work.rooms.refused.append(Refused(GateRole.ROOMS.value, peer, reason, detail=detail))
                work.refused[(record.node, record.epoch, record.stream), record.seq] = reason
        work.rooms.refused.extend(
            Refused(GateRole.ROOMS.value, f"{Role.ROOM.value}:{node}", code, detail=reason)
            for node, code, reason in work.book.mistaken
        )

    def _store_records(self, work: _Work) -> int:
        """Append the new records to the log and name its dead letters; return the last number before them."""
        logged_before = work.numbers.take("record_log", len(work.found)) - 1
        records.insert_log(
            work.connection,
            [
                (
                    nth,
                    item.record.node,
                    item.record.epoch,
                    str(item.record.stream),
                    item.record.seq,
                    item.opened.kind,
                    work.now_us,
                    item.record.body,
                    item.record.chain,
                )
                for nth, item in enumerate(work.found, logged_before + 1)
            ],
        )
        records.insert_dead(
            work.connection, [(logged_before + nth, reason, detail) for nth, reason, detail in work.dead]
        )
        return logged_before

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
