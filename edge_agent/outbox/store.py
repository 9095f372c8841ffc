"""The outbox: a thread-safe face over one thread that owns the only connection that writes.

A caller of ``put`` blocks until its record survived an fsync; whoever waits at the same moment shares the same one
(group commit). What the relay finally has leaves the file. Who may be refused is decided by ``core.outbox``.
"""

import queue
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

import structlog

from edge_agent.core.media_items import MediaItem, MediaState
from edge_agent.core.outbox import LaneMarks, OutboxLimits, RecordClass
from edge_agent.ops.clock import Clock
from edge_agent.outbox import alert_rows, attest_rows, health_rows, media_rows
from edge_agent.outbox.errors import (
    OutboxClosedError,
    OutboxDiskError,
    OutboxError,
    OutboxFullError,
)
from edge_agent.outbox.file_checks import lock, open_reader, open_writer
from edge_agent.outbox.values import AlertRow, MediaDepth, OutboxDepth, Stored, StoredRecord
from edge_agent.outbox.writing import Marks, Writing, read_marks
from patrol_wire.codec import encode_record
from patrol_wire.ids import Stream
from patrol_wire.messages import Progress
from patrol_wire.records import HealthAlert, RecordBody

log = structlog.get_logger(__name__)

FILE_NAME: Final = "outbox.sqlite3"
_QUEUE_LENGTH: Final = 4_096
_COMMIT_AT_MOST: Final = 512
"""Requests in one transaction: bounds how long the first of them waits."""
_ANSWER_WITHIN_S: Final = 15.0
_EXPIRE_EVERY_S: Final = 60.0
_EXPIRING: Final = (Stream.REPORTS, Stream.MEDIA)
"""Old reports and manifests are given up; alerts and flags never are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Put:
    body: RecordBody
    packed: bytes
    answer: Future[Stored] = field(default_factory=Future)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PutTogether:
    bundles: tuple[tuple[_Put, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settle:
    stream: Stream
    stored: int
    final: int
    refused: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _TurnDay:
    today: str
    camera_seconds: int
    answer: Future[Stored | None] = field(default_factory=Future)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SettleMedia:
    sha256: str
    state: MediaState
    reason: str
    answer: Future[None] = field(default_factory=Future)


@dataclass(frozen=True, slots=True, kw_only=True)
class _NoteProgress:
    progress: Progress


class _Stop:
    """The last request."""


_Request = _PutTogether | _Settle | _TurnDay | _SettleMedia | _NoteProgress | _Stop


_Result = TypeVar("_Result")
_Answered = list[tuple[_Put | _TurnDay, Stored | RecordClass | None]]
PutAnswer = Stored | OutboxError


class Outbox:
    """What the room stored and the relay has not finally acknowledged.

    Opening checks the file and raises OutboxUnusableError with the way out. Every method may be called from any thread.
    The request queue is bounded; a caller that finds it full waits (policy: block, then OutboxClosedError).
    """

    def __init__(
        self,
        path: Path,
        *,
        node: str,
        clock: Clock,
        limits: OutboxLimits | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._limits = limits or OutboxLimits()
        self._lock_file = lock(path)
        try:
            epoch = secrets.randbits(63)
            self._connection = open_writer(path, node=node, epoch=epoch, now_us=clock.now_us())
        except OutboxError:
            self._lock_file.close()
            raise
        media_rows.adopt(self._connection)
        (self.epoch,) = self._connection.execute("SELECT epoch FROM meta").fetchone()
        self._reader = open_reader(path)
        self._reader_lock = threading.Lock()
        self._marks: Marks = read_marks(self._connection)
        self._depth: OutboxDepth = self._measure(fault="")
        self._listeners: list[Callable[[], None]] = []
        self._requests: queue.Queue[_Request] = queue.Queue(_QUEUE_LENGTH)
        self._expired_at = clock.instant()
        self._closed = False
        self._unstored: list[RecordBody] = []
        """Alerts a failing disk refused, until the disk works again and the next attestation can say so."""
        self.progress = 0
        """Rounds of the outbox thread; the watchdog compares it."""
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    # --- any thread -------------------------------------------------------------------------------------------

    def put(self, body: RecordBody) -> Stored:
        """Store a record and return when it is durable.

        Raises OutboxFullError when the limits refuse it, OutboxDiskError when the disk does, OutboxClosedError when the
        agent stops or no answer came in time, WireError when the record is longer than the contract allows. Nothing
        was stored then, but see OutboxClosedError.
        """
        ((answer,),) = self.put_together([(body,)])
        if isinstance(answer, OutboxError):
            raise answer
        return answer

    def put_together(self, bundles: Sequence[Sequence[RecordBody]]) -> list[list[PutAnswer]]:
        """Store records in one transaction, each bundle in its order; returns when they are durable.

        Every record has its own answer, an OutboxError as ``put`` raises it where it was not stored. What follows a
        refused record in its bundle is refused with it: nothing is announced of an alert that is not there.
        """
        request = _PutTogether(
            bundles=tuple(tuple(_Put(body=body, packed=encode_record(body)) for body in bundle) for bundle in bundles)
        )
        try:
            self._submit(request)
        except OutboxClosedError as error:
            return [[error for _ in bundle] for bundle in bundles]
        return [[self._answer(put) for put in bundle] for bundle in request.bundles]

    def _answer(self, put: _Put) -> PutAnswer:
        try:
            return self._result(put.answer)
        except OutboxError as error:
            return error

    def turn_day(self, today: str, *, camera_seconds: int) -> Stored | None:
        """Attest the day that is open, when it is another than today (ISO date), and open today.

        The attestation covers every record of stream A since the one before it, exactly. None: today was open already,
        or no day was. Raises as ``put``; the day then stays open.
        """
        request = _TurnDay(today=today, camera_seconds=camera_seconds)
        self._submit(request)
        return self._result(request.answer)

    def settle(self, stream: Stream, *, stored: int, final: int, refused: Sequence[tuple[int, str]] = ()) -> None:
        """Note what the relay holds; returns at once, because losing it only means to be told again."""
        self._submit(_Settle(stream=stream, stored=stored, final=final, refused=tuple(refused)))

    def settle_media(self, sha256: str, state: MediaState, *, reason: str = "") -> None:
        """Note what became of content and return when that is durable; content that does not wait stays as it is.

        Raises as ``put`` does; then it still waits.
        """
        request = _SettleMedia(sha256=sha256, state=state, reason=reason)
        self._submit(request)
        try:
            request.answer.result(timeout=_ANSWER_WITHIN_S)
        except FutureTimeoutError as error:
            raise OutboxClosedError(
                f"outbox {self._path}: no answer within {_ANSWER_WITHIN_S:.0f} s; try again"
            ) from error

    def note_progress(self, progress: Progress) -> None:
        """Keep what the relay told of an alert; returns at once, because the relay tells it again after a hello."""
        self._submit(_NoteProgress(progress=progress))

    def upcoming_media(self, limit: int) -> list[MediaItem]:
        """Return the evidence that may be offered to the relay, the first to go first."""
        with self._reader_lock:
            return media_rows.upcoming(self._reader, limit)

    def media_holders(self) -> dict[str, set[str]]:
        """Return the alerts by hash for all evidence that the relay does not have."""
        with self._reader_lock:
            return media_rows.holders(self._reader)

    def media_depth(self) -> MediaDepth:
        """Return how much evidence waits for the relay."""
        with self._reader_lock:
            return media_rows.depth(self._reader)

    def unsettled(self, stream: Stream, after: int, limit: int) -> list[StoredRecord]:
        """Return at most ``limit`` records after a sequence number, in order."""
        with self._reader_lock:
            rows = self._reader.execute(
                "SELECT seq, body, chain FROM record WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?",
                (stream.value, after, limit),
            ).fetchall()
        return [StoredRecord(seq=seq, body=body, chain=chain) for seq, body, chain in rows]

    def lanes(self) -> tuple[LaneMarks, ...]:
        """Return how far each stream has come, as of the last commit."""
        return tuple(self._marks.lanes.values())

    def depth(self) -> OutboxDepth:
        """Return how much waits, as of the last commit."""
        return self._depth

    def newest_alerts(self, limit: int, *, flags: int = 0) -> list[AlertRow]:
        """Return the newest alerts and flags first, and the newest ``flags`` flags whatever came since."""
        with self._reader_lock:
            return alert_rows.newest(self._reader, limit, flags=flags)

    def find_alert(self, alert_id: str) -> AlertRow | None:
        """Return one alert or flag, None when it is unknown or no longer kept."""
        with self._reader_lock:
            return alert_rows.find(self._reader, alert_id)

    def held_health_alerts(self) -> list[HealthAlert]:
        """Return the health alerts that were raised and not cleared, also before a restart; the oldest first."""
        with self._reader_lock:
            return health_rows.held(self._reader)

    def read(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Run a reading query of this package's table files on the committed file."""
        with self._reader_lock:
            return query(self._reader)

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called in the outbox thread after each commit; it must return at once and not raise."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Finish what is queued and close the file; later requests get OutboxClosedError."""
        if self._closed:
            return
        self._closed = True
        self._requests.put(_Stop())
        self._thread.join(timeout=_ANSWER_WITHIN_S)
        with self._reader_lock:
            self._reader.close()
        self._lock_file.close()

    def _result(self, answer: "Future[_Result]") -> _Result:
        try:
            return answer.result(timeout=_ANSWER_WITHIN_S)
        except FutureTimeoutError as error:
            raise OutboxClosedError(
                f"outbox {self._path}: no answer within {_ANSWER_WITHIN_S:.0f} s; try again"
            ) from error

    def _submit(self, request: _Request) -> None:
        if self._closed:
            raise OutboxClosedError(f"outbox {self._path}: is closed, the agent is stopping")
        try:
            self._requests.put(request, timeout=_ANSWER_WITHIN_S)
        except queue.Full as error:
            raise OutboxClosedError(f"outbox {self._path}: too much is waiting for the disk; try again") from error

    # --- the outbox thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        stopping = False
        while not stopping:
            self.progress += 1
            requests = self._next_requests()
            stopping = any(isinstance(request, _Stop) for request in requests)
            self._commit([request for request in requests if not isinstance(request, _Stop)])
        error = OutboxClosedError(f"outbox {self._path}: is closed, the agent is stopping")
        for request in self._leftover():
            for asked in _asked(request):
                asked.answer.set_exception(error)
        self._connection.close()

    def _next_requests(self) -> list[_Request]:
        try:
            requests: list[_Request] = [self._requests.get(timeout=1.0)]
        except queue.Empty:
            return []
        while len(requests) < _COMMIT_AT_MOST:
            try:
                requests.append(self._requests.get_nowait())
            except queue.Empty:
                break
        return requests

    def _leftover(self) -> list[_Request]:
        left: list[_Request] = []
        while True:
            try:
                left.append(self._requests.get_nowait())
            except queue.Empty:
                return left

    def _commit(self, requests: list[_Request]) -> None:
        """One transaction for all requests; either every answer is a promise kept by the disk, or all are refused."""
        expire = self._clock.instant() - self._expired_at >= _EXPIRE_EVERY_S
        if not requests and not expire:
            return
        try:
            answers, marks = self._transact(requests, expire=expire)
        except Exception as error:  # noqa: BLE001 - a bug in one request must not silence the room's outbox for good
            self._fail(requests, error)
            return
        self._marks = marks
        if self._depth.fault:
            log.info("outbox_recovered", path=str(self._path))
        self._depth = self._measure(fault="")
        self._unstored.clear()
        for request, answer in answers:
            if isinstance(answer, RecordClass):
                request.answer.set_exception(OutboxFullError(self._full_text(answer)))
            else:
                request.answer.set_result(answer)  # type: ignore[arg-type]  # only a day's turn is answered with None
        for settled in requests:
            if isinstance(settled, _SettleMedia):
                settled.answer.set_result(None)
        for listener in self._listeners:
            listener()

    def _transact(self, requests: list[_Request], *, expire: bool) -> tuple[_Answered, Marks]:
        now_us = self._clock.now_us()
        answers: _Answered = []
        self._connection.execute("BEGIN IMMEDIATE")
        writing = Writing(self._connection, self._marks, limits=self._limits)
        writing.note_lost(self._unstored)
        for request in requests:
            if isinstance(request, _PutTogether):
                answers.extend(
                    answered for bundle in request.bundles for answered in _put_bundle(writing, bundle, now_us)
                )
            elif isinstance(request, _TurnDay):
                seconds = request.camera_seconds
                answers.append((request, writing.turn_day(request.today, camera_seconds=seconds, now_us=now_us)))
            elif isinstance(request, _Settle):
                writing.settle(
                    request.stream, stored=request.stored, final=request.final, refused=request.refused, now_us=now_us
                )
            elif isinstance(request, _SettleMedia):
                writing.settle_media(request.sha256, request.state, reason=request.reason, now_us=now_us)
            elif isinstance(request, _NoteProgress):
                writing.note_progress(request.progress)
        if expire:
            self._expired_at = self._clock.instant()
            before_us = now_us - int(self._limits.max_age_s * 1e6)
            for stream in _EXPIRING:
                lost = writing.expire(stream, before_us=before_us)
                if lost:
                    log.warning("outbox_records_expired", stream=stream.value, records=lost)
            lost = writing.expire_media(before_us=before_us, now_us=now_us)
            if lost:
                log.warning("media_expired", contents=lost, reason="older than outbox.max_age_days")
        self._connection.execute("COMMIT")
        return answers, writing.marks

    def _fail(self, requests: list[_Request], error: Exception) -> None:
        """Answer everybody that nothing was stored; the marks still say what was committed before."""
        if not self._depth.fault:
            log.error("outbox_write_failed", path=str(self._path), reason=str(error), kind=type(error).__name__)
        self._depth = replace(self._depth, fault=str(error))
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            log.error("outbox_rollback_failed", path=str(self._path), reason=str(second))
        text = f"outbox {self._path}: nothing was stored ({error}); free space on the disk or check it"
        for request in requests:
            for asked in _asked(request):
                asked.answer.set_exception(OutboxDiskError(text))
                if isinstance(asked, _Put) and isinstance(asked.body, attest_rows.COUNTED):
                    self._unstored.append(asked.body)

    def _measure(self, *, fault: str) -> OutboxDepth:
        lanes = self._marks.lanes
        oldest: dict[Stream, int] = {}
        for stream, lane in lanes.items():
            if lane.last.seq > lane.stored:
                found = self._connection.execute(
                    "SELECT stored_at FROM record WHERE stream = ? AND seq = ?", (stream.value, lane.stored + 1)
                ).fetchone()
                if found is not None:
                    oldest[stream] = found[0]
        return OutboxDepth(
            pending={stream: lane.last.seq - lane.stored for stream, lane in lanes.items()},
            oldest_at=oldest,
            body_bytes=sum(self._marks.body_bytes.values()),
            tally=dict(self._connection.execute("SELECT name, total FROM tally").fetchall()),
            fault=fault,
        )

    def _full_text(self, record_class: RecordClass) -> str:
        mib = self._limits.max_bytes // (1024 * 1024)
        return f"outbox {self._path}: full ({mib} MiB, outbox.max_mib); a {record_class.value} record was refused"


def _asked(request: _Request) -> tuple[_Put | _TurnDay | _SettleMedia, ...]:
    """Return what of a request somebody waits for."""
    if isinstance(request, _PutTogether):
        return tuple(put for bundle in request.bundles for put in bundle)
    return (request,) if isinstance(request, _TurnDay | _SettleMedia) else ()


def _put_bundle(writing: Writing, bundle: Sequence[_Put], now_us: int) -> Iterator[tuple[_Put, Stored | RecordClass]]:
    """Store one bundle; what comes after a refused record is refused as that was, and not counted on its own."""
    refused: RecordClass | None = None
    for put in bundle:
        answer = writing.put(put.body, put.packed, now_us) if refused is None else refused
        refused = answer if isinstance(answer, RecordClass) else None
        yield put, answer
