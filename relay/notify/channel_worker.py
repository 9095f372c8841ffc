"""The channel worker: sends what the writer planned, beside everything else, and tells the writer what came of it.

A thread with an event loop of its own. It reads the queue, claims each attempt through the writer (who checks in the
same transaction that it is still of use), sends, and reports. Bounds: so many attempts at one time and such a pace
per lane, and no bound that lanes share: one that does not answer fills itself alone. What it was doing when it was
killed is claimed again when the claim has run out, with the same key.
"""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.core.attempts import Answered, RetryPolicy, Verdict, pause_s
from relay.core.budget import Allowance, Bucket, full, spend
from relay.core.channels import Job
from relay.core.city_now import CityNow
from relay.core.commands import CommandResult, DeskBusyError, EndAttempt, Submit, TakeAttempt
from relay.core.dispatches import Answer
from relay.core.notices import Notice, key_of, titles_of
from relay.core.policy import MICROS
from relay.notify.sender import Outlet, attempt
from relay.ops.clock import Clock
from relay.ops.outage import Outage
from relay.store import channel_jobs, dispatches, incidents, notifications

POLL_S: Final = 0.25
"""How often the queue is looked at beside hints; it also finds what another relay planned or dropped."""
CLAIM_BEYOND_S: Final = 5.0
"""How long a claim outlives its attempt's time-out: the answer's way to the store."""
AT_LEAST_S: Final = 0.05
"""Between two looks, however many hints come."""
SILENT_AFTER: Final = 3
"""Attempts in a row that a receiver did not take, before its lane is tried one at a time."""
STOP_WITHIN_S: Final = 2.0
ANSWER_WITHIN_S: Final = 10.0
"""The writer answers a claim with its next commit."""
_UNBOUND: Final = Allowance(per_s=1_000.0, burst=1_000.0)
_DESK_AT_ONCE: Final = 256
"""What only tells the desk has no other side that could be slow."""
_LOG: Final = structlog.get_logger("relay.channels")


@dataclass(slots=True, kw_only=True)
class _Lane:
    """One receiver's way out: what is under way, how much it may be given, and whether it answers at all."""

    allowance: Allowance
    bucket: Bucket
    at_once: int
    under_way: set[int] = field(default_factory=set)
    silent: int = 0
    """Attempts in a row that were not taken."""
    not_before_s: float = 0.0

    def room(self, now_s: float) -> int:
        """Return how many more may be under way; a silent lane is tried one at a time, after its pause."""
        if now_s < self.not_before_s:
            return 0
        return (1 if self.silent >= SILENT_AFTER else self.at_once) - len(self.under_way)


class ChannelWorker:
    """See the module. ``hint`` and ``stop`` may be called from any thread."""

    def __init__(
        self,
        outlets: Mapping[str, Outlet],
        *,
        reader: Engine,
        submit: Submit,
        cities: CityNow,
        clock: Clock,
        retry: RetryPolicy,
        share: Callable[[], float] = random.random,
    ) -> None:
        """``share`` gives the jitter, from 0 to 1."""
        self._outlets = outlets
        self._reader = reader
        self._submit = submit
        self._cities = cities
        self._clock = clock
        self._retry = retry
        self._share = share
        self._holder = f"worker-{uuid.uuid4()}"
        self._lanes: dict[str, _Lane] = {}
        self._stopping = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._outage = Outage(_LOG, "channels")
        self._thread = Thread(target=self._run, name="channels", daemon=True)
        self.attempts: Counter[tuple[str, str]] = Counter()
        """Attempts by receiver and verdict; claims that were overtaken count as ``superseded``."""
        self.waiting: Mapping[str, int] = {}
        """Planned sends by receiver, at the last look."""
        self._next_due_us: int | None = None
        self._unknown: set[str] = set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End within about two seconds; attempts under way are given up and made again after the next start."""
        self._stopping.set()
        self.hint()
        if self._thread.ident is not None:
            self._thread.join(STOP_WITHIN_S + 1.0)

    @property
    def alive(self) -> bool:
        """The thread runs."""
        return self._thread.is_alive()

    def hint(self) -> None:
        """Tell that something may have been planned; called after the commit."""
        loop, wake = self._loop, self._wake
        if loop is not None and wake is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(wake.set)
            except RuntimeError:  # the loop was closed between the look and the call
                return

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        under_way: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as tasks:
            while not self._stopping.is_set():
                try:
                    for job, lane in await asyncio.to_thread(self._look):
                        task = tasks.create_task(self._attempt(job, lane))
                        under_way.add(task)
                        task.add_done_callback(under_way.discard)
                    self._outage.over()
                except SQLAlchemyError as error:
                    self._outage.seen(error)
                except Exception:  # noqa: BLE001  # supervisor loop: one bad row must not end every channel
                    _LOG.exception("channels_failed")
                await self._rest(self._wake)
            for task in tuple(under_way):
                task.cancel()
        for outlet in self._outlets.values():
            await outlet.sender.close()

    async def _rest(self, wake: asyncio.Event) -> None:
        await asyncio.sleep(AT_LEAST_S)  # a storm of commits is one look
        try:
            async with asyncio.timeout(self._rest_s()):
                await wake.wait()
        except TimeoutError:
            pass
        wake.clear()

    def _rest_s(self) -> float:
        """Return how long to wait for a hint: no longer than until the next send is due."""
        if self._next_due_us is None:
            return POLL_S
        return min(POLL_S, max(0.0, (self._next_due_us - self._clock.now_us()) / MICROS))

    # --- what to send ---------------------------------------------------------------------------------------

    def _look(self) -> list[tuple[Job, _Lane]]:
        """Return the jobs to begin now; in a thread of the pool, while the loop waits for it."""
        now_us, now_s = self._clock.now_us(), self._clock.monotonic_s()
        chosen: list[tuple[Job, _Lane]] = []
        with self._reader.connect() as connection:
            due = channel_jobs.due_lanes(connection)
            self.waiting = channel_jobs.waiting(connection) if due else {}
            self._compare()
            self._next_due_us = min((first_us for first_us in due.values() if first_us > now_us), default=None)
            for name in (name for name, first_us in due.items() if first_us <= now_us):
                lane = self._lane(name)
                room = lane.room(now_s)
                if room <= 0:
                    continue
                found = channel_jobs.due(connection, name, now_us, limit=room + len(lane.under_way))
                for job in [each for each in found if each.notification_id not in lane.under_way][:room]:
                    lane.bucket, may = spend(lane.bucket, lane.allowance, 1.0, now_s)
                    if not may:
                        break
                    lane.under_way.add(job.notification_id)
                    chosen.append((job, lane))
        return chosen

    def _compare(self) -> None:
        """Say once of each receiver that what waits for it was planned with other settings than ours."""
        unknown = {name for name in self.waiting if name and name not in self._outlets}
        if unknown - self._unknown:
            _LOG.error(
                "receivers_unknown",
                receivers=sorted(unknown),
                reason="sends wait for receivers that this relay's [channels] lacks, and are dropped; another relay on "
                "this database plans them, or they were taken out: make [channels] the same in all (patrol check)",
            )
        self._unknown |= unknown

    def _lane(self, name: str) -> _Lane:
        lane = self._lanes.get(name)
        if lane is None:
            outlet = self._outlets.get(name.partition(" ")[0])
            allowance = outlet.allowance if outlet is not None else _UNBOUND
            at_once = outlet.at_once if outlet is not None else _DESK_AT_ONCE
            bucket = full(allowance, self._clock.monotonic_s())
            lane = self._lanes[name] = _Lane(allowance=allowance, bucket=bucket, at_once=at_once)
        return lane

    def _notice(self, job: Job, number: int) -> Notice | None:
        """Return what to tell, as the store says it now."""
        with self._reader.connect() as connection:
            incident = incidents.by_id(connection, job.incident_id)
            if incident is None:
                return None
            told = notifications.by_number(connection, job.notification_id)
            of_incident = dispatches.of_incident(connection, job.incident_id) if job.dispatch_id is not None else []
        dispatch = next((each for each in of_incident if each.dispatch_id == job.dispatch_id), None)
        unit_id = dispatch.unit_id if dispatch is not None else ""
        return Notice(
            key=key_of(incident, job.notification_id),
            number=job.notification_id,
            attempt=number,
            occasion=job.occasion,
            receiver=job.receiver,
            recipient=unit_id or job.receiver,
            reason=told.reason if told is not None else "",
            planned_us=job.planned_us,
            incident=incident,
            titles=titles_of(incident, self._cities.city, unit_id=unit_id),
            target=job.target,
            dispatch_id=job.dispatch_id,
            answer_by_us=dispatch.answer_by_us if dispatch is not None else None,
        )

    # --- one attempt ----------------------------------------------------------------------------------------

    async def _attempt(self, job: Job, lane: _Lane) -> None:
        try:
            await self._claim_and_send(job, lane)
        except Exception:  # noqa: BLE001  # of one attempt; its claim runs out and it is made again
            self.attempts[job.receiver, "fault"] += 1
            _LOG.exception("attempt_failed", receiver=job.receiver, notification_id=job.notification_id)
        finally:
            lane.under_way.discard(job.notification_id)

    async def _claim_and_send(self, job: Job, lane: _Lane) -> None:
        outlet = self._outlets.get(job.receiver)
        timeout_s = outlet.timeout_s if outlet is not None else 0.0
        until_us = self._clock.now_us() + int((timeout_s + CLAIM_BEYOND_S) * MICROS)
        claim = TakeAttempt(notification_id=job.notification_id, holder=self._holder, held_until_us=until_us)
        result = await self._ask(claim)
        if result is None or result.answer is not Answer.DONE or outlet is None:
            if result is not None and result.answer is Answer.REFUSED:
                self.attempts[job.receiver, "superseded"] += 1
            return
        answered = await self._send(outlet, job, result.revision)
        self.attempts[job.receiver, answered.verdict.value] += 1
        self._learn(job, lane, answered)
        ended = EndAttempt(
            notification_id=job.notification_id,
            holder=self._holder,
            number=result.revision,
            answered=answered,
            share=self._share(),
        )
        if await self._ask(ended) is None:
            self.attempts[job.receiver, "result_lost"] += 1  # sent once more, with the same key

    async def _send(self, outlet: Outlet, job: Job, number: int) -> Answered:
        notice = await asyncio.to_thread(self._notice, job, number)
        if notice is None:
            return Answered(verdict=Verdict.REFUSED_FOR_GOOD, reason="the incident is not in the store")
        return await attempt(outlet, notice)

    def _learn(self, job: Job, lane: _Lane, answered: Answered) -> None:
        """Slow a lane down that takes nothing; the first that is taken opens it again."""
        if answered.verdict is not Verdict.REFUSED_FOR_NOW:
            if lane.silent >= SILENT_AFTER:
                _LOG.info("receiver_answers_again", receiver=job.receiver, attempts_lost=lane.silent)
            lane.silent, lane.not_before_s = 0, 0.0
            return
        lane.silent += 1
        now_s = self._clock.monotonic_s()
        if lane.silent == SILENT_AFTER:
            _LOG.warning("receiver_silent", receiver=job.receiver, reason=answered.reason)
        if answered.retry_after_s is not None:
            lane.not_before_s = max(lane.not_before_s, now_s + answered.retry_after_s)
        elif lane.silent >= SILENT_AFTER:
            wait_s = pause_s(lane.silent - SILENT_AFTER + 1, self._share(), self._retry)
            lane.not_before_s = max(lane.not_before_s, now_s + wait_s)

    async def _ask(self, command: TakeAttempt | EndAttempt) -> CommandResult | None:
        """Hand a command to the writer; None when it does not carry it out in time."""
        deadline_s = self._clock.monotonic_s() + ANSWER_WITHIN_S
        while True:
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    return await asyncio.wrap_future(self._submit(command))
            except DeskBusyError:
                if self._clock.monotonic_s() >= deadline_s:
                    return None
                await asyncio.sleep(POLL_S)
            except (TimeoutError, RuntimeError):  # the store hangs, or the writer ends
                return None
